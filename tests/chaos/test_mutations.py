"""Damaged documents through a real render child: a code or a dead child at worst, and the next page is drawn."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pipeline.errors import CODES
from pipeline.render.kinds import HEAD_BYTES, SUPPORTED, TAIL_BYTES, sniff
from tests.bombs.child import Defuser, defuser
from tests.chaos.mutations import mutated, originals

LIMIT_S = 60.0


def _outcomes(child: Defuser, seed: int) -> list[str]:
    """What became of a damaged document, from the look at its first bytes on."""
    _, _, content = mutated(seed)
    kind = sniff(content[:HEAD_BYTES], content[-TAIL_BYTES:])
    if kind not in SUPPORTED:
        return ["refused at upload"]
    codes = [child.call(content, kind, "open", LIMIT_S).code]
    if codes == ["ok"]:
        codes = [child.call(content, kind, call, LIMIT_S).code for call in ("render", "preview")]
    return codes


LONG = [pytest.mark.soak, pytest.mark.timeout(7200)]


@pytest.mark.parametrize("seeds", [range(60), pytest.param(range(60, 3060), marks=LONG)], ids=["quick", "long"])
def test_damaged_documents_end_with_a_code(tmp_path: Path, seeds: range) -> None:
    found: Counter[str] = Counter()
    with defuser(tmp_path, memory_mb=1500) as child:
        for seed in seeds:
            try:
                codes = _outcomes(child, seed)
            except Exception as error:
                pytest.fail(f"seed {seed} ({mutated(seed)[0]}): {type(error).__name__}: {error}")
            assert set(codes) <= {*CODES, "ok", "refused at upload"}
            found.update(codes)
        assert child.lives()
    print(f"{len(seeds)} documents: " + ", ".join(f"{code} {count}" for code, count in found.most_common()))
    assert found["ok"] and found["refused at upload"] + found["damaged"] + found["page_damaged"]


def test_damage_is_the_same_for_a_seed_and_damages() -> None:
    assert [mutated(seed) for seed in range(9)] == [mutated(seed) for seed in range(9)]
    assert {name for name, _, _ in map(mutated, range(9))} == set(originals())
    assert all(mutated(seed)[2] != originals()[mutated(seed)[0]][1] for seed in range(9))
