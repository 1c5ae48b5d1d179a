"""RapidOCR: PP-OCR v6 models from inside its own wheel, detection and recognition only, one thread, no network.

The library's models are driven step by step rather than by its all-in-one call: that one shrinks a page to 2,000
pixels before it cuts the lines out (small print is lost), pads lines to no use, and its word boxes pair words with the
confidences of characters. Measured on OpenVINO with bfloat16 (15 SROIE receipts: CPU seconds a page, F1 of words and
of runs of letters and digits, memory):

    detection side 736          0.75 s  0.908  0.959  590 MB
    detection side 960          0.87 s  0.911  0.960  680 MB
    detection side 1280         0.95 s  0.912  0.962  880 MB

No gain came from other thresholds of the detector, more or less air around lines, lines squeezed or stretched by a
tenth, cubic interpolation, receipts drawn larger first, or lines of lower confidence kept.
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
from pipeline.ocr.confidence import mean_confidence
from pipeline.types import PageImage, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

MIN_LINE_CONFIDENCE = 0.5  # a line read worse is mostly a logo or a stamp; the ink check still sees that it is gone
CLOSER_LOOK = 0.98  # mean confidence below which a page is not safely read (`confidence.CURVES`): look again, closer
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
        self._detector: Any = None

    @property
    def version(self) -> str:
        """Version of the library, whose wheel holds the models."""
        return f"{version('rapidocr')} PP-OCRv6 small"

    def settings(self, image: PageImage, languages: Sequence[str]) -> dict[str, Any]:
        """Backend and sizes; the models take no language."""
        from pipeline.ocr.rapid_detect import SIDE_PX

        return {"backend": self.backend, "detection_side_px": SIDE_PX, "dpi": round(image.dpi, 1)}

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

        from pipeline.ocr.rapid_detect import SIDE_PX, Detector
        from pipeline.ocr.rapid_recognise import Recogniser

        cv2.setNumThreads(1)  # the pages are the parallelism

        engine = EngineType(self.backend)
        self._steps = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Global.use_vertical_padding": False,  # it would shift the boxes of very wide images
                "Det.engine_type": engine,
                "Cls.engine_type": engine,
                "Rec.engine_type": engine,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.openvino.inference_num_threads": 1,
                "EngineConfig.openvino.num_streams": 1,
                # Else every process binds its one thread to the same first core, and two read no faster than one.
                "EngineConfig.openvino.enable_cpu_pinning": False,
            }
        )
        # The library gives its logger a handler of its own when imported: nothing may reach our output.
        logging.getLogger("RapidOCR").handlers[:] = [logging.NullHandler()]
        recogniser = self._steps._load_rec_model()
        self._recogniser = Recogniser(recogniser.session, recogniser.postprocess_op.character)
        self._detector = Detector(self._steps._load_det_model())
        blank = np.full((SIDE_PX, 704), 255, np.uint8)
        self._detector.find(blank)
        self._recogniser.read([blank[:64, :320]])
        self._steps.cls_and_rotate([cv2.cvtColor(blank[:64, :320], cv2.COLOR_GRAY2BGR)])

    def read(self, image: PageImage, languages: Sequence[str]) -> list[Word]:
        """See `Engine.read`."""
        from pipeline.ocr.ink import load_grey
        from pipeline.ocr.rapid_detect import CLOSER_PX, SIDE_PX

        check_languages(languages)
        self.warm()
        grey = load_grey(image)
        words = self._words(grey, SIDE_PX, image)
        sure = mean_confidence(words)
        if words and sure < CLOSER_LOOK and max(grey.shape) >= CLOSER_PX:
            closer = self._words(grey, CLOSER_PX, image)
            if mean_confidence(closer) > sure:
                return closer
        return words

    def _words(self, grey: Image, side_px: int, image: PageImage) -> list[Word]:
        """The words of a page seen by the detector at one size."""
        from pipeline.ocr.rapid_lines import cut_line, in_blocks, ink_span, words_of_line
        from pipeline.ocr.rapid_recognise import scaled

        try:
            quads = self._detector.find(grey, side_px)
            cuts = [scaled(cut_line(grey, quad)) for quad in quads]
            read = self._recogniser.read(cuts)
        except MemoryError:
            raise
        except Exception as error:  # each backend has an error class of its own, derived from nothing but Exception
            raise TransientError(f"RapidOCR failed: {str(error)[-300:]}") from error
        found = [
            words_of_line(line, quad, image, ink_span(cut))
            for quad, line, cut in zip(quads, read, cuts, strict=True)
            if line.confidence >= MIN_LINE_CONFIDENCE
        ]
        return in_blocks(found)

    def upside_down(self, lines: Sequence[Image]) -> float | None:
        """See `LineReader.upside_down`: the mean vote of PP-OCR's classifier, a millisecond a line."""
        import cv2

        self.warm()
        in_colour = [cv2.cvtColor(line, cv2.COLOR_GRAY2BGR) for line in lines]
        votes = self._tried(self._steps.cls_and_rotate, in_colour)[1].cls_res
        return float(sum(score if label == "180" else 1.0 - score for label, score in votes)) / len(votes)

    def read_lines(self, lines: Sequence[Image]) -> list[LineText]:
        """See `LineReader.read_lines`."""
        self.warm()
        return [LineText(line.text, line.confidence) for line in self._tried(self._recogniser.read, lines)]

    def _tried(self, step: Callable[[Sequence[Image]], Any], lines: Sequence[Image]) -> Any:
        """What one step makes of some lines."""
        try:
            return step(lines)
        except MemoryError:
            raise
        except Exception as error:  # as in `read`
            raise TransientError(f"RapidOCR failed: {str(error)[-300:]}") from error


@functools.cache
def shared(backend: str) -> RapidOcr:
    """The one instance of this process: its models take half a gigabyte, and settings may ask for it by two names."""
    return RapidOcr(backend)
