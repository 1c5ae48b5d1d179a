"""Hits as people see them: copies folded into one, snippets with marks, ranks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from storage import search
from storage.catalog import KnowledgeBase
from storage.search import Results
from tests.unit import builders

LETTER = "The reservoir on Mill Hill was repaired in autumn, and the committee thanks all who gave money for it."
FILLER = "The committee met in spring and wrote down what it had found. "


def _publish(kb: KnowledgeBase, name: str, texts: Sequence[str]) -> str:
    document = builders.upload(kb, name.encode(), name).id
    builders.render_all(kb, document, 1)
    builders.through_embed(kb, document, texts=texts)
    builders.publish(kb, document)
    return document


def _ask(kb: KnowledgeBase, query: str, limit: int = 10, mode: search.Mode = "keyword") -> Results:
    from pipeline.settings import SearchSettings

    return search.search(kb, query, vector=None, mode=mode, limit=limit, rules=SearchSettings())


def test_copies_are_one_hit_and_make_room(kb: KnowledgeBase) -> None:
    first = _publish(kb, "letter.pdf", [LETTER])
    again = _publish(kb, "letter again.pdf", [LETTER.replace("Hill", "Hill") + "\n"])
    newer = _publish(kb, "newer.pdf", ["References", LETTER.replace("committee", "cornmittee")])
    _publish(kb, "bill.pdf", ["The reservoir on Mill Hill was repaired for 1,200.50 in all."])
    _publish(kb, "other bill.pdf", ["The reservoir on Mill Hill was repaired for 1,300.50 in all."])
    found = _ask(kb, "reservoir Mill Hill repaired", limit=3).hits
    assert sorted(hit.filename for hit in found[:3]) == ["bill.pdf", "letter.pdf", "other bill.pdf"]
    (letter,) = (hit for hit in found if hit.document == first)
    assert {(copy.document, copy.filename, tuple(copy.pages)) for copy in letter.duplicates} == {
        (again, "letter again.pdf", (1,)), (newer, "newer.pdf", (1,)),
    }  # fmt: skip
    assert all(hit.duplicates == [] for hit in found if hit is not letter)
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


def test_the_snippet_holds_the_rarest_words(kb: KnowledgeBase) -> None:
    _publish(kb, "minutes.pdf", [FILLER * 8 + "Dr. Ames named a gargoyle. " + FILLER * 8])
    _publish(kb, "more.pdf", [FILLER * 3])
    (hit, *_) = _ask(kb, "what did the committee say of the gargoyle").hits
    assert "Dr. Ames named a gargoyle." in hit.snippet and len(hit.snippet) <= 300
    marked = [hit.snippet[start:end] for start, end in hit.snippet_highlights]
    assert "gargoyle" in marked and set(marked) == {"gargoyle", "committee"}
    assert [hit.text[start:end] for start, end in hit.highlights].count("gargoyle") == 1


def test_equal_passages_of_other_words_keep_their_order(kb: KnowledgeBase) -> None:
    for number in range(6):
        _publish(kb, f"{number}.pdf", [f"reservoir number {number}"])
    orders = {tuple(hit.filename for hit in _ask(kb, "reservoir").hits) for _ in range(3)}
    assert orders == {tuple(f"{number}.pdf" for number in range(6))}


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_there_are_as_many_hits_as_were_asked_for(kb: KnowledgeBase, limit: int) -> None:
    for number in range(4):
        _publish(kb, f"copy {number}.pdf", [LETTER, f"reservoir number {number}"])
    assert len(_ask(kb, "reservoir", limit=limit).hits) == min(limit, 5)


@pytest.mark.parametrize("query", ["Lease 2024.PDF", "lease 2024", "  lease 2024.pdf "])
def test_a_file_is_found_by_its_name(kb: KnowledgeBase, query: str) -> None:
    _publish(kb, "about.pdf", ["lease 2024 lease 2024 pdf", "More of the lease of 2024."])
    named = _publish(kb, "lease 2024.pdf", ["The tenant pays monthly.", "Page two."])
    _publish(kb, "lease 2024.signed copy.pdf", ["The tenant has paid."])
    first, *_ = _ask(kb, query).hits
    assert (first.document, first.text) == (named, "The tenant pays monthly.")
    assert next(hit.filename for hit in _ask(kb, "lease 2024.signed copy").hits) == "lease 2024.signed copy.pdf"
    assert "lease 2024.pdf" not in {hit.filename for hit in _ask(kb, "lease 2023").hits}
