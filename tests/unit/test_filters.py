"""Filters: what they mean, what they refuse, and that no value of one is ever more than a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import PermanentError
from pipeline.extract.fields.columns import Kind
from pipeline.settings import Settings
from storage import facets, values
from storage.catalog import KnowledgeBase, Storage
from storage.filters import Filter, parse_filter
from tests.unit import shelf

KNOWN: dict[str, Kind] = {
    "name": "text", "years": "number", "born": "date", "remote": "boolean", "skills": "text", "amounts": "number",
    "work.employer": "text", "work.title": "text", "work.start": "date", "work.end": "date", "工作年限": "number",
    "a=b": "text",
}  # fmt: skip
PEOPLE: dict[str, dict[str, Any]] = {
    "ann": {
        "name": "Ann Fox", "years": "12", "born": "1980-05-17", "remote": "true", "skills": ["Redis", "C++"],
        "amounts": ["USD 50.00", "USD 2,500.00"], "工作年限": "5年",
        "work": [{"employer": "Acme", "title": "Engineer", "start": "2015-03", "end": "present"},
                 {"employer": "Globex", "title": "Clerk", "start": "2009", "end": "2015-02"}],
    },
    "li": {
        "name": "李明", "years": "4", "born": "1990", "remote": "false", "skills": ["REDIS"], "amounts": ["USD 300.00"],
        "work": [{"employer": "Acme", "title": "Clerk", "start": "2019-06", "end": "2020-05"}], "a=b": "x",
    },
    "nobody": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def people(own_settings: Settings) -> Iterator[tuple[KnowledgeBase, dict[str, str]]]:
    storage = Storage(own_settings)
    storage.prepare()
    kb = storage.open(storage.create_knowledge_base("people", ["en"], "auto")["id"])
    told = {
        "ann": {
            "tags": ("2026", "spring"),
            "metadata": {"source": "fair", "score": 7, "seen": "2026-01-15", "a=b": "x", "paid": True},
            "pages": 3,
        },
        "li": {
            "tags": ("2026",),
            "language": "zh-Hans",
            "metadata": {"score": "8", "a": "b=x", 'say "!': " hi\u3000", "paid": False},
            "created_at": "2025-12-31T23:59:59Z",
        },
        "nobody": {},
    }
    names = {shelf.put(kb, f"CV_{name}.pdf", found, **told[name]): name for name, found in PEOPLE.items()}  # type: ignore[arg-type]
    yield kb, names
    kb.db.close()
    storage.catalog.close()


def _found(people: tuple[KnowledgeBase, dict[str, str]], *filters: Filter) -> set[str]:
    kb, names = people
    with kb.db.read() as connection:
        return {names[id_] for id_ in facets.in_scope(connection, filters)}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("years>=12", "ann"),
        ("years>12", ""),
        ("years<12", "li"),
        ("years<=4.0", "li"),
        ("years=12", "ann"),
        ("years!=12", "li nobody"),
        ("years:12", "ann"),
        ("年限≥5", None),
        ("工作年限≥5", "ann"),
        ("工作年限：5", "ann"),
        ("amounts>=1000", "ann"),
        ("amounts>=100 & amounts<200", ""),
        ("amounts>=200 & amounts<400", "li"),
        ("amounts=USD 300", "li"),
        ("amounts:usd & amounts>=1000", "ann"),
        ("born<1981", "ann"),
        ("born<1980-05-17", ""),
        ("born<=1980-05", "ann"),
        ("born=1980", "ann"),
        ("born>1990-03", ""),
        ("born>=1990-03", "li"),
        ("born<1990-03", "ann"),
        ("born<=1990-03", "ann li"),
        ("born!=1980-05", "li nobody"),
        ("born=1990年5月", "li"),
        ("born>=1980/5/18", "li"),
        ("work.end<2020", "ann"),
        ("work.end<=2020", "ann li"),
        ("work.end>2020", "ann"),
        ("work.end=present", "ann"),
        ("work.end>=至今", "ann"),
        ("work.end<present", "ann li"),
        ("work.end>present", ""),
        ("work.employer:acme & work.title:clerk", "li"),
        ("work.employer=ACME & work.start>=2016", "li"),
        ("work.employer:acme & work.employer:globex", "ann"),
        ("work.start>=2015 & work.start<2016", "ann"),
        ("work:acme & work.title:engineer", "ann"),
        ("work:globex & work.title:engineer", ""),
        ("work.title:engineer & work.employer!=globex", ""),
        ("skills=redis", "ann li"),
        ("skills=red", ""),
        ("skills:C++", "ann"),
        ("skills!=c++", "li nobody"),
        ("skills=", "nobody"),
        ("skills!=", "ann li"),
        ("work=", "nobody"),
        ("work!=", "ann li"),
        ("remote=true", "ann"),
        ("remote:FALSE", "li"),
        ("remote!=true", "li nobody"),
        ("a=b=x", "li"),
        ("a=b!=x", "ann nobody"),
        ("tag=spring", "ann"),
        ("tag:spring", "ann"),
        ("tag!=spring", "li nobody"),
        ("tag=", "nobody"),
        ("tag!=", "ann li"),
        ("language=zh-Hans", "li"),
        ("language!=zh-Hans", "ann nobody"),
        ("status=done", "ann li nobody"),
        ("status=failed", ""),
        ("pages>=2", "ann"),
        ("pages=1", "li nobody"),
        ("created_at<2026", "li"),
        ("created_at>=2026-01-01", "ann nobody"),
        ("created_at=2025", "li"),
        ("filename:ann", "ann"),
        ("filename:cv pdf", ""),
        ("filename=cv_LI.pdf", "li"),
        ("filename!=CV_li.pdf", "ann nobody"),
        ("metadata.source=fair", "ann"),
        ("metadata.source!=fair", "li nobody"),
        ("metadata.score>=7", "ann"),
        ("metadata.seen>=2026", "ann"),
        ("metadata.seen<2026-01-15", ""),
        ("metadata.source=", "li nobody"),
        ("metadata.source!=", "ann"),
        ('metadata."a=b"=x', "ann"),
        ('metadata."a=b" ： x', "ann"),
        ("metadata.a=b=x", "li"),
        ('metadata."a"=b=x', "li"),
        ('metadata."say ""!"=hi', "li"),
        ("metadata.paid=true", "ann"),
        ("metadata.paid:false", "li"),
        ("metadata.paid=1", ""),
    ],
)
def test_what_filters_mean(people: tuple[KnowledgeBase, dict[str, str]], filters: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(PermanentError, match="no field"):
            parse_filter(filters, KNOWN)
    else:
        chosen = [parse_filter(one, KNOWN) for one in filters.split(" & ")]
        assert _found(people, *chosen) == set(expected.split())


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ("skills", "NAME:VALUE"),
        (":x", "NAME:VALUE"),
        ("=x", "NAME:VALUE"),
        ("", "NAME:VALUE"),
        ("skills:", "no value"),
        ("years>=", "no value"),
        ("skils=x", "no field “skils”; there are tag, language, .*skills"),
        ("years>=five", "“years” is a number, and “five” is none"),
        ("born<spring", "“born” is a date.*2020-05"),
        ("born=2020-13", "is a date"),
        ("born=2019-02-29", "is a date"),
        ("remote=maybe", "true or false"),
        ("skills>=3", "“skills” is text, and >= compares numbers and dates .*years, born"),
        ("remote<1", "true or false"),
        ("skills:，", "no word"),
        ("filename:!", "no word"),
        ("metadata.:x", "no field"),
        ('metadata."a=b"', "NAME:VALUE"),
        ("metadata.a>=x", "neither"),
        ("status>=done", "is text"),
    ],
)
def test_a_filter_that_means_nothing_says_what_is_possible(given_: str, told: str) -> None:
    with pytest.raises(PermanentError, match=f"^filter: .*{told}") as refused:
        parse_filter(given_, KNOWN)
    assert refused.value.code == "bad_request"


ANY_VALUE = st.text(max_size=40) | st.sampled_from(
    ["%", "_", "*", "' OR 1=1 --", '"', "\x00", "🙂", "present", "9" * 400]
)
NAMES = st.sampled_from([*KNOWN, "work", "tag", "language", "status", "filename", "pages", "created_at", "metadata.x"])
OPERATORS = st.sampled_from([":", "=", "!=", ">=", ">", "<=", "<", "≥", "："])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAMES, OPERATORS, ANY_VALUE), min_size=1, max_size=4))
def test_whatever_is_asked_is_answered_or_refused(
    people: tuple[KnowledgeBase, dict[str, str]], asked: list[tuple[str, str, str]]
) -> None:
    chosen = []
    for name, operator, value in asked:
        try:
            chosen.append(parse_filter(f"{name}{operator}{value}", KNOWN))
        except PermanentError as error:
            assert error.code == "bad_request"
    everybody = _found(people)
    for one in chosen:
        if one.operator == "=" and one.name not in ("tag", "language"):
            negated = Filter(one.name, one.value, "!=", one.kind, one.paths)
            assert _found(people, one) ^ _found(people, negated) == everybody
    assert _found(people, *chosen) <= everybody


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("12", 12),
        ("-3.5", -3.5),
        ("1,234,567.5", 1234567.5),
        ("USD 1,234.50", 1234.5),
        ("￥300", 300),
        ("35000 元", 35000),
        ("１２％", 12),
        ("5 years", 5),
        ("1,23", None),
        ("", None),
        ("twelve", None),
        ("12-13", None),
        ("1e9999", None),
        ("9" * 400, None),
        ("Java 8", None),
        ("--1", None),
    ],
)
def test_numbers(value: str, number: float | None) -> None:
    assert values.number_of(value) == number


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2020", "2020"),
        ("2020-5", "2020-05"),
        ("2020.05.03", "2020-05-03"),
        ("2020/12", "2020-12"),
        ("2020年", "2020"),
        ("2020年5月3日", "2020-05-03"),
        ("２０２０年５月", "2020-05"),
        ("至今", "present"),
        ("Present", "present"),
        ("20", None),
        ("2020-13", None),
        ("2020-02-30", None),
        ("2024-02-29", "2024-02-29"),
        ("0000", None),
        ("2020-", None),
        ("2026-01-01T10:20:30Z", "2026-01-01t10:20:30z"),
        ("May 2020", None),
        ("", None),
    ],
)
def test_dates(value: str, date: str | None) -> None:
    assert values.date_of(value) == date
