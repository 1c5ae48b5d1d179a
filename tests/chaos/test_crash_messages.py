"""The crash contract where the queue server kept its messages: what the dead had fetched is delivered again."""

from __future__ import annotations

import pytest

from tests.chaos.crash_contract import OF_MESSAGES, ROLES, Contract, kind
from tests.unit.test_embed_embedder import needs_model

pytestmark = [needs_model, pytest.mark.timeout(1800)]


@pytest.mark.siege
@pytest.mark.parametrize("role", ROLES)
def test_messages_are_delivered_again(contract: Contract, role: str) -> None:
    """Where messages are what the stop was about; `make soak` does all."""
    points = [case for case in contract.points(role, "messages") if kind(case["effect"]) in OF_MESSAGES]
    assert not contract.broken(points)


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_messages_are_delivered_again_after_any_stop(contract: Contract, role: str) -> None:
    assert not contract.broken(contract.points(role, "messages"))
