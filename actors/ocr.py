"""ocr: a page image becomes words, in a child that may crash."""

from __future__ import annotations

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
        """Read the page, or take what was read of one that looks the same.

        Again is safe: the settle is fenced, and a page's reading has one place.
        """
        claim = hands.claim
        found = pages.image_of(claim, claim.first)
        if found is None:
            pages.page_lost_its_image(claim, claim.first)
            return
        image, width_pt, height_pt = found
        stored = claim.kb.files(claim.document).image(claim.run, image.file)
        try:
            with stored.local(keep=False) as file:
                request = requests.read_page(
                    claim.settings["engine"], claim.settings["languages"], claim.first,
                    replace(image, file=str(file)), width_pt, height_pt,
                )  # fmt: skip
                reading, kept = self._read(hands, request)
        except PermanentError as error:
            pages.settle_ocr_failed(claim, claim.first, error)
        except FileNotFoundError:
            pages.page_lost_its_image(claim, claim.first)
        else:
            pages.settle_ocr(claim, reading, kept)
        stored.drop()

    def _read(self, hands: Hands, request: dict[str, Any]) -> tuple[PageReading, bytes | None]:
        """What is read of a page image, and what others that look the same are found by, if they may be.

        Raises:
            FileNotFoundError: the image is gone.
            PermanentError: nobody can read it.
        """
        claim, what = hands.claim, f"Reading page {hands.claim.first}"
        content = content_of(request, self._reader(hands, request, what))
        reading = pages.read_before(claim, claim.first, content)
        if reading is not None:
            return reading, content
        answer = self._children.call(request, what, self._settings.page_seconds, hands.taken.is_set)
        reading = PageReading.from_dict(answer)
        if reading.seconds > self._settings.page_seconds / 2:
            return reading, None  # time was short, and it was left at a reading that may be poor (`ocr/attempts.py`)
        return reading, content

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
