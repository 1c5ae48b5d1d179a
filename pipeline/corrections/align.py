"""Which characters that a person typed are those that were read: lines first, then words, then characters.

Lines that are as they were read keep their words. Of what lies between them, lines are paired by how alike they are;
in a pair the same words are the same, and what stands between these is compared character by character. White space
makes no difference: readers part words in their own ways, and Chinese has none. All comparing is bit parallel
(rapidfuzz) or bounded: a page of 100,000 characters takes a fraction of a second, whatever is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import Indel, Levenshtein

from pipeline.types import Word
from pipeline.wide import is_wide

NOTHING = -1
_ALIKE = 0.4  # Indel similarity from which on a typed line may be a line that was read
_BETTER = 0.05  # by which two lines together must be more alike than one alone
_PAIRS = 20_000  # of lines compared in one stretch; more are taken as they come


@dataclass(frozen=True, slots=True)
class Typed:
    """A line that was typed.

    Attributes:
        tokens: what stands between its blanks.
        words: the words read that make it up, where it is as it was read.
        sources: for each character of its tokens, in a row, the character read that it stands for (an index into the
            characters of the block's words, in a row), or `NOTHING`.
        same: whether that is the same character.
    """

    tokens: tuple[str, ...]
    words: tuple[Word, ...] = ()
    sources: tuple[int, ...] = ()
    same: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Typed lines in a row, and the words read that they stand for.

    Attributes:
        words: read; empty where the lines are as they were read.
        row_of: the row that each of the words stands on.
    """

    lines: tuple[Typed, ...]
    words: tuple[Word, ...] = ()
    row_of: tuple[int, ...] = ()


@dataclass(slots=True)
class _Group:
    """Rows and typed lines that belong together; either may be missing."""

    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def align(read: Sequence[Sequence[Word]], typed: Sequence[str]) -> Iterator[Block]:
    """The typed lines in order, each with what it was made of.

    Args:
        read: rows of words, in reading order.
        typed: lines, none of them empty.
    """
    tokens = [tuple(line.split()) for line in typed]
    before = ["".join(word.text for word in row) for row in read]
    after = ["".join(line) for line in tokens]
    rows: list[int] = []
    lines: list[int] = []
    for op in Indel.opcodes(before, after):
        if op.tag == "equal":
            for group in _groups(before, after, rows, lines):
                yield _block(read, tokens, group)
            rows, lines = [], []
            for i, j in zip(range(op.src_start, op.src_end), range(op.dest_start, op.dest_end), strict=True):
                yield Block((Typed(tokens[j], tuple(read[i])),))
        else:
            rows += range(op.src_start, op.src_end)
            lines += range(op.dest_start, op.dest_end)
    for group in _groups(before, after, rows, lines):
        yield _block(read, tokens, group)


def _groups(before: Sequence[str], after: Sequence[str], rows: list[int], lines: list[int]) -> Iterator[_Group]:
    """Which of the lines stand for which of the rows; in order, every line once."""
    if len(rows) * len(lines) > _PAIRS:
        pairs: list[tuple[int, int]] = []
    else:
        pairs = _pairs([before[i] for i in rows], [after[j] for j in lines])
    groups: list[_Group] = []
    i = j = 0
    for row, line in [*pairs, (len(rows), len(lines))]:
        # What is like nothing takes the place of what is like nothing, in order.
        for n in range(line - j):
            groups.append(_Group(rows[i + n : i + n + 1] if i + n < row else [], [lines[j + n]]))
        if row < len(rows):
            groups.append(_Group([rows[row]], [lines[line]]))
        i, j = row + 1, line + 1
    spare = set(rows) - {row for group in groups for row in group.rows}
    paired = {(rows[row], lines[line]) for row, line in pairs}
    yield from _joined(before, after, groups, spare, paired)


def _pairs(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of a row and a line, both ascending, that are together the most alike (Needleman and Wunsch)."""
    if not before or not after:
        return []
    alike = process.cdist(before, after, scorer=Indel.normalized_similarity).tolist()
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in range(len(before) - 1, -1, -1):
        row, below, scores = best[i], best[i + 1], alike[i]
        for j in range(len(after) - 1, -1, -1):
            paired = below[j + 1] + scores[j] if scores[j] >= _ALIKE else 0.0
            row[j] = max(paired, below[j], row[j + 1])
    pairs, i, j = [], 0, 0
    while i < len(before) and j < len(after):
        if alike[i][j] >= _ALIKE and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _joined(
    before: Sequence[str], after: Sequence[str], groups: Sequence[_Group], spare: set[int],
    paired: set[tuple[int, int]],
) -> Iterator[_Group]:  # fmt: skip
    """The groups, with lines that a person parted or put together: what a row or line lacks may stand in the next."""
    waiting: _Group | None = None
    for group in groups:
        if waiting is not None:
            last = waiting.rows[-1] if waiting.rows else NOTHING
            loose = not group.rows or (group.rows[0], group.lines[0]) not in paired
            if (
                waiting.rows
                and loose
                and _likeness(before, after, waiting.rows, waiting.lines + group.lines)
                > (_likeness(before, after, waiting.rows, waiting.lines) + _BETTER)
            ):
                spare.update(group.rows)
                waiting.lines += group.lines
                continue
            while last + 1 in spare and _likeness(before, after, [*waiting.rows, last + 1], waiting.lines) > (
                _likeness(before, after, waiting.rows, waiting.lines) + _BETTER
            ):
                last += 1
                spare.discard(last)
                waiting.rows.append(last)
            yield waiting
        waiting = group
    if waiting is not None:
        last = waiting.rows[-1] if waiting.rows else NOTHING
        while (
            last != NOTHING
            and last + 1 in spare
            and _likeness(before, after, [*waiting.rows, last + 1], waiting.lines)
            > (_likeness(before, after, waiting.rows, waiting.lines) + _BETTER)
        ):
            last += 1
            waiting.rows.append(last)
        yield waiting


def _likeness(before: Sequence[str], after: Sequence[str], rows: Sequence[int], lines: Sequence[int]) -> float:
    one, other = "".join(before[row] for row in rows), "".join(after[line] for line in lines)
    return float(Indel.normalized_similarity(one, other))


def _block(read: Sequence[Sequence[Word]], tokens: Sequence[tuple[str, ...]], group: _Group) -> Block:
    """The lines of a group, compared with its rows."""
    words = tuple(word for row in group.rows for word in read[row])
    after = ["".join(tokens[line]) for line in group.lines]
    sources, same = _compared([word.text for word in words], [t for line in group.lines for t in tokens[line]])
    typed, at = [], 0
    for line, text in zip(group.lines, after, strict=True):
        end = at + len(text)
        typed.append(Typed(tokens[line], (), tuple(sources[at:end]), tuple(same[at:end])))
        at = end
    return Block(tuple(typed), words, tuple(row for row in group.rows for _ in read[row]))


def _compared(before: Sequence[str], after: Sequence[str]) -> tuple[list[int], list[bool]]:
    """For each character of `after` its place among those of `before`, or `NOTHING`; and whether it is the same."""
    old, new = _pieces(before), _pieces(after)
    sources: list[int] = []
    same: list[bool] = []
    at = 0  # in the characters of `before`
    gap_old, gap_new = "", ""

    def close() -> None:
        nonlocal gap_old, gap_new
        found, equal = [NOTHING] * len(gap_new), [False] * len(gap_new)
        for op in Levenshtein.opcodes(gap_old, gap_new):
            if op.tag in ("equal", "replace"):
                for i, j in zip(range(op.src_start, op.src_end), range(op.dest_start, op.dest_end), strict=True):
                    found[j], equal[j] = at - len(gap_old) + i, op.tag == "equal"
        sources.extend(found)
        same.extend(equal)
        gap_old = gap_new = ""

    for op in Indel.opcodes(old, new):
        if op.tag == "equal":
            close()
            length = sum(map(len, old[op.src_start : op.src_end]))
            sources += range(at, at + length)
            same += [True] * length
            at += length
        else:
            gap_old += (gone := "".join(old[op.src_start : op.src_end]))
            gap_new += "".join(new[op.dest_start : op.dest_end])
            at += len(gone)
    close()
    return sources, same


def _pieces(texts: Sequence[str]) -> list[str]:
    """Words; of scripts without spaces each character."""
    pieces: list[str] = []
    for text in texts:
        run = ""
        for character in text:
            if is_wide(character):
                pieces += [run, character] if run else [character]
                run = ""
            else:
                run += character
        if run:
            pieces.append(run)
    return pieces
