"""Full text in PostgreSQL, as FTS5 has it: the same terms, the same rows of words, the same ranking.

    chunk_fts         rowid, a chunk's seq; terms, as `fulltext.indexed` makes them; stems, the same by their stems,
                      each between blanks of its own; lexemes, the stems and where they stand; length, how many
    chunk_fts_total   of all: chunks, terms. Kept as rows come and go, as BM25 asks for it at each search

The server's own dictionaries have no part in it: it is told stems, and finds them by a GIN index. It knows no BM25, so
that is told in SQL: how often a phrase stands in a chunk is by how much `stems` becomes shorter without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from storage.dialect import Phrase
from storage.stemming import stem

_TOKEN = re.compile(r'"((?:[^"]|"")*)"( \*)?|(OR|AND|[()])|\s+')
_OPERATORS = {"OR": " | ", "AND": " & ", "(": "(", ")": ")"}
_LAST_PLACE = 16_383  # a lexeme's place counts no further in a tsvector
# BM25 as FTS5 has it (its source, fts5_aux.c): k1 and b, and what a phrase weighs that half of all chunks hold.
_K1, _B, _LEAST_WEIGHT = 1.2, 0.75, 1e-6


def stems_of(terms: str) -> list[str]:
    """The stems of terms that stand between blanks."""
    return [stem(term) for term in terms.split()]


def spaced(stems: Sequence[str]) -> str:
    """Stems, each between two blanks of its own: " a  b "."""
    return "".join(f" {one} " for one in stems)


def lexemes(stems: Sequence[str]) -> str:
    """Stems as a tsvector is written."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(stems, 1):
        places.setdefault(one, []).append(min(place, _LAST_PLACE))
    return " ".join(f"{_quoted(one)}:{','.join(map(str, at))}" for one, at in places.items())


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _tokens(wanted: str) -> Iterator[tuple[list[str], bool, str]]:
    """Of what is asked for in FTS5's terms: the stems of a row of words, whether it only begins so; or an operator.

    Raises:
        ValueError: it is no such thing.
    """
    end = 0
    for found in _TOKEN.finditer(wanted):
        if found.start() != end:
            break
        end = found.end()
        quoted, begins, operator = found.groups()
        if operator:
            yield [], False, operator
        elif quoted is not None:
            yield stems_of(quoted.replace('""', '"')), begins is not None, ""
    if end != len(wanted):
        raise ValueError(f"no query: {wanted[end : end + 20]!r}")


def tsquery(wanted: str) -> str:
    """What is asked for in FTS5's terms, as a tsquery is written."""
    said = []
    for stems, begins, operator in _tokens(wanted):
        row = " <-> ".join(map(_quoted, stems))
        said.append(_OPERATORS[operator] if operator else f"({row}{':*' if begins else ''})")
    return "".join(said)


def _needles(phrase: str) -> list[str]:
    """What to count in `stems`: of each of the ways in which a phrase may stand there."""
    rows = ((spaced(stems), begins) for stems, begins, operator in _tokens(phrase) if not operator)
    return [row.rstrip(" ") if begins else row for row, begins in rows]


def ranked(phrases: Sequence[str]) -> Phrase:
    """The best of the chunks that hold any of some phrases: `seq`, `score`; binds a limit `best`."""
    values: dict[str, Any] = {"match": " | ".join(f"({tsquery(phrase)})" for phrase in phrases)}
    times = []
    for number, phrase in enumerate(phrases):
        counted = []
        for way, needle in enumerate(_needles(phrase)):
            name = f"needle_{number}_{way}"
            values[name] = needle
            without = f"octet_length(replace(stems, :{name}, ''))"
            counted.append(f"(octet_length(stems) - {without}) / {len(needle.encode())}")
        times.append(f"{' + '.join(counted)} AS times_{number}")
    places = range(len(phrases))
    idf = [
        f"greatest(ln((n.chunks - n.held_{i} + 0.5) / (n.held_{i} + 0.5)), {_LEAST_WEIGHT}) AS idf_{i}" for i in places
    ]
    held = [f"count(*) FILTER (WHERE times_{i} > 0) AS held_{i}" for i in places]
    norm = f"{_K1} * ({1 - _B} + {_B} * length / w.usual)"
    score = " + ".join(f"w.idf_{i} * times_{i} * {_K1 + 1} / (times_{i} + {norm})" for i in places)
    sql = (
        f"WITH held AS MATERIALIZED (SELECT rowid, CAST(length AS double precision) AS length, {', '.join(times)}"
        " FROM chunk_fts WHERE lexemes @@ CAST(:match AS tsquery)),"
        f" n AS (SELECT CAST(chunks AS double precision) AS chunks, terms, {', '.join(held)}"
        " FROM held, chunk_fts_total GROUP BY chunks, terms),"
        f" w AS (SELECT CAST(n.terms AS double precision) / n.chunks AS usual, {', '.join(idf)} FROM n)"
        f" SELECT rowid AS seq, {score} AS score FROM held, w ORDER BY score DESC, rowid LIMIT :best"
    )
    return Phrase(sql, values)
