"""Which characters are set on a square each, in scripts that are written without spaces."""

from __future__ import annotations


def is_wide(character: str) -> bool:
    """Whether the character belongs to a script written without spaces: Han, kana, their punctuation, full width."""
    code = ord(character)
    return code >= 0x2E80 and (
        code <= 0x31FF
        or 0x3200 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0xFE30 <= code <= 0xFE4F
        or 0xFF00 <= code <= 0xFF60
        or 0xFFE0 <= code <= 0xFFE6
        or 0x20000 <= code <= 0x3FFFF
    )
