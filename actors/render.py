"""render: pages of an original become texts or images, in a child that may crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actors.shell import Hands
from pipeline import requests
from pipeline.children import ChildPool
from pipeline.errors import PermanentError
from pipeline.settings import Settings
from pipeline.types import RenderedPage
from storage import documents, pages, passwords


class Actor:
    """Does page ranges."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.render
        self._children = ChildPool("render", requests.render_config(settings.render), settings.render.threads)

    def work(self, hands: Hands) -> None:
        """Render the unit's pages. Again is safe: images are named by the claim's token, rows by page."""
        claim = hands.claim
        kb = claim.kb
        password = None
        if claim.password is not None:
            password = passwords.unseal(kb.file_store, claim.document, claim.run, claim.password)
        kind = documents.find(kb, claim.document).kind
        with kb.files(claim.document).original.local() as original:
            source = requests.original(self._settings, original, kind, password)
            last = claim.last
            if claim.pages_total is None:
                total = self._open(hands, source)
                pages.page_count_known(claim, total)
                last = min(last, total)
            rendered = [self._page(hands, source, number) for number in range(claim.first, last + 1)]
        pages.settle_render(claim, rendered)

    def _open(self, hands: Hands, source: dict[str, Any]) -> int:
        """Count the pages. What is wrong with the file as a whole fails the document here."""
        total: int = self._children.call(
            requests.open_original(source), "Opening the file", self._settings.page_seconds, hands.taken.is_set
        )
        return total

    def _page(self, hands: Hands, source: dict[str, Any], number: int) -> RenderedPage | tuple[int, PermanentError]:
        """One page, or why it cannot be drawn. Its image, if it has one, lies where ocr looks for it."""
        claim = hands.claim
        name = f"{number}-{claim.token[:8]}.tif"
        with claim.kb.files(claim.document).image(claim.run, name).made() as image:
            request = requests.render_page(self._settings, source, number, image)
            try:
                answer = self._children.call(
                    request, f"Drawing page {number}", self._settings.page_seconds, hands.taken.is_set
                )
            except PermanentError as error:
                return number, error
        return requests.rendered_page(answer, number, Path(name))

    def memory_mb(self) -> float:
        """Memory of the children."""
        return self._children.memory_mb()

    def close(self) -> None:
        """End the children."""
        self._children.kill()
