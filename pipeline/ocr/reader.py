"""Reads one page: who reads, in which language, whether it came out well, and who reads again.

The order of events for a page: find its ink; none, and it is blank. It is made ready (`prepare/`) and read by the
engines of the policy's choice (`attempts.py`), and the best reading stands. A page that stays poor is kept and flagged
for review.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from pipeline.errors import PermanentError
from pipeline.ocr import policy, rapid
from pipeline.ocr.attempts import LOST_INK_PT2, TESSERACTS, Attempt, Attempts, Standard, best_of, engine_of
from pipeline.ocr.base import Blind, LineReader
from pipeline.ocr.prepare.chain import prepared
from pipeline.ocr.prepare.page import Prepared
from pipeline.ocr.rules import find_rules
from pipeline.ocr.script import script_of
from pipeline.ocr.tesseract import Tesseract, TesseractLines
from pipeline.types import PageImage, PageReading
from pipeline.vertical import VERTICAL_REVIEW, is_vertical

REVIEW_CONFIDENCE = 0.8
REVIEW_UNCOVERED = 0.15


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
        self.got_model = got_model
        self.standard = Standard(review_confidence, review_uncovered)
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
        choice = self.choice(languages)
        engine_of(choice.engines[0], choice, self.timeout_s).warm()

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
        thorough = choice.engines[0] in TESSERACTS
        with prepared(image, lines, thorough=thorough) as page:
            attempts = self._attempts(page, tuple(languages), choice, start)
            best = best_of(attempts)
        if page.presumed and best is not None and self.standard.review(best, page):
            with prepared(image, lines, thorough=thorough, poor=True) as turned:
                if turned.rotation:
                    attempts += self._attempts(turned, tuple(languages), choice, start)
                    if best_of(attempts) is not best:
                        page, best = turned, best_of(attempts)
        settings: dict[str, Any] = {"asked": self.engine, "languages": list(languages), "prepared": list(page.steps)}
        if best is not None:
            settings |= {**best.engine.settings(page.image, best.languages), "languages": list(best.languages)}
            settings["attempts"] = [attempt.record() for attempt in attempts]
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
            review=None if blank or best is None else self.standard.review(best, page) or flag,
            seconds=time.monotonic() - start, rotation=page.rotation,
            rules=tuple(map(page.box_to_page, find_rules(page.grey, page.image.dpi))) if words else (),
            vertical=vertical,
        )  # fmt: skip

    def _attempts(
        self, page: Prepared, languages: tuple[str, ...], choice: policy.Choice, start: float
    ) -> list[Attempt]:
        return Attempts(page, languages, choice, self.standard, start, self.timeout_s).make()

    def _lines(self, choice: policy.Choice, languages: tuple[str, ...], start: float) -> LineReader:
        """Who tries a few lines of a page before it is read: the engine that reads first, if it reads lines."""
        if choice.engines[0] == "got":
            try:
                choice = policy.choose("auto", languages)
            except PermanentError:
                return Blind()
        engine = engine_of(choice.engines[0], choice, start + self.timeout_s - time.monotonic())
        return TesseractLines(engine, languages) if isinstance(engine, Tesseract) else rapid.shared(choice.backend)
