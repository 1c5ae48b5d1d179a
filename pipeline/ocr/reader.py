"""Reads one page: who reads, in which language, whether it came out well, and who reads again.

The order of events for a page: find its ink; none, and it is blank. The first engine of the policy's choice reads.
What came out poorly (low confidence, or ink that no word covers) is read again by the next, and the better reading
stands. A page that stays poor is kept and flagged for review.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ChildFailed, PermanentError
from pipeline.ocr import got, policy, rapid
from pipeline.ocr.base import Blind, Engine, LineReader
from pipeline.ocr.ink import Grey, Ink, clipping_sheet
from pipeline.ocr.prepare.chain import prepared
from pipeline.ocr.prepare.page import Prepared
from pipeline.ocr.rules import find_rules
from pipeline.ocr.script import languages_of_script, needs_decision, script_of
from pipeline.ocr.tesseract import PSM_COLUMNS, PSM_ROWS, Tesseract, TesseractLines
from pipeline.ocr.tesserocr import Tesserocr
from pipeline.types import PageImage, PageReading, Word
from pipeline.vertical import VERTICAL_REVIEW, is_vertical

TESSERACTS: dict[str, type[Tesseract]] = {"tesseract": Tesseract, "tesserocr": Tesserocr}
REVIEW_CONFIDENCE = 0.8
REVIEW_UNCOVERED = 0.15
LOST_INK_PT2 = 60.0  # some five characters of 10 points: less uncovered ink is a logo's or a stamp's, not a region


@dataclass(frozen=True, slots=True)
class Attempt:
    """One engine's reading of the page.

    Attributes:
        confidence: 0..1, mean over the words weighted by their length; 0 without words.
        uncovered: share of the page's text-like ink outside of all words, 0..1.
    """

    engine: Engine
    languages: tuple[str, ...]
    words: tuple[Word, ...]
    confidence: float
    uncovered: float

    @property
    def quality(self) -> float:
        """What readings are compared by: the share of the ink that was read, and how surely."""
        return self.confidence * (1.0 - self.uncovered)


class PageReader:
    """Reads page images. One a process: it keeps the engines' models warm; not for several threads.

    Args:
        engine: "auto" or an engine's name, see `policy.ENGINES`.
        timeout_s: wall time for one page. Tesseract is stopped at it; what runs in this process cannot be, so the
            parent must kill the process a little later.
        review_confidence: a page read with less mean confidence is read again, then flagged.
        review_uncovered: so is a page with a larger share of its ink outside of all words.
        got_model: where the weights of GOT-OCR 2 are, if anywhere.
    """

    def __init__(
        self, engine: str, *, timeout_s: float, review_confidence: float = REVIEW_CONFIDENCE,
        review_uncovered: float = REVIEW_UNCOVERED, got_model: str = "",
    ) -> None:  # fmt: skip
        self.engine = engine
        self.timeout_s = timeout_s
        self.review_confidence = review_confidence
        self.review_uncovered = review_uncovered
        self.got_model = got_model
        self._choices: dict[tuple[str, ...], policy.Choice] = {}

    def choice(self, languages: Sequence[str]) -> policy.Choice:
        """Who reads pages in these languages here, and why.

        Raises:
            PermanentError: `engine_missing` or `bad_request`.
        """
        key = tuple(languages)
        if key not in self._choices:
            self._choices[key] = policy.choose(self.engine, key, got_model=self.got_model)
        return self._choices[key]

    def warm(self, languages: Sequence[str] = ("en",)) -> None:
        """Loads the model of the engine that reads first before the first page comes.

        Raises:
            PermanentError: `engine_missing` or `bad_request`.
        """
        next(self._engines(self.choice(languages), time.monotonic() + self.timeout_s)).warm()

    def read(
        self, image: PageImage, page_number: int, width_pt: float, height_pt: float, languages: Sequence[str]
    ) -> PageReading:
        """Reads one page, stood upright and made ready first.

        Args:
            image: the page drawn.
            page_number: from 1.
            width_pt: width of the page in points.
            height_pt: height of the page in points.
            languages: BCP 47 codes the page may be in.

        Returns:
            The best reading there was. `review` says if a person should look.

        Raises:
            PermanentError: `engine_missing`, `bad_request` or `page_damaged`.
            ChildFailed: `page_timeout`.
            TransientError: an engine failed otherwise.
        """
        start = time.monotonic()
        choice = self.choice(languages)
        lines = self._lines(choice, tuple(languages), start)
        with prepared(image, lines) as page:
            attempts = self._attempts(page, tuple(languages), choice, start)
            best = _best(attempts)
        if page.presumed and best is not None and self._review(best, page.ink):
            with prepared(image, lines, poor=True) as turned:
                if turned.rotation:
                    attempts += self._attempts(turned, tuple(languages), choice, start)
                    if _best(attempts) is not best:
                        page, best = turned, _best(attempts)
        settings: dict[str, Any] = {"asked": self.engine, "languages": list(languages), "prepared": list(page.steps)}
        if best is not None:
            settings |= {**best.engine.settings(page.image, best.languages), "languages": list(best.languages)}
            settings["attempts"] = [
                {"engine": a.engine.name, "confidence": round(a.confidence, 3), "uncovered": round(a.uncovered, 3)}
                for a in attempts
            ]
        words = page.to_page(best.words) if best else ()
        vertical = page.vertical or is_vertical(words)
        flag = VERTICAL_REVIEW if vertical else None
        # Specks that nobody could read make no page worth a look.
        blank = not words and page.ink.amount_pt2 < LOST_INK_PT2
        return PageReading(
            page_number, *page.size_pt(width_pt, height_pt), words, "ocr",
            best.engine.name if best else choice.engines[0], best.engine.version if best else "", settings,
            confidence=1.0 if blank else best.confidence if best else 0.0,
            script=script_of("".join(word.text for word in words)),
            review=None if blank or best is None else self._review(best, page.ink) or flag,
            seconds=time.monotonic() - start, rotation=page.rotation,
            rules=tuple(map(page.box_to_page, find_rules(page.grey, page.image.dpi))) if words else (),
            vertical=vertical,
        )  # fmt: skip

    def _attempts(
        self, page: Prepared, languages: tuple[str, ...], choice: policy.Choice, start: float
    ) -> list[Attempt]:
        """Readings by one engine after the other until one is good or time is short; none of a blank page."""
        attempts: list[Attempt] = []
        ink = page.ink
        if ink.blank:
            return attempts
        script = ""
        for engine in self._engines(choice, start + self.timeout_s, ink.in_columns):
            last = attempts[-1] if attempts else None
            good = last and last.words and not self._review(last, ink)
            if good or time.monotonic() - start > self.timeout_s / 2:
                break
            if last and last.words and last.engine.name == engine.name and not self._lost(last, ink):
                break  # another segmentation finds lost regions, it does not read the same ones better
            fitting = languages
            try:
                if isinstance(engine, Tesseract) and needs_decision(languages):
                    script = script or _script(page.grey, ink, engine, attempts, languages)
                    fitting = languages_of_script(script, languages)
                words = tuple(engine.read(page.image, fitting))
            except ChildFailed:
                if not attempts:
                    raise
                break  # the second reader ran out of time: what the first one read stands
            attempts.append(Attempt(engine, fitting, words, _confidence(words), ink.uncovered(words)))
        return attempts

    def _lines(self, choice: policy.Choice, languages: tuple[str, ...], start: float) -> LineReader:
        """Who tries a few lines of a page before it is read: the engine that reads first, if it reads lines."""
        if choice.engines[0] == "got":
            try:
                choice = policy.choose("auto", languages)
            except PermanentError:
                return Blind()
        if choice.engines[0] == "rapidocr":
            return rapid.shared(choice.backend)
        engine = TESSERACTS[choice.engines[0]]
        return TesseractLines(engine(start + self.timeout_s - time.monotonic()), languages)

    def _engines(self, choice: policy.Choice, deadline: float, in_columns: bool = False) -> Iterator[Engine]:
        """The engines in their order; Tesseract twice, in the segmentation that fits and in the other."""
        for name in choice.engines:
            if name == "rapidocr":
                yield rapid.shared(choice.backend)
            elif name == "got":
                yield got.shared(self.got_model)
            else:
                for psm in (PSM_COLUMNS, PSM_ROWS) if in_columns else (PSM_ROWS, PSM_COLUMNS):
                    yield TESSERACTS[name](deadline - time.monotonic(), psm)

    def _review(self, attempt: Attempt, ink: Ink) -> str | None:
        """Why the reading is poor, or None."""
        if not attempt.words:
            return "No text could be read on this page." if ink.amount_pt2 >= LOST_INK_PT2 else None
        if attempt.confidence < self.review_confidence:
            return f"Read with a low confidence of {attempt.confidence:.0%}."
        if self._lost(attempt, ink):
            return f"Some {attempt.uncovered:.0%} of what looks like text was not read."
        return None

    def _lost(self, attempt: Attempt, ink: Ink) -> bool:
        """Whether a region of the page is missing from the reading."""
        return attempt.uncovered > self.review_uncovered and attempt.uncovered * ink.amount_pt2 >= LOST_INK_PT2


def _best(attempts: Sequence[Attempt]) -> Attempt | None:
    return max(attempts, key=lambda attempt: attempt.quality, default=None)


def _confidence(words: Sequence[Word]) -> float:
    length = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / length if length else 0.0


def _script(grey: Grey, ink: Ink, engine: Tesseract, attempts: Sequence[Attempt], languages: Sequence[str]) -> str:
    """The page's script: from what another engine read of it, else from a few clippings."""
    read = "".join(word.text for attempt in attempts for word in attempt.words)
    if read:
        return script_of(read)
    sheet = clipping_sheet(grey, ink)
    han = languages_of_script("han", languages)
    return "none" if sheet is None else script_of(engine.read_plain(sheet, han))
