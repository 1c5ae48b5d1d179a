"""render: pages of an original become texts or images, in a child that may crash."""

from __future__ import annotations

from typing import Any

from actors.shell import Hands
from pipeline import requests
from pipeline.children import ChildPool
from pipeline.errors import PermanentError
from pipeline.settings import Settings
from pipeline.types import RenderedPage
from storage import documents, pages, passwords
from storage.files import disk_errors, run_folder


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
            password = passwords.unseal(kb.data, claim.document, claim.run, claim.password)
        kind = documents.find(kb, claim.document).kind
        source = requests.original(self._settings, kb.files(claim.document).original, kind, password)
        seconds = self._settings.page_seconds
        last = claim.last
        if claim.pages_total is None:
            total = self._open(hands, source)
            pages.page_count_known(claim, total)
            last = min(last, total)
        folder = run_folder(kb.data, kb.id, claim.document, claim.run)
        with disk_errors():
            folder.mkdir(parents=True, exist_ok=True)
        rendered: list[RenderedPage | tuple[int, PermanentError]] = []
        for number in range(claim.first, last + 1):
            image = folder / f"{number}-{claim.token[:8]}.tif"
            request = requests.render_page(self._settings, source, number, image)
            try:
                answer = self._children.call(request, f"Drawing page {number}", seconds, hands.taken.is_set)
            except PermanentError as error:
                rendered.append((number, error))
            else:
                rendered.append(requests.rendered_page(answer, number, image))
        pages.settle_render(claim, rendered)

    def _open(self, hands: Hands, source: dict[str, Any]) -> int:
        """Count the pages. What is wrong with the file as a whole fails the document here."""
        total: int = self._children.call(
            requests.open_original(source), "Opening the file", self._settings.page_seconds, hands.taken.is_set
        )
        return total

    def memory_mb(self) -> float:
        """Memory of the children."""
        return self._children.memory_mb()

    def close(self) -> None:
        """End the children."""
        self._children.kill()
