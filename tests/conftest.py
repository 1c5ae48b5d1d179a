"""What all tests share: settings on a folder of their own, and storage on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import Settings, StorageSettings
from storage.catalog import KnowledgeBase, Storage


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage=StorageSettings(data=tmp_path / "data"))


@pytest.fixture
def storage(settings: Settings) -> Iterator[Storage]:
    storage = Storage(settings)
    storage.prepare()
    yield storage
    for record in storage.knowledge_bases():
        storage.open(record["id"]).db.close()
    storage.catalog.close()


@pytest.fixture
def kb(storage: Storage) -> KnowledgeBase:
    return storage.open(storage.create_knowledge_base("测试", ["en", "zh-Hans"], "auto")["id"])
