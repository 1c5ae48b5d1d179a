"""Telling "out of memory" and "disk full" from "broken file": MuPDF says it in words alone."""

from __future__ import annotations

import errno
import os
import re

import pymupdf

_WORDS = re.compile(r"\b(m|c|re)alloc\b.*failed")
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


def is_exhausted(error: Exception) -> bool:
    """Whether an error of MuPDF's or PyMuPDF's means that the process met its memory limit."""
    return isinstance(error, MemoryError) or bool(_WORDS.search(str(error)))


def disk_error(error: Exception) -> OSError | None:
    """What the system said of a full or failing disk, where that is what an error of MuPDF's is about."""
    if not isinstance(error, pymupdf.mupdf.FzErrorSystem):
        return None
    said = str(error)
    return next((OSError(code, os.strerror(code)) for code in _DISK if said.endswith(os.strerror(code))), None)
