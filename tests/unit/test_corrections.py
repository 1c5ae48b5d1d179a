"""Corrections in the database: kept, laid over, superseded, taken back, whatever the document is in."""

from __future__ import annotations

from typing import Any

from pipeline.errors import PermanentError
from pipeline.extract import build_document
from pipeline.types import Box, PageReading, RenderedPage, Word
from storage import chunks, corrections, documents, ledger, pages, reprocess, status
from storage.catalog import KnowledgeBase
from storage.taking import FieldEntry, PageEntry
from tests.unit import builders
from tests.unit.builders import RUN_SETTINGS, claim, upload

RESUME = {**RUN_SETTINGS, "schema": "resume"}


def field(value: str, confidence: float = 0.6, y: float = 10.0) -> dict[str, Any]:
    return {"value": value, "text": value, "page": 1, "box": [10, y, 50, y + 10], "confidence": confidence,
            "method": "rule"}  # fmt: skip


def jobs(*titles: str) -> dict[str, Any]:
    return {
        "name": field("Ann Lee"), "skills": [field("Go", 0.5, 30), field("Reids", 0.7, 50)],
        "work": [{"employer": field(f"Firm {n}", 0.9, 100 + 20 * n), "title": field(title, 0.7, 110 + 20 * n)}
                 for n, title in enumerate(titles)],
    }  # fmt: skip


FOUND = jobs("Clerk", "Cook")


def page(number: int, *lines: str, review: str | None = None, rotation: int = 0) -> RenderedPage:
    words = tuple(
        Word(word, Box(40 + 60 * i, 40 + 20 * n, 90 + 60 * i, 50 + 20 * n), 0.8, n, 0, 10)
        for n, line in enumerate(lines) for i, word in enumerate(line.split())
    )  # fmt: skip
    reading = PageReading(number, 600, 800, words, "ocr", "tesseract", confidence=0.5 if review else 0.9,
                          review=review, rotation=rotation)  # fmt: skip
    return RenderedPage(number, 600, 800, reading, None)


POOR = page(1, "The crene was paid", "in June", review="Read with a low confidence of 50%.")


def extract(kb: KnowledgeBase, document: str, run: int, found: dict[str, Any] = FOUND) -> None:
    """What the actor of extract does, with these fields."""
    held = claim(kb, document, "extract", run=run)
    base = held.settings.get("chunks_of")
    found = found if base is None else chunks.found_fields(kb, document, base)
    corrected = corrections.laid_over(held, found, lambda: build_document(pages.readings(kb, document, run)))
    if base is not None:
        chunks.settle_adopted(held, base, 10, corrected=corrected)
        return
    texts = [" ".join(word.text for word in read.words) for read in pages.readings(kb, document, run)]
    chunks.settle_extract(held, builders.chunks(*texts), "en", found, 10, corrected=corrected)


def finish(kb: KnowledgeBase, document: str, run: int, found: dict[str, Any] = FOUND) -> None:
    extract(kb, document, run, found)
    while any(one.document == document for one in ledger.waiting(kb, "embed")):
        unit = claim(kb, document, "embed", run=run)
        todo = chunks.texts_to_embed(unit)
        import numpy as np

        chunks.settle_embed(unit, [hash_ for hash_, _ in todo], np.ones((len(todo), 4), "float32"), builders.MODEL)
    builders.publish(kb, document, run)


def begun(kb: KnowledgeBase, *read: RenderedPage | tuple[int, PermanentError], content: bytes = b"x") -> str:
    """A document whose pages were read."""
    document = upload(kb, content).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, len(read))
    pages.settle_render(first, read[:2])
    for number in range(3, len(read) + 1, 2):
        pages.settle_render(claim(kb, document, "render", f"{number}-{min(number + 1, len(read))}"),
                            read[number - 1 : number + 1])  # fmt: skip
    return document


def done(kb: KnowledgeBase, *read: Any, content: bytes = b"x") -> str:
    document = begun(kb, *(read or (POOR,)), content=content)
    finish(kb, document, 1)
    return document


