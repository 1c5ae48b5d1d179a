"""Documents whose file is called what the query says: whoever types a file's name wants that file."""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

from storage import values
from storage.search.scope import Scope

_LONGEST = 255  # characters of a file's name
_MOST = 20  # files of one name
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}")


def named(connection: Connection, query: str, scope: Scope) -> list[int]:
    """Row ids of the first chunks in scope of documents with that file name, with or without its ending.

    Args:
        query: as someone wrote it.
    """
    name = values.folded(query)
    if not name or len(name) > _LONGEST:
        return []
    rows = connection.execute(
        text(
            "SELECT id, filename_folded AS held FROM document WHERE filename_folded = :name"
            " UNION ALL SELECT id, filename_folded FROM document"
            " WHERE filename_folded > :ending AND filename_folded < :behind LIMIT :most"
        ),
        {"name": name, "ending": f"{name}.", "behind": f"{name}/", "most": 10 * _MOST},
    ).all()
    ids = [row.id for row in rows if row.held == name or _ENDING.fullmatch(row.held[len(name) :])]
    found: list[int] = []
    for id_ in ids[:_MOST]:
        first = connection.execute(
            text(
                f"SELECT chunk.seq FROM document JOIN chunk ON {scope.sql} WHERE document.id = :named"
                " ORDER BY chunk.position LIMIT 1"
            ),
            {**scope.values, "named": id_},
        ).scalar()
        if first is not None:
            found.append(first)
    return found
