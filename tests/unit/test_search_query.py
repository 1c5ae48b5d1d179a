"""The query language: quotes, exclusions, prefixes, and that anything else is only text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.settings import SearchSettings, Settings
from storage import fulltext, search
from storage.catalog import KnowledgeBase, Storage
from storage.search import highlights, parse
from tests.unit import builders

VECTOR = np.ones(4, dtype=np.float32)


def _asked(query: str) -> tuple[list[str], list[str], list[str]]:
    """Terms asked for, what is required, what is excluded."""
    found = parse(query)
    told = [[row.text + "*" * row.begins for row in rows] for rows in (found.required, found.excluded)]
    return found.terms, *told


@pytest.mark.parametrize(
    ("query", "terms", "required", "excluded"),
    [
        ("roof repair", ["roof", "repair"], [], []),
        ('"Machine Shop" roof', ["roof", "machine", "shop"], ["Machine Shop"], []),
        ("＂大学＂ “北京” 「上海」『广州』", ["大学", "北京", "上海", "广州"], ["大学", "北京", "上海", "广州"], []),
        ("roof -draft", ["roof"], [], ["draft"]),
        ('roof -"second notice" －草稿', ["roof"], [], ["second notice", "草稿"]),
        ("-“北京大学” 学校", ["学校"], [], ["北京大学"]),
        ("roof -dra*", ["roof"], [], ["dra*"]),
        ("roof -e-mail", ["roof"], [], ["e-mail"]),
        ("e-mail 2019-2020 北京-上海", ["e", "mail", "2019", "2020", "北京", "上海"], [], []),
        ("-5 degrees", ["5", "degrees"], [], []),
        ("-2019 - draft --x", ["2019", "draft", "x"], [], []),
        ("invoic*", [], ["invoic*"], []),
        ("机器*", ["机器"], ["机器"], []),
        ("roof Organiz＊, 学*", ["roof", "学"], ["Organiz*", "学"], []),
        ("a* 2* **bold** 3*4", ["2", "bold", "3", "4"], [], []),
        ('3.5" disk 5" drive', ["3", "5", "disk", "drive"], [], []),
        ('"" "。" roof', ["roof"], [], []),
        ('"open roof', ["open", "roof"], [], []),
        ("什么是量子纠缠？", ["是量", "量子", "子纠", "纠缠"], [], []),
        ("谁？", ["谁"], [], []),
        ("what is it", ["what", "is", "it"], [], []),
        ("how was the roof repaired", ["roof", "repaired"], [], []),
        ("!!! 。、", [], [], []),
        ("IT manager of the WHO", ["it", "manager", "who"], [], []),
        ("IT 经理", ["it", "经理"], [], []),
        ("WHO IS THE MANAGER", ["manager"], [], []),
        ("Luther's writings, the model s", ["luther", "writings", "model", "s"], [], []),
    ],
)  # fmt: skip
def test_queries_are_taken_apart(query: str, terms: list[str], required: list[str], excluded: list[str]) -> None:
    assert _asked(query) == (terms, required, excluded)


def test_what_is_embedded_holds_no_operator() -> None:
    assert parse('roof -draft "as is" rep* -"x y"').meaning == 'roof "as is" rep'
    assert parse(' What does "hamlet"  say?').meaning == ' What does "hamlet"  say?'


@pytest.mark.parametrize(
    ("query", "empty"), [("?!。", True), ("-draft", True), ("🎉", False), ("5", False), ("中", False)]
)
def test_what_asks_for_nothing(query: str, empty: bool) -> None:
    assert parse(query).is_empty is empty


TEXTS = {
    1: "The machine shop repairs organizations' lifts. 北京大学设在海淀。",
    2: "A shop for machines, organic food and hopping toys. 浙江大学abc号",
    3: "Draft: the happiest companies in town. 机器学习入门",
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(own_settings: Settings) -> Iterator[KnowledgeBase]:
    storage = Storage(own_settings)
    storage.prepare()
    kb = storage.open(storage.create_knowledge_base("query", ["en", "zh-Hans"], "auto")["id"])
    for number, text in TEXTS.items():
        document = builders.upload(kb, bytes([number]), f"{number}.pdf").id
        builders.render_all(kb, document, 1)
        builders.through_embed(kb, document, texts=[text])
        builders.publish(kb, document)
    yield kb
    storage.close()


def _search(kb: KnowledgeBase, query: str, mode: search.Mode = "hybrid") -> search.Results:
    return search.search(kb, query, vector=VECTOR, mode=mode, limit=10, rules=SearchSettings())


def _files(found: search.Results) -> list[int]:
    return sorted(int(hit.filename.removesuffix(".pdf")) for hit in found.hits)


@pytest.mark.parametrize(
    ("query", "files"),
    [
        ('"machine shop"', [1]), ('"machines shop"', [1]), ('"shop machine"', []), ('"大學"', [1, 2]),
        ('"学"', [1, 2, 3]),
        ('"北京 大学"', []), ('"大学ABC" 浙江', [2]), ('"大学" "北京"', [1]), ('"京大"', [1]), ("“浙江大学”", [2]),
        ("organiz*", [1]), ("organ*", [1, 2]), ("hop*", [2]), ("hoppin*", [2]), ("happies*", [3]), ("compani*", [3]),
        ("companies*", [3]), ("机器*", [3]), ("机*", [3]), ("ab*", [2]), ("zz*", []),
        ("-draft shop", [1, 2]), ("shop -organi*", [3]), ('大学 -"machine shop"', [2, 3]), ("大学 -北京", [2, 3]),
        ('"shop" -machine', []), ("机器 -浙江大学 -北京大学", [3]), ('"shop" -"machine shop"', [2]),
    ],
)  # fmt: skip
def test_required_and_excluded_hold_in_every_mode(filled: KnowledgeBase, query: str, files: list[int]) -> None:
    assert _files(_search(filled, query, "hybrid")) == _files(_search(filled, query, "vector")) == files
    by_words = _search(filled, query, "keyword")
    if parse(query).required:
        assert _files(by_words) == files and all(hit.highlights for hit in by_words.hits)
    else:
        assert set(_files(by_words)) <= set(files)


def test_a_quote_that_is_nowhere_is_told(filled: KnowledgeBase) -> None:
    alone = _search(filled, '"no such words"')
    assert alone.hits == [] and alone.notes == ["No passage holds “no such words” as quoted."]
    beside = _search(filled, 'who repairs lifts at "no such words" “machine shop”')
    assert _files(beside) == [1]
    assert beside.notes == ["No passage holds “no such words” as quoted; it was taken for plain words."]
    apart = _search(filled, 'food "machine shop" draf*')
    assert _files(apart) == [1, 2] and "“machine shop” and “draf*”" in apart.notes[0]


def test_exclusions_alone_leave_the_newest_first(filled: KnowledgeBase) -> None:
    for mode in ("hybrid", "vector", "keyword"):
        found = _search(filled, "-hopping", mode)
        assert [hit.filename for hit in found.hits] == ["3.pdf", "1.pdf"] and found.notes == []


@pytest.mark.parametrize("query", ["?", "。。。", '""', "-", "*", "- -"])
def test_a_query_without_a_word_finds_nothing_and_says_so(filled: KnowledgeBase, query: str) -> None:
    found = _search(filled, query)
    assert found.hits == [] and found.notes == ["The query holds no word to look for."]


@pytest.mark.parametrize(
    "query",
    [
        "🎉", "学", "5", "x " * 999, "学" * 2000, '"a" OR "shop" NEAR("c', "NOT {shop} ^draft:",
        " ".join(f"w{n}" for n in range(400)), "".join(map(chr, range(0x4E00, 0x4E00 + 2000))),
        " ".join(f'"b{n}"' for n in range(300)), " ".join(f"-c{n} -dd{n}*" for n in range(150)),
        " ".join(f"ee{n}*" for n in range(300)), '"' * 2000, "「" * 2000, "-" * 2000, "*" * 2000, "a" * 2000 + "*",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["hybrid", "vector", "keyword"])
def test_odd_queries_are_answered(filled: KnowledgeBase, query: str, mode: search.Mode) -> None:
    scores = [hit.score for hit in _search(filled, query, mode).hits]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("A machine shop, a shop for machines", '"machine shop"', ["machine shop"]),
        ("A machine shop, a shop for machines", '"machine shop" shops', ["machine shop", "shop"]),
        ("北京大学和北京的大学", "“北京大学”", ["北京大学"]),
        ("臺灣大學abc號", '"大学ABC号"', ["大學abc號"]),
        ("The organizer of Organizations, organic", "organiz*", ["organizer", "Organizations"]),
        ("Résumés and resumption", "resum*", ["Résumés", "resumption"]),
        ("机器学习", "机器* 学习", ["机器学习"]),
        ("A draft of roofs", "roof -draft", ["roofs"]),
    ],
)
def test_marks(text: str, query: str, marked: list[str]) -> None:
    asked = parse(query)
    assert [text[a:b] for a, b in highlights(text, asked.marked, asked.required)] == marked


_WRITTEN = (
    st.text(st.sampled_from('aZé台臺*＊"“”「」«»-－−() ^:|北京大学AND OR5½\u0301\u3000"'), max_size=40) | st.text()
)


@given(_WRITTEN)
def test_no_query_is_an_operator_or_an_error(query: str) -> None:
    asked = parse(query)
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE f USING fts5(terms, tokenize='porter unicode61')")
    for match in [row.match for row in asked.required + asked.excluded] + [
        fulltext.phrase(term) for term in asked.terms
    ]:
        connection.execute("SELECT * FROM f WHERE f MATCH ?", (match,)).fetchall()
    connection.close()


@given(_WRITTEN, _WRITTEN)
def test_marks_of_rows_are_what_the_index_finds(text: str, quoted: str) -> None:
    """A row stands where FTS5 says that it stands."""
    row = fulltext.row(quoted)
    if row is None:
        return
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE f USING fts5(terms, tokenize='porter unicode61')")
    connection.execute("INSERT INTO f VALUES (?)", (fulltext.indexed(text),))
    found = connection.execute("SELECT count(*) FROM f WHERE f MATCH ?", (row.match,)).fetchone()[0]
    connection.close()
    assert bool(found) == bool(highlights(text, [], [row]))
