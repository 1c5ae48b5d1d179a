"""A knowledge base a test, on the stack that all share."""

from __future__ import annotations

import pytest

from tests.stack import Stack


@pytest.fixture
def kb(stack: Stack, request: pytest.FixtureRequest) -> str:
    return stack.create(request.node.name[:90])
