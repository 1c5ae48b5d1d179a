"""How PostgreSQL says what the engines say otherwise: its own JSON functions, `storage/tsearch.py` for full text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Table, bindparam
from sqlalchemy.dialects.postgresql import insert

from storage import tsearch
from storage.database import text
from storage.dialect import BLANKS, Dialect, Phrase, Type

_KINDS = {"text": "= 'string'", "single": "NOT IN ('object', 'array', 'null')"}


class PostgreSQLDialect(Dialect):
    """PostgreSQL, from 15 on."""

    insert = staticmethod(insert)
    gives_best_first = False

    def holds(self, value: str, part: str) -> str:
        """A condition: a text stands in another."""
        return f"strpos({value}, {part}) > 0"

    def indexed(self, value: str) -> str:
        """Its beginning: a row of an index has room for 2,700 bytes."""
        return f"left({value}, 300)"

    def elements(self, array: str, alias: str) -> str:
        """Rows of the texts in a JSON list."""
        return f"json_array_elements_text(CAST({array} AS json)) WITH ORDINALITY AS {alias}(value, key)"

    def records(self, array: str, alias: str, columns: Mapping[str, Type]) -> str:
        """Rows of the objects in a JSON list."""
        typed = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
        return f"json_to_recordset(CAST({array} AS json)) AS {alias}({typed})"

    def members(self, object_: str, alias: str) -> str:
        """Rows of the values in a JSON object."""
        return f"json_each({object_}) AS {alias}"

    def member_text(self, alias: str) -> str:
        """A value of an object as people see it; it sorts by code points, as the columns do."""
        return f"btrim({alias}.value #>> '{{}}', '{BLANKS}') COLLATE \"C\""

    def member_number(self, alias: str) -> str:
        """A value of an object where it is a number."""
        number = f"CAST({alias}.value #>> '{{}}' AS double precision)"
        return f"CASE WHEN json_typeof({alias}.value) = 'number' THEN {number} END"

    def member_is(self, alias: str, kind: Literal["text", "single"]) -> str:
        """A condition on a value of an object."""
        return f"json_typeof({alias}.value) {_KINDS[kind]}"

    def matches(self, wanted: str) -> str:
        """A condition on `chunk_fts`."""
        return f"chunk_fts.lexemes @@ CAST({wanted} AS tsquery)"

    def match(self, wanted: str) -> str:
        """As a tsquery."""
        return tsearch.tsquery(wanted)

    def ranked(self, phrases: Sequence[str]) -> Phrase:
        """The best chunks, by the BM25 that FTS5 has."""
        return tsearch.ranked(phrases)

    def chunks_with(self, matches: Sequence[str]) -> Phrase:
        """How many chunks hold each of these; each is named, as the planner knows which words are common."""
        few = "SELECT 1 FROM chunk_fts WHERE lexemes @@ CAST(:match_{0} AS tsquery) LIMIT :at_most"
        each = [
            f"SELECT {n} AS place, (SELECT count(*) FROM ({few.format(n)}) AS few) AS n" for n in range(len(matches))
        ]
        nothing = "SELECT 0 AS place, 0 AS n WHERE false"
        return Phrase(
            f"SELECT n FROM ({' UNION ALL '.join(each) or nothing}) AS term ORDER BY place",
            {f"match_{n}": tsearch.tsquery(match) for n, match in enumerate(matches)},
        )

    def chunks_indexed(self) -> str:
        """As it is kept for BM25."""
        return "SELECT chunks FROM chunk_fts_total"

    def put_terms(self, connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Add chunks to the full text."""
        made = []
        for seq, terms in rows:
            stems = tsearch.stems_of(terms)
            made.append((seq, terms, tsearch.spaced(stems), tsearch.lexemes(stems), len(stems)))
        if made:
            self.put_rows(connection, "chunk_fts", ("rowid", "terms", "stems", "lexemes", "length"), made)
            connection.execute(
                text("UPDATE chunk_fts_total SET chunks = chunks + :chunks, terms = terms + :terms"),
                {"chunks": len(made), "terms": sum(length for *_, length in made)},
            )

    def remove_terms(self, connection: Connection, seqs: Sequence[int]) -> None:
        """Remove chunks from the full text."""
        if seqs:
            connection.execute(
                text(
                    "WITH gone AS (DELETE FROM chunk_fts WHERE rowid IN :seqs RETURNING length) UPDATE chunk_fts_total"
                    " SET chunks = chunks - (SELECT count(*) FROM gone),"
                    " terms = terms - (SELECT coalesce(sum(length), 0) FROM gone)"
                ).bindparams(bindparam("seqs", expanding=True)),
                {"seqs": list(seqs)},
            )

    def merge_terms(self, connection: Connection, *, begin: bool) -> bool:
        """None is needed: what is removed is overwritten by the server's own VACUUM, tables and index alike."""
        return False

    def by_index(self, name: str) -> str:
        """It finds that by itself."""
        return ""

    def put_rows(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Add many rows by COPY: a message for all of them, where INSERT would be one, and an answer, for each."""
        raw: Any = connection.connection.dbapi_connection
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def number_on(self, connection: Connection, table: Table, column: str) -> None:
        """Set its sequence."""
        sequence = f"pg_get_serial_sequence('{table.name}', '{column}')"
        connection.execute(text(f"SELECT setval({sequence}, coalesce(max({column}), 0) + 1, false) FROM {table.name}"))
