"""The crash contract: stopped dead after any commit, send, write or removal, everything ends as if nothing had been.

Every effect on a document's way is enumerated by an undisturbed run (`crash_effects.py`); then for each of them a
process that goes the same way is killed by SIGKILL right after it, and another recovers: rows, versions, vectors,
files and what is left over must be those of the undisturbed run. Two ways to recover: the queue server lost all
messages, so the sweep alone repairs; or it kept them, and what the dead had fetched is delivered again.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.chaos.crash_contract import ROLES, Contract, kind
from tests.unit.test_embed_embedder import needs_model

pytestmark = [needs_model, pytest.mark.timeout(1800)]


def test_undisturbed_runs_do_what_they_are_there_for(contract: Contract) -> None:
    for name, told in contract.undisturbed.items():
        assert "problem" not in told, told["problem"]
        assert told["effects"], name
    found = {name: told["found"] for name, told in contract.undisturbed.items()}
    (mixed,) = found["publish"]["board"]["documents"].values()
    assert [page[1:4] for page in mixed["pages"]] == [
        ["read", "text_layer", None], ["failed", None, "page_too_large"], ["read", "text_layer", None],
        ["read", "ocr", None],
    ]  # fmt: skip
    assert len(mixed["chunks"]) > 1, "something must lie between two batches"
    assert [row[1:4] for row in found["publish"]["rows"]["run"]] == [[1, "done", "upload"], [2, "done", "retry"]]
    assert [row[1:4] for row in found["reprocess"]["rows"]["run"]][1] == [2, "done", "reprocess"]
    runs = [[1, "done", "upload"], [2, "cancelled", "correction"], [3, "done", "correction"]]
    assert [row[1:4] for row in found["correct"]["rows"]["run"]] == runs
    assert len(found["correct"]["rows"]["correction"]) == 3
    (letter,) = found["correct"]["board"]["documents"].values()
    assert [chunk[1] for chunk in letter["chunks"]] == ["A letter about the old crane."]
    assert found["delete"]["board"]["documents"] == {} and len(found["delete"]["rows"]["tombstone"]) == 1
    assert found["delete all"]["knowledge bases"] == 0
    for one in found.values():
        assert one["tmp"] == [] and one.get("rows", {}).get("cleanup", []) == []


def test_every_commit_and_send_is_among_the_points(contract: Contract, capsys: pytest.CaptureFixture[str]) -> None:
    kinds: Counter[tuple[str, str]] = Counter()
    for told in contract.undisturbed.values():
        kinds.update((effect.partition(":")[0], kind(effect)) for effect in told["effects"])
    assert {role for role, _ in kinds} == set(ROLES)
    assert all(kinds[role, "commit"] for role in ROLES)
    assert all(kinds[role, "send"] for role in ROLES if role != "store")  # nothing comes after the last stage
    with capsys.disabled():
        print(f"\n{kinds.total()} points in {len(contract.undisturbed)} scenarios")
        for role in ROLES:
            print(f"  {role}:", ", ".join(f"{n} {kind}" for (whose, kind), n in kinds.most_common() if whose == role))


@pytest.mark.siege
@pytest.mark.parametrize("role", ROLES)
def test_the_sweep_alone_repairs(contract: Contract, role: str) -> None:
    """After every second stop, from the first or the second on by lot; all of them by `make soak`."""
    assert not contract.broken(contract.points(role, "sweep")[random.SystemRandom().randrange(2) :: 2])


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_the_sweep_alone_repairs_after_any_stop(contract: Contract, role: str) -> None:
    assert not contract.broken(contract.points(role, "sweep"))
