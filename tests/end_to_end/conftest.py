"""A knowledge base a test, on the stack that all share; and a queue server alone, for tests of the queue."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from cli.up import redis_answers, valkey_program
from tests.stack import Stack, until


@pytest.fixture
def kb(stack: Stack, request: pytest.FixtureRequest) -> str:
    return stack.create(request.node.name[:90])


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program, url = valkey_program(tmp_path_factory.mktemp('a "queue" with spaces'))
    with subprocess.Popen(program.argv, stdout=subprocess.DEVNULL, env={**os.environ}) as process:
        until(lambda: redis_answers(url), 10, "the queue server")
        yield url
        process.terminate()
