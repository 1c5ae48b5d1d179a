from __future__ import annotations

import itertools
import sys
from concurrent.futures import ThreadPoolExecutor

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


def test_characters_set_apart_are_a_word() -> None:
    assert fulltext.terms("个 人 简 历") == fulltext.terms("个人简历")
    assert fulltext.terms("姓名 张　三", query=True) == ["姓名", "张三"]
    assert fulltext.terms("负责 A 型 机", query=True) == ["负责", "a", "型机"]
    text = "个　人　简　历 of 张 三"
    assert [text[start:end] for start, end in highlights(text, fulltext.terms("简历 张三", query=True))] == [
        "简　历", "张 三",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("ＡＢＣ１２３号 ﬁnding", "abc123 find", ["ＡＢＣ１２３", "ﬁnding"]),
        ("住在臺北市，頭髮", "台北 头发", ["臺北", "頭髮"]),
        ("住在台北市，头发", "臺北 頭髮", ["台北", "头发"]),
        ("㈱山田、面積100㎡の家", "(株)山田 100m2", ["㈱山田", "100㎡"]),
        ("ｶﾞｽとｽｲｯﾁ", "ガス スイッチ", ["ｶﾞｽ", "ｽｲｯﾁ"]),
        ("Cafe\u0301 Zürich", "café zurich", ["Cafe\u0301", "Zürich"]),
    ],
)
def test_marks_stand_in_the_text_as_it_was_printed(text: str, query: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in highlights(text, fulltext.terms(query, query=True))] == marked


_PRINTED = st.text(st.sampled_from("臺台北 發发ﬁfi㎡m2㈱株ＡaＢ１1ｶﾞガ。,\u0301\u00ad\u3000Ž文人"), max_size=24)


@given(_PRINTED, _PRINTED)
def test_every_mark_reads_as_a_term_of_the_query(text: str, query: str) -> None:
    terms = fulltext.terms(query, query=True)
    for start, end in fulltext.occurrences(text, terms):
        folded = "".join(fulltext.fold(text[start:end]).split())
        assert any(term in folded or fulltext.stem(term) in fulltext.stem(folded) for term in terms)


def test_searches_at_the_same_time_do_not_disturb_one_another() -> None:
    ends = ("ing", "ed", "ational", "iveness", "ies")
    words = ["".join(letters) for letters in itertools.product("bdfglm", "aeo", "nrst", ends)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns in the middle of a word
    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda word: highlights(word, [word]), words))
    finally:
        sys.setswitchinterval(interval)
    assert found == [[(0, len(word))] for word in words]


def test_no_word_is_told_apart_from_its_stem_by_how_it_begins() -> None:
    endings = ("s", "sses", "ies", "eed", "ed", "ing", "ational", "ization", "iveness", "biliti", "icate", "ement", "y")
    heads = ["".join(letters) for count in (1, 2) for letters in itertools.product("aeybtshlz1", repeat=count)]
    words = [head + end for head in heads for end in endings]
    assert [word for word in words if not fulltext._head(word).startswith(fulltext._head(fulltext.stem(word)))] == []


def test_words_of_the_same_stem_are_marked_however_they_end() -> None:
    text = "Happily, a happy team applied; dying dyes lie: Naïve naïvely."
    marked = [text[slice(*span)] for span in sorted(fulltext.occurrences(text, ["happy", "apply", "dye", "naive"]))]
    assert marked == ["happy", "applied", "dyes", "Naïve", "naïvely"]
