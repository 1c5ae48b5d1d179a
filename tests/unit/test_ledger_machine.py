"""Whatever workers, people and the sweep do to the ledger, in any order: what must hold, holds.

Hypothesis chooses what happens: claims by two processes, work that ends well or badly or is cut off, leases that run
out, messages delivered again, cancel, delete, retry, reprocess, clean-ups. The storage functions are the real ones, on
a real SQLite file; only the clock and the vector index are stood in for. At the end of every story all that is left is
done and cleaned, and nothing may be left over.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pipeline import stages
from pipeline.errors import LeaseLost, PermanentError
from pipeline.settings import LedgerSettings, Settings, StorageSettings
from pipeline.types import Box, Chunk, PageReading, Span, Word
from storage import chunks, cleanup, clock, documents, erasure, failures, ledger, pages, reprocess, status
from storage.catalog import KnowledgeBase, Storage
from storage.chunks import ModelIdentity
from storage.ledger import Claim
from tests.unit import builders, ledger_checks

LEASE_S = 12.0
MODEL = ModelIdentity("m", "f", 4)
ERROR = {"code": "stage_failed", "message": "it failed", "detail": None}
PAGES = {"one": 1, "two": 2, "five": 5, "nine": 9}  # the documents there are, and how many pages each has

index = st.integers(0, 1000)
either = st.booleans()
begun = st.tuples(st.sampled_from(sorted(PAGES)), st.integers(0, 16), st.sampled_from([8, 8, 5, 3]))


class Vectors:
    """The vector index: ids, no fence, no order."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def put(self, ids: Sequence[str], vectors: Any) -> None:
        self.ids.update(ids)

    def delete(self, document: str, run: int, count: int) -> None:
        self.ids -= {f"{document}:{run}:{position}" for position in range(count)}


@dataclass(slots=True)
class Held:
    """A claim as its worker sees it; whether it is still good only the ledger knows."""

    claim: Claim
    lease_until_s: float


