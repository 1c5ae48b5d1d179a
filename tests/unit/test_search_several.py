"""Search over several knowledge bases: one ranking, and what happens when one of them is not there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.errors import ServiceUnavailable
from storage import search
from storage.catalog import KnowledgeBase, Storage
from storage.database import Missing
from storage.search import Source
from storage.search.fuse import fuse
from tests.unit import builders


@pytest.fixture
def other(storage: Storage) -> Iterator[KnowledgeBase]:
    handle = storage.open(storage.create_knowledge_base("other", ["en"], "auto")["id"])
    yield handle
    handle.db.close()


def _published(kb: KnowledgeBase, *texts: str) -> str:
    document = builders.upload(kb, texts[0].encode()).id
    builders.render_all(kb, document, 1)
    builders.through_embed(kb, document, texts=texts)
    builders.publish(kb, document)
    return document


def _ask(storage: Storage, query: str, *kbs: KnowledgeBase, limit: int = 10) -> search.Results:
    sources = [Source(kb, name=f"kb {number}") for number, kb in enumerate(kbs, 1)]
    return search.search_all(sources, query, mode="keyword", limit=limit, rules=storage.settings.search)


def test_passages_of_all_stand_in_one_ranking(storage: Storage, kb: KnowledgeBase, other: KnowledgeBase) -> None:
    filler = [f"nothing of note in paragraph {number}" for number in range(12)]
    _published(kb, "the reservoir was repaired", "the repairs went on for long", *filler)
    best = _published(other, "the reservoir repairs began in September", *filler)
    results = _ask(storage, "reservoir repairs September", kb, other)
    assert (results.hits[0].knowledge_base, results.hits[0].document) == (other.id, best)
    assert [hit.knowledge_base for hit in results.hits] == [other.id, kb.id, kb.id]
    scores = [hit.score for hit in results.hits]
    assert scores == sorted(scores, reverse=True) and results.degraded == []
    alone = {
        hit.text: hit.score for one in (kb, other) for hit in _ask(storage, "reservoir repairs September", one).hits
    }
    assert {hit.text: hit.score for hit in results.hits} == alone, "the share of a query's words is of each one's own"
    assert len(_ask(storage, "reservoir repairs September", kb, other, limit=2).hits) == 2


def test_a_knowledge_base_that_is_gone_is_told(storage: Storage, kb: KnowledgeBase, other: KnowledgeBase) -> None:
    _published(kb, "the reservoir was repaired")
    other.db.close()
    storage.databases.drop(other.id)
    results = _ask(storage, "reservoir", kb, other)
    assert [hit.knowledge_base for hit in results.hits] == [kb.id]
    assert results.degraded == ["“kb 2”: not searched: it was deleted meanwhile"]
    with pytest.raises(Missing):
        _ask(storage, "reservoir", other)
    with pytest.raises(ServiceUnavailable, match=r"kb 1.*kb 2"):
        _ask(storage, "reservoir", other, other)


def test_what_is_degraded_says_where(storage: Storage, kb: KnowledgeBase, other: KnowledgeBase) -> None:
    _published(kb, "the reservoir was repaired")
    ones = np.ones(4, dtype=np.float32)
    sources = [Source(kb, None, "of another model", name="first"), Source(other, ones, name="second")]
    results = search.search_all(sources, "reservoir", mode="hybrid", limit=5, rules=storage.settings.search)
    assert [hit.text for hit in results.hits] == ["the reservoir was repaired"]
    first, second = results.degraded
    assert first == "“first”: vectors: of another model; words alone were searched"
    assert second.startswith("“second”: vectors: Chroma")


def test_a_pool_is_ranked_by_its_own_mean() -> None:
    """The best of a weak knowledge base does not stand above the second of a strong one."""
    strong = {("strong", n): cosine for n, cosine in enumerate((0.95, 0.94, 0.93))}
    weak = {("weak", n): cosine for n, cosine in enumerate((0.80, 0.79, 0.78))}
    scores = fuse(strong | weak, {}, 4.0)
    assert [key[0] for key in sorted(scores, key=lambda key: -scores[key])] == ["strong"] * 3 + ["weak"] * 3
