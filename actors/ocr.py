"""ocr: a page image becomes words, in a child that may crash."""

from __future__ import annotations

from pathlib import Path

from actors.shell import Hands
from pipeline import requests
from pipeline.children import ChildPool
from pipeline.errors import PermanentError
from pipeline.settings import Settings
from pipeline.types import PageReading
from storage import pages


class Actor:
    """Does pages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.ocr
        self._children = ChildPool("ocr", requests.ocr_config(settings), settings.ocr.threads)

    def work(self, hands: Hands) -> None:
        """Read the page. Again is safe: the settle is fenced, and a page's reading has one place."""
        claim = hands.claim
        found = pages.image_of(claim, claim.first)
        if found is None or not Path(found[0].file).exists():
            pages.page_lost_its_image(claim, claim.first)
            return
        image, width_pt, height_pt = found
        request = requests.read_page(
            claim.settings["engine"], claim.settings["languages"], claim.first, image, width_pt, height_pt
        )
        what = f"Reading page {claim.first}"
        try:
            answer = self._children.call(request, what, self._settings.page_seconds, hands.taken.is_set)
        except PermanentError as error:
            pages.settle_ocr_failed(claim, claim.first, error)
        else:
            pages.settle_ocr(claim, PageReading.from_dict(answer))
        Path(image.file).unlink(missing_ok=True)

    def memory_mb(self) -> float:
        """Memory of the children and of what they run."""
        return self._children.memory_mb()

    def close(self) -> None:
        """End the children."""
        self._children.kill()
