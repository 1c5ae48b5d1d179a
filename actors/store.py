"""store: a run's vectors and full text go where search finds them, and the run is published."""

from __future__ import annotations

from actors.shell import Hands
from pipeline.settings import Settings
from storage import chunks


class Actor:
    """Does documents."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.store

    def work(self, hands: Hands) -> None:
        """Publish the run. Again is safe: ids depend on document, run and position, and the last commit is fenced."""
        claim = hands.claim
        chunks.store_run(
            claim,
            vectors_per_batch=self._settings.vectors_per_batch,
            rows_per_batch=self._settings.rows_per_batch,
            still_held=hands.still_held,
        )
        claim.kb.files(claim.document).drop_images(claim.run)

    def memory_mb(self) -> float:
        """There are no children."""
        return 0.0

    def close(self) -> None:
        """There are no children."""