class LedgerMachine(RuleBasedStateMachine):
    """One knowledge base under everything that can happen to it."""

    template: Path
    kb_id: str

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ledger"))
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        self.now = 1000.0
        self.real_clock = clock.now_s
        clock.now_s = lambda: self.now
        self.vectors = Vectors()
        self.storages = [Storage(Settings(storage=StorageSettings(data=self.folder))) for _ in range(2)]
        self.kbs = [replace(one.open(self.kb_id), vectors=self.vectors) for one in self.storages]  # type: ignore[arg-type]
        self.good: dict[str, Held] = {}  # claims that are good as far as this test can tell, by token
        self.claims: list[Claim] = []  # all that some worker may still believe in
        self.lost_at: dict[str, float] = {}
        self.to_store: dict[str, list[str]] = {}  # vectors of claims of store
        self.contents: dict[str, str] = {}  # of documents
        self.due: list[Any] = []  # clean-ups that a sweep has looked up and not done yet
        self.seen: dict[ledger_checks.UnitKey, str] = {}
        self.told: dict[str, Any] = {}
        self.version = 0
        self.rules = LedgerSettings()
        self.extra: set[tuple[str | None, str | None]] = set()  # arrows of this step alone

    @initialize(attempts=st.integers(1, 3), story=st.lists(begun, max_size=3, unique_by=lambda one: one[0]))
    def begin(self, attempts: int, story: list[tuple[str, int, int]]) -> None:
        """Begin with documents that have come anywhere between their upload and their end."""
        self.rules = LedgerSettings(
            lease_s=LEASE_S, max_crashes=attempts, max_losses=attempts, max_errors=attempts, retry_delay_s=2
        )
        for content, units, how in story:
            self.upload_as(content, False)
            self.go_on_with(units, how, 3)

    # What the test knows by itself

    def kb(self, second: bool) -> KnowledgeBase:
        return self.kbs[second]

    def any_of(self, items: Sequence[Any], number: int) -> Any:
        return items[number % len(items)]

    def lose(self, token: str) -> None:
        if self.good.pop(token, None):
            self.lost_at[token] = self.now

    def act(self, claim: Claim, action: Callable[[], object]) -> None:
        """Let a worker write: it may exactly while its claim is good; else not a row changes."""
        if claim.token in self.good:
            action()
            self.lose(claim.token)
            return
        before = ledger_checks.dump(self.kbs[0])
        with pytest.raises(LeaseLost):
            action()
        assert ledger_checks.dump(self.kbs[0]) == before, "a stale token has written something"

    def take(self, kb: KnowledgeBase, document: str, run: int, stage: str, unit: str) -> Claim | None:
        claim = ledger.claim(kb, document, run, stage, unit, "worker", self.rules)
        if claim is not None:
            others = [held.claim for held in self.good.values() if held.claim.key == claim.key]
            assert not others, "a unit was given to two workers"
            self.good[claim.token] = Held(claim, self.now + LEASE_S)
            self.claims.append(claim)
            if stage == "store":
                with kb.db.read() as connection:
                    positions = connection.exec_driver_sql(
                        "SELECT position FROM chunk WHERE document = ? AND run = ?", (document, run)
                    ).scalars()
                    self.to_store[claim.token] = [f"{document}:{run}:{position}" for position in positions]
            del self.claims[:-12]
        return claim

    # People

    @rule(content=st.sampled_from(sorted(PAGES)), second=either)
    def upload(self, content: str, second: bool) -> None:
        self.upload_as(content, second)

    def upload_as(self, content: str, second: bool) -> None:
        same = [item for item in self.told.values() if self.contents[item["id"]] == content]
        got = builders.upload(self.kb(second), content.encode(), f"{content}.pdf")
        assert len(same) <= 1, "the same bytes are two documents"
        if not same:
            assert got.id not in self.contents and not got.duplicate
        else:
            assert got.id == same[0]["id"]
            assert got.duplicate == (same[0]["status"] not in ("failed", "cancelled"))
        self.contents[got.id] = content
        self.nothing_is_wrong()

    def change(self, number: int, ask: Callable[[str], object], refused: Callable[[dict[str, Any]], bool]) -> None:
        """Ask for something of one of the documents there ever were."""
        document = self.any_of(sorted(self.contents), number)
        item = self.told.get(document)
        if item is None or refused(item):
            with pytest.raises(PermanentError) as caught:
                ask(document)
            assert caught.value.code == ("not_found" if item is None else "conflict")
        else:
            ask(document)

    @precondition(lambda self: self.contents)
    @rule(number=index, second=either)
    def cancel(self, number: int, second: bool) -> None:
        self.change(number, lambda document: documents.cancel(self.kb(second), document), lambda item: not _works(item))

    @precondition(lambda self: self.contents)
    @rule(number=index, second=either)
    def delete(self, number: int, second: bool) -> None:
        self.change(number, lambda document: documents.delete(self.kb(second), document), lambda _: False)

    @precondition(lambda self: self.contents)
    @rule(number=index, second=either)
    def retry(self, number: int, second: bool) -> None:
        def refused(item: dict[str, Any]) -> bool:
            return _works(item) or (item["status"] == "done" and not item["pages"]["failed"])

        self.change(number, lambda document: reprocess.retry(self.kb(second), document, builders.RUN_SETTINGS), refused)

    @precondition(lambda self: self.contents)
    @rule(number=index, start=st.sampled_from(stages.NAMES), second=either)
    def reprocess(self, number: int, start: str, second: bool) -> None:
        self.change(
            number,
            lambda document: reprocess.reprocess(self.kb(second), document, start, builders.RUN_SETTINGS),
            _works,
        )

    @precondition(lambda self: self.contents)
    @rule(start=st.sampled_from(stages.NAMES))
    def reprocess_all(self, start: str) -> None:
        opened = reprocess.reprocess_all(self.kbs[0], start, builders.RUN_SETTINGS)
        assert opened.passed_over == sum(map(_works, self.told.values()))

    @precondition(lambda self: self.contents)
    @rule(stage=st.sampled_from(["render", "ocr"]))
    def discard(self, stage: str) -> None:
        failures.discard(self.kbs[0], stage, None)

    @rule()
    def look(self) -> None:
        ledger_checks.check_search(self.kbs[0], self.vectors.ids)
        for document in self.contents:
            if document not in self.told:
                for ask in (status.status, documents.find, status.version_of):
                    with pytest.raises(PermanentError, match="no document"):
                        ask(self.kbs[0], document)

    # Workers

    @precondition(lambda self: "ready" in self.seen.values())
    @rule(number=index, second=either)
    def claim(self, number: int, second: bool) -> None:
        self.claim_any(number, second)

    def claim_any(self, number: int, second: bool) -> Claim | None:
        """Claim one of the units that wait; None where all are to be tried later only."""
        found = [(stage, one) for stage in stages.NAMES for one in ledger.waiting(self.kb(second), stage)]
        if not found:
            return None
        stage, one = self.any_of(found, number)
        claim = self.take(self.kb(second), one.document, one.run, stage, one.unit)
        assert claim is not None
        return claim

    @precondition(lambda self: self.seen)
    @rule(number=index, second=either)
    def deliver_again(self, number: int, second: bool) -> None:
        key = self.any_of(sorted(self.seen), number)
        got = self.take(self.kb(second), *key)
        assert got is None or self.seen[key] == "ready"

    @precondition(lambda self: self.claims)
    @rule(number=index)
    def renew(self, number: int) -> None:
        claim = self.any_of(self.claims, number)
        held = self.good.get(claim.token)
        if held is None:
            self.act(claim, lambda: ledger.renew(claim, self.rules))
        else:
            ledger.renew(claim, self.rules)
            held.lease_until_s = self.now + LEASE_S

    @precondition(lambda self: "ready" in self.seen.values())
    @rule(units=st.integers(1, 30), how=st.sampled_from([8, 8, *range(10)]), amount=st.integers(0, 4))
    def go_on(self, units: int, how: int, amount: int) -> None:
        """Units done one after the other, as on most days; how they end depends on `how`."""
        self.go_on_with(units, how, amount)

    def go_on_with(self, units: int, how: int, amount: int) -> None:
        for _ in range(units):
            claim = self.claim_any(0, False)
            if claim is None:
                return
            self.nothing_is_wrong()
            self.do(claim, how, amount)
            self.nothing_is_wrong()

    @precondition(lambda self: self.claims)
    @rule(number=index, how=st.integers(0, 9), amount=st.integers(0, 4))
    def work(self, number: int, how: int, amount: int) -> None:
        self.do(self.any_of(self.claims[::-1], number), how, amount)

    def do(self, claim: Claim, how: int, amount: int) -> None:
        """Do a unit; how it ends depends on `how`."""
        if claim.stage == "render":
            self.act(claim, lambda: self.render(claim, how))
        elif claim.stage == "ocr":
            self.act(claim, lambda: self.read(claim, how))
        elif claim.stage == "extract":
            self.act(claim, lambda: chunks.settle_extract(claim, self.passages(claim, how, amount), "en", {}, 2))
        elif claim.stage == "embed":
            self.act(claim, lambda: self.embed(claim))
        else:
            self.act(claim, lambda: self.store(claim, 100))

    def render(self, claim: Claim, how: int) -> None:
        total = PAGES[self.contents[claim.document]]
        if claim.pages_total is None:
            pages.page_count_known(claim, total)
        done: list[Any] = []
        for number in range(claim.first, min(claim.last, total) + 1):
            kind = (how + number) % 5
            if kind == 0:
                done.append((number, PermanentError("page_damaged", "torn")))
            else:
                done.append(builders.image_page(number) if kind < 3 else builders.read_page(number))
        pages.settle_render(claim, done)

    def read(self, claim: Claim, how: int) -> None:
        if how == 0:
            self.extra = {("claimed", None), ("done", "ready"), ("failed", "ready"), ("cancelled", "ready")}
            pages.page_lost_its_image(claim, claim.first)
        elif how == 1:
            pages.settle_ocr_failed(claim, claim.first, PermanentError("page_damaged", "torn"))
        else:
            reading = PageReading(claim.first, 1, 1, (Word("a", Box(0, 0, 1, 1)),), "ocr", "tesseract")
            pages.settle_ocr(claim, reading)

    def passages(self, claim: Claim, how: int, amount: int) -> list[Chunk]:
        """Chunks; some texts are those of other runs of the document, some this run's own."""
        own = f" of run {claim.run}" if how % 2 else ""
        texts = [f"passage {number} of {self.contents[claim.document]}{own}" for number in range(amount)]
        return [Chunk(n, value, "", (Span(0, 5, 1, Box(0, 0, 10, 10)),), 3) for n, value in enumerate(texts)]

    def embed(self, claim: Claim) -> None:
        todo = chunks.texts_to_embed(claim)
        chunks.settle_embed(claim, [hash_ for hash_, _ in todo], np.ones((len(todo), 4), dtype=np.float32), MODEL)

    def store(self, claim: Claim, batches: int) -> None:
        """Store, or stop dead after some batches."""
        left = iter(range(batches))

        def still_held() -> None:
            if claim.token not in self.good:
                raise LeaseLost(claim.unit)
            if next(left, None) is None:
                raise _Dead

        chunks.store_run(claim, vectors_per_batch=1, rows_per_batch=1, still_held=still_held)

    @precondition(lambda self: any(held.claim.stage in ("extract", "store") for held in self.good.values()))
    @rule(number=index, amount=st.integers(1, 3))
    def die_half_way(self, number: int, amount: int) -> None:
        """A worker dies between two batches; its claim stays until its lease runs out."""
        mine = [held.claim for held in self.good.values() if held.claim.stage in ("extract", "store")]
        claim = self.any_of(mine, number)
        if claim.stage == "store":
            try:
                self.store(claim, amount)
            except _Dead:
                return
            self.lose(claim.token)  # it was done before
        else:
            with pytest.raises(_Dead):
                chunks.settle_extract(claim, self.passages(claim, number, amount), "en", _Deadly(), 1)

    @precondition(lambda self: self.lost_at)
    @rule(number=index)
    def write_late(self, number: int) -> None:
        """A worker that has just lost its unit still writes vectors: that cannot be fenced, for a lease's time."""
        self.write_vectors_late(number)

    def write_vectors_late(self, number: int) -> None:
        still_writing = {token for token, at in self.lost_at.items() if self.now - at < LEASE_S}
        late = [claim for claim in self.claims if claim.stage == "store" and claim.token in still_writing]
        if late:
            claim = self.any_of(late, number)
            self.vectors.put(self.to_store[claim.token], None)

    @precondition(lambda self: self.claims)
    @rule(number=index, kind=st.sampled_from(["crashes", "losses", "errors"]))
    def fail(self, number: int, kind: Any) -> None:
        claim = self.any_of(self.claims, number)
        self.act(claim, lambda: ledger.attempt_failed(claim, kind, ERROR, self.rules))

    @precondition(lambda self: self.claims)
    @rule(number=index)
    def give_up(self, number: int) -> None:
        claim = self.any_of(self.claims, number)
        self.act(claim, lambda: ledger.give_up(claim, PermanentError("damaged", "it is torn")))

    @precondition(lambda self: self.claims)
    @rule(number=index, delay=st.sampled_from([0.0, 5.0]))
    def put_back(self, number: int, delay: float) -> None:
        claim = self.any_of(self.claims, number)
        self.act(claim, lambda: ledger.put_back(claim, delay))

    # The sweep

    @rule(seconds=st.sampled_from([1.0, 5.0, 13.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(second=either)
    def expire(self, second: bool) -> None:
        silent = {token for token, held in self.good.items() if held.lease_until_s < self.now}
        keys = sorted(tuple(self.good[token].claim.key.values()) for token in silent)
        found = ledger.expire_leases(self.kb(second), self.rules)
        assert keys == sorted((row["document"], row["run"], row["stage"], row["unit"]) for row in found)
        for token in silent:
            self.lose(token)

    @precondition(lambda self: self.good)
    @rule(number=index, second=either)
    def fall_silent(self, number: int, second: bool) -> None:
        """A worker falls silent, its unit is given to another, and it wakes up and believes that it still has it."""
        held = self.any_of(list(self.good.values()), number)
        old = held.claim
        self.now = held.lease_until_s + 1
        self.expire(second)
        self.take(self.kb(second), *old.key.values())
        self.do(old, 8, 2)
        self.act(old, lambda: ledger.attempt_failed(old, "errors", ERROR, self.rules))
        self.act(old, lambda: ledger.renew(old, self.rules))

    @rule(second=either)
    def look_up_clean_ups(self, second: bool) -> None:
        self.due = list(cleanup.due(self.kb(second)))

    @precondition(lambda self: self.due)
    @rule(number=index, second=either)
    def clean(self, number: int, second: bool) -> None:
        self.extra = {(state, None) for state in ("done", "failed", "cancelled")}
        cleanup.clean_run(self.kb(second), self.any_of(self.due, number), LEASE_S)

    @rule(second=either)
    def erase(self, second: bool) -> None:
        erasure.erase(self.kb(second), 0.0)

    # What holds after every step

    @invariant()
    def nothing_is_wrong(self) -> None:
        states = ledger_checks.unit_states(self.kbs[0])
        for key in {**self.seen, **states}:
            arrow = (self.seen.get(key), states.get(key))
            assert arrow[0] == arrow[1] or arrow in ledger_checks.ARROWS or arrow in self.extra, f"{key}: {arrow}"
        self.seen, self.extra = states, set()
        self.told = ledger_checks.check(self.kbs[1], self.told, self.version)
        self.version = status.version(self.kbs[1])
        with self.kbs[0].db.read() as connection:
            working = connection.exec_driver_sql("SELECT document, run FROM run WHERE status = 'running'").all()
        for token, held in list(self.good.items()):
            if (held.claim.document, held.claim.run) not in {(row.document, row.run) for row in working}:
                self.lose(token)  # its run was ended by somebody else
        assert {key for key, state in states.items() if state == "claimed"} == {
            tuple(held.claim.key.values()) for held in self.good.values()
        }

    def teardown(self) -> None:
        try:
            self.come_to_an_end()
        finally:
            clock.now_s = self.real_clock
            for storage, kb in zip(self.storages, self.kbs, strict=True):
                kb.db.close()
                storage.catalog.close()
            shutil.rmtree(self.folder)

    def come_to_an_end(self) -> None:
        """From wherever the story has led, everything can be finished and cleaned."""
        for _ in range(400):
            for stage in stages.NAMES:
                for waiting in ledger.waiting(self.kbs[0], stage):
                    claim = self.take(self.kbs[0], waiting.document, waiting.run, stage, waiting.unit)
                    assert claim is not None
                    self.do(claim, how=8, amount=2)
            for row in cleanup.due(self.kbs[0]):
                cleanup.clean_run(self.kbs[0], row, LEASE_S)
            self.write_vectors_late(0)
            self.expire(False)
            erasure.erase(self.kbs[0], 10.0)
            if not cleanup.unfinished(self.kbs[0]):
                break
            self.now += LEASE_S + 1
        assert not cleanup.unfinished(self.kbs[0]), "it never ends"
        self.extra = {(one, other) for one in (None, *_STATES) for other in (None, *_STATES)}
        self.good.clear()
        self.nothing_is_wrong()
        self.look()
        ledger_checks.check_clean(self.kbs[0], self.vectors.ids)


_STATES = ("blocked", "ready", "claimed", "done", "failed", "cancelled")


class _Dead(BaseException):
    """A worker dies here."""


class _Deadly(dict[str, Any]):
    """Fields whose writing kills: by then all batches before the settle are committed."""

    def items(self) -> Any:
        raise _Dead


def _works(item: dict[str, Any]) -> bool:
    return item["status"] in ("queued", "running")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> type[LedgerMachine]:
    """The machine, on copies of a data folder that was prepared once."""
    data = tmp_path_factory.mktemp("machine")
    storage = Storage(Settings(storage=StorageSettings(data=data)))
    storage.prepare()
    kb_id = storage.create_knowledge_base("board", ["en"], "auto")["id"]
    storage.open(kb_id).db.close()
    storage.catalog.close()
    return type("Machine", (LedgerMachine,), {"template": data, "kb_id": kb_id})


_ANY = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.mark.timeout(900)
def test_in_any_order(machine: type[LedgerMachine]) -> None:
    same_every_time = settings(_ANY, max_examples=60, stateful_step_count=40, derandomize=True, database=None)
    run_state_machine_as_test(machine, settings=same_every_time)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_in_any_order_for_long(machine: type[LedgerMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(_ANY, max_examples=2000, stateful_step_count=80))
