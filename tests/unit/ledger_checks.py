"""What holds in a knowledge base at any moment, whatever happened before, in whatever order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from pipeline.settings import SearchSettings
from storage import pages, search, status
from storage.catalog import KnowledgeBase

_OPEN = ("blocked", "ready", "claimed")
ARROWS = {
    (None, "blocked"), (None, "ready"), ("blocked", "ready"), ("ready", "claimed"), ("claimed", "ready"),
    ("claimed", "done"), ("claimed", "failed"), *((state, "cancelled") for state in _OPEN),
    (None, "failed"),  # a page that failed alone in a range, or in the run that was adopted
}  # fmt: skip
_TABLES = ("knowledge", "document", "run", "unit", "page", "reading", "field", "chunk", "embedding", "cleanup",
           "correction")  # fmt: skip

UnitKey = tuple[str, int, str, str]


def dump(kb: KnowledgeBase) -> dict[str, list[tuple[Any, ...]]]:
    """All rows."""
    with kb.db.read() as connection:
        return {
            table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
            for table in (*_TABLES, "chunk_fts")
        }


def unit_states(kb: KnowledgeBase) -> dict[UnitKey, str]:
    """The state of every unit."""
    with kb.db.read() as connection:
        rows = connection.exec_driver_sql("SELECT document, run, stage, unit, state FROM unit")
        return {(row.document, row.run, row.stage, row.unit): row.state for row in rows}


def told(kb: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """What is told of every document, without times."""
    found = {}
    for item in status.statuses(kb, limit=100):
        item = {**item, "eta_seconds": None, "started_at": None, "finished_at": None}
        item["stages"] = {name: (part["total"], part["done"], part["failed"]) for name, part in item["stages"].items()}
        found[item["id"]] = item
    return found


def check(kb: KnowledgeBase, before: dict[str, dict[str, Any]], version_before: int) -> dict[str, dict[str, Any]]:
    """Whatever was told before, and what must hold of it now; what is told now."""
    now = told(kb)
    version = status.version(kb)
    assert version >= version_before
    _check_versions(kb, before, now, version_before, version)
    for item in now.values():
        assert 0 <= item["progress"] <= 1
        assert (item["progress"] == 1) == (item["status"] == "done"), item
    _check_runs(kb)
    return now


def _check_versions(
    kb: KnowledgeBase, before: dict[str, Any], now: dict[str, Any], version_before: int, version: int
) -> None:
    with kb.db.read() as connection:
        alive = [
            row.version for row in connection.exec_driver_sql("SELECT version FROM document WHERE deleted_at IS NULL")
        ]
        dead = [row.version for row in connection.exec_driver_sql("SELECT version FROM tombstone")]
    given = [*alive, *dead]
    assert len(set(given)) == len(given), "two changes have one version"
    assert max(given, default=0) <= version
    for document, item in now.items():
        if item != before.get(document):
            assert item["version"] > version_before, (
                f"a change that nobody is told of: {before.get(document)} -> {item}"
            )
    if before.keys() - now.keys():
        assert max(dead) > version_before, "a deletion that nobody is told of"


def _check_runs(kb: KnowledgeBase) -> None:
    with kb.db.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT d.id, d.run AS latest, d.published_run, d.deleted_at, r.run, r.status,"
            " (SELECT count(*) FROM unit AS u WHERE u.document = d.id AND u.run = r.run"
            "  AND u.state IN ('ready', 'claimed')) AS moving,"
            " (SELECT count(*) FROM unit AS u WHERE u.document = d.id AND u.run = r.run"
            "  AND u.state IN ('blocked', 'ready', 'claimed')) AS open"
            " FROM document AS d JOIN run AS r ON r.document = d.id"
        ).all()
        assert {row.id for row in rows} == set(connection.exec_driver_sql("SELECT id FROM document").scalars())
        for row in rows:
            if row.status in ("queued", "running"):
                assert row.run == row.latest, "an old run is in work"
                assert row.deleted_at is None, "a deleted document is in work"
                assert row.moving, "a run is stuck"
            else:
                assert not row.open, "something of an ended run is to do"
            if row.run == row.published_run and row.deleted_at is None:
                assert row.status == "done"
                _check_published(connection, row.id, row.run)
        newest = {row.id: max(other.run for other in rows if other.id == row.id) for row in rows}
        assert all(row.latest == newest[row.id] for row in rows)


def _check_published(connection: Any, document: str, run: int) -> None:
    """All of a published run is there: its pages, chunks, full text and vectors."""
    values = {"document": document, "run": run}
    chunks = connection.execute(
        text(
            "SELECT c.position, f.terms, e.vector FROM chunk AS c LEFT JOIN chunk_fts AS f ON f.rowid = c.seq"
            " LEFT JOIN embedding AS e USING (text_hash) WHERE document = :document AND run = :run ORDER BY position"
        ),
        values,
    ).all()
    assert [chunk.position for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.terms and chunk.vector for chunk in chunks)
    rows = connection.execute(
        text(
            "SELECT p.state, p.corrected, g.body, r.pages_total FROM page AS p JOIN run AS r USING (document, run)"
            " LEFT JOIN reading AS g ON g.id = p.reading WHERE p.document = :document AND p.run = :run"
        ),
        values,
    ).all()
    assert len(rows) == rows[0].pages_total
    assert all((page.state == "read") == (page.body is not None or page.corrected is not None) for page in rows)


def check_corrections(kb: KnowledgeBase, typed: dict[tuple[str, int], str]) -> None:
    """What people typed stands in the run that is published now, and whole."""
    with kb.db.read() as connection:
        shown = connection.exec_driver_sql(
            "SELECT d.id, d.published_run FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run"
            " WHERE d.deleted_at IS NULL AND r.status = 'done' AND d.published_run = d.run"
        ).all()
    for (document, number), words in typed.items():
        for row in shown:
            if row.id == document:
                read = pages.page_reading(kb, document, row.published_run, number)
                assert read is not None and [word.text for word in read.words] == words.split(), (document, number)


def check_search(kb: KnowledgeBase, vectors: set[str]) -> None:
    """Search finds all chunks of published runs of documents that are there, and no others."""
    with kb.db.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT d.id, c.text, c.run, c.position FROM document AS d JOIN chunk AS c ON c.document = d.id"
            " AND c.run = d.published_run WHERE d.deleted_at IS NULL"
        ).all()
    hits = search.search(kb, "passage", vector=None, mode="keyword", limit=500, rules=SearchSettings()).hits
    assert sorted((hit.document, hit.text) for hit in hits) == sorted((row.id, row.text) for row in rows)
    assert {f"{row.id}:{row.run}:{row.position}" for row in rows} <= vectors


def check_clean(kb: KnowledgeBase, vectors: set[str]) -> None:
    """With nothing to do and nothing to clean up, only what somebody can see is left."""
    rows = dump(kb)
    assert rows["cleanup"] == []
    with kb.db.read() as connection:
        kept = connection.exec_driver_sql("SELECT id, run, published_run, deleted_at FROM document").all()
        assert all(row.deleted_at is None for row in kept), "a deleted document is still there"
        runs = {(row.id, run) for row in kept for run in (row.run, row.published_run)}
        published = {(row.id, row.published_run) for row in kept}
        for table, visible in (("unit", runs), ("page", runs), ("chunk", published), ("field", published)):
            found = connection.exec_driver_sql(f"SELECT DISTINCT document, run FROM {table}").all()
            assert {(row.document, row.run) for row in found} <= visible, f"rows of {table} that nobody can see"
        chunks = connection.exec_driver_sql("SELECT seq, text_hash, document, run, position FROM chunk").all()
        full_texts = set(connection.exec_driver_sql("SELECT rowid FROM chunk_fts").scalars())
        embeddings = set(connection.exec_driver_sql("SELECT text_hash FROM embedding").scalars())
        readings = set(connection.exec_driver_sql("SELECT id FROM reading").scalars())
        used = set(connection.exec_driver_sql("SELECT reading FROM page WHERE reading IS NOT NULL").scalars())
    assert full_texts == {chunk.seq for chunk in chunks}
    assert embeddings == {chunk.text_hash for chunk in chunks}
    assert readings == used
    assert vectors == {f"{chunk.document}:{chunk.run}:{chunk.position}" for chunk in chunks}
