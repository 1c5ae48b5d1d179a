"""What all tests share: settings on a folder of their own, and storage on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import Settings, StorageSettings
from storage.catalog import KnowledgeBase, Storage
from tests.object_server import ObjectServer, serving
from tests.stack import Stack, running


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


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One real stack for all tests that do not break it: queue server, Chroma, web, sweep and all workers."""
    with running(tmp_path_factory.mktemp("stack") / "data") as stack:
        yield stack


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """One real S3 server for all tests that do not end it; each has a prefix of its own."""
    with serving(tmp_path_factory.mktemp("objects") / "s3") as server:
        yield server
