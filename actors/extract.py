"""extract: the pages of a document become Markdown, JSON, fields and chunks."""

from __future__ import annotations

import orjson

from actors.ask import Asker
from actors.shell import Hands
from pipeline.extract.build import build_document
from pipeline.extract.chunks import cut_chunks
from pipeline.extract.fields import extract_fields, missing_fields
from pipeline.extract.json_form import to_json
from pipeline.extract.language import detect_language
from pipeline.extract.markdown import to_markdown
from pipeline.settings import Settings
from storage import chunks, corrections, pages
from storage.catalog import DEFAULT_SCHEMA


class Actor:
    """Does documents."""

    def __init__(self, settings: Settings) -> None:
        self._rows_per_batch = settings.store.rows_per_batch
        self._asker = Asker(settings.extract) if settings.extract.llm_url else None

    def work(self, hands: Hands) -> None:
        """Lay the document out. Again is safe: files are replaced whole with the same content, rows are fenced."""
        claim = hands.claim
        files = claim.kb.files(claim.document)
        hands.still_held()
        files.remove_drafts(claim.run)  # of an attempt that was cut off
        base = claim.settings.get("chunks_of")
        if base is not None and self._adopted(hands, base):
            return
        document = build_document(pages.readings(claim.kb, claim.document, claim.run))
        markdown = to_markdown(document)
        hands.still_held()
        files.markdown(claim.run).put(markdown.encode())
        files.json(claim.run).put(orjson.dumps(to_json(document)))
        cut = cut_chunks(document, target_tokens=claim.settings["chunk_tokens"])
        schema = claim.settings.get("schema", DEFAULT_SCHEMA)  # runs of older versions: none
        today = pages.opened_on(claim.kb, claim.document, claim.run)
        found = extract_fields(document, schema, today)
        asked = self._asker.fill(document, schema, found, hands) if self._asker else None
        if asked is not None:
            found = asked.fields
        corrected = corrections.laid_over(claim, found, lambda: document)
        missing = missing_fields(schema, found if corrected is None else corrected)
        chunks.settle_extract(
            claim, cut, detect_language(markdown), found, self._rows_per_batch,
            warnings=[*(asked.warnings if asked else ()), *missing], usage=asked.usage if asked else None,
            corrected=corrected,
        )  # fmt: skip

    def _adopted(self, hands: Hands, base: int) -> bool:
        """Take over what an earlier run made of the document; False where its files are not there any more."""
        claim = hands.claim
        files = claim.kb.files(claim.document)
        try:
            markdown, json = files.markdown(base).get(), files.json(base).get()
        except FileNotFoundError:
            return False
        hands.still_held()
        files.markdown(claim.run).put(markdown)
        files.json(claim.run).put(json)
        found = chunks.found_fields(claim.kb, claim.document, base)
        corrected = corrections.laid_over(
            claim, found, lambda: build_document(pages.readings(claim.kb, claim.document, claim.run))
        )
        chunks.settle_adopted(claim, base, self._rows_per_batch, corrected=corrected)
        return True

    def memory_mb(self) -> float:
        """There are no children."""
        return 0.0

    def close(self) -> None:
        """Hang up."""
        if self._asker is not None:
            self._asker.close()
