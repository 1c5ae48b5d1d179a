"""Telling "out of memory" from "broken file": MuPDF says it in words alone."""

from __future__ import annotations

import re

_WORDS = re.compile(r"\b(m|c|re)alloc\b.*failed")


def is_exhausted(error: Exception) -> bool:
    """Whether an error of MuPDF's or PyMuPDF's means that the process met its memory limit."""
    return isinstance(error, MemoryError) or bool(_WORDS.search(str(error)))
