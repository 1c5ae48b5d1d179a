"""Corrections in the database: kept, laid over, superseded, taken back, whatever the document is in.

In one file, as all of it stands on the same few documents.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sqlalchemy import text, update

from pipeline.errors import PermanentError
from pipeline.extract.build import build_document
from pipeline.types import Box, PageReading, RenderedPage, Word
from storage import (
    chunks,
    cleanup,
    corrections,
    documents,
    erasure,
    failures,
    ledger,
    pages,
    reprocess,
    review,
    status,
)
from storage import schema as tables
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

        chunks.settle_embed(unit, [hash_ for hash_, _ in todo], np.ones((len(todo), 4), "float32"), builders.MODEL)
    builders.publish(kb, document, run)


def begun(kb: KnowledgeBase, *read: RenderedPage | tuple[int, PermanentError], content: bytes = b"x") -> str:
    """A document whose pages were read."""
    document = upload(kb, content).id
    with kb.db.write() as connection:
        connection.execute(update(tables.run).values(settings=RESUME))
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
    def plain(item: dict[str, Any]) -> Any:
        return item["value"] if "value" in item else {inner: one["value"] for inner, one in item.items()}

    shown = status.status(kb, document)["fields"]
    return {name: plain(held) if isinstance(held, dict) else list(map(plain, held)) for name, held in shown.items()}


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


def code(ask: Any) -> str:
    with pytest.raises(PermanentError) as caught:
        ask()
    return caught.value.code


def test_a_page_that_failed_is_typed_and_counts_as_read(kb: KnowledgeBase) -> None:
    bad = PermanentError("page_damaged", "torn")
    document = done(kb, page(1, "The crane was paid"), (2, bad))
    [item] = review.listed(kb, 0.7, kind="page", document=None, after=None, limit=10)
    assert (item.told["page"], item.told["why"], item.told["confidence"]) == (2, "page_damaged", 0.0)
    assert [unit["unit"] for unit in failures.listed(kb, "render", limit=10)] == ["2-2"]
    assert code(lambda: correct(kb, document, PageEntry(2, None))) == "bad_request"
    run = correct(kb, document, PageEntry(2, "张三的简历\n\nPhone: 123"))
    finish(kb, document, run)
    told = status.status(kb, document)
    assert (told["pages"]["done"], told["pages"]["failed"], told["warnings"]) == (2, 0, [])
    assert failures.listed(kb, "render", limit=10) == []
    assert review.counts(kb, 0.7) == {"pages": 0, "fields": 2}
    assert words(kb, document, run, 2) == "张三的简历 Phone: 123"
    assert pages.page_list(kb, document, run)[1]["error"] is None
    assert code(lambda: reprocess.retry(kb, document, RESUME)) == "conflict"
    # It fails again in a run that reads all anew, and stays typed.
    run = reprocess.reprocess(kb, document, "render", RESUME)
    first = claim(kb, document, "render", run=run)
    pages.page_count_known(first, 2)
    pages.settle_render(first, [page(1, "The crane was paid"), (2, bad)])
    assert status.status(kb, document)["pages"]["failed"] == 0 and failures.listed(kb, "render", limit=10) == []
    finish(kb, document, run)
    # Taken back it has failed again, and may be retried.
    [typed] = corrections.listed(kb, document, None, 10)
    corrections.take_back(kb, document, typed["id"], RESUME)
    run = documents.find(kb, document).run
    assert status.status(kb, document)["pages"]["failed"] == 1
    assert pages.page_list(kb, document, run)[1]["error"]["code"] == "page_damaged"
    assert [unit["unit"] for unit in failures.listed(kb, "render", limit=10)] == ["2-2"]
    finish(kb, document, run)
    assert reprocess.retry(kb, document, RESUME) == run + 1


def test_a_document_of_which_no_page_was_read_is_typed(kb: KnowledgeBase) -> None:
    document = begun(kb, (1, PermanentError("page_damaged", "torn")))
    assert status.status(kb, document)["error"]["code"] == "no_page_read"
    run = correct(
        kb, document, PageEntry(1, "All of it"), FieldEntry("name", None, "Ann"), FieldEntry("skills", 0, "Go")
    )
    finish(kb, document, run, {})
    assert status.status(kb, document)["status"] == "done"
    assert values(kb, document) == {"name": "Ann", "skills": ["Go"]}


def test_the_newest_stands_and_one_taken_back_gives_way_to_the_one_before(kb: KnowledgeBase) -> None:
    document = done(kb)
    finish(kb, document, correct(kb, document, PageEntry(1, "First"), FieldEntry("name", None, "One")))
    finish(kb, document, correct(kb, document, PageEntry(1, "Second"), FieldEntry("name", None, "Two")))
    listed = corrections.listed(kb, document, None, 10)
    assert [(one["kind"], one["text"] or one["value"], one["stands"], one["was"]) for one in listed] == [
        ("field", "Two", True, "One"), ("page", "Second", True, None),
        ("field", "One", False, "Ann Lee"), ("page", "First", False, None),
    ]  # fmt: skip
    assert [one["id"] for one in corrections.listed(kb, document, listed[1]["id"], 1)] == [listed[2]["id"]]
    for one in listed[:2]:
        corrections.take_back(kb, document, one["id"], RESUME)
        corrections.take_back(kb, document, one["id"], RESUME)
    run = documents.find(kb, document).run
    assert run == 5, "taking back twice opens one run"
    finish(kb, document, run)
    assert words(kb, document, run) == "First" and values(kb, document)["name"] == "One"
    for one in listed[2:]:
        corrections.take_back(kb, document, one["id"], RESUME)
    finish(kb, document, run + 2)
    assert words(kb, document, run + 2) == "The crene was paid in June" and values(kb, document)["name"] == "Ann Lee"
    told = status.status(kb, document)
    assert told["fields"]["name"]["method"] == "rule" and told["pages"]["review"] == 1
    assert {one["stands"] for one in corrections.listed(kb, document, None, 10)} == {False}
    assert code(lambda: corrections.take_back(kb, document, "0" * 32, RESUME)) == "not_found"


def test_sent_again_it_is_the_same(kb: KnowledgeBase) -> None:
    document = done(kb)
    entries = (
        PageEntry(1, "The crane"), FieldEntry("name", None, "Anne"), FieldEntry("skills", 0, None, was="Go"),
        FieldEntry("skills", 2, "Rust"), FieldEntry("work.title", 2, "Cook"), FieldEntry("work.title", 0, None),
    )  # fmt: skip
    for _ in range(2):
        assert correct(kb, document, *entries) == 2
    finish(kb, document, 2)
    shown = values(kb, document)
    for _ in range(2):
        assert correct(kb, document, *entries[:3]) == 2, "what was taken away was there once"
        assert correct(kb, document, *entries[4:]) == 2
    assert values(kb, document) == shown and len(corrections.listed(kb, document, None, 50)) == 6
    # Its run is cancelled, and with it what it would have shown: sent again, it gets another.
    assert correct(kb, document, FieldEntry("name", None, "Anna")) == 3
    documents.cancel(kb, document)
    assert correct(kb, document, FieldEntry("name", None, "Anna")) == 4
    finish(kb, document, 4)
    assert values(kb, document)["name"] == "Anna" and len(corrections.listed(kb, document, None, 50)) == 7


def test_several_in_a_row_are_all_taken(kb: KnowledgeBase) -> None:
    document = done(kb)
    assert correct(kb, document, FieldEntry("name", None, "Anne")) == 2
    extract(kb, document, 2)
    assert correct(kb, document, FieldEntry("skills", 2, "Rust")) == 3
    assert correct(kb, document, FieldEntry("skills", 3, "C++")) == 4
    assert correct(kb, document, FieldEntry("skills", 3, "C", was="C++")) == 5, "one that is not shown yet is corrected"
    assert correct(kb, document, FieldEntry("work.employer", 2, "Firm 2")) == 6
    assert correct(kb, document, FieldEntry("work.title", 2, "Smith"), FieldEntry("work.title", 0, "Head clerk")) == 7
    assert correct(kb, document, FieldEntry("work.employer", 0, "Firm nought")) == 8
    assert status.status(kb, document)["published_run"] == 1
    held = claim(kb, document, "extract", run=8)
    assert held.settings["chunks_of"] == 1, "the text is as it was"
    with kb.db.write() as connection:
        connection.exec_driver_sql("UPDATE unit SET state = 'ready', token = NULL WHERE state = 'claimed'")
    finish(kb, document, 8)
    assert values(kb, document) == {
        "name": "Anne", "skills": ["Go", "Reids", "Rust", "C"],
        "work": [{"employer": "Firm nought", "title": "Head clerk"}, {"employer": "Firm 1", "title": "Cook"},
                 {"employer": "Firm 2", "title": "Smith"}],
    }  # fmt: skip
    with kb.db.read() as connection:
        ended = connection.exec_driver_sql("SELECT run, status, cause FROM run ORDER BY run").all()
    assert ended == [(1, "done", "upload"), *((n, "cancelled", "correction") for n in range(2, 8)),
                     (8, "done", "correction")]  # fmt: skip


def test_while_pages_are_read_it_is_refused(kb: KnowledgeBase) -> None:
    document = upload(kb, b"x").id
    assert code(lambda: correct(kb, document, PageEntry(1, "x"))) == "conflict"
    first = claim(kb, document, "render")
    pages.page_count_known(first, 2)
    pages.settle_render(first, [page(1, "one"), builders.image_page(2)])
    for entry in (PageEntry(1, "x"), FieldEntry("name", None, "Ann")):
        assert code(lambda entry=entry: correct(kb, document, entry)) == "conflict"  # type: ignore[misc]
    assert corrections.listed(kb, document, None, 10) == []
    documents.cancel(kb, document)
    assert code(lambda: correct(kb, document, PageEntry(1, "x"))) == "conflict", "page 2 was never read"
    run = reprocess.retry(kb, document, RESUME)
    unit = claim(kb, document, "render", run=run)
    pages.settle_render(unit, [page(2, "two")])
    assert correct(kb, document, PageEntry(1, "x")) == run + 1
    documents.delete(kb, document)
    assert code(lambda: correct(kb, document, PageEntry(1, "x"))) == "not_found"
    assert code(lambda: corrections.listed(kb, document, None, 10)) == "not_found"


def test_what_was_seen_keeps_others_from_being_hit(kb: KnowledgeBase) -> None:
    document = done(kb)
    finish(kb, document, correct(kb, document, FieldEntry("skills", 0, None, was="Go")))
    # The same number is another's now.
    assert correct(kb, document, FieldEntry("skills", 0, None, was="Go")) == 2
    assert code(lambda: correct(kb, document, FieldEntry("skills", 0, "Perl", was="Lisp"))) == "conflict"
    assert code(lambda: correct(kb, document, FieldEntry("name", None, "Bob", was="Carl"))) == "conflict"
    assert correct(kb, document, FieldEntry("skills", 1, "Redis", was="Reids")) == 3, "found where it stands now"
    finish(kb, document, 3)
    assert values(kb, document)["skills"] == ["Redis"]


REFUSED: list[tuple[Any, str]] = [
    (FieldEntry("nickname", None, "x"), "not_found"), (FieldEntry("name", 1, "x"), "bad_request"),
    (FieldEntry("skills", None, "x"), "bad_request"), (FieldEntry("skills", 3, "x"), "bad_request"),
    (FieldEntry("skills", 2, None), "bad_request"), (FieldEntry("birth_date", None, "soon"), "bad_request"),
    (FieldEntry("birth_date", None, "2001-02-30"), "bad_request"),
    (FieldEntry("years", None, "ten"), "bad_request"),
    (FieldEntry("name", None, " \t"), "bad_request"), (FieldEntry("name", None, "a\x00b"), "bad_request"),
    (FieldEntry("name", None, "x" * 7000), "bad_request"), (FieldEntry("name", None, "x", page=2), "not_found"),
    (PageEntry(2, "x"), "not_found"), (PageEntry(1, "a\x1bb"), "bad_request"),
    (PageEntry(1, "界" * 70_000), "bad_request"), (PageEntry(1, "x\n" * 3001), "bad_request"),
]  # fmt: skip


def test_what_is_refused(kb: KnowledgeBase) -> None:
    document = done(kb)
    for entry, wrong in REFUSED:
        assert code(lambda entry=entry: correct(kb, document, entry)) == wrong, entry  # type: ignore[misc]
    assert documents.find(kb, document).run == 1 and corrections.listed(kb, document, None, 10) == []


def test_what_it_has_confirms_it(kb: KnowledgeBase) -> None:
    document = done(kb)
    assert review.counts(kb, 0.8) == {"pages": 1, "fields": 5}
    run = correct(kb, document, PageEntry(1, None), FieldEntry("skills", 0, "Go"), FieldEntry("name", None, "Ann Lee"))
    finish(kb, document, run)
    assert {one["confirmed"] for one in corrections.listed(kb, document, None, 10)} == {True}
    assert review.counts(kb, 0.8) == {"pages": 0, "fields": 3}
    assert words(kb, document, run) == "The crene was paid in June"
    read = pages.page_reading(kb, document, run, 1)
    assert read is not None and {word.confidence for word in read.words} == {0.8}
    field_ = status.status(kb, document)["fields"]["skills"][0]
    assert (field_["method"], field_["box"]) == ("corrected", [10, 30, 50, 40])


def test_what_is_to_be_looked_at_least_sure_first(kb: KnowledgeBase) -> None:
    first, second = done(kb, content=b"1"), done(kb, page(1, "fine"), content=b"2")
    seen: list[Any] = []
    after = None
    while True:
        part = review.listed(kb, 0.75, kind=None, document=None, after=after, limit=2)
        seen += part
        if not part:
            break
        after = review.place(part[-1].place.told())
    assert [item.place for item in seen] == sorted(item.place for item in seen)
    told = [(one.told["document"], one.told.get("path", one.told["page"]), one.told.get("index")) for one in seen]
    assert told[:3] == [(first, 1, None), (first, "skills", 0), (second, "skills", 0)]
    assert told[3:5] == [(first, "name", None), (second, "name", None)] and (second, "work.title", 1) in told
    assert review.counts(kb, 0.75) == {"pages": 1, "fields": 10}
    assert review.counts(kb, 0.75, second) == {"pages": 0, "fields": 5}
    only = review.listed(kb, 0.75, kind="field", document=second, after=None, limit=50)
    assert {item.told["document"] for item in only} == {second} and len(only) == 5
    documents.delete(kb, first)
    assert review.counts(kb, 0.75) == {"pages": 0, "fields": 5}
    assert code(lambda: review.place("x")) == "bad_request"


def test_a_path_that_the_schema_lacks_sleeps(kb: KnowledgeBase) -> None:
    document = done(kb)
    finish(kb, document, correct(kb, document, FieldEntry("name", None, "Anne"), FieldEntry("skills", 2, "Rust")))
    for schema, found, shown in (("generic", {"title": field("CV")}, {"title": "CV"}), ("resume", FOUND, None)):
        run = reprocess.reprocess(kb, document, "extract", {**RUN_SETTINGS, "schema": schema})
        finish(kb, document, run, found)
        assert shown is None or values(kb, document) == shown
    assert values(kb, document)["name"] == "Anne" and values(kb, document)["skills"][-1] == "Rust"


def test_a_schema_of_ones_own(kb: KnowledgeBase) -> None:
    own = {"type": "object", "properties": {
        "total": {"type": "number"}, "state": {"type": "string", "enum": ["paid", "open"]}, "due": {"type": "string",
        "format": "date"}, "lines": {"type": "array", "items": {"type": "object", "properties": {
            "text": {"type": "string"}, "price": {"type": "number"}}}},
    }}  # fmt: skip
    settings = {**RUN_SETTINGS, "schema": own}
    document = done(kb)
    finish(kb, document, reprocess.reprocess(kb, document, "extract", settings), {"total": field("12.5")})
    for entry in (FieldEntry("total", None, "much"), FieldEntry("state", None, "lost"), FieldEntry("due", None, "x"),
                  FieldEntry("lines.price", 0, "cheap")):  # fmt: skip
        assert code(lambda entry=entry: correct(kb, document, entry, settings=settings)) == "bad_request"  # type: ignore[misc]
    run = correct(
        kb, document, FieldEntry("total", None, "1,250"), FieldEntry("state", None, "Paid"),
        FieldEntry("due", None, "2024年3月5日"), FieldEntry("lines.text", 0, "Rope"), FieldEntry("lines.price", 0, "3"),
        settings=settings,
    )  # fmt: skip
    finish(kb, document, run, {"total": field("12.5")})
    assert values(kb, document) == {
        "total": "1250",
        "state": "paid",
        "due": "2024-03-05",
        "lines": [{"text": "Rope", "price": "3"}],
    }


def test_a_page_that_is_turned_otherwise_later(kb: KnowledgeBase) -> None:
    """Boxes that a person gave, and those that items are known by, turn with the page."""
    document = done(kb)
    run = correct(kb, document, FieldEntry("name", None, "Anne", page=1, box=[100, 200, 160, 220]),
                  FieldEntry("skills", 1, "Redis"))  # fmt: skip
    finish(kb, document, run)
    run = reprocess.reprocess(kb, document, "render", RESUME)
    first = claim(kb, document, "render", run=run)
    pages.page_count_known(first, 1)
    turned = PageReading(1, 800, 600, (), "ocr", "tesseract", rotation=90)
    pages.settle_render(first, [RenderedPage(1, 800, 600, turned, None)])
    # What stood at [10, 50, 50, 60] of 600 x 800 points stands at [740, 10, 750, 50] now.
    found = {"skills": [field("XX", 0.9), {**field("Rcdis"), "box": [740, 10, 750, 50]}]}
    finish(kb, document, run, found)
    told = status.status(kb, document)["fields"]
    assert told["name"]["box"] == [580, 100, 600, 160]
    assert values(kb, document)["skills"] == ["XX", "Redis"] and told["skills"][1]["box"] == [740, 10, 750, 50]


def test_nothing_is_left_of_a_deleted_documents_corrections(kb: KnowledgeBase, monkeypatch: Any) -> None:
    document = done(kb)
    finish(kb, document, correct(kb, document, PageEntry(1, "Secret words"), FieldEntry("name", None, "Secret name")))
    documents.delete(kb, document)
    monkeypatch.setattr(type(kb.vectors), "delete", lambda *_: None)
    for _ in range(2):
        with kb.db.write() as connection:
            connection.exec_driver_sql("UPDATE cleanup SET boot = 'another'")
        for row in cleanup.due(kb):
            cleanup.clean_run(kb, row, 12.0)
    while not erasure.erase(kb, 5.0):
        pass
    with kb.db.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM correction").scalar_one() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM document").scalar_one() == 0
    kb.db.close()
    for path in kb.folder.glob("kb.sqlite3*"):
        assert b"Secret" not in path.read_bytes(), path.name


def test_the_same_file_again_keeps_them(kb: KnowledgeBase) -> None:
    document = done(kb)
    finish(kb, document, correct(kb, document, PageEntry(1, "Kept")))
    again = upload(kb, b"x")
    assert (again.id, again.duplicate) == (document, True)
    assert words(kb, document, 2) == "Kept" and len(corrections.listed(kb, document, None, 10)) == 1


def test_a_reprocess_from_chunks_on_has_what_was_not_published(kb: KnowledgeBase) -> None:
    """The run of a correction was cancelled: no chunk has it, so that the chunks are not taken over."""
    document = done(kb)
    correct(kb, document, PageEntry(1, "Not yet seen"))
    documents.cancel(kb, document)
    run = reprocess.reprocess(kb, document, "embed", RESUME)
    finish(kb, document, run)
    with kb.db.read() as connection:
        texts = connection.execute(text("SELECT text FROM chunk WHERE run = :run"), {"run": run}).scalars().all()
    assert texts == ["Not yet seen"]
    run = reprocess.reprocess(kb, document, "store", RESUME)
    held = claim(kb, document, "extract", run=run)
    assert held.settings["chunks_of"] == run - 1
