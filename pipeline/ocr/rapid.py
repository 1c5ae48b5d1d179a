"""RapidOCR: PP-OCR v6 models from inside its own wheel, detection and recognition only, one thread, no network.

The library's steps are called one by one rather than its all-in-one call, for two reasons: that one shrinks a page
to 2,000 pixels before it cuts the lines out (small print is lost), and its word boxes pair words with the
confidences of characters. Measured (10 pages each, one core with AVX2 only; receipts: F1 of words, profiles:
characters right; peak memory of the process):

    detection side, batch       receipts          profiles          memory: onnxruntime, OpenVINO
    longest side 960, 1         2.0 s 0.902       0.73 s 1.000      0.6 GB, 0.9 GB
    longest side 960, 6         2.2 s 0.898       1.0 s  1.000      -       1.0 GB
    longest side 1280, 1        2.3 s 0.902       0.95 s 1.000      0.8 GB, 1.2 GB
    shortest side 736 (as is)   5-9 s 0.897       1.1 s  1.000      -       12 GB on a 600 dpi page

Print of 6 points on a dense A4 page of two columns is still found at 960 (F1 0.994).
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from importlib.metadata import version
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import TransientError
from pipeline.ocr.base import Availability, box_in_points, check_languages
from pipeline.ocr.ink import load_grey
from pipeline.ocr.script import is_cjk
from pipeline.types import Box, PageImage, Word

Image = NDArray[np.uint8]

DETECTION_SIDE_PX = 960  # longest side the detector sees; memory and time grow with its square
RECOGNITION_BATCH = 1  # lines at once; more pads short lines to the longest and only costs
MIN_LINE_CONFIDENCE = 0.5  # a line read worse is mostly a logo or a stamp; the ink check still sees that it is gone
TALL = 2.0  # a box higher than this many widths is vertical writing; a lone "1" or "I" comes to 1.7
WIDE_STEP_EM = 1.8  # CJK characters further apart than this have a space between them, not just punctuation

BACKENDS = ("openvino", "onnxruntime")


def available() -> Availability:
    """Whether RapidOCR and something to run its models with are installed, and if not how to mend it."""
    if importlib.util.find_spec("rapidocr") is None:
        return Availability(False, "The Python package rapidocr is not installed.", "pip install rapidocr onnxruntime.")
    found = backends()
    if not found:
        return Availability(
            False, "RapidOCR has nothing to run its models with.", "pip install onnxruntime (or openvino)."
        )
    return Availability(True, f"RapidOCR {version('rapidocr')} on {' or '.join(found)}.")


def backends() -> tuple[str, ...]:
    """The libraries installed here that can run the models."""
    return tuple(name for name in BACKENDS if importlib.util.find_spec(name) is not None)


class RapidOcr:
    """Reads pages with PP-OCR v6, which knows Chinese of both kinds and English at once.

    Attributes:
        backend: "openvino" or "onnxruntime".
    """

    name = "rapidocr"

    def __init__(self, backend: str) -> None:
        if backend not in BACKENDS:
            raise ValueError(f"unknown backend {backend!r}")
        self.backend = backend
        self._steps: Any = None

    @property
    def version(self) -> str:
        """Version of the library, whose wheel holds the models."""
        return f"{version('rapidocr')} PP-OCRv6 small"

    def settings(self, image: PageImage, languages: Sequence[str]) -> dict[str, Any]:
        """Backend and sizes; the models take no language."""
        return {"backend": self.backend, "detection_side_px": DETECTION_SIDE_PX, "dpi": round(image.dpi, 1)}

    def warm(self) -> None:
        """Loads both models: about a second."""
        if self._steps is not None:
            return
        available().require()
        if self.backend not in backends():
            Availability(False, f"RapidOCR was to run on {self.backend}, which is not installed.",
                         f"pip install {self.backend}.").require()  # fmt: skip
        cv2.setNumThreads(1)  # the pages are the parallelism
        from rapidocr import EngineType, RapidOCR

        class Steps(RapidOCR):  # type: ignore[misc]
            """The library with our own way of cutting out lines."""

            def crop_text_regions(self, img: Image, det_boxes: NDArray[Any]) -> list[Image]:
                return [cut_line(img, quad) for quad in det_boxes]

        engine = EngineType(self.backend)
        self._steps = Steps(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Global.return_word_box": True,  # recognize_txt then says where each character stands
                "Global.use_vertical_padding": False,  # it would shift the boxes of very wide images
                "Det.engine_type": engine,
                "Det.limit_type": "max",
                "Det.limit_side_len": DETECTION_SIDE_PX,
                "Rec.engine_type": engine,
                "Rec.rec_batch_num": RECOGNITION_BATCH,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.openvino.inference_num_threads": 1,
                "EngineConfig.openvino.num_streams": 1,
            }
        )
        # The library gives its logger a handler of its own when imported: nothing may reach our output.
        logging.getLogger("RapidOCR").handlers[:] = [logging.NullHandler()]
        blank = np.full((64, 320, 3), 255, np.uint8)
        self._lines_of(blank)
        self._steps.recognize_txt([blank])

    def read(self, image: PageImage, languages: Sequence[str]) -> list[Word]:
        """See `Engine.read`."""
        check_languages(languages)
        self.warm()
        page = cv2.cvtColor(load_grey(image), cv2.COLOR_GRAY2BGR)
        try:
            quads, lines = self._lines_of(page)
            read = self._steps.recognize_txt(lines) if lines else None
        except MemoryError:
            raise
        except Exception as error:  # each backend has an error class of its own, derived from nothing but Exception
            raise TransientError(f"RapidOCR failed: {str(error)[-300:]}") from error
        found: list[list[Word]] = []
        if read is not None:
            for quad, text, confidence, places in zip(quads, read.txts, read.scores, read.word_results, strict=True):
                if text.strip() and confidence >= MIN_LINE_CONFIDENCE:
                    columns = [column for word in places.word_cols for column in word]
                    found.append(words_of_line(text, columns, places.line_txt_len, places.confs, quad, image))
        return in_blocks(found)

    def _lines_of(self, page: Image) -> tuple[NDArray[np.float32], list[Image]]:
        """The quads of the lines on a page, corners clockwise from top left, and the lines cut out."""
        from rapidocr.main import RapidOCRError

        try:
            lines, found = self._steps.detect_and_crop(page, {})
        except RapidOCRError:  # its way of saying that there is no text
            return np.zeros((0, 4, 2), np.float32), []
        return np.asarray(found.boxes, np.float32), lines


def is_tall(quad: NDArray[Any]) -> bool:
    """Whether a quad holds vertical writing: higher than one narrow character, such as a lone "1", would be."""
    width, height = _sides(quad)
    return height >= TALL * width


def cut_line(page: Image, quad: NDArray[Any]) -> Image:
    """Cuts a line out of the page, straightened, vertical writing laid on its side."""
    width, height = (max(1, round(side)) for side in _sides(quad))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    line = cv2.warpPerspective(page, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.rot90(line) if is_tall(quad) else line, np.uint8)


def _sides(quad: NDArray[Any]) -> tuple[float, float]:
    top, right, bottom, left = (float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) for i in range(4))
    return max(top, bottom), max(left, right)


def words_of_line(
    text: str, columns: Sequence[int], length: float, confidences: Sequence[float], quad: NDArray[Any], image: PageImage
) -> list[Word]:
    """Cuts a line's text at its spaces and gives each word its own box.

    Args:
        text: the line, spaces included.
        columns: time step of each visible character, ascending.
        length: time steps of the whole line.
        confidences: one a character, spaces included.
        quad: the line's corners in pixels, clockwise from top left.
        image: where the pixels are from.
    """
    visible = [(index, char) for index, char in enumerate(text) if not char.isspace()]
    if len(visible) != len(columns) or length <= 0:
        raise ValueError("characters and their places do not match")
    middles = [(column + 0.5) / length for column in columns]
    em = _advance(visible, middles)
    words: list[Word] = []
    start = 0
    for end in range(1, len(visible) + 1):
        if end < len(visible) and not _parted(visible[end - 1], visible[end], middles[end] - middles[end - 1], em):
            continue
        left = 0.0 if start == 0 else max((middles[start - 1] + middles[start]) / 2, middles[start] - em / 2)
        right = 1.0 if end == len(visible) else min((middles[end - 1] + middles[end]) / 2, middles[end - 1] + em / 2)
        part = visible[start:end]
        words.append(
            Word(
                "".join(char for _, char in part),
                box_in_points(*_stretch(quad, left, max(left, right)), image),
                sum(confidences[index] for index, _ in part) / len(part),
                size_pt=min(_sides(quad)) * 72.0 / image.dpi,
            )
        )
        start = end
    return words


def _advance(visible: Sequence[tuple[int, str]], middles: Sequence[float]) -> float:
    """Typical distance of neighbouring characters, of CJK ones where there are some."""
    steps = [
        (middles[i + 1] - middles[i], is_cjk(visible[i][1]) and is_cjk(visible[i + 1][1]))
        for i in range(len(visible) - 1)
        if visible[i + 1][0] == visible[i][0] + 1
    ]
    wide = [step for step, cjk in steps if cjk]
    return median(wide or [step for step, _ in steps]) if steps else 1.0 / max(1, len(visible))


def _parted(left: tuple[int, str], right: tuple[int, str], step: float, em: float) -> bool:
    """Whether two neighbouring characters belong to two words."""
    both = is_cjk(left[1]) and is_cjk(right[1])
    if right[0] > left[0] + 1:  # the model saw a space
        return not both or step > WIDE_STEP_EM * em
    return both and step > 1.5 * WIDE_STEP_EM * em  # it saw none, but the next character is far away


def _stretch(quad: NDArray[Any], start: float, end: float) -> tuple[float, float, float, float]:
    """The upright box around a part of a line, from share `start` to share `end` of its length."""
    near, far = (quad[[0, 3]], quad[[1, 2]]) if not is_tall(quad) else (quad[[0, 1]], quad[[3, 2]])
    corners = np.concatenate([near + (far - near) * start, near + (far - near) * end])
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def in_blocks(lines: Sequence[Sequence[Word]]) -> list[Word]:
    """Numbers the lines, and the blocks that lines closely below one another make."""
    words: list[Word] = []
    lowest: list[Box] = []  # the last line of each block
    for number, line in enumerate(line for line in lines if line):
        box = reduce(Box.union, (word.box for word in line))
        for block, above in enumerate(lowest):  # noqa: B007
            shared = min(box.x1, above.x1) - max(box.x0, above.x0)
            near = -0.5 < (box.y0 - above.y1) / max(box.height, 0.1) < 1.0
            if near and shared > 0.5 * min(box.width, above.width):
                lowest[block] = box
                break
        else:
            block = len(lowest)
            lowest.append(box)
        words.extend(replace(word, line=number, block=block) for word in line)
    return words
