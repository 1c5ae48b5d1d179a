"""The lines of one column cut into paragraphs and list items.

A line begins a new paragraph when the typesetter made it one: more white above, an indented beginning, another type,
a bullet or number, or a line before it that ended although the next word would still have fitted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.extract.document import Kind
from pipeline.extract.join import han_count
from pipeline.extract.lines import TABULAR_EM, Row
from pipeline.extract.markers import LEADERS, caption_mark, list_marker
from pipeline.wide import is_wide

_OTHER_SIZE = 1.17  # ratio of type sizes from which on two lines are of different type
_OTHER_SIZE_OCR, _OTHER_SIZE_OCR_SHORT = 1.22, 1.45  # where OCR tells it, and from a few letters
_TOLD_LETTERS = 6
_TITLE = 1.25  # of the usual size in the column, from which on two centred lines are one title
_AROUND = 4  # lines above and below that are looked at for the right edge
# "Phone: ...", "电话：...": where one such line follows another, each stands for itself.
_LABEL = re.compile(r"[^\s:：，。,]{1,8}\s?：|[A-Z][A-Za-z/&-]*(?: [A-Za-z/&-]+){0,2}:(?=\s)")
# Lines that are nothing but an e-mail address, a link or a telephone number.
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w.-]{3,}|(?:https?://|www\.)\S+|\+?[\d\s()./-]{7,20}")
_SENTENCE_ENDS = frozenset(".!?:;。！？：；…\"'”’」』)）")


@dataclass(slots=True)
class Draft:
    """A block that headings and continuation are still to be told of.

    Attributes:
        gap_em: white between its first line and the line above it in the column, in type sizes; large where it is
            the first.
        full: its last line reaches the right edge of its column.
        flush: its first line starts at the left edge of its column.
        indented: it stands in as far as the first line of a paragraph does.
    """

    rows: list[Row]
    kind: Kind = "paragraph"
    level: int = 0
    continues: bool = False
    gap_em: float = 9.0
    full: bool = False
    flush: bool = False
    indented: bool = False

    @property
    def tabular(self) -> bool:
        """Whether it is a row of cells."""
        return is_tabular(self.rows[0])


def is_tabular(row: Row) -> bool:
    """Whether a hole divides the row into cells (the one after a bullet or number does not)."""
    if row.hole_em < TABULAR_EM:
        return bool(row.weight > 8 and "." in row.text and LEADERS.search(row.text))
    words = row.line.words
    if len(words) > 1 and list_marker(words[0].text + " "):
        return any((b.box.x0 - a.box.x1) / row.size >= TABULAR_EM for a, b in itertools.pairwise(words))
    return True


def ends_sentence(text: str) -> bool:
    """Whether a sentence may end here."""
    return text[-1] in _SENTENCE_ENDS


def cut_paragraphs(rows: Sequence[Row]) -> list[Draft]:
    """The rows of one region, top to bottom, as paragraphs and list items."""
    if not rows:
        return []
    left = min(row.x0 for row in rows)
    pitch = _pitch(rows)
    rights = _right_edges(rows, pitch)
    large = _TITLE * median(row.size for row in rows)
    drafts = [_open(rows[0], None, left)]
    for i, row in enumerate(rows[1:], start=1):
        draft, above, right = drafts[-1], rows[i - 1], rights[i - 1]
        title = min(above.size, row.size) > large and _is_middled(above, row, left, right)
        if not title and _breaks(draft, above, row, right, pitch):
            draft.full = above.x1 > right - 2.0 * above.size
            drafts.append(_open(row, above, left))
        else:
            draft.rows.append(row)
    drafts[-1].full = rows[-1].x1 > rights[-1] - 2.0 * rows[-1].size
    return drafts


def _open(row: Row, above: Row | None, left: float) -> Draft:
    indent = row.x0 - left
    draft = Draft([row], flush=indent < 0.5 * row.size, indented=0.5 * row.size < indent < 3.5 * row.size)
    if above is not None:
        draft.gap_em = (row.yc - above.yc) / row.size - 1.0
    if list_marker(row.text) and not is_tabular(row):
        draft.kind = "list_item"
    return draft


def _right_edges(rows: Sequence[Row], pitch: float) -> list[float]:
    """For each row where full lines around it end.

    That is the edge of the column, unless the row stands in a run of lines that agree on a nearer one (a quotation,
    an abstract). One stray in twenty does not move the column's edge, rows of cells say nothing about it.
    """
    running = [row.x1 for row in rows if not is_tabular(row)]
    if len(running) < 2:
        running = [row.x1 for row in rows]
    edge = sorted(running, reverse=True)[len(running) // 20]
    left = min(row.x0 for row in rows)
    rights = []
    for i, row in enumerate(rows):
        up, down = ([row.x1, *_ends(rows, i, step, pitch)] for step in (-1, 1))
        agreed = [edge]
        for ends, enough in ((up + down[1:], 3), (up, 4), (down, 4)):
            ends.sort(reverse=True)
            agree = len(ends) >= enough and ends[0] - ends[enough - 2] < 2.0 * row.size
            if agree and ends[0] - left > 0.5 * (edge - left):
                agreed.append(ends[0])
        rights.append(min(agreed))
    return rights


def _ends(rows: Sequence[Row], i: int, step: int, pitch: float) -> list[float]:
    """Where the lines above (step -1) or below row i end that are set like it."""
    ends: list[float] = []
    j = i
    while 0 <= j + step < len(rows) and abs(j + step - i) <= _AROUND:
        size = max(rows[j].size, rows[j + step].size)
        distance = abs(rows[j + step].yc - rows[j].yc)
        if distance > 1.28 * pitch * size or size > 1.17 * rows[j + step].size or is_tabular(rows[j + step]):
            break
        j += step
        ends.append(rows[j].x1)
    return ends


def _pitch(rows: Sequence[Row]) -> float:
    """Usual distance of two lines in type sizes."""
    steps = [(b.yc - a.yc) / max(a.size, b.size) for a, b in itertools.pairwise(rows)]
    close = [step for step in steps if 0.8 < step < 2.2]
    return median(close) if close else 1.3


def _breaks(draft: Draft, above: Row, row: Row, right: float, pitch: float) -> bool:
    """Whether the row begins a new block."""
    size = max(above.size, row.size)
    if _changes_type(above, row):
        return True
    step = (row.yc - above.yc) / size
    if step > max(1.28 * pitch, pitch + 0.3) or step < -0.5:
        return True
    if is_tabular(above) or is_tabular(row):
        return True
    indent = (row.x0 - above.x0) / size
    first = draft.rows[0]
    if caption_mark(row.text) and (ends_sentence(above.text) or _is_short(above, row, right)):
        return True
    if _ADDRESS.fullmatch(row.text) or _ADDRESS.fullmatch(above.text):
        return True
    if _LABEL.match(row.text) and _LABEL.match(first.text) and indent < 0.5:
        return True
    if list_marker(row.text) and (
        draft.kind == "list_item" or ends_sentence(above.text) or _is_short(above, row, right)
    ):
        return True
    if draft.kind == "list_item":
        # Text that goes on stands under the item's text or, where the line above is full, under its bullet.
        if row.x0 < first.x0 - 0.8 * size:
            # Bullets that stand in like the first line of a paragraph: what goes on stands at the edge of the column.
            hangs_out = len(draft.rows) == 1 or abs(row.x0 - above.x0) < 0.5 * size
            return not (draft.indented and hangs_out) or _is_short(above, row, right)
        beside = row.x0 > first.x0 + max(_marker_width(first), 0.0) + 0.8 * size
        return (abs(row.x0 - first.x0) < 0.5 * size or beside) and _is_short(above, row, right)
    if _is_centred(above, row, right):
        return False
    if len(draft.rows) > 1 and indent < -0.8:
        return True
    if indent > 0.8 and indent < 8 and (ends_sentence(above.text) or _is_short(above, row, right)):
        return True
    return _is_short(above, row, right)


def _marker_width(row: Row) -> float:
    """How far the text of a list item stands in from its mark, in points."""
    marker = list_marker(row.text)
    words = row.line.words
    if len(words) > 1 and len(words[0].text) <= len(marker.strip()):
        return words[1].box.x0 - words[0].box.x0
    return row.size * (len(marker) + han_count(marker)) / 2


def _changes_type(above: Row, row: Row) -> bool:
    """Whether the row is set in another type than the one above it."""
    ratio = max(above.size, row.size) / min(above.size, row.size)
    if not above.text_layer:
        return ratio > (_OTHER_SIZE_OCR if min(above.weight, row.weight) >= _TOLD_LETTERS else _OTHER_SIZE_OCR_SHORT)
    if ratio <= _OTHER_SIZE and above.line.bold == row.line.bold:
        return False
    # A few words in small capitals or bold type may fill the end of one line or the beginning of the next.
    last, first = above.line.words[-1], row.line.words[0]
    same = max(last.size_pt, first.size_pt) <= _OTHER_SIZE * min(last.size_pt, first.size_pt)
    return not (same and last.bold == first.bold and not _is_one_type(above) and not _is_one_type(row))


def _is_one_type(row: Row) -> bool:
    """Whether all words are of one size and weight."""
    first = row.line.words[0]
    return all(
        word.bold == first.bold and abs(word.size_pt - first.size_pt) <= (_OTHER_SIZE - 1) * first.size_pt
        for word in row.line.words
    )


def _is_short(above: Row, row: Row, right: float) -> bool:
    """Whether the line above ended early: the first word of the next line would have fitted on it."""
    room = right - above.x1
    text = row.text
    if is_wide(text[0]):
        # A line of Chinese is filled to the last character, but for a mark that may not begin the next one.
        return room > 2.6 * row.size and room > 0.04 * (right - above.x0)
    word = text.split(" ", 1)[0]
    latin = word
    for i, character in enumerate(word):
        if is_wide(character):
            latin = word[: max(i, 1)]
            break
    width = (row.x1 - row.x0) * min(1.0, (len(latin) + 1) / max(row.weight, 1))
    return room > width + 1.0 * row.size and room > 0.04 * (right - above.x0)


def _is_middled(above: Row, row: Row, left: float, right: float) -> bool:
    """Two lines of a title, one set in the middle under the other and both clear of the edges."""
    same = abs((above.x0 + above.x1) - (row.x0 + row.x1)) < 1.2 * row.size
    clear = min(above.x0, row.x0) > left + row.size and max(above.x1, row.x1) < right - row.size
    close = 0.8 < (row.yc - above.yc) / row.size < 2.0
    return same and clear and close and not _changes_type(above, row)


def _is_centred(above: Row, row: Row, right: float) -> bool:
    """Two lines of a centred title: same middle, different beginnings, large type or one clear of the edge."""
    if min(above.x1, row.x1) > right - 1.5 * row.size:
        return False  # full lines, the second indented
    same = abs((above.x0 + above.x1) - (row.x0 + row.x1)) < 1.2 * row.size
    return same and abs(above.x0 - row.x0) > 0.8 * row.size and abs(above.x1 - row.x1) > 0.8 * row.size
