"""Knowledge bases to be moved, and what of them must be the same afterwards. For tests of moving."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

from pipeline.settings import SearchSettings, Settings, StorageSettings
from storage import clock, corrections, documents, pages, search, transfer
from storage.catalog import KnowledgeBase, Storage
from storage.documents import NewDocument
from storage.taking import PageEntry
from tests.unit import builders
from tests.unit.backups import published, with_results
from tests.unit.test_storage_control import _with_failures

SECRET = "open 芝麻 sesame"
# What a unit in work lets go of on the way, and what counts anew.
_LEFT = {"unit": {"state", "token", "worker", "boot", "lease_until_s", "not_before_s", "claimed_s", "ready_at"},
         "page": {"image"}, "run": {"password"}}  # fmt: skip


def storage_on(data: Path, database_url: str = "", **section: Any) -> Storage:
    return Storage(Settings(storage=StorageSettings(data=data, database_url=SecretStr(database_url), **section)))


def fill(storage: Storage) -> dict[str, str]:
    """Two knowledge bases with documents in every state that there is; ids by what they are."""
    kb = storage.open(
        storage.create_knowledge_base("信件 Letters", ["en", "zh-Hans"], "auto", retention_days=9999)["id"]
    )
    ids = {"kb": kb.id, "done": published(kb, b"one", "报告.pdf"), "failed": _with_failures(kb)}
    ids["corrected"] = published(kb, b"two", "two.pdf")
    page = PageEntry(1, "A page that a person typed.")
    corrections.add(kb, ids["corrected"], [page], [], "Mara", builders.RUN_SETTINGS)
    ids["claimed"] = builders.upload(kb, b"three", "three.pdf").id
    first = builders.claim(kb, ids["claimed"], "render")
    pages.page_count_known(first, 4)
    pages.settle_render(first, [builders.image_page(1), builders.read_page(2)])
    builders.claim(kb, ids["claimed"], "ocr")
    ids["locked"] = _locked(kb)
    gone = published(kb, b"gone", "gone.pdf")
    documents.delete(kb, gone)
    with kb.db.write() as connection:
        odd = {"metadata": '{"n":12345678901234567890,"名":[1.0,1e300,null,"a\\u0000b"]}', "id": ids["done"]}
        connection.execute(text("UPDATE document SET metadata = :metadata WHERE id = :id"), odd)
        if not storage.settings.storage.database_url.get_secret_value():  # PostgreSQL does not know that character
            connection.execute(text("UPDATE chunk SET text = text || :nul WHERE position = 1"), {"nul": "\0"})
    people = storage.open(storage.create_knowledge_base("People", ["en"], "tesseract", "resume")["id"])
    ids["people"] = people.id
    document = builders.done(people, b"resume", "resume.pdf", {"name": builders.field("Mara 马拉")})
    with_results(people, document, 1)
    kb.db.close()
    people.db.close()
    return ids


def _locked(kb: KnowledgeBase) -> str:
    incoming = kb.folder / "incoming" / clock.new_id()
    incoming.write_bytes(b"locked")
    new = NewDocument("locked.pdf", "pdf", hashlib.sha256(b"locked").hexdigest(), 6, incoming, {}, [], SECRET)
    return documents.add(kb, new, "batch", builders.RUN_SETTINGS).id


def holdings(storage: Storage) -> dict[str, Any]:
    """All that a Pagemill lists, row by row and file by file, but for what is let go of on the way."""
    found: dict[str, Any] = {}
    for record in storage.knowledge_bases():
        kb = storage.open(record["id"])
        rows: dict[str, Any] = {"record": {**record, "activity": None}}
        with kb.db.read() as connection:
            for part in transfer._parts():
                kept = [n for n, name in enumerate(part.columns) if name not in _LEFT.get(part.table, ())]
                rows[part.table] = [[row[n] for n in kept] for row in transfer._plain(connection, part)]
            ids = connection.execute(text("SELECT id, run FROM document WHERE deleted_at IS NULL")).all()
        rows["files"] = {
            file.key: file.get() if file.exists() else None
            for row in ids
            for file in (kb.files(row.id).original, kb.files(row.id).markdown(1), kb.files(row.id).json(1))
        }
        rows["hits"] = [
            [(hit.document, hit.pages, hit.text.replace("\0", "\ufffd"), round(hit.score, 6)) for hit in found_.hits]
            for found_ in (
                search.search(kb, query, vector=None, mode="keyword", limit=10, rules=SearchSettings())
                for query in ("one", "two three", '"two"', "报告")
            )
        ]
        kb.db.close()
        found[record["id"]] = rows
    return found
