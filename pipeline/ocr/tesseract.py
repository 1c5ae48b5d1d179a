"""Tesseract through pytesseract: one short-lived process a page, the image's path handed straight to it.

Segmentation, measured (10 pages each, one core; receipts: F1 of words, Chinese profiles: characters right):

    psm   receipts, eng   profiles, chi_sim   profiles, chi_sim+eng
    3     0.80 s 0.748    0.49 s 0.859        0.79 s 0.852      3 lost 58 of 63 characters of a clean page
    4     0.80 s 0.748    0.50 s 0.990        0.79 s 0.987
    6     0.65 s 0.722    0.46 s 0.990        0.73 s 0.985
    11    0.91 s 0.696    0.58 s 0.947        0.80 s 0.928

But psm 4 reads straight across columns: on dense Chinese pages of two columns 3 got 0.98 of the characters right and
4 got 0.90-0.92; on English ones both got 0.99. So psm 4, psm 3 where a gutter runs down the page, and the other of
the two where ink stays uncovered (`reader.py` looks); and one language wherever the page's script is known.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.errors import ChildFailed, PermanentError, TransientError
from pipeline.ocr.base import Availability, LineText, check_languages
from pipeline.ocr.tesseract_table import words_of_table
from pipeline.types import PageImage, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKS = {"en": "eng", "zh-Hans": "chi_sim", "zh-Hant": "chi_tra"}
"""Tesseract's own names for Pagemill's languages."""

PSM_ROWS = 4
PSM_COLUMNS = 3
LINE_PX = 44  # height that single lines are scaled to
PSM_BLOCK = 6
OEM_LSTM = 1
SMALL_DPI = 200  # what small images of a few lines are said to have
MIN_DPI, MAX_DPI = 70, 2400  # Tesseract ignores what it is told outside of these


@cache
def installed_packs() -> frozenset[str] | None:
    """Tesseract's language packs on this machine, or None without Tesseract; asked once a process."""
    command = shutil.which("tesseract")
    if command is None:
        return None
    done = subprocess.run([command, "--list-langs"], capture_output=True, text=True, check=False, timeout=60)
    return frozenset(line.strip() for line in (done.stdout or done.stderr).splitlines()[1:])


def available(languages: Sequence[str]) -> Availability:
    """Whether Tesseract can read these languages here, and if not how to mend it."""
    packs = installed_packs()
    needed = [PACKS[code] for code in languages if code in PACKS]
    debian = " ".join(["tesseract-ocr", *(f"tesseract-ocr-{pack.replace('_', '-')}" for pack in needed)])
    remedy = f"Install it: apt-get install {debian}, or on macOS: brew install tesseract tesseract-lang."
    if packs is None:
        return Availability(False, "Tesseract is not installed.", remedy)
    missing = [pack for pack in needed if pack not in packs]
    if missing:
        return Availability(False, f"Tesseract lacks the language pack {', '.join(missing)}.", remedy)
    if importlib.util.find_spec("pytesseract") is None:
        return Availability(False, "The Python package pytesseract is not installed.", "pip install pytesseract.")
    return Availability(True, f"Tesseract with {', '.join(sorted(packs - {'osd'}))}.")


