"""SQL that holds for documents that meet filters. Names and values are bound, never written into it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from storage import values
from storage.dialect import Dialect
from storage.filters import METADATA, RANGES, Filter, Operator

# It begins with four digits.
_DATED = "(length({0}) >= 4 AND trim(substr({0}, 1, 4), '0123456789') = '' OR {0} = 'present')"


def conditions(filters: Sequence[Filter], document: str, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    """SQL that holds for documents that meet all filters (empty, or beginning with AND), and its values.

    Filters on fields of one list of records are met by one record of it, ranges of one list by one value: an employer
    and a title of the same post, an amount between two others. A name that stands there twice with ":" or "=" asks for
    two, which may stand in different records. "!=" is of the document: no value of it is that.

    Args:
        document: alias of the document table in the query.
    """
    made = _Conditions(document, dialect)
    lists: dict[str, list[Filter]] = defaultdict(list)
    for wanted in filters:
        if not wanted.paths:
            made.of_document(wanted)
        elif wanted.operator == "!=" or not wanted.value:
            made.of_all_values(wanted)
        else:
            lists[wanted.name.partition(".")[0]].append(wanted)
    for held in lists.values():
        named = Counter(wanted.name for wanted in held if wanted.operator in (":", "="))
        together = [wanted for wanted in held if wanted.operator in RANGES or named[wanted.name] == 1]
        for group in ([together] if together else []) + [[wanted] for wanted in held if wanted not in together]:
            made.of_one_record(group)
    return "".join(f" AND {part}" for part in made.sql), made.values


def _is_narrow(held: Sequence[Filter]) -> bool:
    """Whether few documents meet these, most of the time: then the index by value is asked for all of them at once.

    Else each document in question is looked at: a range that is open on one side holds for most, and to list 8,600 of
    10,000 documents takes twice as long as to look at all of them, and is done anew for every part of a search.
    """
    ranges = sum(wanted.operator in RANGES for wanted in held)
    return ranges >= 2 or any(wanted.operator == "=" for wanted in held)


class _Conditions:
    """Conditions in the making."""

    def __init__(self, document: str, dialect: Dialect) -> None:
        self.sql: list[str] = []
        self.values: dict[str, Any] = {}
        self._document = document
        self._dialect = dialect

    def _bind(self, value: Any) -> str:
        name = f"filter_{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def of_one_record(self, group: Sequence[Filter]) -> None:
        """Some record, or value of a list, meets all."""
        rows: dict[tuple[str, ...], list[Filter]] = defaultdict(list)
        for wanted in group:
            rows[wanted.paths].append(wanted)
        order = sorted(rows.items(), key=lambda row: not _is_narrow(row[1]))
        indexed = _is_narrow(order[0][1])
        where, joins = [], []
        for number, (paths, held) in enumerate(order):
            alias = f"f{number}"
            meets = [f"{alias}.path IN ({', '.join(map(self._bind, paths))})", *(self._value(alias, w) for w in held)]
            if number:
                same = " AND ".join(f"{alias}.{name} = f0.{name}" for name in ("document", "run", "record"))
                joins.append(f" JOIN field AS {alias} ON {same} AND {' AND '.join(meets)}")
            else:
                where += meets
        body = f"FROM field AS f0{''.join(joins)} WHERE {' AND '.join(where)}"
        if indexed:
            self.sql.append(f"{self._document}.id IN (SELECT f0.document {body} AND f0.live = 1)")
        else:
            own = f"f0.document = {self._document}.id AND f0.run = {self._document}.published_run"
            self.sql.append(f"EXISTS (SELECT 1 {body} AND {own})")

    def of_all_values(self, wanted: Filter) -> None:
        """No value of the document is that; or, without a value, there is none or there is one."""
        there = wanted.operator == "!=" and not wanted.value
        meets = f" AND {self._value('f', Filter(wanted.name, wanted.value, '=', wanted.kind))}" if wanted.value else ""
        paths = ", ".join(map(self._bind, wanted.paths))
        rows = f"SELECT f.document FROM field AS f WHERE f.live = 1 AND f.path IN ({paths}){meets}"
        self.sql.append(f"{self._document}.id {'IN' if there else 'NOT IN'} ({rows})")

    def _value(self, alias: str, wanted: Filter) -> str:
        """What a row of a field must meet."""
        if wanted.operator == ":":
            return self._dialect.holds(f"{alias}.terms", self._bind(values.terms(wanted.value)))
        if wanted.kind == "number":
            return f"{alias}.number {wanted.operator} {self._bind(wanted.number)}"
        if wanted.kind == "date":
            return self._date(self._dialect.indexed(f"{alias}.folded"), wanted.operator, wanted.value)
        column, value = f"{alias}.folded", self._bind(values.folded(wanted.value))
        found = self._dialect.indexed(column)
        return f"{column} = {value}" + ("" if found == column else f" AND {found} = {self._dialect.indexed(value)}")

    def _date(self, column: str, operator: Operator, value: str) -> str:
        """Compared as far as both are known (`storage/values.py`); the bare column first, as the index holds that."""
        year, end = self._bind(value[:4]), values.END
        dated = _DATED.format(column)
        if operator == ">":
            return f"{column} > {self._bind(value + end)} AND {dated}"
        if operator == "<=":
            return f"{column} <= {self._bind(value + end)} AND {dated}"
        if operator == ">=":
            return f"{column} >= {year} AND {column} || '{end}' >= {self._bind(value)} AND {dated}"
        if operator == "<":
            given = self._bind(value)
            return f"{column} < {given} AND {column} || '{end}' < {given} AND {dated}"
        given, last = self._bind(value), self._bind(value + end)
        return f"{column} >= {year} AND {column} <= {last} AND {column} || '{end}' >= {given} AND {dated}"

    def of_document(self, wanted: Filter) -> None:
        """What is asked of the document itself."""
        if wanted.name.startswith(METADATA):
            self._metadata(wanted)
        elif wanted.name == "tag":
            self._tag(wanted)
        elif wanted.name == "filename":
            self._filename(wanted)
        else:
            self._column(wanted)

    def _column(self, wanted: Filter) -> None:
        of_run = f"(SELECT {{}} FROM run WHERE run.document = {self._document}.id AND run.run = {self._document}.run)"
        column = {
            "language": f"{self._document}.language", "created_at": f"lower({self._document}.created_at)",
            "status": of_run.format("run.status"), "pages": of_run.format("run.pages_total"),
        }[wanted.name]  # fmt: skip
        negated = wanted.operator == "!="
        operator: Operator = "=" if wanted.operator in (":", "!=") else wanted.operator
        if not wanted.value:
            self.sql.append(f"coalesce({column}, '') {'!=' if negated else '='} {self._bind('')}")
            return
        if wanted.kind == "date":
            meets = self._date(column, operator, wanted.value)
        else:
            meets = f"{column} {operator} {self._bind(wanted.number if wanted.kind == 'number' else wanted.value)}"
        self.sql.append(f"({meets}) IS NOT TRUE" if negated else f"({meets})")

    def _tag(self, wanted: Filter) -> None:
        there = wanted.operator != "!=" if wanted.value else wanted.operator == "!="
        meets = f"= {self._bind(wanted.value)}" if wanted.value else f"!= {self._bind('')}"
        tags = self._dialect.elements(f"{self._document}.tags", "tag")
        each = f"EXISTS (SELECT 1 FROM {tags} WHERE tag.value {meets})"
        self.sql.append(each if there else f"NOT {each}")

    def _metadata(self, wanted: Filter) -> None:
        there = wanted.operator != "!=" if wanted.value else wanted.operator == "!="
        key = self._bind(wanted.name.removeprefix(METADATA))
        meets = ""
        if wanted.operator in RANGES:
            meets = f" AND ({self._metadata_range(wanted)})"
        elif wanted.value:
            meets = f" AND {self._dialect.member_text('one')} = {self._bind(wanted.value)}"
        members = self._dialect.members(f"{self._document}.metadata", "one")
        each = f"EXISTS (SELECT 1 FROM {members} WHERE one.key = {key}{meets})"
        self.sql.append(each if there else f"NOT {each}")

    def _metadata_range(self, wanted: Filter) -> str:
        """Metadata has no schema: numbers are compared with a number, text with a date where it begins like one."""
        either = []
        if (number := values.number_of(wanted.value)) is not None:
            either.append(f"{self._dialect.member_number('one')} {wanted.operator} {self._bind(number)}")
        if (date := values.date_of(wanted.value)) is not None:
            said = self._date(f"lower({self._dialect.member_text('one')})", wanted.operator, date)
            either.append(f"{self._dialect.member_is('one', 'text')} AND {said}")
        return " OR ".join(either)

    def _filename(self, wanted: Filter) -> None:
        column = f"{self._document}.filename"
        if not wanted.value:
            self.sql.append(f"{column} {'=' if wanted.operator == '=' else '!='} {self._bind('')}")
        elif wanted.operator == ":":
            self.sql.append(self._dialect.holds(f"{column}_terms", self._bind(values.terms(wanted.value))))
        else:
            same = f"{column}_folded = {self._bind(values.folded(wanted.value))}"
            self.sql.append(same if wanted.operator == "=" else f"NOT {same}")
