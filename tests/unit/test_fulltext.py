from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import fulltext
from storage.catalog import KnowledgeBase
from storage.search import highlights


def test_words_and_pairs() -> None:
    assert fulltext.terms("Redis 集群运维, ＡＰＩ") == ["redis", "集群", "群运", "运维", "维", "api"]
    assert fulltext.terms("集群", query=True) == ["集群"]


def _found(kb: KnowledgeBase, query: str) -> list[int]:
    match = " OR ".join(fulltext.phrase(term) for term in fulltext.terms(query, query=True))
    with kb.db.read() as connection:
        rows = connection.exec_driver_sql("SELECT rowid FROM chunk_fts WHERE chunk_fts MATCH ?", (match,))
        return list(rows.scalars())


@pytest.mark.parametrize(
    ("query", "rows"),
    [("北京", [1]), ("京", [1]), ("学", [1, 2]), ("running", [3]), ("run", [3]), ("大学", [1, 2]), ("学京", [])],
)
def test_two_character_words_and_stems_are_found(kb: KnowledgeBase, query: str, rows: list[int]) -> None:
    with kb.db.write() as connection:
        fulltext.index(connection, [(1, "北京大学"), (2, "浙江大学"), (3, "He runs a shop")])
    assert _found(kb, query) == rows


@given(st.text(min_size=1))
def test_no_query_is_an_operator(value: str) -> None:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE f USING fts5(terms, tokenize='porter unicode61')")
    terms = fulltext.terms(value, query=True)
    if terms:
        connection.execute("SELECT * FROM f WHERE f MATCH ?", (" OR ".join(map(fulltext.phrase, terms)),)).fetchall()
    connection.close()


def test_highlights() -> None:
    text = "She manages Redis; 熟悉集群运维。 A manager."
    marked = [text[start:end] for start, end in highlights(text, ["managing", "redis", "集群", "群运"])]
    assert marked == ["manages", "Redis", "集群运", "manager"]


def test_small_words_are_not_marked_beside_others() -> None:
    assert fulltext.telling(["what", "does", "the", "roof", "cost"]) == ["roof", "cost"]
    assert fulltext.telling(["who"]) == ["who"]