def correct(
    kb: KnowledgeBase, document: str, *entries: PageEntry | FieldEntry, author: str = "Eva", **more: Any
) -> int:
    corrections.add(
        kb, document, [one for one in entries if isinstance(one, PageEntry)],
        [one for one in entries if isinstance(one, FieldEntry)], author, more.get("settings", RESUME),
    )  # fmt: skip
    return documents.find(kb, document).run


def words(kb: KnowledgeBase, document: str, run: int, number: int = 1) -> str:
    read = pages.page_reading(kb, document, run, number)
    assert read is not None
    return " ".join(word.text for word in read.words)


def values(kb: KnowledgeBase, document: str) -> dict[str, Any]:
    shown = status.status(kb, document)["fields"]
    return {
        name: held["value"] if isinstance(held, dict) else [
            item["value"] if "value" in item else {inner: one["value"] for inner, one in item.items()} for item in held
        ]
        for name, held in shown.items()
    }  # fmt: skip


def test_a_page_is_corrected_and_stays_so(kb: KnowledgeBase) -> None:
    document = done(kb)
    assert status.status(kb, document)["pages"]["review"] == 1
    run = correct(kb, document, PageEntry(1, "The crane was paid\nin June"))
    assert run == 2 and words(kb, document, 2) == "The crane was paid in June"
    found = status.status(kb, document)
    assert found["pages"]["review"] == 0 and found["published_run"] == 1
    finish(kb, document, 2)
    [shown] = pages.page_list(kb, document, 2)
    assert shown["corrected"] and shown["review"] is None and shown["confidence"] == 1
    run = reprocess.reprocess(kb, document, "render", RESUME)
    first = claim(kb, document, "render", run=run)
    pages.page_count_known(first, 1)
    again = page(1, "Tne crsne was qaid", "in June 1987 again", review="Read with a low confidence of 40%.")
    pages.settle_render(first, [again])
    assert words(kb, document, run) == "The crane was paid in June"
    assert status.status(kb, document)["pages"]["review"] == 0
    finish(kb, document, run)
    assert words(kb, document, run) == "The crane was paid in June"


def test_fields_are_corrected_added_and_taken_away(kb: KnowledgeBase) -> None:
    document = done(kb)
    correct(
        kb, document, FieldEntry("name", None, "Anne Lee"), FieldEntry("skills", 1, "Redis"),
        FieldEntry("skills", 0, None), FieldEntry("skills", 2, "Rust"), FieldEntry("work.title", 1, "Chef"),
        FieldEntry("work.employer", 2, "Harbour Board"), FieldEntry("work.title", 2, "Clerk"),
        FieldEntry("birth_date", None, "March 1990"),
    )  # fmt: skip
    finish(kb, document, 2)
    wanted = {
        "name": "Anne Lee", "birth_date": "1990-03", "skills": ["Redis", "Rust"],
        "work": [{"employer": "Firm 0", "title": "Clerk"}, {"employer": "Firm 1", "title": "Chef"},
                 {"employer": "Harbour Board", "title": "Clerk"}],
    }  # fmt: skip
    assert values(kb, document) == wanted
    name = status.status(kb, document)["fields"]["name"]
    assert (name["method"], name["confidence"], name["author"]) == ("corrected", 1.0, "Eva")
    assert name["box"] == [10, 10, 50, 20] and name["corrected_at"]
    # Found anew, in another order and with one more.
    run = reprocess.reprocess(kb, document, "extract", RESUME)
    anew = jobs("Porter", "Clerk", "Cook")
    anew["work"] = [anew["work"][0], FOUND["work"][0], FOUND["work"][1]]
    anew["skills"] = [field("C", 0.9, 90), *FOUND["skills"]]
    finish(kb, document, run, anew)
    assert values(kb, document) == {
        **wanted, "skills": ["C", "Redis", "Rust"],
        "work": [{"employer": "Firm 0", "title": "Porter"}, *wanted["work"]],
    }  # fmt: skip
