"""The app through its client. No queue server and no model: uploads and keyword search must do without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from pipeline.settings import EmbedSettings, QueueSettings, Settings, StorageSettings, WebSettings
from tests.http.guarded import HERE
from web.app import create_app


@pytest.fixture
def settings(tmp_path: Path, database_url: SecretStr) -> Settings:
    return Settings(
        storage=StorageSettings(data=tmp_path / "data", chroma_url="http://127.0.0.1:1", database_url=database_url),
        queue=QueueSettings(redis_url="redis://127.0.0.1:1/0"),
        embed=EmbedSettings(model=str(tmp_path / "no-model")),
        web=WebSettings(max_upload_mb=1, max_files=3, hosts=["test", "testserver"], max_request_mb=5),
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(
        create_app(settings), base_url="http://test/api/v1", client=HERE, raise_server_exceptions=False
    ) as client:
        yield client
