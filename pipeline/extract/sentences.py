"""Where a text may be cut: after sentences, in both scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.extract.tokens import units

# Chinese marks end a sentence wherever they stand, Latin ones before white space; closing quotes go with them.
_END = re.compile(r"[。！？；…]+[”’」』）》\"')]*\s*|[.!?]+[\"'”’)\]]*\s+|;\s+")
# A full stop after these ends no sentence.
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|cf|al|Fig|Figs|Eq|Eqs|Sec|No|Nos|Vol|pp|Inc|Ltd|Co|Corp|Jr|Sr|approx)"
    r"|\b[eE]\.g|\b[iI]\.e)\.\s+$"
)
_PAUSE = re.compile(r"[，、：,:]\s*|\s+")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the text's sentences, gapless, white space after a sentence belonging to it."""
    start = 0
    for found in _END.finditer(text):
        end = found.end()
        if end == len(text):
            break
        if found.group()[0] == "." and _ABBREVIATION.search(text, max(start, end - 12), end):
            continue
        yield start, end
        start = end
    if start < len(text):
        yield start, len(text)


def pieces(text: str, max_tokens: float) -> Iterator[tuple[int, int, float]]:
    """Sentences, and parts of those that are too long: cut at commas and spaces, else between any two units.

    Yields:
        Start, end and estimated tokens, gapless; no piece takes more than `max_tokens`, but for a single unit.
    """
    for start, end in sentences(text):
        weights = [(start + a, start + b, w) for a, b, w in units(text[start:end])]
        total = sum(w for _, _, w in weights)
        if total <= max_tokens:
            yield start, end, total
            continue
        pauses = {start + found.end() for found in _PAUSE.finditer(text[start:end])}
        i = 0
        while i < len(weights):
            tokens, stop, pause, at_pause = 0.0, i, i, 0.0
            while stop < len(weights) and (stop == i or tokens + weights[stop][2] <= max_tokens):
                tokens += weights[stop][2]
                stop += 1
                if weights[stop - 1][1] in pauses:
                    pause, at_pause = stop, tokens
            if stop < len(weights) and at_pause > 0.5 * max_tokens:
                stop, tokens = pause, at_pause
            yield weights[i][0], weights[stop - 1][1], tokens
            i = stop
