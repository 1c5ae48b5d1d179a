"""Search where the index holds more than may be found: chunks of runs that are not published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from storage import fulltext
from storage.catalog import KnowledgeBase
from storage.search.matching import matching
from storage.search.nearest import nearest
from storage.search.scope import scope_of
from storage.sqlite_dialect import SQLiteDialect
from storage.vectors import Vectors, VectorStore, vector_id
from tests.unit import builders

_WANTED = 4
_EVERYWHERE = scope_of((), SQLiteDialect())


class _Index:
    """Vectors in a fixed order, and how many of them were asked for each time."""

    def __init__(self, ids: list[str]) -> None:
        self._found = [(id_, 1.0 - place / 1000) for place, id_ in enumerate(ids)]
        self.asked: list[int] = []

    def nearest(self, _: Vectors, limit: int) -> list[tuple[str, float]]:
        self.asked.append(limit)
        return self._found[:limit]


def _read(kb: KnowledgeBase, texts: list[str]) -> str:
    """A document with a chunk a text, indexed and not published."""
    document = builders.upload(kb, texts[0].encode()).id
    builders.render_all(kb, document, 1)
    builders.through_embed(kb, document, texts=texts)
    with kb.db.write() as connection:
        rows = connection.exec_driver_sql("SELECT seq, text FROM chunk WHERE document = ?", (document,)).all()
        fulltext.index(connection, [(row.seq, row.text) for row in rows])
    return document


def _shown_and_hidden(kb: KnowledgeBase, hidden: int) -> tuple[str, str]:
    """A published document with as many chunks as are wanted, and one with better ones that is not published."""
    shown = _read(kb, [f"the reservoir was repaired in year {number}, as others were" for number in range(_WANTED)])
    builders.publish(kb, shown)
    return shown, _read(kb, [f"reservoir {number}" for number in range(hidden)])


def _documents(kb: KnowledgeBase, seqs: Any) -> set[str]:
    with kb.db.read() as connection:
        rows = connection.exec_driver_sql("SELECT seq, document FROM chunk")
        return {document for seq, document in rows if seq in seqs}


@pytest.mark.parametrize("hidden", [1, 2, 12, 80])
def test_words_find_all_that_are_wanted_behind_better_ones(kb: KnowledgeBase, hidden: int) -> None:
    shown, _ = _shown_and_hidden(kb, hidden)
    with kb.db.read() as connection:
        found = matching(connection, ['"reservoir"'], _WANTED, _EVERYWHERE)
    assert len(found) == _WANTED and _documents(kb, found) == {shown}


@pytest.mark.parametrize(("hidden", "asked"), [(1, [5]), (2, [5, 8]), (20, [5, 8, 32])])
def test_the_vector_index_is_asked_for_more_only_where_too_few_may_be_found(
    kb: KnowledgeBase, hidden: int, asked: list[int]
) -> None:
    shown, other = _shown_and_hidden(kb, hidden)
    ids = [vector_id(other, 1, place) for place in range(hidden)] + [
        vector_id(shown, 1, place) for place in range(_WANTED)
    ]
    index = _Index([*ids, *(vector_id("gone", 1, place) for place in range(100))])
    searched = replace(kb, vectors=cast(VectorStore, index))
    found = nearest(searched, np.ones(4, np.float32), _WANTED, _EVERYWHERE)
    assert index.asked == asked
    assert _documents(kb, found) == {shown}
    assert sorted(found.values(), reverse=True) == [1.0 - place / 1000 for place in range(hidden, hidden + _WANTED)]
