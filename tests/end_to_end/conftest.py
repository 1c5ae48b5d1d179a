"""One real stack for the whole folder: queue server, Chroma, web, sweep and all workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import Stack, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("stack") / "data") as stack:
        yield stack


@pytest.fixture
def kb(stack: Stack, request: pytest.FixtureRequest) -> str:
    return stack.create(request.node.name[:90])
