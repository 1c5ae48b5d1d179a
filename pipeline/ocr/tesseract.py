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
from dataclasses import replace
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any

from pipeline.errors import ChildFailed, PermanentError, TransientError
from pipeline.ocr.base import Availability, LineText, box_in_points, check_languages
from pipeline.ocr.script import is_cjk
from pipeline.types import PageImage, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKS = {"en": "eng", "zh-Hans": "chi_sim", "zh-Hant": "chi_tra"}
"""Tesseract's own names for Pagemill's languages."""

PSM_ROWS = 4
PSM_COLUMNS = 3
LINE_PX = 44  # height that single lines are scaled to
COLUMN_GAP_EM = 2.0  # a wider gap than this is not between two words of a sentence
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
        return {"packs": _packs(languages), "psm": self.psm, "oem": 1, "dpi": _told_dpi(image)}

    def read(self, image: PageImage, languages: Sequence[str]) -> list[Word]:
        """See `Engine.read`."""
        check_languages(languages)
        available(languages).require()
        self.warm()
        import pytesseract

        told = self.settings(image, languages)
        config = f"--oem {told['oem']} --psm {told['psm']} --dpi {told['dpi']}"
        try:
            table = pytesseract.image_to_data(
                image.file, lang=told["packs"], config=config, timeout=max(self.timeout_s, 0.1),
                output_type=pytesseract.Output.STRING,
            )  # fmt: skip
        except (pytesseract.TesseractError, RuntimeError, OSError) as error:
            raise _translated(error, self.timeout_s) from error
        return words_of_table(table, image)

    def read_sheet(self, grey: NDArray[np.uint8], languages: Sequence[str]) -> list[Word]:
        """The words of a small image of lines set one below the other, boxes in pixels."""
        self.warm()
        import pytesseract

        try:
            table = pytesseract.image_to_data(
                grey, lang=_packs(languages), config="--oem 1 --psm 6 --dpi 200", timeout=max(self.timeout_s, 0.1),
                output_type=pytesseract.Output.STRING,
            )  # fmt: skip
        except (pytesseract.TesseractError, RuntimeError, OSError) as error:
            raise _translated(error, self.timeout_s) from error
        return words_of_table(table, PageImage("", grey.shape[1], grey.shape[0], 72.0))

    def read_plain(self, grey: NDArray[np.uint8], languages: Sequence[str]) -> str:
        """The bare text of a small image, for deciding on a script."""
        self.warm()
        import pytesseract

        try:
            text = pytesseract.image_to_string(
                grey, lang=_packs(languages), config="--oem 1 --psm 6 --dpi 200", timeout=max(self.timeout_s, 0.1)
            )
        except (pytesseract.TesseractError, RuntimeError, OSError) as error:
            raise _translated(error, self.timeout_s) from error
        return str(text)


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


def _packs(languages: Sequence[str]) -> str:
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


def words_of_table(table: str, image: PageImage) -> list[Word]:
    """Tesseract's TSV as words, lines cut at wide gaps, characters of CJK text joined to runs.

    Args:
        table: header and rows level, page, block, paragraph, line, word, left, top, width, height, conf, text.
        image: where the pixels are from.
    """
    rows: list[list[Word]] = []
    size_pt = 0.0
    for record in table.splitlines()[1:]:
        cells = record.split("\t", 11)
        if len(cells) < 11:
            continue
        left, top, width, height = (float(cell) for cell in cells[6:10])
        if cells[0] == "4":
            rows.append([])
            size_pt = height * 72.0 / image.dpi
        text = cells[11].strip() if len(cells) == 12 else ""
        if cells[0] != "5" or not text:
            continue
        box = box_in_points(left, top, left + width, top + height, image)
        confidence = min(max(float(cells[10]) / 100.0, 0.0), 1.0)
        rows[-1].append(Word(text, box, confidence, 0, int(cells[2]) - 1, size_pt))
    lines = [line for row in rows for line in _cut_at_gaps(row)]
    return [replace(word, line=number) for number, line in enumerate(lines) for word in joined(line)]


def _cut_at_gaps(row: Sequence[Word]) -> list[list[Word]]:
    """Cuts a row where columns or cells of a table stand side by side: psm 4 reads straight across them."""
    lines: list[list[Word]] = []
    for word in row:
        if not lines or word.box.x0 - lines[-1][-1].box.x1 > COLUMN_GAP_EM * _em(row):
            lines.append([])
        lines[-1].append(word)
    if len(lines) < 2:
        return lines
    # The row's height is that of two columns that need not be level: each part has its own.
    heights = [max(w.box.y1 for w in line) - min(w.box.y0 for w in line) for line in lines]
    return [
        [replace(word, size_pt=min(word.size_pt, height)) for word in line]
        for line, height in zip(lines, heights, strict=True)
    ]


def joined(line: Sequence[Word]) -> list[Word]:
    """Joins neighbours of one line that CJK typesetting does not separate.

    `chi_sim` gives each character, or a random few, as a word of its own, in boxes that miss the ink by up to half a
    character and overlap by several. Between two CJK characters up to one character's width is no space (full-width
    punctuation is mostly air); between a CJK character and a letter or digit most of one is.
    """
    result: list[Word] = []
    em = _em(line)
    for word in line:
        if result and _belong_together(result[-1], word, em):
            result[-1] = _join(result[-1], word)
        else:
            result.append(word)
    return result


def _em(line: Sequence[Word]) -> float:
    """About a character's height: boxes of single words reach from 5 to 50 pixels in the same line."""
    return min(line[0].size_pt, median(word.box.height for word in line)) if line else 0.0


def _belong_together(left: Word, right: Word, em: float) -> bool:
    # Full-width punctuation often comes back as its half-width twin; the air after it is no space all the same.
    stop = left.text[-1] in ",.:;!?，。：；！？、"
    first = is_cjk(left.text[-1]) or (stop and is_cjk(left.text[-2:][0]))
    second = is_cjk(right.text[0])
    if not (first or second):
        return False
    air = (1.75 if stop else 1.0) if first and second else 0.8
    return right.box.x0 - left.box.x1 < air * em


def _join(left: Word, right: Word) -> Word:
    sizes = len(left.text), len(right.text)
    confidence = (left.confidence * sizes[0] + right.confidence * sizes[1]) / sum(sizes)
    return replace(left, text=left.text + right.text, box=left.box.union(right.box), confidence=confidence)
