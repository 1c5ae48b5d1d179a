"""The table of fields: its orders, its pages, and that changes in between neither repeat nor skip a row."""

from __future__ import annotations

import csv

import pytest

from pipeline.errors import PermanentError
from pipeline.extract.fields.columns import columns_of
from storage import documents, exports, field_table
from storage.catalog import KnowledgeBase
from storage.collation import sort_key
from storage.columns import Wanted
from storage.field_table import Choice, Order
from storage.filters import OF_DOCUMENT, kinds_of, parse_filter
from tests.unit import shelf

KINDS = kinds_of(columns_of("resume"))


def _order(sort: str | None) -> Order:
    if sort is None:
        return Order()
    name = sort.removeprefix("-")
    kind, paths = (KINDS[name], (name,)) if name in KINDS else (OF_DOCUMENT[name], ())
    return Order(Wanted(name, kind, paths), sort.startswith("-"))


def _names(kb: KnowledgeBase, sort: str | None = None, *filters: str, words: str | None = None) -> str:
    choice = Choice([parse_filter(one, KINDS) for one in filters], words)
    page = field_table.page(kb, choice, _order(sort), 50)
    assert page.cursor is None and page.total == len(page.rows)
    return " ".join(row.filename for row in page.rows)


@pytest.fixture
def people(kb: KnowledgeBase) -> dict[str, str]:
    held = {
        "a": {"name": "王五", "years": "12", "work": [{"start": "2015"}, {"start": "2001-05"}], "skills": ["Go"]},
        "b": {"name": "李四", "years": "2", "work": [{"start": "2015-06"}], "skills": ["C++", "Redis"]},
        "c": {"name": "Zoe", "years": "none", "skills": ["redis"]},
        "d": {"name": "闫妍", "years": "100"},
        "e": {"name": "张三", "work": [{"start": "1999"}]},
    }
    return {name: shelf.put(kb, name, found, pages=len(name) + 1) for name, found in held.items()}


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (None, "e d c b a"),
        ("years", "b a d e c"),  # as numbers; what has none, or none that is a number, comes last both ways
        ("-years", "d a b e c"),
        ("name", "c b a d e"),  # Latin, then by pinyin: Zoe, Lǐ, Wáng, Yán, Zhāng
        ("-name", "e d a b c"),
        ("work.start", "e a b d c"),  # by the earliest; descending by the latest
        ("-work.start", "b a e d c"),
        ("skills", "b a c e d"),
        ("-skills", "c b a e d"),  # of those with the same value the newer first, either way
        ("filename", "a b c d e"),
        ("-filename", "e d c b a"),
        ("created_at", "a b c d e"),
        ("pages", "e d c b a"),
    ],
)
def test_orders(kb: KnowledgeBase, people: dict[str, str], sort: str | None, expected: str) -> None:
    assert _names(kb, sort) == expected


def test_documents_without_a_result_stand_there_too(kb: KnowledgeBase, people: dict[str, str]) -> None:
    shelf.put(kb, "in work")
    assert _names(kb) == "in work e d c b a" and _names(kb, "years") == "b a d in work e c"
    page = field_table.page(kb, Choice(), Order(), 1)
    assert page.total == 6 and page.rows[0].fields == {} and page.rows[0].status == "running"
    assert _names(kb, None, "status=done", "years>=2") == "d b a"


@pytest.mark.parametrize("sort", [None, "years", "-years", "name", "-name", "skills", "-skills", "status"])
def test_page_by_page(kb: KnowledgeBase, people: dict[str, str], sort: str | None) -> None:
    whole = _names(kb, sort).split()
    for limit in (1, 2, 4):
        found: list[str] = []
        cursor: str | None = None
        while True:
            page = field_table.page(kb, Choice(), _order(sort), limit, cursor)
            found += [row.filename for row in page.rows]
            assert page.total == 5 and len(page.rows) <= limit
            if (cursor := page.cursor) is None:
                break
        assert found == whole, limit


@pytest.mark.parametrize("sort", ["years", "-years", "name", None])
def test_changes_between_pages(kb: KnowledgeBase, people: dict[str, str], sort: str | None) -> None:
    whole = _names(kb, sort).split()
    page = field_table.page(kb, Choice(), _order(sort), 2)
    assert page.cursor is not None
    documents.delete(kb, people[whole[1]])  # the row that the cursor stands behind
    documents.delete(kb, people[whole[3]])
    shelf.put(kb, "first of all", {"name": "A", "years": "1"} if sort != "-years" else {"years": "999"})
    rest = field_table.page(kb, Choice(), _order(sort), 10, page.cursor)
    assert [row.filename for row in rest.rows] == [whole[2], whole[4]]
    assert rest.total == 4 and rest.cursor is None


def test_a_cursor_of_another_list_is_refused(kb: KnowledgeBase, people: dict[str, str]) -> None:
    cursor = field_table.page(kb, Choice(), _order("years"), 1).cursor
    assert cursor is not None
    wrong = ("x", "bnVsbA", "é", "WyJ5ZWFycyIsInh4IiwiYSJd", "WyJ5ZWFycyIsdHJ1ZSwiYSJd")
    for sort, given in ((None, cursor), ("-years", cursor), ("name", cursor), *(("years", one) for one in wrong)):
        with pytest.raises(PermanentError, match="cursor"):
            field_table.page(kb, Choice(), _order(sort), 1, given)


def test_words(kb: KnowledgeBase) -> None:
    shelf.put(kb, "one.pdf", {}, passages=("Repairs of the reservoir", "began in September"))
    shelf.put(kb, "two.pdf", {}, passages=("The reservoir was drained",))
    shelf.put(kb, "水库-报告.pdf", {}, passages=("九月开工",))
    assert _names(kb, None, words="reservoir september") == "one.pdf", "all of them, in whatever passage"
    assert _names(kb, None, words="reservoirs") == "two.pdf one.pdf"
    assert _names(kb, None, words="reservoir -drained") == "one.pdf"
    assert _names(kb, None, words='"reservoir was"') == "two.pdf" and _names(kb, None, words="repa*") == "one.pdf"
    assert _names(kb, None, words="水庫") == "水库-报告.pdf", "the file's name holds it"
    assert _names(kb, None, words="。") == "" and _names(kb, None, words='" OR 1=1') == ""


def test_the_file_has_the_same_rows(kb: KnowledgeBase, people: dict[str, str]) -> None:
    shelf.put(kb, "＝evil()", {"name": "=1+1", "skills": ["-5", "+x"]})
    choice = Choice([parse_filter("name!=zoe", KINDS)])
    lines = "".join(exports.csv_lines(kb, ["name", "skills", "work.start"], choice, _order("name")))
    rows = list(csv.DictReader(lines.removeprefix("\ufeff").splitlines()))
    assert [row["filename"] for row in rows] == ["'＝evil()", "b", "a", "d", "e"]
    assert rows[0]["name"] == "'=1+1" and rows[0]["skills"] == "'-5; '+x" and rows[2]["work.start"] == "2015; 2001-05"
    assert list(rows[0])[-3:] == ["name", "skills", "work.start"]


@pytest.mark.parametrize(
    "ordered",
    [
        ["CV 2", "cv 10", "CV 010a", "CV 11"],
        ["Ada", "Zoe", "安娜", "李明", "李四", "里三", "力", "绿", "王五", "張三", "赵六"],
        ["", "1", "2", "10", "9999999999999999999999"],
    ],
)
def test_text_sorts_as_people_look_for_it(ordered: list[str]) -> None:
    assert sorted(reversed(ordered), key=sort_key) == ordered
