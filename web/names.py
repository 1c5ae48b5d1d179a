"""What of a knowledge base's documents may be named: in filters, facets, sorting and columns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pipeline.errors import PermanentError, ServiceUnavailable
from pipeline.extract.fields.columns import SCHEMAS, Kind, columns_of
from storage import fields
from storage.catalog import KnowledgeBase
from storage.columns import Wanted
from storage.database import Missing
from storage.filters import Filter, find_name, kinds_of, parse_filter


class Names:
    """The names that one knowledge base knows.

    Those of its schema first, then those of the built-in schemas; and, where one is none of these, those that fields
    of its documents have: a schema may have been changed since.

    Args:
        others: kinds by path of knowledge bases that are searched with it. What they alone know means nothing here, but
            is no error: no document has such a field.
        kbs: all that are searched.
    """

    def __init__(
        self, record: dict[str, Any], kbs: Sequence[KnowledgeBase], others: dict[str, Kind] | None = None
    ) -> None:
        self._kbs = kbs
        self.schema = kinds_of(columns_of(record["schema"]))
        built_in = kinds_of(column for schema in SCHEMAS for column in columns_of(schema))
        self.known: dict[str, Kind] = {**(others or {}), **built_in, **self.schema}
        self._asked_documents = False

    def filters(self, given: Sequence[str]) -> list[Filter]:
        """The filters of a query.

        Raises:
            PermanentError: `bad_request`.
        """
        return [self.filter(one) for one in given]

    def filter(self, given: str) -> Filter:
        """A filter.

        Raises:
            PermanentError: `bad_request`.
        """
        try:
            return parse_filter(given, self.known)
        except PermanentError:
            if not self._learn():
                raise
            return parse_filter(given, self.known)

    def column(self, name: str, purpose: str) -> Wanted:
        """The column that a facet or a sort names.

        Raises:
            PermanentError: `bad_request`.
        """
        kind, paths = self._find(name, purpose)
        if len(paths) > 1:
            raise PermanentError(
                "bad_request", f"{purpose}: “{name}” is a list of records; name one of its fields: {', '.join(paths)}."
            )
        return Wanted(name, kind, paths)

    def paths(self, name: str, purpose: str) -> tuple[str, ...]:
        """The paths of a field, or of all fields of a list of records.

        Raises:
            PermanentError: `bad_request`.
        """
        _, paths = self._find(name, purpose)
        if not paths and name in self.known:  # `language`, which filters take for the document's
            return (name,)
        if not paths:
            raise PermanentError(
                "bad_request", f"{purpose}: “{name}” is no field; it stands beside the fields of each document."
            )
        return paths

    def _find(self, name: str, purpose: str) -> tuple[Kind, tuple[str, ...]]:
        try:
            return find_name(name, self.known, purpose=purpose)
        except PermanentError:
            if not self._learn():
                raise
            return find_name(name, self.known, purpose=purpose)

    def _learn(self) -> bool:
        """Ask the documents, once, for names that no schema has; whether there are any."""
        if self._asked_documents:
            return False
        self._asked_documents = True
        before = len(self.known)
        for kb in self._kbs:
            with suppress(Missing, ServiceUnavailable), kb.db.read() as connection:  # what is asked next will say so
                self.known = {**dict.fromkeys(fields.paths(connection), "text"), **self.known}
        return len(self.known) > before


def names_of(searched: Sequence[tuple[dict[str, Any], KnowledgeBase]]) -> list[Names]:
    """The names of knowledge bases that are searched together: of each its own, then those of the others."""
    of_all: dict[str, Kind] = {}
    for record, _ in searched:
        of_all = {**kinds_of(columns_of(record["schema"])), **of_all}
    kbs = [kb for _, kb in searched]
    return [Names(record, kbs, of_all) for record, _ in searched]


def filters_of(names: Sequence[Names], given: Sequence[str]) -> list[list[Filter]]:
    """The filters of a query, for each of the knowledge bases that are searched together.

    One that means nothing to some of them, a range of what is text there, they take as the first that knows it does.

    Raises:
        PermanentError: `bad_request`: one means nothing to any.
    """
    taken = [_taken(names, one) for one in given]
    return [[each[number] for each in taken] for number in range(len(names))]


def _taken(names: Sequence[Names], given: str) -> list[Filter]:
    own: list[Filter | None] = []
    problems: list[PermanentError] = []
    for one in names:
        try:
            own.append(one.filter(given))
        except PermanentError as error:
            own.append(None)
            problems.append(error)
    known = next((one for one in own if one is not None), None)
    if known is None:
        raise problems[0]
    return [one or known for one in own]
