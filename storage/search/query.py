"""What a query asks for: plain words, "words in a row", prefix* and, with a minus before them, what must not be there.

    roof repair "Machine Shop" invoic* -draft -"second notice"

Anything else a query holds is text like any other, so no query is an error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pipeline.folding import fold
from storage import fulltext
from storage.fulltext import Row

# A straight quote after a letter or digit opens nothing: 3.5" disk. No class holds its own ends, so that no run of
# opened quotes is scanned twice.
_QUOTED = re.compile(
    r'(?P<minus>(?<!\S)[-－−])?(?:(?:(?<![0-9A-Za-z])["＂]|[“”„])(?P<double>[^"＂“”„]*)["＂“”]'
    r"|「(?P<corner>[^「」]*)」|『(?P<white>[^『』]*)』|«(?P<angle>[^«»]*)»)"
)
# A minus excludes what begins with a letter: -5 and -2019 are numbers, e-mail and 2019-2020 words.
_EXCLUDED = re.compile(r"[-－−](?P<word>[^\W\d_].*)")
_PREFIX = re.compile(r"(?P<word>[^*＊]*\w)[*＊][,.;:!?)，。；：！？）、]*")
_TOKEN = re.compile(r"\S+")
# Words of Chinese questions. They are no names of anything; pairs of characters across their ends are chance.
_ASKING = re.compile(
    "为什么|什么时候|什么样|什么|哪一个|哪一年|哪些|哪个|哪里|哪儿|哪种|哪位|哪|谁|怎么样|怎么|怎样|如何|多少|是否|请问|吗|呢"
)


_ACRONYM = re.compile(r"(?<![^\W_])[A-Z]{2,}(?![^\W_])", re.ASCII)
# What an apostrophe cuts off is no word: in “Luther's” one looks for Luther.
_CLITIC = re.compile(r"(?<=[^\W\d_])['’](?:s|t|d|ll|re|ve|m)(?![^\W_])")
_MOST = 20  # quotes and prefixes that are heeded, each costs a search of its own; further ones are plain words


@dataclass(frozen=True)
class Query:
    """A query, taken apart.

    Attributes:
        meaning: the query without operators and without what it excludes: what is to be embedded.
        plain: what stands outside of quotes, exclusions and prefixes.
        required: quoted words and prefixes; each passage found holds them.
        excluded: no passage found holds any of them.
    """

    meaning: str
    plain: str
    required: tuple[Row, ...]
    excluded: tuple[Row, ...]

    @cached_property
    def terms(self) -> list[str]:
        """All terms that tell something, those of quoted words too; to be asked for in words, each once."""
        rows = [row for row in self.required if not row.begins]
        return list(dict.fromkeys(telling(" | ".join([self.plain, *(row.text for row in rows)]))))

    @cached_property
    def marked(self) -> list[str]:
        """The terms to mark wherever they stand: those of plain words."""
        return telling(self.plain)

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing is asked for, only excluded or not even that."""
        return not self.required and not any(map(_says_something, self.meaning))

    def without(self, ignored: Iterable[Row]) -> Query:
        """The same with some of what it requires taken for plain words."""
        gone = list(ignored)
        plain = " | ".join([self.plain, *(row.text for row in gone)])
        return Query(self.meaning, plain, tuple(row for row in self.required if row not in gone), self.excluded)


def parse(text: str) -> Query:
    """Take a query apart. Never fails; linear in the query's length."""
    plain: list[str] = []
    meaning: list[str] = []
    required: list[Row] = []
    excluded: list[Row] = []

    def begun(rows: Iterable[Row]) -> int:
        return sum(row.begins for row in rows)

    def outside(part: str) -> None:
        for token in _TOKEN.findall(part):
            minus = _EXCLUDED.fullmatch(token)
            word = minus["word"] if minus else token
            prefix = _PREFIX.fullmatch(word) if begun(excluded if minus else required) < _MOST else None
            row = fulltext.row(prefix["word"] if prefix else word, prefix=prefix is not None)
            if minus and row:
                excluded.append(row)
                continue
            meaning.append(prefix["word"] if prefix else token)
            if prefix and row and len(required) < _MOST:
                required.append(row)
            else:
                plain.append(token)

    at = 0
    for found in _QUOTED.finditer(text):
        row = fulltext.row(
            next(group for group in found.group("double", "corner", "white", "angle") if group is not None)
        )
        if row is None:
            continue  # nothing in it to look for: read on as if it were plain
        outside(text[at : found.start()])
        if found["minus"]:
            excluded.append(row)
        elif len(required) >= _MOST:
            plain.append(found[0])
            meaning.append(found[0])
        else:
            required.append(row)
            meaning.append(found[0])
        at = found.end()
    outside(text[at:])
    meant = " ".join(meaning) if excluded or any(row.begins for row in required) else text
    return Query(meant, " ".join(plain), tuple(dict.fromkeys(required)), tuple(dict.fromkeys(excluded)))


def telling(text: str) -> list[str]:
    """The terms of a text that tell something: without small words of English and Chinese question words.

    Where there are no others, all of them.
    """
    names = {name.lower() for name in _ACRONYM.findall(text)} if text.upper() != text or not text.isascii() else set()
    text = _CLITIC.sub(" ", fold(text))
    whole = fulltext.terms(text, query=True)
    lone = {term for term in whole if len(term) == 1}
    cut = fulltext.terms(_ASKING.sub("|", text), query=True)
    # A single character that only the cut left over would match every word that begins with it.
    return fulltext.telling([term for term in cut if len(term) > 1 or term in lone] or whole, names)


def _says_something(character: str) -> bool:
    """Letters, digits and pictures do; punctuation, marks and white space do not."""
    return unicodedata.category(character)[0] in "LN" or unicodedata.category(character) == "So"
