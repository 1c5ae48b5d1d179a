"""How sure a page is: the chance that hardly a character of it is wrong, from what its engine says of its words."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.types import Word


def mean_confidence(words: Sequence[Word]) -> float:
    """The mean of the words' confidences weighted by their length, 0..1; 0 without words."""
    length = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / length if length else 0.0


def chance_of_a_good_page(engine: str, words: Sequence[Word], uncovered: float) -> float:
    """What readings are flagged by."""
    return mean_confidence(words)
