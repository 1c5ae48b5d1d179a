"""What all tests share: settings on a folder of their own, and storage on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.settings import Settings, StorageSettings
from storage import clock
from storage.catalog import KnowledgeBase, Storage
from tests.object_server import ObjectServer, serving
from tests.postgresql import PostgreSQL, started
from tests.stack import Stack, running

# Files whose tests run over PostgreSQL too, those over HTTP in the siege. Tests marked `files` are about SQLite's own.
OVER_BOTH = {
    "unit": {
        "test_storage_changes", "test_storage_control", "test_storage_deletes", "test_storage_fields",
        "test_storage_keys", "test_storage_ledger", "test_storage_orphans", "test_storage_pace",
        "test_storage_passwords", "test_storage_reprocess", "test_search_query", "test_search_hits",
        "test_search_several", "test_search_snippets", "test_facets", "test_filters", "test_field_table",
        "test_corrections", "test_corrections_lists", "test_refold", "test_backup", "test_llm_actor",
    },
    "http": {
        "test_control", "test_corrections", "test_documents", "test_fields", "test_knowledge_bases", "test_live",
        "test_metrics", "test_pages", "test_passwords", "test_schemas", "test_search", "test_searchable",
    },
}  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests over the engines that their module names in ENGINES, or over both."""
    if "engine" not in metafunc.fixturenames or metafunc.definition.get_closest_marker("files"):
        return
    folder, module = metafunc.module.__name__.split(".")[-2:]
    engines: Sequence[Any] = getattr(metafunc.module, "ENGINES", ())
    if module in OVER_BOTH.get(folder, ()):
        engines = ("sqlite", pytest.param("postgresql", marks=pytest.mark.siege if folder == "http" else ()))
    if engines:
        metafunc.parametrize("engine", engines, indirect=True, scope="module")


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    """Which engine speaks for the databases."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A server for the session."""
    with started() as server:
        yield server


@pytest.fixture(scope="module")
def own_settings(engine: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Settings:
    """For what a module makes once and only reads."""
    url = request.getfixturevalue("postgresql").new_database() if engine == "postgresql" else ""
    data = tmp_path_factory.mktemp("own") / "data"
    return Settings(storage=StorageSettings(data=data, database_url=SecretStr(url)))


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest) -> SecretStr:
    """Where the databases lie, as in the settings; empty of knowledge bases."""
    if engine == "sqlite":
        return SecretStr("")
    server: PostgreSQL = request.getfixturevalue("postgresql")
    server.clear()
    # Tests that turn the clock turn the one of this machine.
    request.getfixturevalue("monkeypatch").setattr("storage.postgresql.server_time", lambda _: clock.now_s())
    return SecretStr(server.url)


@pytest.fixture
def settings(tmp_path: Path, database_url: SecretStr) -> Settings:
    return Settings(storage=StorageSettings(data=tmp_path / "data", database_url=database_url))


@pytest.fixture
def storage(settings: Settings) -> Iterator[Storage]:
    storage = Storage(settings)
    storage.prepare()
    yield storage
    for record in storage.knowledge_bases():
        storage.open(record["id"]).db.close()
    storage.close()


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
