"""What the files of the crash contract share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from storage import clock
from tests.chaos.crash_contract import Contract, warmed
from tests.object_server import ObjectServer


@pytest.fixture(scope="module", params=["folder", pytest.param("bucket", marks=pytest.mark.soak)])
def contract(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Contract]:
    """Files lie in the data folder, or in a real object store."""
    bucket: dict[str, Any] = {}
    if request.param == "bucket":
        server: ObjectServer = request.getfixturevalue("object_server")
        bucket = server.settings(clock.new_id())
    with warmed(tmp_path_factory.mktemp("crash"), bucket) as made:
        yield made
