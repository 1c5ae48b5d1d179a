"""Erasing what deleted documents said from the bytes of a knowledge base's database.

`secure_delete` overwrites deleted rows, but their words stay in two places: the full-text index only marks them as
deleted until its segments are merged, and the write-ahead log keeps old pages until it is cut. Once the last clean-up
of a deleted document has committed, the sweep merges all segments, in steps that hold the write lock some
milliseconds, and then cuts the log.

    knowledge.erase   1 a document is gone -> 2 segments are being merged -> 3 the log is left -> 0

On PostgreSQL there is nothing of this to do: deleted rows and what its log and index hold of them are overwritten by
the server as it vacuums, on its own terms.

FTS5 has an option `secure-delete` of its own from SQLite 3.42 on; it is not used, as an index that was written with it
can be written by no older SQLite any more: a backup could not be restored on every machine.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, text

from storage import dialect
from storage.catalog import KnowledgeBase
from storage.database import scalar

_ASKED, _MERGING, _LOG_LEFT = 1, 2, 3


def ask(connection: Connection) -> None:
    """Have the words erased of what this transaction deletes."""
    connection.execute(text("UPDATE knowledge SET erase = :erase"), {"erase": _ASKED})


def erase(kb: KnowledgeBase, seconds: float) -> bool:
    """Go on erasing for about so long. Safe to interrupt and to repeat at any point.

    Nothing is done while further deleted documents are being cleaned up: they are erased together.

    Returns:
        Whether nothing is left to erase of what has been cleaned up.
    """
    until = time.monotonic() + seconds
    while (phase := _phase(kb)) != 0:
        if _others_are_cleaned(kb) or time.monotonic() > until:
            return False
        if phase != _LOG_LEFT:
            _merge(kb)
        elif kb.db.truncate_log():
            with kb.db.write() as connection:
                connection.execute(text("UPDATE knowledge SET erase = 0 WHERE erase = :phase"), {"phase": _LOG_LEFT})
        else:
            return False
    return True


def _phase(kb: KnowledgeBase) -> int:
    with kb.db.read() as connection:
        return int(scalar(connection, "SELECT erase FROM knowledge"))


def _others_are_cleaned(kb: KnowledgeBase) -> bool:
    with kb.db.read() as connection:
        deleted = "SELECT 1 FROM cleanup JOIN document ON document.id = cleanup.document AND deleted_at IS NOT NULL"
        return scalar(connection, f"{deleted} LIMIT 1") is not None


def _merge(kb: KnowledgeBase) -> None:
    """One step."""
    with kb.db.write() as connection:
        begin = scalar(connection, "SELECT erase FROM knowledge") == _ASKED
        merged = dialect.of(connection).merge_terms(connection, begin=begin)
        connection.execute(text("UPDATE knowledge SET erase = :erase"), {"erase": _MERGING if merged else _LOG_LEFT})
