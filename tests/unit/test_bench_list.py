"""The benches that `make bench` runs: those that are listed are there."""

from __future__ import annotations

import importlib

import pytest

from tests.bench.__main__ import BENCHES


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_of_the_list_can_be_run(name: str) -> None:
    assert callable(importlib.import_module(f"tests.bench.{name}").run)
