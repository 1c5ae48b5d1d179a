"""Which blocks are headings, and of what level.

A heading is short, closes no sentence, and is set apart: by larger type, by bold type, or by a number. Type sizes of
a text layer are exact; those of OCR wander by a tenth and more in short lines, so there a little larger type counts
only for a short line that stands apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.extract.join import han_count, join_texts
from pipeline.extract.lines import Row
from pipeline.extract.markers import BULLET, CHAPTER, HAN_ITEM, ITEM_NUMBER, LEADERS, SECTION, number_depth
from pipeline.extract.paragraphs import Draft

_LARGER = 1.13  # a text layer's heading size over the text's
_LARGER_OCR = 1.45
_A_LITTLE_LARGER_OCR = 1.16  # of a line read by OCR that looks like a heading otherwise
_MAX_LETTERS = 160  # a Han character counts as two
_MAX_LINES = 5  # a block of as many is no heading
_MAX_LETTERS_WEAK = 90  # where only bold type or a number speaks for it
_LIST_REACH = 12  # items of a list looked at for the next number
_SAME_SIZE = 1.07  # two heading sizes closer than this are one level
_CLOSED = frozenset("。；，、！,;")


def body_size(rows: Sequence[Row]) -> float:
    """Type size in points that most of the text is set in."""
    sizes: Counter[float] = Counter()
    exact = True
    for row in rows:
        sizes[round(2 * row.size) / 2] += row.weight
        exact = exact and row.text_layer
    if not sizes:
        return 10.0
    if exact:
        return max(sizes, key=lambda size: (sizes[size], -size)) or 0.5
    half, running = sum(sizes.values()) / 2, 0
    for size in sorted(sizes):
        running += sizes[size]
        if running >= half:
            return size or 0.5
    return 10.0


def mark_headings(drafts: Sequence[Draft], bodies: Sequence[float]) -> None:
    """Turns drafts into headings and gives them their levels.

    Args:
        drafts: the blocks of the whole document in reading order.
        bodies: for each draft the type size of the text around it, in points.
    """
    texts = [join_texts(row.text for row in draft.rows[:_MAX_LINES]) for draft in drafts]
    bold_share = _bold_share(drafts)
    upper_share = _upper_share(texts)
    found: list[tuple[Draft, str, float]] = []
    for i, draft in enumerate(drafts):
        ratio = draft.rows[0].size / bodies[i]
        after = drafts[i + 1] if i + 1 < len(drafts) else None
        # A title may come in two pieces.
        under = next((d for d in drafts[i + 1 : i + 3] if d.rows[0].size < 0.93 * draft.rows[0].size), after)
        out = not draft.rows[0].text_layer and _stands_out(draft, texts[i], ratio, under)
        if not out and _is_numbered_item(drafts, i):
            continue
        if out or _is_heading(draft, texts[i], ratio, after, texts[i + 1] if after else "", bold_share, upper_share):
            found.append((draft, texts[i], ratio))
    _set_levels(found)


def _bold_share(drafts: Sequence[Draft]) -> float:
    total = sum(row.weight for draft in drafts for row in draft.rows) or 1
    return sum(row.weight for draft in drafts for row in draft.rows if row.line.bold) / total


def _upper_share(texts: Sequence[str]) -> float:
    with_case = [text for text in texts if any(map(str.isalpha, text[:40]))]
    return sum(map(str.isupper, with_case)) / max(1, len(with_case))


def _is_heading(
    draft: Draft, text: str, ratio: float, after: Draft | None, text_after: str, bold_share: float, upper_share: float
) -> bool:
    row = draft.rows[0]
    if draft.kind in ("caption", "footnote") or len(draft.rows) >= _MAX_LINES or len(text) > _MAX_LETTERS:
        return False
    letters = sum(1 for c in text if c.isalpha())
    length = len(text) + han_count(text)
    if letters < 2 or length > _MAX_LETTERS or 2 * letters < len(text.replace(" ", "")):
        return False
    if text[-1] in _CLOSED or BULLET.match(text) or LEADERS.search(text):
        return False
    larger = _LARGER if row.text_layer else _LARGER_OCR
    numbered = bool(CHAPTER.match(text) or SECTION.match(text))
    if ratio >= larger:
        # A large single line that closes a sentence is a motto or a price; a title may still end in a question.
        return row.text_layer or not text.endswith((".", "．", ":", "："))
    if (
        length > _MAX_LETTERS_WEAK
        or len(draft.rows) > 2
        or text.endswith((".", ":", "："))
        or draft.tabular
        or ratio < 0.9
    ):
        return False
    if after is None or draft.gap_em < 0.0:
        return False
    if numbered and length <= 60:
        return True
    if HAN_ITEM.match(text):
        return length <= 44 and not HAN_ITEM.match(text_after)
    depth = number_depth(text)
    alone = not number_depth(text_after) or number_depth(text_after) > depth
    if depth and length <= 80 and alone and (row.line.bold or depth > 1 or draft.gap_em > 0.8) and text[-1] != "-":
        return draft.kind != "list_item" or row.line.bold or ratio > 1.04 or _sets_apart(draft, after)
    if row.text_layer and row.line.bold and bold_share < 0.4 and draft.kind == "paragraph":
        return True
    shouted = letters >= 4 and text.isupper() and text.isascii() and length <= 50 and not any(c.isdigit() for c in text)
    return shouted and upper_share < 0.4 and _sets_apart(draft, after) and not text_after.isupper()


def _is_numbered_item(drafts: Sequence[Draft], i: int) -> bool:
    """Whether the item before or after it in the same list, with nothing but items between, has the next number."""
    draft = drafts[i]
    number = ITEM_NUMBER.match(draft.rows[0].text) if draft.kind == "list_item" else None
    if number is None or draft.rows[0].line.bold:
        return False
    for step in (-1, 1):
        j = i + step
        while 0 <= j < len(drafts) and abs(j - i) <= _LIST_REACH and drafts[j].kind == "list_item":
            row, other = drafts[j].rows[0], ITEM_NUMBER.match(drafts[j].rows[0].text)
            beside = abs(row.x0 - draft.rows[0].x0) < 0.5 * row.size
            if other and beside and int(other.group(1)) - int(number.group(1)) == step:
                return True
            j += step
    return False


def _stands_out(draft: Draft, text: str, ratio: float, under: Draft | None) -> bool:
    """A short line of OCR, larger than what stands under it, with at least as much white above as below."""
    length = len(text) + han_count(text)
    if draft.kind != "paragraph" or draft.tabular or ratio < _A_LITTLE_LARGER_OCR or len(draft.rows) > 2:
        return False
    if under is None or under.kind in ("caption", "footnote") or not 4 <= length <= 60 * len(draft.rows):
        return False
    if text[-1] in _CLOSED or text.endswith((".", "．", ":", "：")) or 2 * sum(map(str.isalpha, text)) < len(text):
        return False
    return draft.rows[0].size >= 1.1 * under.rows[0].size and draft.gap_em >= min(under.gap_em - 0.1, 1.0)


def _sets_apart(draft: Draft, after: Draft) -> bool:
    """More white above than the text that follows has below it."""
    return draft.gap_em > 0.8 and draft.gap_em >= after.gap_em - 0.1


def _set_levels(found: Sequence[tuple[Draft, str, float]]) -> None:
    """Levels 1..3: larger type first, then what is only bold or numbered, deeper by its number."""
    sizes = sorted({draft.rows[0].size for draft, _, ratio in found if ratio >= _LARGER}, reverse=True)
    rank: dict[float, int] = {}
    level, top = 0, 0.0
    tolerance = _SAME_SIZE if all(draft.rows[0].text_layer for draft, _, _ in found) else 1.15
    for size in sizes:
        if not level or size * tolerance < top:
            level, top = level + 1, size
        rank[size] = level
    weak_depths = [_depth(text) for draft, text, ratio in found if ratio < _LARGER]
    shallowest = min(weak_depths, default=1)
    for draft, text, ratio in found:
        draft.kind = "heading"
        if ratio >= _LARGER:
            draft.level = min(3, rank[draft.rows[0].size])
        else:
            draft.level = min(3, level + 1 + _depth(text) - shallowest)


def _depth(text: str) -> int:
    """How deep a heading without larger type lies by its number; 1 without one."""
    if SECTION.match(text):
        return 2
    return max(1, number_depth(text))
