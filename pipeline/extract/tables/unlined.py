"""Tables without upright rules: lines of type whose words stand in the same columns, line after line.

Much on a page looks like that and is none: columns of prose, dates beside a resume's entries, tables of contents,
labels and values, addresses side by side. So a table must show that it is one: see `convinces`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from pipeline.extract.markers import LEADERS, list_marker
from pipeline.extract.tables.columns import GUTTER_EM, TextLine, beside_one_another, edges, gutters, placed, text_line
from pipeline.extract.tables.grid import Grid, GridCell
from pipeline.extract.tables.rows import Placed, row_starts
from pipeline.extract.tables.tokens import Token, text_lines
from pipeline.extract.tables.values import has_year, is_blank, is_date, is_number

_STEP_EM = 3.4  # from one line to the next, at most
_MAX_LINES = 400  # of one table on one page
_MAX_DEPTH = 3
_MIN_ROWS = 3
_APART = 1.25  # two things stand apart where the step from line to line is so much longer than those around it
_COMPLETE = 0.85  # share of the rows of a table of two columns that have both
_LONG = 24  # letters of a line of prose, a Han character counting as two


def unlined_grids(tokens: Sequence[Token], depth: int = _MAX_DEPTH) -> list[Grid]:
    """Tables among the words, top to bottom."""
    lines = [text_line(line) for line in text_lines(tokens)]
    found: list[Grid] = []
    i = 0
    while i < len(lines):
        if len(lines[i].segments) < 2:
            i += 1
            continue
        run = _run(lines, i)
        if len(run) < _MIN_ROWS:
            i += 1
            continue
        grid = aligned_grid(run)
        if grid is not None and convinces(grid):
            found.append(grid)
        elif depth:
            found += _within_columns(run, depth) or _within_pieces(run, depth)
        i += len(run)
    return found


def _run(lines: Sequence[TextLine], start: int) -> list[TextLine]:
    """Lines from `start` on through which the same white runs down."""
    white = _white(lines[start])
    run = [lines[start]]
    good = 1
    strays = 0
    for line in lines[start + 1 : start + _MAX_LINES]:
        last = run[-1]
        if line.yc - last.yc > _STEP_EM * max(line.size, last.size):
            break
        if max(line.size, last.size) > 1.5 * min(line.size, last.size):
            break
        left = _common(white, _white(line), GUTTER_EM * line.size)
        kept = sum(1 for a, b in white if any(a < d and c < b for c, d in left))
        several = len(line.segments) > 1
        if kept == len(white) or (several and len(left) >= len(white)):
            strays = 0 if several else strays + 1
            if several or strays <= 2:
                white = left if several else white
                run.append(line)
                good = len(run) if several else good
                continue
            break
        strays += 1
        if strays > 1 or not several:
            break
        run.append(line)
    return run[:good]


def _within_pieces(run: Sequence[TextLine], depth: int) -> list[Grid]:
    """Tables in parts of the run that stand apart."""
    pieces = _pieces(run)
    if len(pieces) < 2:
        return []
    return [grid for piece in pieces for grid in unlined_grids([t for row in piece for t in row.tokens], depth - 1)]


def _pieces(run: Sequence[TextLine]) -> list[list[TextLine]]:
    """The run cut where more white lies between two lines than above and below them."""
    steps = [below.yc - above.yc for above, below in itertools.pairwise(run)]
    pieces = [[run[0]]]
    for i, line in enumerate(run[1:]):
        around = [steps[j] for j in (i - 1, i + 1) if 0 <= j < len(steps)]
        if around and steps[i] > _APART * max(around):
            pieces.append([])
        pieces[-1].append(line)
    return pieces


def _white(line: TextLine) -> list[tuple[float, float]]:
    """White between and around the segments."""
    bounds = [-1e9, *(x for s in line.segments for x in (s.x0, s.x1)), 1e9]
    return list(zip(bounds[::2], bounds[1::2], strict=True))


def _common(
    ones: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]], least: float
) -> list[tuple[float, float]]:
    """White that both have."""
    found = []
    i = j = 0
    while i < len(ones) and j < len(others):
        a, b = max(ones[i][0], others[j][0]), min(ones[i][1], others[j][1])
        if b - a >= least:
            found.append((a, b))
        if ones[i][1] < others[j][1]:
            i += 1
        else:
            j += 1
    return found


def aligned_grid(lines: Sequence[TextLine], breaks: Sequence[float] = ()) -> Grid | None:
    """The lines as rows and columns, whether they are a table or not.

    Args:
        lines: top to bottom.
        breaks: places of rules between rows, where there are some.

    Returns:
        The grid, or None where no white runs down through the lines.
    """
    size = median(line.size for line in lines)
    by_rules = _starts_by_rules(lines, breaks) if len(breaks) >= 2 else []
    white = gutters(_rows_as_lines(lines, by_rules) if by_rules else lines, size)
    if not white:
        return None
    xs = edges(white, lines)
    cells = [placed(line, white, xs) for line in lines]
    starts = by_rules or row_starts(lines, cells, _widths(cells, len(xs) - 1))
    ys = [lines[0].y0 - 0.2 * size]
    ys += [(lines[i - 1].y1 + lines[i].y0) / 2 for i in starts[1:]]
    ys.append(lines[-1].y1 + 0.2 * size)
    grid = Grid(xs, ys, [], ruled=False)
    for row, (start, end) in enumerate(zip(starts, [*starts[1:], len(lines)], strict=True)):
        grid.cells += _row_cells(row, cells[start:end], grid.columns)
    return grid


def _starts_by_rules(lines: Sequence[TextLine], breaks: Sequence[float]) -> list[int]:
    starts = [0]
    for i in range(1, len(lines)):
        if any(lines[i - 1].yc < y < lines[i].yc for y in breaks):
            starts.append(i)
    return starts


def _rows_as_lines(lines: Sequence[TextLine], starts: Sequence[int]) -> list[TextLine]:
    """Each row of lines as one line, as if all its cells stood side by side."""
    rows = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    return [replace(row[0], segments=beside_one_another(row)) for row in rows]


def _widths(cells: Sequence[Placed], columns: int) -> list[float]:
    """Width of the widest text in each column, in points."""
    widths = [0.0] * columns
    for line in cells:
        for first, last, tokens in line:
            if first == last:
                widths[first] = max(widths[first], max(t.x1 for t in tokens) - tokens[0].x0)
    return widths


def _row_cells(row: int, lines: Sequence[Placed], columns: int) -> list[GridCell]:
    """The cells of one row of one or more lines; where lines disagree on a span, columns are joined."""
    span_end = list(range(columns))
    for line in lines:
        for first, last, _ in line:
            for column in range(first, last + 1):
                span_end[column] = max(span_end[column], last)
    cells: list[GridCell] = []
    column = 0
    while column < columns:
        end = span_end[column]
        at = column
        while at <= end:
            end = max(end, span_end[at])
            at += 1
        tokens = [t for line in lines for first, _, part in line if column <= first <= end for t in part]
        cells.append(GridCell(row, column, 1, end - column + 1, tokens))
        column = end + 1
    return cells


def _within_columns(run: Sequence[TextLine], depth: int) -> list[Grid]:
    """Tables in one column of a page of several: the columns taken apart where one is prose."""
    size = median(line.size for line in run)
    white = gutters(run, size)
    if not white or len(run) < 4:
        return []
    xs = edges(white, run)
    columns: list[list[Token]] = [[] for _ in xs[1:]]
    for line in run:
        for first, _, tokens in placed(line, white, xs):
            columns[first] += tokens
    prose = [is_prose(column) for column in columns]
    if not any(prose):
        return []
    found: list[Grid] = []
    group: list[Token] = []
    for column, text in zip([*columns, []], [*prose, True], strict=True):
        if not text:
            group += column
        elif group:
            found += unlined_grids(group, depth - 1)
            group = []
    return found


def is_prose(tokens: Sequence[Token]) -> bool:
    """Lines of a width, filled with text."""
    lines = text_lines(tokens)
    if len(lines) < 2:
        return False
    x0 = min(line[0].x0 for line in lines)
    x1 = max(t.x1 for line in lines for t in line)
    full = sum(1 for line in lines if max(t.x1 for t in line) - line[0].x0 > 0.75 * (x1 - x0))
    letters = sum(t.weight for line in lines for t in line)
    return full >= 0.5 * len(lines) and letters >= _LONG * len(lines)


def convinces(grid: Grid) -> bool:
    """Whether lines in columns are a table although nothing is drawn."""
    table = [["" for _ in range(grid.columns)] for _ in range(grid.rows)]
    columns: list[list[Token]] = [[] for _ in range(grid.columns)]
    spans = 0
    for cell in grid.cells:
        table[cell.row][cell.column] = "".join(t.word.text for t in cell.tokens)
        columns[cell.column] += cell.tokens
        spans += cell.column_span > 1 and bool(cell.tokens)
    rows = [row for row in table if sum(map(bool, row)) > 1]
    if len(rows) < _MIN_ROWS or spans > 0.25 * grid.rows or 2 * len(rows) < grid.rows:
        return False
    prose = [column for column, tokens in enumerate(columns) if is_prose(tokens)]
    if _looks_like_something_else(grid, rows):
        return False
    if not aligned(grid):
        return False
    body = rows[1:]
    kinds = [_kind([row[c] for row in body]) for c in range(grid.columns)]
    fill = sum(map(bool, (text for row in rows for text in row))) / (len(rows) * grid.columns)
    if prose and not (len(prose) == 1 and 0 < prose[0] < grid.columns - 1 and kinds.count("number") >= 2):
        return False  # only accounts have a column of long texts, and numbers at its right
    if grid.columns == 2:
        return (
            len(rows) >= max(4, _COMPLETE * grid.rows) and fill > 0.9 and kinds[1] == "number" and kinds[0] != "number"
        )
    numbers = kinds.count("number")
    if numbers:
        return fill >= 0.5 and (len(rows) >= 4 or fill >= 0.8)
    head = _bold_head(grid)
    return fill >= 0.8 and (len(rows) >= 6 or (head and len(rows) >= 3)) and "text" in kinds


def _bold_head(grid: Grid) -> bool:
    first = [t for cell in grid.row_cells(0) for t in cell.tokens]
    rest = [t for cell in grid.cells if cell.row for t in cell.tokens]
    return all(t.word.bold for t in first) and sum(t.word.bold for t in rest) < 0.3 * max(1, len(rest))


def _looks_like_something_else(grid: Grid, rows: Sequence[Sequence[str]]) -> bool:
    """Contents, labels and values, lists."""
    first = [next((text for text in row if text), "") for row in rows]
    last = [next((text for text in reversed(row) if text), "") for row in rows]
    count = len(rows)
    if sum(bool(LEADERS.search(" ".join(row))) or any("...." in text for text in row) for row in rows) > 0.3 * count:
        return True
    if sum(text.endswith((":", "：")) for text in first) > 0.4 * count:
        return True
    labels = sum(text.rstrip().endswith((":", "：")) or "：" in text for row in rows for text in row)
    if labels > 0.3 * sum(bool(text) for row in rows for text in row):
        return True
    if (
        sum(bool(list_marker(text + " ")) and not text[0].isalnum() for row in rows for text in row if text)
        > 0.4 * count
    ):
        return True
    pages = [int(text) for text in last if text.isdecimal() and len(text) < 5]
    climbs = len(pages) >= 0.9 * count and all(a <= b for a, b in itertools.pairwise(pages))
    return grid.columns <= 3 and climbs and len(set(pages)) > 2 and not any(map(is_number, first))


def dates_beside(grid: Grid) -> bool:
    """Whether it is texts with dates or places at their right, as in a resume, or with something here and there."""
    if grid.columns != 2:
        return False
    if (
        sum(sum(bool(cell.tokens) for cell in grid.row_cells(row)) > 1 for row in range(grid.rows))
        < _COMPLETE * grid.rows
    ):
        return True
    beside = ["".join(t.word.text for t in cell.tokens) for cell in grid.cells if cell.column == 1]
    return 2 * sum(map(has_year, beside)) >= sum(map(bool, beside)) or beside.count("") > 0.25 * len(beside)


def _kind(texts: Sequence[str]) -> str:
    """What most cells of a column hold: "number", "date", "text", or "" where it is nearly empty."""
    told = [text for text in texts if not is_blank(text)]
    if len(told) < max(2, 0.3 * len(texts)):
        return ""
    dates = sum(map(is_date, told))
    numbers = sum(is_number(text) and not is_date(text) for text in told)
    if numbers >= 0.7 * len(told):
        return "number"
    return "date" if dates >= 0.6 * len(told) else "text"


def aligned(grid: Grid) -> bool:
    """Whether the cells of nearly every column begin, end or are centred at one place."""
    good = 0
    for column in range(grid.columns):
        boxes = [
            (min(t.x0 for t in c.tokens), max(t.x1 for t in c.tokens), c.tokens[0].size)
            for c in grid.cells
            if c.column == column and c.column_span == 1 and c.tokens
        ]
        if len(boxes) < 2:
            continue
        size = median(box[2] for box in boxes)
        best = 0.0
        for values in ([b[0] for b in boxes], [b[1] for b in boxes], [(b[0] + b[1]) / 2 for b in boxes]):
            values.sort()
            middle = median(values)
            best = max(best, sum(abs(v - middle) < 0.8 * size for v in values) / len(values))
        good += best >= 0.6
    return good >= max(2, 0.7 * grid.columns)
