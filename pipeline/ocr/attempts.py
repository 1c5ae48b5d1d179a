"""Readings of one prepared page by the engines of a choice: the whole page, then what was left out, then by another.

The first engine reads the page. Regions that it left out are read again alone, by itself and then by the next. Where
the reading stays unsure, the next engine reads the whole page. The caller takes the best reading.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.errors import ChildFailed
from pipeline.ocr import got, rapid
from pipeline.ocr.base import SCRIPT_OF_LANGUAGE, Engine
from pipeline.ocr.confidence import chance_of_a_good_page
from pipeline.ocr.coverage import Lost, joined, lost_regions, moved, unread_part, whereabouts
from pipeline.ocr.ink import Ink, clipping_sheet
from pipeline.ocr.mixed import lines_in_other_script, replaced, where
from pipeline.ocr.policy import Choice
from pipeline.ocr.prepare.page import Prepared
from pipeline.ocr.script import languages_of_script, needs_decision, script_of
from pipeline.ocr.tesseract import PSM_BLOCK, PSM_COLUMNS, PSM_ROWS, Tesseract
from pipeline.ocr.tesserocr import Tesserocr
from pipeline.types import Word

TESSERACTS: dict[str, type[Tesseract]] = {"tesseract": Tesseract, "tesserocr": Tesserocr}
LOST_INK_PT2 = 60.0  # some five characters of 10 points: less uncovered ink is a logo's or a stamp's, not a region
LOOK_AGAIN = 0.05  # share of the ink from which on it is worth a second look; less is mostly signatures and logos


@dataclass(frozen=True, slots=True)
class Attempt:
    """One engine's reading of the page.

    Attributes:
        confidence: 0..1, see `confidence.chance_of_a_good_page`; 0 without words.
        lost: regions of the page's text-like ink outside of all words.
        added: engines that read what it had left out, and the number of words that each found.
    """

    engine: Engine
    languages: tuple[str, ...]
    words: tuple[Word, ...]
    confidence: float
    lost: Lost
    added: tuple[tuple[str, int], ...] = ()

    @property
    def quality(self) -> float:
        """What readings are compared by: the share of the ink that was read, and how surely."""
        return self.confidence * (1.0 - self.lost.share)

    def record(self) -> dict[str, Any]:
        """For the settings that are kept with the page."""
        told: dict[str, Any] = {"engine": self.engine.name, "confidence": round(self.confidence, 3),
                                "uncovered": round(self.lost.share, 3)}  # fmt: skip
        return told | ({"added": dict(self.added)} if self.added else {})


@dataclass(frozen=True, slots=True)
class Standard:
    """What a reading must come to, else a person should look at it.

    Attributes:
        confidence: least confidence of a page, 0..1.
        uncovered: largest share of its ink, 0..1, that may be left out.
    """

    confidence: float
    uncovered: float

    def review(self, attempt: Attempt, page: Prepared) -> str | None:
        """Why the reading is poor, or None."""
        if not attempt.words:
            return "No text could be read on this page." if page.ink.amount_pt2 >= LOST_INK_PT2 else None
        if attempt.confidence < self.confidence:
            return f"Read with a low confidence of {attempt.confidence:.0%}."
        if self.lost(attempt, page.ink):
            where = whereabouts(attempt.lost.boxes[0], page.image)
            return f"Some {attempt.lost.share:.0%} of what looks like text, {where}, was not read."
        return None

    def lost(self, attempt: Attempt, ink: Ink, share: float | None = None) -> bool:
        """Whether more than `share` of the ink is missing from the reading, or more than may be."""
        missing = attempt.lost.share
        return missing > (self.uncovered if share is None else share) and missing * ink.amount_pt2 >= LOST_INK_PT2


def best_of(attempts: Sequence[Attempt]) -> Attempt | None:
    """The best reading, if there is one."""
    return max(attempts, key=lambda attempt: attempt.quality, default=None)


class Attempts:
    """The readings of one page.

    Args:
        page: made ready.
        languages: BCP 47 codes it may be in.
        choice: who reads.
        standard: what is good enough.
        start: when work on the page began, of `time.monotonic`.
        timeout_s: wall time for the page. After half of it no further reading is begun.
    """

    def __init__(
        self, page: Prepared, languages: tuple[str, ...], choice: Choice, standard: Standard, start: float,
        timeout_s: float,
    ) -> None:  # fmt: skip
        self._page = page
        self._languages = languages
        self._choice = choice
        self._standard = standard
        self._half_time = start + timeout_s / 2
        self._deadline = start + timeout_s
        self._made: list[Attempt] = []
        self._script = ""

    def make(self) -> list[Attempt]:
        """Reads until a reading is good or time is short; nothing of a blank page.

        Raises:
            PermanentError, TransientError: of the engines.
            ChildFailed: `page_timeout`, if the first reading overran.
        """
        if self._page.ink.blank:
            return []
        for name in self._choice.engines:
            # What this reading lost, all engines have looked at: only one that is unsure is read again as a whole.
            if self._made and (self._time_is_up() or self._sure(self._made[-1])):
                break
            engine = self._engine(name, PSM_COLUMNS if self._page.ink.in_columns else PSM_ROWS)
            try:
                languages = self._fitting(engine)
                words = tuple(engine.read(self._page.image, languages))
                if isinstance(engine, Tesseract) and languages != self._languages:
                    words, languages = self._in_both_scripts(engine, words, languages)
                self._made.append(self._attempt(engine, languages, words))
                self._read_the_rest()
            except ChildFailed:
                if not self._made:
                    raise
                break  # a further reading ran out of time: what there is stands
        return self._made

    def _in_both_scripts(
        self, engine: Tesseract, words: tuple[Word, ...], languages: tuple[str, ...]
    ) -> tuple[tuple[Word, ...], tuple[str, ...]]:
        """Has lines that are not in the page's main script read in the other; words, and languages told."""
        script = "han" if SCRIPT_OF_LANGUAGE[languages[0]] == "han" else "latin"
        lines = lines_in_other_script(words, script)
        if not lines or self._time_is_up():
            return words, languages
        others = tuple(code for code in self._languages if code not in languages)
        again = self._engine(engine.name, PSM_BLOCK)
        with unread_part(self._page, where(words, lines)) as (image, x_pt, y_pt):
            found = moved(again.read(image, others), x_pt, y_pt)
        words, better = replaced(words, lines, script, found)
        return words, (*languages, *others) if better else languages

    def _read_the_rest(self) -> None:
        """Has the regions that the last attempt left out read alone."""
        for name in self._choice.engines:
            if name == "got":  # reads page by page, each at the cost of a page
                continue
            last = self._made[-1]
            if self._time_is_up() or not self._standard.lost(last, self._page.ink, LOOK_AGAIN):
                return
            engine = self._engine(name, PSM_BLOCK)
            with unread_part(self._page, last.lost) as (image, x_pt, y_pt):
                found = engine.read(image, self._fitting(engine))
            words = joined(last.words, found, x_pt, y_pt)
            if len(words) > len(last.words):
                added = (*last.added, (name, len(words) - len(last.words)))
                self._made[-1] = replace(self._attempt(last.engine, last.languages, words), added=added)

    def _attempt(self, engine: Engine, languages: tuple[str, ...], words: tuple[Word, ...]) -> Attempt:
        lost = lost_regions(self._page.ink, words)
        return Attempt(engine, languages, words, chance_of_a_good_page(engine.name, words), lost)

    def _sure(self, attempt: Attempt) -> bool:
        return bool(attempt.words) and attempt.confidence >= self._standard.confidence

    def _time_is_up(self) -> bool:
        return time.monotonic() > self._half_time

    def _engine(self, name: str, psm: int) -> Engine:
        return engine_of(name, self._choice, self._deadline - time.monotonic(), psm)

    def _fitting(self, engine: Engine) -> tuple[str, ...]:
        """The languages to tell an engine: those of the page's script, where it must be told."""
        if not isinstance(engine, Tesseract) or not needs_decision(self._languages):
            return self._languages
        self._script = self._script or self._script_of_page(engine)
        return languages_of_script(self._script, self._languages)

    def _script_of_page(self, engine: Tesseract) -> str:
        """The page's script: from what another engine read of it, else from a few clippings."""
        read = "".join(word.text for attempt in self._made for word in attempt.words)
        if read:
            return script_of(read)
        sheet = clipping_sheet(self._page.grey, self._page.ink)
        han = languages_of_script("han", self._languages)
        return "none" if sheet is None else script_of(engine.read_plain(sheet, han))


def engine_of(name: str, choice: Choice, timeout_s: float, psm: int = PSM_ROWS) -> Engine:
    """An engine of a choice; Tesseract stops after `timeout_s` and segments as `psm` says."""
    if name == "rapidocr":
        return rapid.shared(choice.backend)
    if name == "got":
        return got.shared(choice.got_model)
    return TESSERACTS[name](timeout_s, psm)