class Tesseract:
    """Reads pages with Tesseract's LSTM models.

    Attributes:
        timeout_s: wall time after which a page is given up.
    """

    name = "tesseract"

    available = staticmethod(available)

    def __init__(self, timeout_s: float, psm: int = PSM_ROWS) -> None:
        self.timeout_s = timeout_s
        self.psm = psm
        self._version = ""

    @property
    def version(self) -> str:
        """Tesseract's version, empty until warm."""
        return self._version

    def warm(self) -> None:
        """Finds Tesseract and its version; there is no model to keep, each page starts a process."""
        if self._version:
            return
        available(()).require()
        import pytesseract

        self._version = str(pytesseract.get_tesseract_version())
        # pytesseract hands on this process's environment. More threads make a page no faster and starve the others.
        os.environ["OMP_THREAD_LIMIT"] = "1"

    def settings(self, image: PageImage, languages: Sequence[str]) -> dict[str, Any]:
        """Packs, segmentation mode, engine mode and resolution."""
        return {"packs": packs_of(languages), "psm": self.psm, "oem": OEM_LSTM, "dpi": _told_dpi(image)}

    def read(self, image: PageImage, languages: Sequence[str]) -> list[Word]:
        """See `Engine.read`."""
        check_languages(languages)
        self.available(languages).require()
        self.warm()
        told = self.settings(image, languages)
        return words_of_table(self._run(image.file, told["packs"], told["psm"], told["dpi"], table=True), image)

    def read_sheet(self, grey: NDArray[np.uint8], languages: Sequence[str]) -> list[Word]:
        """The words of a small image of lines set one below the other, boxes in pixels."""
        self.warm()
        table = self._run(grey, packs_of(languages), PSM_BLOCK, SMALL_DPI, table=True)
        return words_of_table(table, PageImage("", grey.shape[1], grey.shape[0], 72.0))

    def read_plain(self, grey: NDArray[np.uint8], languages: Sequence[str]) -> str:
        """The bare text of a small image, for deciding on a script."""
        self.warm()
        return self._run(grey, packs_of(languages), PSM_BLOCK, SMALL_DPI, table=False)

    def _run(self, source: str | NDArray[np.uint8], packs: str, psm: int, dpi: int, *, table: bool) -> str:
        """What Tesseract prints for a file or a grey image: its table of words (TSV with a header) or the bare text."""
        import pytesseract

        run = pytesseract.image_to_data if table else pytesseract.image_to_string
        config = f"--oem {OEM_LSTM} --psm {psm} --dpi {dpi}"
        try:
            return str(run(source, lang=packs, config=config, timeout=max(self.timeout_s, 0.1)))
        except (pytesseract.TesseractError, RuntimeError, OSError) as error:
            raise _translated(error, self.timeout_s) from error


class TesseractLines:
    """Tries a few lines with Tesseract: one short process for all of them.

    Attributes:
        engine: reads them.
        languages: BCP 47 codes to expect.
    """

    sure = 0.75  # good lines come to 0.9, worn ones to 0.7, lines on their heads to 0.3, a few to 0.7

    def __init__(self, engine: Tesseract, languages: Sequence[str]) -> None:
        self.engine = engine
        self.languages = languages

    def upside_down(self, lines: Sequence[NDArray[np.uint8]]) -> float | None:
        """See `LineReader.upside_down`: the way to tell is to read them twice, which takes half as long as a page."""
        return None

    def read_lines(self, lines: Sequence[NDArray[np.uint8]]) -> list[LineText]:
        """See `LineReader.read_lines`."""
        from pipeline.ocr.ink import stacked

        sheet, tops = stacked(lines, LINE_PX)
        words = self.engine.read_sheet(sheet, self.languages)
        found: list[list[Word]] = [[] for _ in lines]
        for word in words:
            row = sum(top <= (word.box.y0 + word.box.y1) / 2 for top in tops) - 1
            found[max(0, row)].append(word)
        return [_line_text(row) for row in found]


def _line_text(words: Sequence[Word]) -> LineText:
    length = sum(len(word.text) for word in words)
    sure = sum(word.confidence * len(word.text) for word in words)
    return LineText(" ".join(word.text for word in words), sure / length if length else 0.0)


def packs_of(languages: Sequence[str]) -> str:
    """What Tesseract is told to read these languages."""
    # The first pack leads where there are several; on mixed pages chi_sim must, eng would read Han as noise.
    packs = sorted((PACKS[code] for code in dict.fromkeys(languages)), key=lambda pack: not pack.startswith("chi"))
    return "+".join(packs)


def _told_dpi(image: PageImage) -> int:
    return min(max(round(image.dpi), MIN_DPI), MAX_DPI)


def _translated(error: Exception, timeout_s: float) -> Exception:
    """The error of our own tree for what pytesseract raised."""
    text = str(error)
    if "process timeout" in text:
        return ChildFailed("page_timeout", f"Tesseract needed more than {timeout_s:.0f} s for the page.")
    if "Error opening data file" in text or "couldn't load any languages" in text:
        return PermanentError("engine_missing", "A language pack of Tesseract is missing or damaged. Install it again.")
    if "cannot be read" in text or "image file" in text.lower() or "pixReadStream" in text:
        return PermanentError("page_damaged", "The image of the page cannot be decoded. Upload the page again.")
    if isinstance(error, FileNotFoundError) or type(error).__name__ == "TesseractNotFoundError":
        return PermanentError("engine_missing", " ".join((available(()).reason, available(()).remedy)))
    return TransientError(f"Tesseract failed: {text[:500]}")
