"""The crash contract over the other engine: the same ledger, another way to commit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.crash_contract import ROLES, Contract, kind, warmed
from tests.postgresql import PostgreSQL
from tests.unit.test_embed_embedder import needs_model

pytestmark = [needs_model, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def over_postgresql(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> Iterator[Contract]:
    with warmed(tmp_path_factory.mktemp("crash"), {}, postgresql.url) as made:
        yield made


@pytest.mark.siege
@pytest.mark.parametrize("role", ROLES)
def test_over_postgresql_the_sweep_repairs_after_a_commit(over_postgresql: Contract, role: str) -> None:
    """The same ledger over the other engine: every fourth commit here, all stops by `make soak`."""
    points = [case for case in over_postgresql.points(role, "sweep") if kind(case["effect"]) == "commit"]
    assert points
    assert not over_postgresql.broken(points[::4])


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_over_postgresql_the_sweep_repairs_after_any_stop(over_postgresql: Contract, role: str) -> None:
    assert not over_postgresql.broken(over_postgresql.points(role, "sweep"))
