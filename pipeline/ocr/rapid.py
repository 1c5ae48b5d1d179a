"""RapidOCR: PP-OCR v6 models from inside its own wheel, detection and recognition only, one thread, no network.

The library's steps are called one by one rather than its all-in-one call, for two reasons: that one shrinks a page
to 2,000 pixels before it cuts the lines out (small print is lost), and its word boxes pair words with the
confidences of characters. Measured (10 pages each, CPU seconds, one core with AVX2 only; receipts: F1 of words,
profiles: characters right; peak memory of the process):

    detection side, batch            receipts        profiles        memory
    onnxruntime
      longest side 960, 1            1.96 s 0.902    0.77 s 1.000    0.6 GB
      longest side 960, 6            2.25 s 0.898    1.08 s 1.000    0.75 GB
      longest side 1280, 1           2.22 s 0.902    1.05 s 1.000    0.65 GB
    OpenVINO
      longest side 960, 1            2.15 s 0.902    0.79 s 1.000    0.95 GB
      longest side 1280, 1           2.40 s 0.902    0.97 s 1.000    1.2 GB
      shortest side 736 (default), 1 7.10 s 0.897    2.13 s 1.000    12 GB, for a page of 600 dpi

Print of 6 points on a dense A4 page of two columns is still found at 960 (F1 0.994).
"""

from __future__ import annotations

import functools
import importlib.util
import logging
import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pipeline.errors import TransientError
from pipeline.ocr.base import Availability, LineText, check_languages
from pipeline.types import PageImage, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

DETECTION_SIDE_PX = 960  # longest side the detector sees; memory and time grow with its square
MIN_LINE_CONFIDENCE = 0.5  # a line read worse is mostly a logo or a stamp; the ink check still sees that it is gone
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
    sure = 0.85  # good lines come to 0.97 and more, lines on their heads to 0.6, a few to 0.8

    def __init__(self, backend: str) -> None:
        if backend not in BACKENDS:
            raise ValueError(f"unknown backend {backend!r}")
        self.backend = backend
        self._steps: Any = None
        self._recogniser: Any = None

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
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime tells its maker of every start, where it can
        import cv2
        import numpy as np
        from rapidocr import EngineType, RapidOCR

        from pipeline.ocr.rapid_lines import cut_line
        from pipeline.ocr.rapid_recognise import Recogniser

        cv2.setNumThreads(1)  # the pages are the parallelism

        class Steps(RapidOCR):  # type: ignore[misc]
            """The library with our own way of cutting out lines."""

            def crop_text_regions(self, img: Image, det_boxes: NDArray[Any]) -> list[Image]:
                return [cut_line(img, quad) for quad in det_boxes]

        engine = EngineType(self.backend)
        self._steps = Steps(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Global.use_vertical_padding": False,  # it would shift the boxes of very wide images
                "Det.engine_type": engine,
                "Det.limit_type": "max",
                "Det.limit_side_len": DETECTION_SIDE_PX,
                "Cls.engine_type": engine,
                "Rec.engine_type": engine,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.openvino.inference_num_threads": 1,
                "EngineConfig.openvino.num_streams": 1,
            }
        )
        # The library gives its logger a handler of its own when imported: nothing may reach our output.
        logging.getLogger("RapidOCR").handlers[:] = [logging.NullHandler()]
        recogniser = self._steps._load_rec_model()
        self._recogniser = Recogniser(recogniser.session, recogniser.postprocess_op.character)
        blank = np.full((64, 320, 3), 255, np.uint8)
        self._lines_of(blank)
        self._recogniser.read([blank])
        self._steps.cls_and_rotate([blank])

    def read(self, image: PageImage, languages: Sequence[str]) -> list[Word]:
        """See `Engine.read`."""
        import cv2

        from pipeline.ocr.ink import load_grey
        from pipeline.ocr.rapid_lines import in_blocks, words_of_line

        check_languages(languages)
        self.warm()
        page = cv2.cvtColor(load_grey(image), cv2.COLOR_GRAY2BGR)
        try:
            quads, lines = self._lines_of(page)
            read = self._recogniser.read(lines)
        except MemoryError:
            raise
        except Exception as error:  # each backend has an error class of its own, derived from nothing but Exception
            raise TransientError(f"RapidOCR failed: {str(error)[-300:]}") from error
        found = [
            words_of_line(line, quad, image)
            for quad, line in zip(quads, read, strict=True)
            if line.confidence >= MIN_LINE_CONFIDENCE
        ]
        return in_blocks(found)

    def upside_down(self, lines: Sequence[Image]) -> float | None:
        """See `LineReader.upside_down`: the mean vote of PP-OCR's classifier, a millisecond a line."""
        self.warm()
        votes = self._tried(self._steps.cls_and_rotate, lines)[1].cls_res
        return float(sum(score if label == "180" else 1.0 - score for label, score in votes)) / len(votes)

    def read_lines(self, lines: Sequence[Image]) -> list[LineText]:
        """See `LineReader.read_lines`."""
        self.warm()
        return [LineText(line.text, line.confidence) for line in self._tried(self._recogniser.read, lines)]

    def _tried(self, step: Callable[[list[Image]], Any], lines: Sequence[Image]) -> Any:
        """What one step of the library makes of grey lines."""
        import cv2

        try:
            return step([cv2.cvtColor(line, cv2.COLOR_GRAY2BGR) for line in lines])
        except MemoryError:
            raise
        except Exception as error:  # as in `read`
            raise TransientError(f"RapidOCR failed: {str(error)[-300:]}") from error

    def _lines_of(self, page: Image) -> tuple[NDArray[np.float32], list[Image]]:
        """The quads of the lines on a page, corners clockwise from top left, and the lines cut out."""
        import numpy as np
        from rapidocr.main import RapidOCRError

        try:
            lines, found = self._steps.detect_and_crop(page, {})
        except RapidOCRError:  # its way of saying that there is no text
            return np.zeros((0, 4, 2), np.float32), []
        return np.asarray(found.boxes, np.float32), lines


@functools.cache
def shared(backend: str) -> RapidOcr:
    """The one instance of this process: its models take half a gigabyte, and settings may ask for it by two names."""
    return RapidOcr(backend)
