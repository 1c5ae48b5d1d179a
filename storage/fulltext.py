"""Full text: words and CJK bigrams, in SQLite's FTS5 or PostgreSQL's tsvector.

FTS5's own trigrams miss two-character Chinese words, and its word tokenizer takes a whole Chinese sentence for one
word. So runs of CJK characters are cut here into overlapping pairs before they are indexed or asked for; other words
are left to the `porter unicode61` tokenizer, or what does the same (`storage/tsearch.py`). Both sides are folded first
(`pipeline.folding`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pipeline.folding import CJK, fold, fold_with_origins
from storage import dialect
from storage.stemming import plain, stem

_PIECE = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+", re.UNICODE)
_SMALL = (
    "a an the and or but of to in on at by for from with as is are was were be been do does did has have had it its"
    " this that these those i you he she we they me him us them my your his her our their who what which when where why"
    " how not no can could will would"
)
_SMALL_WORDS = frozenset(_SMALL.split())
_CJK_RUN = re.compile(rf"[{CJK}]+")
_HEAD = 3  # letters
_SHORTEST = 2  # letters of the beginning of a word
_LONGEST_ENDING = 8  # of what the stemmer takes from a word: "-izations" of "organizations", and some


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
            run = ""
        if lone:
            run, places = piece, [found.start()]
        else:
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


@dataclass(frozen=True, slots=True)
class Row:
    """Words that stand in a row, as someone asked for them.

    Attributes:
        text: as it was written.
        pieces: its words and runs of CJK characters, folded; at least one.
        begins: whether the last word is only the beginning of one.
    """

    text: str
    pieces: tuple[str, ...]
    begins: bool = False

    @property
    def match(self) -> str:
        """What finds it, for MATCH. The beginning of a word finds too much: see `beginning`."""
        *before, last = self.pieces
        row = [term for piece in before for term in terms(piece)]
        if not self.begins:
            whole = '"' + " ".join(row + terms(last, query=True)) + '"'
            return whole + " *" if len(last) == 1 and _CJK_RUN.fullmatch(last) else whole
        # Words are indexed by their stems: "organization" as "organ", which does not begin with "organiz".
        shorter = [last[:length] for length in range(max(_SHORTEST, len(last) - _LONGEST_ENDING), len(last))]
        stems = [stem for cut in shorter for stem in (cut, f"{cut}e")]
        found = [f'"{" ".join([*row, last])}" *', *(f'"{" ".join([*row, stem])}"' for stem in stems)]
        return f"({' OR '.join(found)})"

    @property
    def beginning(self) -> str:
        """The beginning of a word as the index holds it after a blank; empty where the row ends with a whole word."""
        return self.pieces[-1] if self.begins else ""

    def places(self, pieces: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
        """Where it stands in a text's pieces.

        Yields:
            Number of the first piece and of the last, offset in the first, offset behind the end in the last.
        """
        final = len(self.pieces) - 1
        for at in range(len(pieces) - final):
            here = pieces[at : at + final + 1]
            if not final and _CJK_RUN.match(self.pieces[0]):
                yield from ((at, at, begin, begin + len(self.pieces[0])) for begin in _all(here[0], self.pieces[0]))
            elif all(map(self._fits, range(final + 1), here)):
                in_last = len(self.pieces[-1]) if _CJK_RUN.match(self.pieces[-1]) else len(here[-1])
                in_first = len(here[0]) - len(self.pieces[0]) if _CJK_RUN.match(self.pieces[0]) else 0
                yield at, at + final, in_first, in_last

    def _fits(self, number: int, piece: str) -> bool:
        """Whether a piece of a text may stand where piece `number` of the row does."""
        wanted, is_last = self.pieces[number], number == len(self.pieces) - 1
        if not _CJK_RUN.match(wanted):
            if self.begins and is_last:
                return plain(piece).startswith(plain(wanted))
            return stem(piece) == stem(wanted)
        if number == 0:
            return piece.endswith(wanted)
        return piece.startswith(wanted) if is_last else piece == wanted


def row(value: str, *, prefix: bool = False) -> Row | None:
    """A text as words in a row; None where there is no word in it.

    Args:
        prefix: the last word is the beginning of one; None also where that is a single letter, which would find half of
            all texts. CJK characters stand within words anyway.
    """
    pieces = tuple(piece for piece, _ in _pieces(fold(value)))
    if not pieces:
        return None
    begins = prefix and not _CJK_RUN.fullmatch(pieces[-1])
    return None if begins and len(pieces[-1]) < _SHORTEST else Row(value, pieces, begins)


def telling(query_terms: Sequence[str], names: Collection[str] = ()) -> list[str]:
    """The terms worth marking in a text: all but the small words of English, unless there are no others.

    Args:
        names: small words that are none here, as WHO and IT.
    """
    return [term for term in query_terms if term not in _SMALL_WORDS or term in names] or list(query_terms)


def occurrences(value: str, query_terms: Sequence[str], rows: Sequence[Row] = ()) -> Iterator[tuple[int, int]]:
    """Where terms of a query stand in a text as the index sees it: words by their stems, CJK characters as they are.

    Args:
        rows: words that are marked only where they stand in a row, then as a whole.

    Yields:
        [start, end) offsets into `value`, in any order.
    """
    stems = {stem(term) for term in query_terms}
    heads = {_head(one) for one in stems}
    short = tuple(head for head in heads if len(head) < _HEAD)
    runs = {term for term in query_terms if _CJK_RUN.fullmatch(term)}
    lengths = {len(run) for run in runs}
    folded = fold_with_origins(value)
    found = list(_pieces(folded.text))
    for piece, places in found:
        if piece.isascii():
            head = _head(piece)
            if (head in heads or head.startswith(short)) and stem(piece) in stems:
                yield folded.origin(places[0], places[-1] + 1)
            continue
        if not _CJK_RUN.match(piece):
            if stem(piece) in stems:
                yield folded.origin(places[0], places[-1] + 1)
            continue
        for length in lengths:
            for at in range(len(piece) - length + 1):
                if piece[at : at + length] in runs:
                    yield folded.origin(places[at], places[at + length - 1] + 1)
    for wanted in rows:
        for first, last, begin, end in wanted.places([piece for piece, _ in found]):
            yield folded.origin(found[first][1][begin], found[last][1][end - 1] + 1)


def _all(piece: str, run: str) -> Iterator[int]:
    """Where a run of characters stands in a piece."""
    at = piece.find(run)
    while at >= 0:
        yield at
        at = piece.find(run, at + 1)


def _head(word: str) -> str:
    """What a stem and its words begin with alike: endings are cut or replaced behind it, and only y becomes i.

    To compare it takes a hundredth of the time of the stemmer, and tells apart nearly all words that are not meant.
    """
    return word[:_HEAD].replace("y", "i")


def indexed(value: str) -> str:
    """A text as the index holds it."""
    return " ".join(terms(value))


def index(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Index texts under their chunks' row ids; again replaces."""
    put(connection, [(seq, indexed(value)) for seq, value in rows])


def put(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Write what `indexed` made of texts under their chunks' row ids; again replaces."""
    remove(connection, [seq for seq, _ in rows])
    dialect.of(connection).put_terms(connection, rows)


def remove(connection: Connection, seqs: Sequence[int]) -> None:
    """Remove texts from the index; those that are not there are no error."""
    dialect.of(connection).remove_terms(connection, seqs)
