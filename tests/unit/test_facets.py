"""Facets: what is counted, how values that differ only in writing come together, and that changes are seen."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pipeline.extract.fields.columns import columns_of
from storage import documents, facets, refold
from storage.catalog import KnowledgeBase, Storage
from storage.columns import ColumnMemory, Wanted
from storage.facets import Facet
from storage.filters import OF_DOCUMENT, kinds_of, parse_filter
from storage.search import Source, parse
from storage.search.candidates import Mode
from storage.search.counting import count_facets
from tests.unit import shelf
from web.names import Names, filters_of

KINDS = kinds_of(columns_of("resume"))


def _wanted(name: str) -> Wanted:
    if name in KINDS:
        return Wanted(name, KINDS[name], (name,))
    return Wanted(name, OF_DOCUMENT.get(name, "text"), ())


def _facet(kb: KnowledgeBase, name: str, *filters: str) -> Facet:
    with kb.db.read() as connection:
        ids = facets.in_scope(connection, [parse_filter(one, KINDS) for one in filters])
        return facets.facet(name, _wanted(name).kind, facets.parts_of(connection, kb.columns, [_wanted(name)], ids))


def _counts(facet: Facet) -> dict[str, int]:
    return {value.value: value.count for value in facet.values}


def test_values_are_counted_by_documents(kb: KnowledgeBase) -> None:
    shelf.put(kb, "a", {"skills": ["Redis", "redis", "Go"]})
    shelf.put(kb, "b", {"skills": ["REDIS", "台灣"]})
    shelf.put(kb, "c", {"skills": ["ＲＥＤＩＳ", "Redis", "台湾", "\u200b"]})
    shelf.put(kb, "in work")
    found = _facet(kb, "skills")
    assert [(value.value, value.count) for value in found.values] == [("Redis", 3), ("台湾", 2), ("Go", 1)]
    assert found.kind == "text" and not found.more
    assert found.values[0].filters == ("skills=Redis",)


def test_many_values_are_cut_at_twenty(kb: KnowledgeBase) -> None:
    shelf.put(kb, "a", {"skills": [f"skill {number:02}" for number in range(30)]})
    shelf.put(kb, "b", {"skills": ["skill 29", "x" * 600]})
    found = _facet(kb, "skills")
    assert len(found.values) == 20 and found.more
    assert [value.value for value in found.values[:3]] == ["skill 29", "skill 00", "skill 01"]
    assert _facet(kb, "skills", "skills=skill 29", "skills!=skill 01").values[-1].filters == (), "too long to be asked"


def test_dates_are_counted_by_year(kb: KnowledgeBase) -> None:
    shelf.put(kb, "a", {"work": [{"start": "2019-01", "end": "2019-06"}, {"start": "2019-07", "end": "present"}]})
    shelf.put(kb, "b", {"work": [{"start": "2021", "end": "2022-03-04"}, {"start": "long ago"}]})
    assert _counts(_facet(kb, "work.start")) == {"2021": 1, "2019": 1}
    ends = _facet(kb, "work.end")
    assert [value.value for value in ends.values] == ["present", "2022", "2019"]
    assert [value.filters for value in ends.values] == [("work.end=present",), ("work.end=2022",), ("work.end=2019",)]
    for year in range(1980, 2005):
        shelf.put(kb, str(year), {"work": [{"start": f"{year}-05"}, {"start": f"{year}"}]})
    decades = _facet(kb, "work.start")
    assert _counts(decades) == {"2020–2029": 1, "2010–2019": 1, "2000–2009": 5, "1990–1999": 10, "1980–1989": 10}
    assert decades.values[2].filters == ("work.start>=2000", "work.start<=2009")


def test_numbers_are_each_told_or_put_into_ranges(kb: KnowledgeBase) -> None:
    for number in (5, 3, 5):
        shelf.put(kb, f"{number}", {"years": str(number)})
    assert [(value.value, value.count) for value in _facet(kb, "years").values] == [("3", 1), ("5", 2)]
    for number in range(40):
        shelf.put(kb, f"more {number}", {"years": f"{number} years"})
    ranges = _facet(kb, "years")
    assert [(value.value, value.count) for value in ranges.values][:2] == [("0–5", 6), ("5–10", 7)]
    assert ranges.values[0].filters == ("years>=0", "years<5") and ranges.values[0].high == ranges.values[1].low == 5
    assert sum(value.count for value in ranges.values) == 43 and len(ranges.values) == 8


@pytest.mark.parametrize(
    "numbers",
    [
        range(21), range(-30, 0), [n / 7 for n in range(50)], [10.0**n for n in range(-3, 20)],
        [*range(1, 40), 5_000_000], [0, *range(1, 40), 1e12], [1e9 + n for n in range(25)],
    ],
)  # fmt: skip
def test_ranges_hold_every_number_once(numbers: Sequence[float]) -> None:
    edges = facets._edges(sorted(map(float, numbers)))
    assert edges == sorted(set(edges)) and 3 <= len(edges) <= 30
    for number in numbers:
        place = facets._place(edges, number)
        assert place is not None and edges[place] <= number < edges[place + 1]


def test_what_documents_have_beside_their_fields(kb: KnowledgeBase) -> None:
    shelf.put(kb, "a.pdf", {}, tags=("x", "y"), language="zh-Hans", pages=3, metadata={"source": "fair", "n": [1]})
    shelf.put(kb, "b.pdf", {}, tags=("x",), metadata={"source": "post"}, created_at="2024-05-06T07:08:09.000Z")
    shelf.put(kb, "c.pdf", tags=("x",))
    assert _counts(_facet(kb, "tag")) == {"x": 2, "y": 1}
    assert _counts(_facet(kb, "language")) == {"en": 1, "zh-Hans": 1}
    assert _counts(_facet(kb, "pages")) == {"1": 1, "3": 1}
    assert _counts(_facet(kb, "status")) == {"done": 2}
    assert _counts(_facet(kb, "metadata.source")) == {"fair": 1, "post": 1} and not _facet(kb, "metadata.n").values
    assert _counts(_facet(kb, "created_at"))["2024"] == 1


KEYS = st.text('ab=:<>!"：≥ ', min_size=1, max_size=4)
PLAIN = st.sampled_from([True, False, 1, 1.5, "1", "true", " x", "x\u3000", "=x", "b=x", '"x', "", None])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(KEYS, PLAIN, max_size=3), min_size=1, max_size=3))
def test_what_metadata_holds_is_found_by_the_filter_of_its_count(
    kb: KnowledgeBase, held: list[dict[str, bool | float | str | None]]
) -> None:
    with kb.db.write() as connection:
        connection.execute(text("DELETE FROM document"))
    kb.columns.__init__()  # type: ignore[misc]
    for number, metadata in enumerate(held):
        shelf.put(kb, f"{number}.pdf", {}, metadata=metadata)
    for key in {key for metadata in held for key in metadata}:
        counted = _facet(kb, f"metadata.{key}")
        assert sum(value.count for value in counted.values) == sum(one.get(key) not in ("", None) for one in held)
        for value in counted.values:
            assert value.filters and value.value not in ("True", "False", "0")
            with kb.db.read() as connection:
                assert len(facets.in_scope(connection, [parse_filter(value.filters[0], KINDS)])) == value.count, value


SKILLS = st.lists(st.sampled_from(["Redis", "redis", "Go", "C++", "张三", "張三", " x "]), max_size=3)
RESUMES = st.fixed_dictionaries(
    {"skills": SKILLS, "years": st.sampled_from(["1", "2", "07", "30", "many"]),
     "birth_date": st.sampled_from(["1990", "1990-05", "1991-01-02", "soon"])}
)  # fmt: skip


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RESUMES, min_size=1, max_size=5), st.sampled_from(["skills:redis", "years>=2", "skills!=go"]))
def test_the_number_beside_a_value_is_what_its_filter_leaves(
    kb: KnowledgeBase, resumes: list[dict[str, list[str] | str]], narrowed: str
) -> None:
    with kb.db.write() as connection:
        connection.execute(text("DELETE FROM document"))
    kb.columns.__init__()  # type: ignore[misc]
    for number, resume in enumerate(resumes):
        shelf.put(kb, f"{number}.pdf", resume, tags=("even",) if number % 2 else ())
    for name in ("skills", "years", "birth_date", "tag", "status", "pages"):
        for value in _facet(kb, name, narrowed).values:
            with kb.db.read() as connection:
                chosen = [parse_filter(one, KINDS) for one in (narrowed, *value.filters)]
                assert len(facets.in_scope(connection, chosen)) == value.count, (name, value)


def test_changes_are_seen(kb: KnowledgeBase) -> None:
    """What was read stays, what changed is read again, and nothing of what is gone."""
    first = shelf.put(kb, "a", {"skills": ["Redis"]})
    second = shelf.put(kb, "b")
    assert _counts(_facet(kb, "skills")) == {"Redis": 1} and _counts(_facet(kb, "status")) == {"done": 1}
    shelf.publish(kb, second, {"skills": ["Go", "redis"]})
    assert _counts(_facet(kb, "skills")) == {"Redis": 2, "Go": 1}
    shelf.publish(kb, first, {"skills": ["Ada"]})
    counts = _counts(_facet(kb, "skills"))
    assert {value.lower(): count for value, count in counts.items()} == {"ada": 1, "go": 1, "redis": 1}
    documents.delete(kb, second)
    assert _counts(_facet(kb, "skills")) == {"Ada": 1}
    with kb.db.write() as connection:
        connection.execute(text("DELETE FROM document WHERE id = :id"), {"id": second})
    third = shelf.put(kb, "c", {"skills": ["Go"]})
    assert _counts(_facet(kb, "skills")) == {"Ada": 1, "Go": 1}
    documents.delete(kb, third)
    with kb.db.write() as connection:  # gone before anybody looked again
        connection.execute(text("DELETE FROM document WHERE id = :id"), {"id": third})
    assert _counts(_facet(kb, "skills")) == {"Ada": 1}


def test_only_so_many_columns_are_kept(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.columns._COLUMNS_AT_MOST", 2)
    shelf.put(kb, "a", {"skills": ["Redis"], "name": "Ann"}, metadata={"x": "1"})
    with kb.db.read() as connection:
        memory = ColumnMemory()
        for name in ("skills", "name", "skills", "metadata.x"):
            assert len(memory.column(connection, _wanted(name)).compared) == 1
        assert [wanted.name for wanted in memory._columns] == ["skills", "metadata.x"]


def test_fields_of_an_older_version_are_written_anew(kb: KnowledgeBase) -> None:
    """As migration 0007 leaves them: by the sweep, and without touching full text."""
    shelf.put(kb, "a", {"years": "12", "skills": ["Redis"]}, passages=("one",))
    with kb.db.write() as connection:
        connection.execute(text("UPDATE field SET number = NULL, folded = value, record = 0"))
        connection.execute(text("UPDATE knowledge SET folding = replace(folding, 'done', 'rows 0 0')"))
    assert _counts(_facet(kb, "skills", "years>=5")) == {} and _counts(_facet(kb, "skills")) == {"Redis": 1}
    with kb.db.read() as connection:
        assert refold.fields_are_old(connection) and refold.progress(connection) is None
    assert refold.bring_up_to_date(kb, time.monotonic() + 60)
    assert _counts(_facet(kb, "skills", "years>=5", "skills=redis")) == {"Redis": 1}
    with kb.db.read() as connection:
        assert not refold.fields_are_old(connection)


@pytest.mark.parametrize(
    ("query", "mode", "expected"),
    [
        ("reservoir", "keyword", {"Redis": 1}), ("reservoir", "vector", {"Redis": 2, "Go": 1}),
        ("reservoir harvest", "hybrid", {"Redis": 2, "Go": 1}), ("nothing", "keyword", {}),
        ('"the harvest"', "keyword", {"Redis": 1, "Go": 1}), ("-reservoir", "hybrid", {"Redis": 1, "Go": 1}),
        ("-reservoir", "vector", {"Redis": 1, "Go": 1}),
    ],
)  # fmt: skip
def test_a_query_narrows_what_is_counted(
    storage: Storage, kb: KnowledgeBase, query: str, mode: Mode, expected: dict[str, int]
) -> None:
    shelf.put(kb, "a", {"skills": ["redis"]}, passages=("the reservoir was repaired", "the reservoir"))
    shelf.put(kb, "b", {"skills": ["Redis", "Go"]}, passages=("the harvest began",))
    [found] = count_facets([Source(kb)], [[_wanted("skills")]], parse(query), mode, storage.settings.search)
    assert {value.value.title(): value.count for value in found.values} == expected


def test_a_range_of_what_is_text_elsewhere_finds_the_numbers_there(kb: KnowledgeBase) -> None:
    light, heavy, word = (shelf.put(kb, name, {"weight": name}) for name in ("3 kg", "5 kg", "heavy"))
    names = [
        Names({"schema": {"type": "object", "properties": {"weight": {"type": kind}}}}, [])
        for kind in ("number", "string")
    ]
    with kb.db.read() as connection:
        for given_, left in (("weight>=5", [heavy]), ("weight!=heavy", [light, heavy]), ("weight=heavy", [word])):
            for order in (names, names[::-1]):
                for chosen in filters_of(order, [given_]):
                    assert sorted(facets.in_scope(connection, chosen)) == sorted(left)


def test_facets_of_several_knowledge_bases_are_one(storage: Storage, kb: KnowledgeBase) -> None:
    other = storage.open(storage.create_knowledge_base("other", ["en"], "auto")["id"])
    shelf.put(kb, "a", {"skills": ["Redis"], "years": "3"})
    shelf.put(other, "b", {"skills": ["REDIS", "REDIS ", "Go"], "years": "3"})
    wanted = [[_wanted(name)] * 2 for name in ("skills", "years")]
    skills, years = count_facets([Source(kb), Source(other)], wanted, parse("x"), "vector", storage.settings.search)
    assert _counts(skills) == {"REDIS": 2, "Go": 1} and _counts(years) == {"3": 2}
    other.db.close()
