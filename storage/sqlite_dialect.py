"""How SQLite says what the engines say otherwise: `json_each`, FTS5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Table, bindparam
from sqlalchemy.dialects.sqlite import insert

from storage.database import scalar, text
from storage.dialect import BLANKS, Dialect, Phrase, Type

_BLANKS = f"char({', '.join(str(ord(blank)) for blank in BLANKS)})"
_MERGED_PAGES = 64  # at once: some 250 kB, measured as 5 to 10 ms
_KINDS = {"text": "{}.type = 'text'", "single": "{}.type NOT IN ('object', 'array', 'null')"}


class SQLiteDialect(Dialect):
    """SQLite, from 3.40 on."""

    insert = staticmethod(insert)
    gives_best_first = True

    def holds(self, value: str, part: str) -> str:
        """A condition: a text stands in another."""
        return f"instr({value}, {part}) > 0"

    def indexed(self, value: str) -> str:
        """Whole."""
        return value

    def elements(self, array: str, alias: str) -> str:
        """Rows of the texts in a JSON list."""
        return f"json_each({array}) AS {alias}"

    def records(self, array: str, alias: str, columns: Mapping[str, Type]) -> str:
        """Rows of the objects in a JSON list."""
        names = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
        return f"(SELECT {names} FROM json_each({array})) AS {alias}"

    def members(self, object_: str, alias: str) -> str:
        """Rows of the values in a JSON object."""
        return f"json_each({object_}) AS {alias}"

    def member_text(self, alias: str) -> str:
        """A value of an object as people see it."""
        shown = f"trim(CAST({alias}.value AS TEXT), {_BLANKS})"
        return f"CASE {alias}.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE {shown} END"

    def member_number(self, alias: str) -> str:
        """A value of an object where it is a number."""
        return f"CASE WHEN {alias}.type IN ('integer', 'real') THEN {alias}.value END"

    def member_is(self, alias: str, kind: Literal["text", "single"]) -> str:
        """A condition on a value of an object."""
        return _KINDS[kind].format(alias)

    def matches(self, wanted: str) -> str:
        """A condition on `chunk_fts`."""
        return f"chunk_fts MATCH {wanted}"

    def match(self, wanted: str) -> str:
        """As it is: FTS5's terms are the ones we speak in."""
        return wanted

    def ranked(self, phrases: Sequence[str]) -> Phrase:
        """The best chunks; FTS5's rank is the negative of the usual BM25."""
        return Phrase(
            "SELECT rowid AS seq, -rank AS score FROM chunk_fts WHERE chunk_fts MATCH :match ORDER BY rank LIMIT :best",
            {"match": " OR ".join(phrases)},
        )

    def chunks_with(self, matches: Sequence[str]) -> Phrase:
        """How many chunks hold each of these."""
        few = "SELECT 1 FROM chunk_fts WHERE chunk_fts MATCH term.value LIMIT :at_most"
        return Phrase(
            f"SELECT (SELECT count(*) FROM ({few})) FROM json_each(:matches) AS term ORDER BY term.key",
            {"matches": orjson.dumps(matches).decode()},
        )

    def chunks_indexed(self) -> str:
        """One row a chunk in either; that table of the index is counted 300 times as fast as the index itself."""
        return "SELECT count(*) FROM chunk_fts_docsize"

    def put_terms(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Add chunks to the full text."""
        if rows:
            connection.execute(
                text("INSERT INTO chunk_fts (rowid, terms) VALUES (:seq, :terms)"),
                [{"seq": seq, "terms": terms} for seq, terms in rows],
            )

    def remove_terms(self, connection: Connection, seqs: Sequence[int]) -> None:
        """Remove chunks from the full text."""
        if seqs:
            connection.execute(
                text("DELETE FROM chunk_fts WHERE rowid IN :seqs").bindparams(bindparam("seqs", expanding=True)),
                {"seqs": list(seqs)},
            )

    def merge_terms(self, connection: Connection, *, begin: bool) -> bool:
        """Merge segments: of a negative number of pages the first step begins the merge of all that there are."""
        before = scalar(connection, "SELECT total_changes()")
        connection.execute(
            text("INSERT INTO chunk_fts (chunk_fts, rank) VALUES ('merge', :pages)"),
            {"pages": -_MERGED_PAGES if begin else _MERGED_PAGES},
        )
        # The command itself is one change: fewer than two mean that nothing was left to merge (FTS5's own rule).
        return bool(scalar(connection, "SELECT total_changes()") - before >= 2)

    def by_index(self, name: str) -> str:
        """The index to use: without it SQLite reads the table where few rows are in the index."""
        return f" INDEXED BY {name}"

    def put_rows(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Add many rows."""
        names, values = ", ".join(columns), ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({values})", [tuple(row) for row in rows])

    def number_on(self, connection: Connection, table: Table, column: str) -> None:
        """It does so anyway."""
