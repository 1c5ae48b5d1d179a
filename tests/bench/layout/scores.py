"""How well a list of blocks agrees with a page's labels.

Blocks are found by their anchors in the text that came out, so that any program can be measured by its text alone;
letters only, case folded, and up to a fifth of an anchor may be misread.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.layout.label import Label

_MISREAD = 0.2


@dataclass(frozen=True, slots=True)
class Score:
    """What is counted on a page.

    Attributes:
        order: share of all pairs of labels that came out in the right order; a label not found loses all its pairs.
        starts_found: share of labels that begin a block.
        starts_right: share of blocks that begin with a label.
        kinds: share of labels that begin a block of their kind.
    """

    order: float
    starts_found: float
    starts_right: float
    kinds: float


def score(labels: Sequence[Label], blocks: Sequence[tuple[str, str]]) -> Score:
    """Compares.

    Args:
        labels: in reading order.
        blocks: kind and text of what came out, in its order.
    """
    texts = [_plain(text) for _, text in blocks]
    found = _placed(labels, blocks, texts)
    pairs = [
        (a, b)
        for a, b in itertools.combinations(range(len(labels)), 2)
        if not labels[a].floats and not labels[b].floats
    ]
    right = sum(1 for a, b in pairs if found[a] is not None and found[b] is not None and found[a] < found[b])  # type: ignore[operator]
    starts = [place[0] if place is not None and _begins(texts[place[0]], place[1]) else None for place in found]
    begun = {block for block in starts if block is not None}
    of_kind = sum(
        1 for label, block in zip(labels, starts, strict=True) if block is not None and blocks[block][0] == label.kind
    )
    counted = [i for i, text in enumerate(texts) if text or blocks[i][0] == "figure"]
    return Score(
        right / len(pairs) if pairs else 1.0,
        sum(block is not None for block in starts) / len(labels),
        len(begun) / max(1, len(counted)),
        of_kind / len(labels),
    )


def _begins(text: str, offset: int) -> bool:
    """Whether an anchor there begins the block: a number or a letter of a list may stand before it."""
    return offset <= min(3, len(text) // 3)


def _placed(
    labels: Sequence[Label], blocks: Sequence[tuple[str, str]], texts: Sequence[str]
) -> list[tuple[int, int] | None]:
    """Where each label is: number of the block and offset in its text. Equal anchors share out what is found."""
    places: list[tuple[int, int] | None] = [None] * len(labels)
    alike: dict[str, list[int]] = defaultdict(list)
    for i, label in enumerate(labels):
        alike[_plain(label.anchor) if label.kind != "figure" else ""].append(i)
    figures = [(i, 0) for i, (kind, _) in enumerate(blocks) if kind == "figure"]
    for anchor, numbers in alike.items():
        found = figures if not anchor else _occurrences(anchor, texts)
        starts = [place for place in found if _begins(texts[place[0]], place[1])]
        if len(starts) >= len(numbers):
            found = starts
        for i, place in zip(numbers, found, strict=False):
            places[i] = place
    return places


def _occurrences(anchor: str, texts: Sequence[str]) -> list[tuple[int, int]]:
    exact = []
    for number, text in enumerate(texts):
        at = text.find(anchor)
        while at >= 0:
            exact.append((number, at))
            at = text.find(anchor, at + 1)
    if exact:
        return exact
    near = [(*_nearest(anchor, text), number) for number, text in enumerate(texts) if text]
    errors, at, number = min(near, default=(len(anchor), 0, 0))
    return [(number, at)] if errors <= _MISREAD * len(anchor) else []


def _nearest(anchor: str, text: str) -> tuple[int, int]:
    """Least edits that make a part of the text the anchor, and where that part begins (Sellers 1980)."""
    row = [(0, at) for at in range(len(text) + 1)]
    for i, wanted in enumerate(anchor, start=1):
        last, row = row, [(i, 0)]
        for at, character in enumerate(text, start=1):
            same = last[at - 1][0] + (character != wanted), last[at - 1][1]
            row.append(min(same, (last[at][0] + 1, last[at][1]), (row[at - 1][0] + 1, row[at - 1][1])))
    return min(row)


def _plain(text: str) -> str:
    """Letters and figures only."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
