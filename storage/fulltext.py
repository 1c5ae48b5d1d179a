"""Full text: words and CJK bigrams in SQLite's FTS5.

FTS5's own trigrams miss two-character Chinese words, and its word tokenizer takes a whole Chinese sentence for one
word. So runs of CJK characters are cut here into overlapping pairs before they are indexed or asked for; other words
are left to the `porter unicode61` tokenizer. Both sides are folded first (`pipeline.folding`).
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

import snowballstemmer
from sqlalchemy import Connection, bindparam, text

from pipeline.folding import CJK, fold, fold_with_origins

_PIECE = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+", re.UNICODE)
_LOCAL = threading.local()
_SMALL = (
    "a an the and or but of to in on at by for from with as is are was were be been do does did has have had it its"
    " this that these those i you he she we they who what which when where why how not no can could will would"
)
_SMALL_WORDS = frozenset(_SMALL.split())
_QUOTED = re.compile(r'["＂“”]([^"＂“”]+)["＂“”]')
_CJK_RUN = re.compile(rf"[{CJK}]+")


def _pieces(folded: str) -> Iterator[tuple[str, Sequence[int]]]:
    """Words and runs of CJK characters of a folded text, with the offset of each of their characters.

    Characters that stand one by one are a run (个 人 简 历, 张　三): they were set wide, or filled up to a length.
    """
    run, places = "", list[int]()
    for found in _PIECE.finditer(folded):
        piece = found[0]
        lone = len(piece) == 1 and _CJK_RUN.match(piece) is not None
        if run and lone and folded[places[-1] + 1 : found.start()].isspace():
            run += piece
            places.append(found.start())
            continue
        if run:
            yield run, places
        run, places = (piece, [found.start()]) if lone else ("", [])
        if not lone:
            yield piece, range(*found.span())
    if run:
        yield run, places


def terms(value: str, *, query: bool = False) -> list[str]:
    """The terms of a text in order: words, and pairs of neighbouring CJK characters.

    Args:
        query: in a query a single CJK character stands for itself as prefix (`"中" *`); indexed text keeps the last
            character of a run's pairs only inside them.
    """
    result = []
    for piece, _ in _pieces(fold(value)):
        if not _CJK_RUN.fullmatch(piece) or len(piece) == 1:
            result.append(piece)
        else:
            result.extend(piece[i : i + 2] for i in range(len(piece) - 1))
            if not query:
                result.append(piece[-1])  # so that a lone character, asked for as a prefix, finds the run's last too
    return result


def phrase(term: str) -> str:
    """A term quoted for MATCH, so that nothing in it is an operator; a lone CJK character is asked for as a prefix."""
    quoted = '"' + term.replace('"', '""') + '"'
    return quoted + " *" if len(term) == 1 and _CJK_RUN.fullmatch(term) else quoted


def quoted(query: str) -> list[str]:
    """What a query holds between double quotes, for MATCH: words that must stand in a row."""
    return [match for found in _QUOTED.findall(query) if (match := _in_a_row(found))]


def _in_a_row(value: str) -> str:
    """A text as a phrase of FTS5; empty where there is no word in it."""
    pieces = [piece for piece, _ in _pieces(fold(value))]
    if not pieces:
        return ""
    last = pieces.pop()
    row = [term for piece in pieces for term in terms(piece)] + terms(last, query=True)
    whole = '"' + " ".join(row) + '"'
    return whole + " *" if len(last) == 1 and _CJK_RUN.fullmatch(last) else whole


def telling(query_terms: Sequence[str]) -> list[str]:
    """The terms worth marking in a text: all but the small words of English, unless there are no others."""
    return [term for term in query_terms if term not in _SMALL_WORDS] or list(query_terms)


def occurrences(value: str, query_terms: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where terms of a query stand in a text as the index sees it: words by their stems, CJK characters as they are.

    Yields:
        [start, end) offsets into `value`.
    """
    stems = {_stem(term) for term in query_terms}
    runs = [term for term in query_terms if _CJK_RUN.fullmatch(term)]
    folded = fold_with_origins(value)
    for piece, places in _pieces(folded.text):
        if not _CJK_RUN.match(piece):
            if _stem(piece) in stems:
                yield folded.origin(places[0], places[-1] + 1)
            continue
        for run in runs:
            at = piece.find(run)
            while at >= 0:
                yield folded.origin(places[at], places[at + len(run) - 1] + 1)
                at = piece.find(run, at + 1)


@lru_cache(50_000)
def _stem(word: str) -> str:
    """As `porter unicode61` makes terms: without diacritics, English endings cut."""
    stemmer = getattr(_LOCAL, "stemmer", None)
    if stemmer is None:  # a stemmer works on itself: searches at the same time need one each
        stemmer = _LOCAL.stemmer = snowballstemmer.stemmer("porter")
    stemmed: str = stemmer.stemWord(_plain(word))
    return stemmed


def _plain(word: str) -> str:
    """Without diacritics."""
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def indexed(value: str) -> str:
    """A text as the index holds it."""
    return " ".join(terms(value))


def index(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Index texts under their chunks' row ids; again replaces."""
    put(connection, [(seq, indexed(value)) for seq, value in rows])


def put(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Write what `indexed` made of texts under their chunks' row ids; again replaces."""
    remove(connection, [seq for seq, _ in rows])
    if rows:
        connection.execute(
            text("INSERT INTO chunk_fts (rowid, terms) VALUES (:seq, :terms)"),
            [{"seq": seq, "terms": value} for seq, value in rows],
        )


def remove(connection: Connection, seqs: Sequence[int]) -> None:
    """Remove texts from the index; those that are not there are no error."""
    if seqs:
        connection.execute(
            text("DELETE FROM chunk_fts WHERE rowid IN :seqs").bindparams(bindparam("seqs", expanding=True)),
            {"seqs": list(seqs)},
        )
