"""What SQLite and PostgreSQL say otherwise: a few phrases of SQL. All other SQL of this package is one for both.

`of` a connection tells which; who writes SQL before there is one asks the `Database`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Table

BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
Type = Literal["text", "integer", "double precision"]


class Phrase(NamedTuple):
    """SQL and the values that it needs."""

    sql: str
    values: dict[str, Any]


class Dialect(ABC):
    """How one engine says it. Arguments are SQL unless said otherwise.

    Attributes:
        gives_best_first: whether `ranked` is quicker for few; else all are ranked anyway.
        insert: SQLAlchemy's INSERT for this engine, which knows what to do where a key is there already.
    """

    gives_best_first: bool
    insert: Callable[[Table], Any]

    @abstractmethod
    def holds(self, value: str, part: str) -> str:
        """A condition: the text `part` stands in the text `value`."""

    @abstractmethod
    def indexed(self, value: str) -> str:
        """A text as an index holds it: whole, or its beginning; to be compared beside the whole."""

    @abstractmethod
    def elements(self, array: str, alias: str) -> str:
        """Rows of the texts in a JSON list: `key` sorts by their order, `value`."""

    @abstractmethod
    def records(self, array: str, alias: str, columns: Mapping[str, Type]) -> str:
        """Rows of the objects in a JSON list, a column a name."""

    @abstractmethod
    def members(self, object_: str, alias: str) -> str:
        """Rows of the values in a JSON object: `key`, and what the next three say of them."""

    @abstractmethod
    def member_text(self, alias: str) -> str:
        """One of `members` as people see it, without blanks around it."""

    @abstractmethod
    def member_number(self, alias: str) -> str:
        """One of `members` where it is a number, else NULL."""

    @abstractmethod
    def member_is(self, alias: str, kind: Literal["text", "single"]) -> str:
        """A condition: one of `members` is a text; or is neither list nor object nor null."""

    @abstractmethod
    def matches(self, wanted: str) -> str:
        """A condition on `chunk_fts`: it holds what was asked for.

        Args:
            wanted: of a value that `match` made.
        """

    @abstractmethod
    def match(self, wanted: str) -> str:
        """What people ask for, as the engine is asked.

        Args:
            wanted: a value, in FTS5's terms: `"a row" AND ("of words" OR "wor" *)`.
        """

    @abstractmethod
    def ranked(self, phrases: Sequence[str]) -> Phrase:
        """A query: the best of the chunks with any of some phrases, `seq` and BM25 as `score`; binds a limit `best`.

        Args:
            phrases: values, each in FTS5's terms.
        """

    @abstractmethod
    def chunks_with(self, matches: Sequence[str]) -> Phrase:
        """A query: how many chunks hold each of these, a row each in their order; binds where to stop, `at_most`.

        Args:
            matches: values, each in FTS5's terms.
        """

    @abstractmethod
    def chunks_indexed(self) -> str:
        """A query: how many chunks the full text holds."""

    @abstractmethod
    def put_terms(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Add chunks to the full text, by their row ids; none of them is there.

        Args:
            rows: values: row id and terms, as `fulltext.indexed` makes them.
        """

    @abstractmethod
    def remove_terms(self, connection: Connection, seqs: Sequence[int]) -> None:
        """Remove chunks from the full text; those that are not there are no error."""

    @abstractmethod
    def merge_terms(self, connection: Connection, *, begin: bool) -> bool:
        """Do a step of what erases removed words from the bytes of the full text, if any is needed.

        Args:
            begin: it is the first step.

        Returns:
            Whether another may be needed.
        """

    @abstractmethod
    def by_index(self, name: str) -> str:
        """Behind a table: look at it by this index, where the engine cannot tell that by itself."""

    @abstractmethod
    def put_rows(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Add many rows to a table, in the quickest way there is.

        Args:
            table, columns: their names.
            rows: values: JSON as its text.
        """

    @abstractmethod
    def number_on(self, connection: Connection, table: Table, column: str) -> None:
        """Have a column that numbers rows by itself go on behind those that were written with their numbers."""

    def upsert(
        self, connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Write rows (at least one, all of the same columns), each in the place of the one with its key, if any."""
        wanted = self.insert(table)
        others = {name: wanted.excluded[name] for name in rows[0] if name not in key}
        connection.execute(wanted.on_conflict_do_update(index_elements=key, set_=others), rows)


def of(connection: Connection) -> Dialect:
    """The dialect of a connection."""
    found: Dialect = connection.get_execution_options()["dialect"]
    return found
