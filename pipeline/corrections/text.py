"""Text that a person typed, as it may be kept: bounded, no control characters, no marks that nobody sees."""

from __future__ import annotations

import re
import unicodedata

from pipeline.errors import PermanentError

MAX_PAGE_BYTES = 200_000  # in UTF-8
MAX_LINES = 3_000
MAX_VALUE_BYTES = 6_000
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\u0085\f\v]")
_BLANKS = re.compile(r"[\t\u00a0\u2000-\u200a\u202f\u205f]")
# They turn the direction of what stands around them, or have no width.
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]")


def page_text(text: str) -> str:
    """The text of a page, a line a line; empty lines at its ends are left out.

    Raises:
        PermanentError: `bad_request`: control characters, or more than a page can hold.
    """
    lines = [line.rstrip() for line in _clean(text, "The page's text", MAX_PAGE_BYTES).split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    if len(lines) > MAX_LINES:
        raise PermanentError("bad_request", f"The page's text has {len(lines):,} lines; {MAX_LINES:,} is the most.")
    return "\n".join(lines)


def field_value(value: str) -> str:
    """The value of a field: one line, white space evened out.

    Raises:
        PermanentError: `bad_request`: nothing is left, control characters, or longer than a field may be.
    """
    evened = " ".join(_clean(value, "The value", MAX_VALUE_BYTES).split())
    if not evened:
        raise PermanentError("bad_request", "The value is empty; send null to take the field away.")
    return evened


def _clean(text: str, what: str, most: int) -> str:
    if (size := len(text.encode(errors="replace"))) > most:
        raise PermanentError("bad_request", f"{what} has {size:,} bytes; {most:,} is the most.")
    text = _UNSEEN.sub("", _BLANKS.sub(" ", _BREAKS.sub("\n", unicodedata.normalize("NFC", text))))
    for character in text:
        if character != "\n" and unicodedata.category(character) in ("Cc", "Cs"):
            raise PermanentError(
                "bad_request", f"{what} holds a control character (U+{ord(character):04X}); take it out."
            )
    return text
