"""Names of knowledge bases: which there may be, and which two are one."""

from __future__ import annotations

import re
import unicodedata

from pipeline.errors import PermanentError

HEX_ID = re.compile(r"[0-9a-f]{32}")


def check_name(name: str) -> str:
    """A knowledge base's name, normalised (NFC, trimmed).

    Raises:
        PermanentError: `bad_request`.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(name) <= 100:
        raise PermanentError("bad_request", "A knowledge base's name has 1 to 100 characters.")
    if "/" in name or any(unicodedata.category(character).startswith("C") for character in name):
        raise PermanentError("bad_request", "A knowledge base's name has no slash and no control characters.")
    if name in {".", ".."} or HEX_ID.fullmatch(name):
        raise PermanentError("bad_request", "This name would be taken for a path or an id; choose another.")
    return name


def name_key(name: str) -> str:
    """What a name is found by: two that look alike have the same."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
