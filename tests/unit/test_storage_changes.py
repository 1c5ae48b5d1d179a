from __future__ import annotations

import pytest

from pipeline.errors import PermanentError
from storage import documents, status
from storage.catalog import KnowledgeBase
from tests.unit.builders import done, render_all, upload


def _replay(kb: KnowledgeBase, since: int, limit: int) -> tuple[dict[str, str], set[str], int]:
    """What a client knows that asks again and again until it has everything."""
    shown: dict[str, str] = {}
    deleted: set[str] = set()
    while True:
        found = status.changes(kb, since, limit)
        shown |= {document["id"]: document["status"] for document in found.documents}
        deleted |= {document for _, document in found.deleted}
        assert found.version > since or found.complete
        since = found.version
        if found.complete:
            return shown, deleted, since


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_client_that_was_away_misses_nothing(kb: KnowledgeBase, limit: int) -> None:
    first = done(kb, b"1")
    _, _, seen = _replay(kb, 0, limit)
    second, third = upload(kb, b"2").id, upload(kb, b"3").id
    documents.delete(kb, second)
    documents.cancel(kb, third)
    fourth = upload(kb, b"4").id
    documents.delete(kb, first)
    shown, deleted, now = _replay(kb, seen, limit)
    assert shown == {third: "cancelled", fourth: "queued"}
    assert deleted == {first, second}
    assert now == status.version(kb)


def test_versions_only_grow(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    seen = [status.version_of(kb, document)]
    render_all(kb, document, 3)
    seen.append(status.version_of(kb, document))
    assert seen == sorted(set(seen)) and status.version(kb) == seen[-1]


def test_a_batch_has_its_own_progress(kb: KnowledgeBase) -> None:
    done(kb, b"1")
    upload(kb, b"2")
    counted = status.counts(kb, "batch")
    assert counted["documents"]["done"] == counted["documents"]["queued"] == 1
    assert counted["progress"] == 0.5
    with pytest.raises(PermanentError, match="no batch"):
        status.counts(kb, "another")
