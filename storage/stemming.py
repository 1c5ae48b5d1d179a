"""Words by their stems, as full text holds them."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

_LOCAL = threading.local()
# What Porter added to his algorithm later, and FTS5 has: "possibly" is as "possible", "technology" as "technolog".
_NEWER = re.compile(r"(.*[aeiouy][^aeiouy].*)(bl|log)(?:y|ies)$")
_SHORTEST, _LONGEST = 3, 64  # bytes; FTS5 leaves other words as they are (its source, fts5_tokenize.c)


@lru_cache(50_000)
def stem(word: str) -> str:
    """As `porter unicode61` makes terms: without diacritics, English endings cut."""
    bare = _NEWER.sub(lambda found: f"{found[1]}{'ble' if found[2] == 'bl' else 'log'}", plain(word))
    if not _SHORTEST <= len(bare.encode()) <= _LONGEST:
        return bare
    stemmer = getattr(_LOCAL, "stemmer", None)
    if stemmer is None:  # a stemmer works on itself: searches at the same time need one each
        stemmer = _LOCAL.stemmer = snowballstemmer.stemmer("porter")
    stemmed: str = stemmer.stemWord(bare)
    return stemmed


def plain(word: str) -> str:
    """Without diacritics."""
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
