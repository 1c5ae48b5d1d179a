"""The calls that the ocr child answers: plain JSON in, plain JSON out, engines kept warm."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pipeline.errors import PermanentError
from pipeline.ocr.identity import digest_of
from pipeline.ocr.reader import PageReader
from pipeline.types import PageImage


class OcrService:
    """Readers by engine name, made when first asked for; the usual one is warm from the start.

    Args:
        config: `engine` and `languages` (the usual ones), `timeout_s`, `review_confidence`; `got_model`, where
            the weights of GOT-OCR 2 are.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        import cv2

        cv2.setNumThreads(1)  # the pages are the parallelism
        self._config = config
        self._readers: dict[str, PageReader] = {}
        # A missing engine is the failure of the page that asks for it, not of the child.
        with suppress(PermanentError):
            self._reader(config["engine"]).warm(config["languages"])

    def _reader(self, engine: str) -> PageReader:
        if engine not in self._readers:
            self._readers[engine] = PageReader(
                engine,
                timeout_s=self._config["timeout_s"],
                review_confidence=self._config["review_confidence"],
                got_model=self._config.get("got_model", ""),
            )
        return self._readers[engine]

    def reader(self, request: dict[str, Any]) -> str:
        """Who reads pages here: one digest as long as the same page would be read the same.

        Args:
            request: `engine` and `languages`.

        Raises:
            PermanentError: `engine_missing` or `bad_request`.
        """
        told = (self._config["review_confidence"], self._config["timeout_s"])
        return digest_of(self._reader(request["engine"]).choice(request["languages"]), told)

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """Read a page image; the reading as JSON."""
        reading = self._reader(request["engine"]).read(
            PageImage(**request["image"]),
            request["page_number"],
            request["width_pt"],
            request["height_pt"],
            request["languages"],
        )
        return reading.as_dict()
