"""Putting pieces of text together the way their script is written.

Chinese and Japanese run on without spaces, English does not; a line may end in a hyphen that belongs to no word.
Everything in the extract stage that joins words or lines goes through `seam` or `join_texts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.look_alikes import plain
from pipeline.wide import is_wide

# Hyphenated compounds start like this more often than words are broken here.
_COMPOUND_STARTS_TEXT = """
all anti co cross ex fine full half hard high in large left long low mid multi near non off one open post pre
re real right self semi short single small so state sub third three top two ultra well wide
"""
_COMPOUND_STARTS = frozenset(_COMPOUND_STARTS_TEXT.split())
# Before these, and after opening ones, no space is ever wanted.
_CLOSING = frozenset(".,;:!?)]}%。，、；：！？）】》」』〉〕｝％”’")
_OPENING = frozenset("([{（【《「『〈〔｛“‘")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Symbols of icon fonts have no meaning as text, but for the bullets of Symbol and Wingdings.
_ICONS = re.compile(r"[\ue000-\uf06b\uf06d\uf06f-\uf0a6\uf0a8-\uf0b6\uf0b8-\uf0d7\uf0d9-\uf0fb\uf0fd-\uf8ff]")
# The last word of a line where it is the beginning of an address.
_ADDRESS = re.compile(r"(?:^|[\s(<（：:])((?:https?://|ftp://|www\.)[^\s<>）]*|[\w.+-]+@[\w.-]*)$", re.ASCII)
_LONGEST_ADDRESS = 500  # looked at: paragraphs grow long
_BREAKS_ADDRESSES = frozenset("/-_.@?&=#%~:")
_LAST_WORD = re.compile(r"[^\W\d_]+$")


_PARTED_EM = 0.2  # fonts have spaces of a quarter, half or all of their size
_PARTED_FROM_MARK_EM = 1.25


class Seam(NamedTuple):
    """How two pieces meet: characters dropped from the end of the first, and what is put between."""

    drop: int
    separator: str


_NOTHING, _SPACE, _DEHYPHENATE = Seam(0, ""), Seam(0, " "), Seam(1, "")


def clean_text(text: str) -> str:
    """The text without invisible characters, ligatures and radicals turned into plain letters, ends stripped."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _ICONS.sub("", _INVISIBLE.sub("", plain(text))).strip()
    if "\u00ad" in text:  # a soft hyphen shows only where a line ends
        text = text[:-1].replace("\u00ad", "") + ("-" if text.endswith("\u00ad") else text[-1])
    return text


def han_count(text: str) -> int:
    """Number of Han characters in the text."""
    if text.isascii():
        return 0
    return sum(1 for c in text if "\u3400" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" or c >= "\U00020000")


def seam(before: str, after: str) -> Seam:
    """How a line and the next one of the same paragraph meet.

    Args:
        before: text of the line that ends; only its end matters.
        after: text of the line that begins.
    """
    if not before or not after:
        return _NOTHING
    last, first = before[-1], after[0]
    if last in _BREAKS_ADDRESSES and _goes_on_address(before, after):
        return _NOTHING
    if last in "-\u2010" and len(before) > 1 and before[-2].isalnum():
        return _hyphen_seam(before, after)
    if last == "–" and before[-2:-1].isdigit() and first.isdigit():
        return _NOTHING  # "1990–" / "1994"
    if last == "/" and first.isalnum() and before[-2:-1].isalnum():
        return _NOTHING  # "and/" / "or"
    if first.isascii() and last.isascii():
        return _SPACE
    wide_before, wide_after = is_wide(last), is_wide(first)
    if wide_before and wide_after:
        return _NOTHING
    if not wide_before and not wide_after:
        # Curly quotes and dashes are shared by both scripts: look one further.
        if last in "“”‘’—…·" and len(before) > 1 and is_wide(before[-2]):
            return _NOTHING
        if first in "“”‘’—…·" and len(after) > 1 and is_wide(after[1]):
            return _NOTHING
        return _SPACE
    # Between the scripts: a space beside Latin letters, none beside figures and marks ("2019年", "（GPU）").
    wide, other = (last, first) if wide_before else (first, last)
    return _SPACE if wide.isalpha() and other.isalpha() else _NOTHING


def _goes_on_address(before: str, after: str) -> bool:
    """Whether an address of a page or of mail that ends a line goes on: it is broken at its own marks."""
    address = _ADDRESS.search(before[-_LONGEST_ADDRESS:])
    if address is None or not (after[0].isascii() and (after[0].isalnum() or after[0] in "/?#%~_")):
        return False
    if before[-1] in ".,":  # it may end a sentence, and a sentence begins with a capital
        return before[-1] == "." and (after[0].islower() or (after[0].isdigit() and "/" in address[1]))
    return True


def _hyphen_seam(before: str, after: str) -> Seam:
    """A hyphen at a line's end: dropped where it broke a word, kept where it belongs to a compound."""
    if not after[0].islower() or not before[-2].islower():
        # "GPT-" / "4", "1990-" / "1994", "Jean-" / "Paul": a real hyphen, and nothing to put after it.
        return _NOTHING if after[0].isalnum() else _SPACE
    word = before[:-1].rpartition(" ")[2]
    if "-" in word or "\u2010" in word:  # "state-of-the-" / "art"
        return _NOTHING
    stem = _LAST_WORD.search(word)
    if stem and (len(stem.group()) == 1 or stem.group().lower() in _COMPOUND_STARTS):
        return _NOTHING  # "e-" / "mail", "x-" / "ray", "well-" / "known"
    if after.split(" ", 1)[0] in ("and", "or", "to"):  # "pre- and post-war"
        return _SPACE
    return _DEHYPHENATE


def needs_space(before: str, after: str, gap_em: float, text_layer: bool) -> bool:
    """Whether two neighbouring words of one line are to be separated by a space.

    Args:
        before, after: the words.
        gap_em: white between them in units of the type size.
        text_layer: boxes come from the font and can be trusted to a tenth of an em, unlike those of OCR.
    """
    last, first = before[-1], after[0]
    if is_wide(last) or is_wide(first):
        if is_wide(last) and is_wide(first):
            # Readers part such words where a space is printed or white stands (张三 男 汉族); what is set apart
            # character by character is told by `letterspacing`. Marks leave half their square empty by themselves.
            return gap_em > (_PARTED_EM if last.isalnum() and first.isalnum() else _PARTED_FROM_MARK_EM)
        return gap_em > 0.15 and first not in _CLOSING and last not in _OPENING
    return not text_layer or gap_em >= 0.07  # less is a change of font within a word


def join_texts(texts: Iterable[str]) -> str:
    """The lines of a paragraph as one text."""
    joined = ""
    for text in texts:
        if not text:
            continue
        drop, separator = seam(joined, text)
        joined = (joined[:-drop] if drop else joined) + separator + text
    return joined
