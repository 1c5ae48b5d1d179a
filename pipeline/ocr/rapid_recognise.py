"""Reads line images with PP-OCR's recogniser: what goes into the model, and what its time steps say.

The library's own loop pads every line to 320 pixels and to a width of its own, so that short lines cost as much as
long ones and OpenVINO prepares and keeps a program for every width it ever saw. Here widths are multiples of
`WIDTH_STEPS_PX`, and the model's doubts about spaces are kept (`Line.spaces`), which its best guess alone swallows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Session = Callable[[NDArray[np.float32]], NDArray[np.float32]]

HEIGHT_PX = 48  # what the model was trained on
WIDTH_STEPS_PX = ((512, 32), (1024, 64), (2048, 128))  # up to a width, the multiples that lines are padded to
MAX_WIDTH_PX = 2048  # longer lines are cut in two where they have a gap: time and memory of a step grow with width
SHRUNK = 1.5  # lines this much higher than the model's are averaged down; interpolation would skip strokes
BLANK = 0  # the class that stands for "no character here"
FOREIGN_ODDS = 0.1  # what the belief in a letter counts that neither English nor Chinese is written with


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the model read it.

    Attributes:
        text: its visible characters, without spaces.
        places: where the middle of each character is, as a share of the line's length, 0..1, ascending.
        confidences: one a character, 0..1.
        spaces: before each character but the first, the model's best belief in a space there, 0..1.
    """

    text: str
    places: tuple[float, ...]
    confidences: tuple[float, ...]
    spaces: tuple[float, ...]

    @property
    def confidence(self) -> float:
        """Mean over its characters, 0 without any."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else 0.0


NOTHING = Line("", (), (), ())


class Recogniser:
    """Reads lines one by one, those of one width after another.

    Args:
        session: runs the model: 1 x 3 x 48 x width, -1..1, to 1 x steps x classes of probabilities.
        characters: one a class; the first stands for no character.
    """

    def __init__(self, session: Session, characters: Sequence[str]) -> None:
        self._session = session
        self._characters = characters
        self._space = list(characters).index(" ")
        self._foreign = np.array([is_foreign(character) for character in characters])

    def read(self, lines: Sequence[Image]) -> list[Line]:
        """Reads grey line images (height x width, upright); in their order, `NOTHING` where a line is empty."""
        pieces = [(index, piece) for index, line in enumerate(lines) for piece in in_pieces(scaled(line))]
        found: list[Line] = [NOTHING] * len(pieces)
        # A program prepared for one width serves all lines of that width in a row.
        for at in sorted(range(len(pieces)), key=lambda at: pieces[at][1].shape[1]):
            found[at] = self._read_piece(pieces[at][1])
        parts: list[list[tuple[int, Line]]] = [[] for _ in lines]
        for (index, piece), line in zip(pieces, found, strict=True):
            parts[index].append((piece.shape[1], line))
        return [_together(line) for line in parts]

    def _read_piece(self, piece: Image) -> Line:
        width = piece.shape[1]
        step = next(step for limit, step in WIDTH_STEPS_PX if width <= limit)
        padded = -(-width // step) * step
        batch = np.zeros((1, 3, HEIGHT_PX, padded), np.float32)
        batch[0, :, :, :width] = piece / np.float32(127.5) - 1
        return self._decoded(self._session(batch)[0], padded / width)

    def _decoded(self, steps: NDArray[np.float32], stretch: float) -> Line:
        """Greedy CTC: neighbouring steps of one class are one character.

        Args:
            steps: steps x classes of probabilities.
            stretch: the padded width over the line's own.
        """
        best = steps.argmax(axis=1)
        for step in np.flatnonzero(self._foreign[best]):
            best[step] = np.where(self._foreign, FOREIGN_ODDS * steps[step], steps[step]).argmax()
        starts = np.flatnonzero(np.concatenate([[True], best[1:] != best[:-1]]))
        ends = np.append(starts[1:], len(best))
        text: list[str] = []
        places: list[float] = []
        confidences: list[float] = []
        spaces: list[float] = []
        last = 0
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            kind = int(best[start])
            if kind in (BLANK, self._space):
                continue
            character = self._characters[kind]
            if not character.strip():
                continue
            if text:
                spaces.append(float(steps[last : start + 1, self._space].max()))
            text.append(character)
            places.append(min(1.0, (start + end) / 2 / len(best) * stretch))
            confidences.append(float(steps[start:end, kind].max()))
            last = end - 1
        return Line("".join(text), tuple(places), tuple(confidences), tuple(spaces))


def is_foreign(character: str) -> bool:
    """Whether a character is a Latin letter with a mark, or a raised or lowered sign: what specks turn letters into."""
    if len(character) != 1 or character.isascii():
        return False
    name = unicodedata.name(character, "")
    return name.startswith("LATIN ") or ("SCRIPT " in name and character not in "²³") or character in "ªº"


def scaled(line: Image) -> Image:
    """A line image at the model's height, its proportions kept."""
    height, width = line.shape
    if height == HEIGHT_PX:
        return line
    how = cv2.INTER_AREA if height > SHRUNK * HEIGHT_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(line, (max(1, -(-width * HEIGHT_PX // height)), HEIGHT_PX), interpolation=how))


def in_pieces(line: Image) -> list[Image]:
    """A line cut until no piece is too wide, each time in the widest gap of its middle half."""
    width = line.shape[1]
    if width <= MAX_WIDTH_PX:
        return [line]
    middle = line[:, width // 4 : width - width // 4].min(axis=0).astype(np.int16)
    even = np.convolve(middle, np.ones(HEIGHT_PX // 4) / (HEIGHT_PX // 4), "same")  # a gap, not a crack
    at = width // 4 + int(even.argmax())
    return [*in_pieces(line[:, :at]), *in_pieces(line[:, at:])]


def _together(pieces: Sequence[tuple[int, Line]]) -> Line:
    """The pieces of one line as one; there was a gap between them."""
    if len(pieces) == 1:
        return pieces[0][1]
    total = sum(width for width, _ in pieces)
    text = ""
    places: list[float] = []
    confidences: list[float] = []
    spaces: list[float] = []
    done = 0
    for width, line in pieces:
        places += [(done + place * width) / total for place in line.places]
        confidences += line.confidences
        spaces += [1.0] if text and line.text else []
        spaces += line.spaces
        text += line.text
        done += width
    return Line(text, tuple(places), tuple(confidences), tuple(spaces))
