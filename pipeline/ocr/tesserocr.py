"""Tesseract inside this process, through tesserocr: the same models and words, no process a page.

tesserocr's wheel carries a Tesseract of its own but no models: it reads with those of the system's Tesseract, or of
the folder in `TESSDATA_PREFIX`. What the command line is told has to be told here too, segmentation and resolution
among it: left alone, tesserocr segments as it likes and guesses sizes for 70 dpi.

C code in this process can be asked to stop, but not made to: the parent kills a process that overruns.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import ChildFailed, PermanentError, TransientError
from pipeline.ocr import tesseract
from pipeline.ocr.base import Availability
from pipeline.ocr.tesseract import OEM_LSTM, Tesseract, packs_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KEPT = 2  # models kept loaded, by packs: some 30 MB each for one language
HEADER = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
_FOLDER = re.compile(r'"(.+)"')


@functools.cache
def models_folder() -> Path | None:
    """Where Tesseract's models are, or None; asked once a process."""
    told = os.environ.get("TESSDATA_PREFIX")
    if told:
        return next((path for path in (Path(told), Path(told) / "tessdata") if any(path.glob("*.traineddata"))), None)
    command = shutil.which("tesseract")
    if command is None:
        return None
    done = subprocess.run([command, "--list-langs"], capture_output=True, text=True, check=False, timeout=60)
    found = _FOLDER.search((done.stdout or done.stderr).partition("\n")[0])
    return Path(found[1]) if found and Path(found[1]).is_dir() else None


def available(languages: Sequence[str]) -> Availability:
    """Whether tesserocr can read these languages here, and if not how to mend it."""
    if importlib.util.find_spec("tesserocr") is None:
        return Availability(False, "The Python package tesserocr is not installed.", "pip install pagemill[tesserocr].")
    folder = models_folder()
    if folder is None:
        remedy = tesseract.available(languages).remedy or "Set TESSDATA_PREFIX to the folder of its models."
        return Availability(False, "tesserocr finds no models of Tesseract.", remedy)
    packs = {path.stem for path in folder.glob("*.traineddata")}
    missing = [pack for pack in packs_of(languages).split("+") if pack and pack not in packs]
    if missing:
        remedy = f"Install {' '.join(f'tesseract-ocr-{pack}'.replace('_', '-') for pack in missing)}, or what your "
        return Availability(False, f"Tesseract lacks the language pack {', '.join(missing)}.",
                            remedy + "system calls it; on macOS: brew install tesseract-lang.")  # fmt: skip
    return Availability(True, f"tesserocr with {', '.join(sorted(packs - {'osd'}))}.")


class Tesserocr(Tesseract):
    """Reads pages with Tesseract's LSTM models, kept loaded in this process."""

    name = "tesserocr"
    available = staticmethod(available)

    def warm(self) -> None:
        """Finds the library; a model is loaded when a page in its language comes."""
        if self._version:
            return
        available(()).require()
        os.environ["OMP_THREAD_LIMIT"] = "1"  # read when the library is loaded
        import tesserocr

        tesserocr.set_leptonica_log_level(tesserocr.LeptLogLevel.NONE)  # it tells stderr of every odd box
        self._version = str(tesserocr.tesseract_version()).splitlines()[0].removeprefix("tesseract ")

    def _run(self, source: str | NDArray[np.uint8], packs: str, psm: int, dpi: int, *, table: bool) -> str:
        """What Tesseract would print for a file or a grey image: its table of words or the bare text."""
        from pipeline.ocr.ink import load_pixels

        grey = load_pixels(source) if isinstance(source, str) else source
        height, width = grey.shape
        api = _model(packs)
        try:
            api.SetPageSegMode(psm)
            api.SetVariable("user_defined_dpi", str(dpi))
            api.SetImageBytes(grey.tobytes(), width, height, 1, width)
            api.SetSourceResolution(dpi)
            if not api.Recognize(timeout=max(100, round(self.timeout_s * 1000))):
                raise ChildFailed("page_timeout", f"Tesseract needed more than {self.timeout_s:.0f} s for the page.")
            return HEADER + str(api.GetTSVText(0)) if table else str(api.GetUTF8Text())
        except RuntimeError as error:
            raise TransientError(f"tesserocr failed: {str(error)[:500]}") from error
        finally:
            api.Clear()
            api.ClearAdaptiveClassifier()  # a page must not depend on those before it


_models: OrderedDict[str, Any] = OrderedDict()


def _model(packs: str) -> Any:
    """The loaded model for these packs; the one not used for longest makes room."""
    import tesserocr

    if packs not in _models:
        while len(_models) >= KEPT:
            _models.popitem(last=False)[1].End()
        try:
            _models[packs] = tesserocr.PyTessBaseAPI(path=f"{models_folder()}/", lang=packs, oem=OEM_LSTM)
        except RuntimeError as error:
            raise PermanentError(
                "engine_missing", "A language pack of Tesseract is missing or damaged. Install it again."
            ) from error
    _models.move_to_end(packs)
    return _models[packs]
