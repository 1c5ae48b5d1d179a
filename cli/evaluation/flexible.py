"""Characters wrong whatever the order of the lines: Flexible Character Accuracy, after Clausner, Pletschacher and
Antonacopoulos, "Flexible character accuracy measure for reading-order-independent evaluation of page analysis and
recognition methods" (Pattern Recognition Letters 131, 2020), simplified.

Each line of the truth, the longest first, takes the stretch of what was read that is most like it; stretches that no
line takes were invented. What a reader misread is so told apart from what was put in another order.
"""  # noqa: D205

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

_ALIKE = 0.5  # a stretch with more of a line's characters wrong is not that line
_SLACK = 2  # characters by which the best stretch may be longer or shorter than the aligned one
_MOST = 20_000_000  # lines times characters read beyond which it would take too long


def flexible_edits(lines: Sequence[str], text: str) -> int | None:
    """How many characters to change, insert or delete, lines in whatever order.

    Args:
        lines: the truth's, without needless white space.
        text: what was read, without needless white space.

    Returns:
        None where the page is too long to tell.
    """
    if len(lines) * len(text) > _MOST:
        return None
    pieces = [text] if text else []
    edits = 0
    for line in sorted(filter(None, lines), key=len, reverse=True):
        best: tuple[int, int, int, int] | None = None  # edits, piece, start, end
        for index, piece in enumerate(pieces):
            worst = min(int(_ALIKE * len(line)), best[0] - 1 if best else len(line))
            found = _stretch(line, piece, worst)
            if found is not None:
                best = (found[0], index, found[1], found[2])
                if found[0] == 0:
                    break
        if best is None:
            edits += len(line)
            continue
        edits += best[0]
        piece = pieces.pop(best[1])
        pieces += [part for part in (piece[: best[2]].strip(), piece[best[3] :].strip()) if part]
    return edits + sum(len(piece) for piece in pieces)


def _stretch(line: str, piece: str, worst: int) -> tuple[int, int, int] | None:
    """Edits, start and end of the stretch of a piece most like a line; None if all take more than `worst` edits."""
    if worst < 0 or len(line) - len(piece) > worst:
        return None
    if len(piece) <= len(line):
        edits = Levenshtein.distance(line, piece, score_cutoff=worst)
        return (edits, 0, len(piece)) if edits <= worst else None
    aligned = fuzz.partial_ratio_alignment(line, piece)
    if aligned is None:
        return None
    found = [
        (Levenshtein.distance(line, piece[start:end], score_cutoff=worst), start - end, start, end)
        for start in _near(aligned.dest_start, len(piece))
        for end in _near(aligned.dest_end, len(piece))
    ]
    edits, _, start, end = min(found)  # the longest of equals: a character misread is likelier than one left out
    return (edits, start, end) if edits <= worst else None


def _near(place: int, last: int) -> range:
    return range(max(0, place - _SLACK), min(last, place + _SLACK) + 1)
