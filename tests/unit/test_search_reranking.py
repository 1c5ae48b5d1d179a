"""The cross-encoder: a second order for the best few, and what happens where it is not there."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.embed.reranker import Reranker
from pipeline.errors import PermanentError, TransientError
from pipeline.settings import SearchSettings, Settings
from storage import search
from storage.catalog import KnowledgeBase
from storage.search import Source
from storage.search.reranking import reranked
from tests.unit import builders
from web import reranking
from web.reranking import Reranking

WORDS = ["reservoir", "mill", "roof", "gate", "garden", "bridge", "repaired"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests import tiny_cross_encoder

    made = tmp_path_factory.mktemp("cross-encoder")
    tiny_cross_encoder.build(made, WORDS)
    return made


@pytest.fixture
def model(folder: Path) -> Iterator[Reranking]:
    made = Reranking(Settings(search=SearchSettings(reranker=str(folder))))
    yield made
    made.close()


@pytest.fixture
def filled(kb: KnowledgeBase) -> KnowledgeBase:
    for word in WORDS[:-1]:
        document = builders.upload(kb, word.encode(), f"{word}.pdf").id
        builders.render_all(kb, document, 1)
        builders.through_embed(kb, document, texts=[f"The {word} was repaired"])
        builders.publish(kb, document)
    return kb


def _ask(kb: KnowledgeBase, rerank: search.Rerank | None, limit: int = 10, few: int = 30) -> search.Results:
    rules = SearchSettings(rerank_candidates=few)
    return search.search_all([Source(kb)], "roof repaired", mode="keyword", limit=limit, rules=rules, rerank=rerank)


def test_hits_stand_in_the_order_of_the_model(filled: KnowledgeBase, model: Reranking, folder: Path) -> None:
    model.load()
    model._thread.submit(lambda: None).result()  # it has loaded
    assert model.problem is None
    found = _ask(filled, model.scores)
    given = Reranker(str(folder)).scores("roof repaired", [hit.text for hit in found.hits])
    assert len(set(given)) > 3 and given.min() >= 0 and given.max() <= 1
    assert [hit.score for hit in found.hits] == pytest.approx(sorted(given, reverse=True), abs=1e-4)
    assert found.degraded == [] and len(found.hits) == len(WORDS) - 1
    plain = _ask(filled, None)
    assert [hit.filename for hit in plain.hits] != [hit.filename for hit in found.hits]


def test_only_the_best_few_are_read_and_the_rest_stands_behind(filled: KnowledgeBase) -> None:
    read: list[str] = []

    def rerank(query: str, texts: Sequence[str]) -> list[float]:
        read.extend(texts)
        return [0.1 * number for number in range(len(texts))]

    found = _ask(filled, rerank, limit=2, few=2)
    assert len(read) == 2 and [hit.text for hit in found.hits] == read[::-1]
    order, scores = reranked(rerank, "q", ["a", "b", "c", "d"], {"a": 9.0, "b": 5.0, "c": 4.0, "d": 1.0}, ["A", "B"])
    assert order == ["b", "a", "c", "d"] and [scores[key] for key in order] == [0.1, 0.0, 0.0, -3.0]


def test_what_fails_leaves_the_order_as_it_was(filled: KnowledgeBase, model: Reranking) -> None:
    plain = _ask(filled, None)
    for rerank, why in (
        (model.scores, "the cross-encoder is still loading"), (Reranking(Settings()).scores, "no cross-encoder is set"),
    ):  # fmt: skip
        found = _ask(filled, rerank)
        assert found.hits == plain.hits
        assert found.degraded == [f"rerank: {why}; the order is that without it"]


def test_one_that_does_not_answer_in_time_is_not_waited_for(model: Reranking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reranking, "_WAIT_S", 0.01)
    go = threading.Event()

    class Slow:
        def scores(self, query: str, texts: Sequence[str]) -> list[float]:
            go.wait(60)
            return [1.0]

    model._model = Slow()  # type: ignore[assignment]
    with pytest.raises(TransientError, match="no answer within"):
        model.scores("q", ["a"])
    go.set()


def test_one_that_fails_is_told(model: Reranking) -> None:
    class Broken:
        def scores(self, query: str, texts: Sequence[str]) -> list[float]:
            raise ValueError("no")

    model._model = Broken()  # type: ignore[assignment]
    with pytest.raises(TransientError, match="failed: ValueError"):
        model.scores("q", ["a"])


def test_a_model_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="could not be loaded"):
        Reranker(str(tmp_path))
    missing = Reranking(Settings(search=SearchSettings(reranker=str(tmp_path))))
    missing.load()
    missing._thread.submit(lambda: None).result()
    assert missing.problem is not None and "could not be loaded" in missing.problem
    missing.close()


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    from tests import tiny_cross_encoder

    tiny_cross_encoder.build(tmp_path, WORDS, labels=3)
    with pytest.raises(PermanentError, match="gives 3 numbers"):
        Reranker(str(tmp_path))
