"""Closed classes of words for Chinese profiles, tables of strings parted by white space.

General knowledge of the language; no names of people or firms.
"""

from __future__ import annotations


def one_of(*tables: str) -> str:
    """The words of tables as alternatives of a pattern, longest first, so that order in the tables does not matter."""
    words = sorted({word for table in tables for word in table.split()}, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(words) + ")"
