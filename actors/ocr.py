"""ocr: page images become words, in a child that may crash."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

from actors.shell import Hands
from pipeline import requests
from pipeline.children import ChildPool
from pipeline.errors import PermanentError
from pipeline.page_content import content_of
from pipeline.settings import Settings
from pipeline.types import PageReading
from storage import pages


class Actor:
    """Does pages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.ocr
        self._children = ChildPool("ocr", requests.ocr_config(settings), settings.ocr.threads)
        self._readers: dict[tuple[str, ...], str] = {}

    def work(self, hands: Hands) -> None:
        """Read the unit's pages, or take what was read of others that look the same.

        Again is safe: the settle is fenced, and a page's reading has one place.
        """
        claim = hands.claim
        waiting = pages.images_of(claim)
        files = claim.kb.files(claim.document)
        stored = {number: files.image(claim.run, image.file) for number, (image, *_) in waiting.items()}
        outcomes: dict[int, pages.Outcome] = {n: pages.Lost(n) for n in range(claim.first, claim.last + 1)}
        with ExitStack() as opened:
            asked = {}
            for number, (image, width_pt, height_pt) in waiting.items():
                with suppress(FileNotFoundError):
                    file = opened.enter_context(stored[number].local(keep=False))
                    asked[number] = requests.read_page(
                        claim.settings["engine"], claim.settings["languages"], number,
                        replace(image, file=str(file)), width_pt, height_pt,
                    )  # fmt: skip
            outcomes |= self._read(hands, asked)
        pages.settle_ocr(claim, list(outcomes.values()))
        for image_file in stored.values():
            image_file.drop()

    def _read(self, hands: Hands, asked: dict[int, dict[str, Any]]) -> dict[int, pages.Outcome]:
        """What becomes of page images, by page number; of those that are gone nothing is told."""
        contents: dict[int, bytes] = {}
        outcomes: dict[int, pages.Outcome] = {}
        for number, request in asked.items():
            try:
                reader = self._reader(hands, request, f"Reading page {number}")
                with suppress(FileNotFoundError):
                    contents[number] = content_of(request, reader)
            except PermanentError as error:
                outcomes[number] = (number, error)
        known = pages.read_before(hands.claim, contents) if contents else {}
        for number, content in contents.items():
            if number in known:
                outcomes[number] = known[number]
                continue
            try:
                outcomes[number] = self._page(hands, asked[number], content)
            except PermanentError as error:
                outcomes[number] = (number, error)
        return outcomes

    def _page(self, hands: Hands, request: dict[str, Any], content: bytes | None) -> pages.Read:
        """What is read of a page image, and what others that look the same are found by, if they may be.

        Raises:
            PermanentError: nobody can read it.
        """
        what = f"Reading page {request['page_number']}"
        answer = self._children.call(request, what, self._settings.page_seconds, hands.taken.is_set)
        reading = {**answer, "page_number": request["page_number"]}  # which page it is about is not the child's to say
        PageReading.check_form(reading)
        if reading["seconds"] > self._settings.page_seconds / 2:
            content = None  # time was short, and it was left at a reading that may be poor (`ocr/attempts.py`)
        return pages.Read(reading, content)

    def _reader(self, hands: Hands, request: dict[str, Any], what: str) -> str:
        """Who reads with the engine and the languages of a request; asked once each, as children find out once."""
        key = (request["engine"], *request["languages"])
        if key not in self._readers:
            asked = requests.reader(request["engine"], request["languages"])
            self._readers[key] = self._children.call(asked, what, self._settings.page_seconds, hands.taken.is_set)
        return self._readers[key]

    def memory_mb(self) -> float:
        """Memory of the children and of what they run."""
        return self._children.memory_mb()

    def close(self) -> None:
        """End the children."""
        self._children.kill()
