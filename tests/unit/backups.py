"""Backups made and brought back, for tests of them."""

from __future__ import annotations

import tarfile
from pathlib import Path

from storage import (
    backup,
    restore,
)
from storage.backup import Backup
from storage.catalog import KnowledgeBase, Storage
from storage.restore import Restored
from tests.unit import builders


def published(kb: KnowledgeBase, content: bytes, name: str) -> str:
    """A document that went through the whole chain, with its results on disk."""
    document = builders.done(kb, content, name)
    with_results(kb, document, 1)
    return document


def with_results(kb: KnowledgeBase, document: str, run: int) -> None:
    folder = builders.on_disk(kb.files(document).markdown(run)).parent
    folder.mkdir()
    (folder / "document.md").write_text(f"# {document} {run}")
    (folder / "document.json").write_text("{}")


def back_up(storage: Storage, kb: KnowledgeBase, file: Path) -> Backup:
    return backup.back_up(storage, kb.id, file, lambda *_: None)


def bring_back(storage: Storage, file: Path, name: str | None = None) -> Restored:
    return restore.restore(storage, file, name, lambda *_: None)


def names_in(file: Path) -> list[str]:
    with tarfile.open(file) as tar:
        return tar.getnames()


def files_of(kb: KnowledgeBase, document: str) -> dict[str, bytes]:
    folder = kb.folder / "documents" / document
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def nothing_came_of_it(storage: Storage) -> None:
    [record] = storage.knowledge_bases()
    assert [path.name for path in (storage.data / "kb").iterdir()] == [record["id"]]
    assert [path.name for path in (storage.data / "restore").iterdir() if path.is_dir()] == []
