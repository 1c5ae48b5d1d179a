"""Whatever workers, people and the sweep do to the ledger, in any order: what must hold, holds.

Hypothesis chooses what happens: claims by two processes, work that ends well or badly or is cut off, leases that run
out, messages delivered again, cancel, delete, retry, reprocess, clean-ups. The storage functions are the real ones, on
a real SQLite file; only the clock and the vector index are stood in for. At the end of every story all that is left is
done and cleaned, and nothing may be left over.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from pipeline.errors import PermanentError
from pipeline.settings import LedgerSettings, Settings
from storage import chunks, cleanup, corrections, documents, erasure, failures, ledger, reprocess
from storage.catalog import Storage
from storage.taking import PageEntry
from tests.postgresql import PostgreSQL
from tests.unit import builders
from tests.unit.ledger_model import ERROR, LEASE_S, PAGES, Dead, Deadly, LedgerModel

index = st.integers(0, 1000)
either = st.booleans()
begun = st.tuples(st.sampled_from(sorted(PAGES)), st.integers(0, 16), st.sampled_from([8, 8, 5, 3]))


class LedgerMachine(LedgerModel, RuleBasedStateMachine):
    """One knowledge base under everything that can happen to it."""

    template: Path
    kb_id: str
    database: Callable[[], str]

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        LedgerModel.__init__(self, self.template, self.kb_id, self.database())

    @initialize(attempts=st.integers(1, 3), story=st.lists(begun, max_size=3, unique_by=lambda one: one[0]))
    def begin(self, attempts: int, story: list[tuple[str, int, int]]) -> None:
        """Begin with documents that have come anywhere between their upload and their end."""
        self.rules = LedgerSettings(
            lease_s=LEASE_S, max_crashes=attempts, max_losses=attempts, max_errors=attempts, retry_delay_s=2
        )
        for content, units, how in story:
            self.upload_as(content, False)
            self.go_on_with(units, how, 3)

    # People

    @rule(content=st.sampled_from(sorted(PAGES)), second=either)
    def upload(self, content: str, second: bool) -> None:
        self.upload_as(content, second)

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
    @rule(number=index, page=index, words=st.sampled_from(["one", "two words"]), second=either)
    def correct(self, number: int, page: int, words: str, second: bool) -> None:
        """Taken once all pages are read, whatever the document is in then; sent again it opens no other run."""
        document = self.any_of(sorted(self.contents), number)
        entries = [PageEntry(page % PAGES[self.contents[document]] + 1, words)]
        for _ in range(2):
            try:
                corrections.add(self.kb(second), document, entries, [], "Eva", builders.RUN_SETTINGS)
            except PermanentError as refused:
                assert refused.code == ("conflict" if document in self.told else "not_found")
                assert document not in self.told or not _all_read(self.told[document])
                return
            self.typed[document, entries[0].page] = words
            run = documents.find(self.kbs[0], document).run
            assert run - self.told[document]["run"] in (0, 1)

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
        self.look_around()

    # Workers

    @precondition(lambda self: "ready" in self.seen.values())
    @rule(number=index, second=either)
    def claim(self, number: int, second: bool) -> None:
        self.claim_any(number, second)

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

    @precondition(lambda self: self.claims)
    @rule(number=index, how=st.integers(0, 9), amount=st.integers(0, 4))
    def work(self, number: int, how: int, amount: int) -> None:
        self.do(self.any_of(self.claims[::-1], number), how, amount)

    @precondition(lambda self: any(held.claim.stage in ("extract", "store") for held in self.good.values()))
    @rule(number=index, amount=st.integers(1, 3))
    def die_half_way(self, number: int, amount: int) -> None:
        """A worker dies between two batches; its claim stays until its lease runs out."""
        mine = [held.claim for held in self.good.values() if held.claim.stage in ("extract", "store")]
        claim = self.any_of(mine, number)
        if claim.stage == "store":
            try:
                self.store(claim, amount)
            except Dead:
                return
            self.lose(claim.token)  # it was done before
        else:
            with pytest.raises(Dead):
                chunks.settle_extract(claim, self.passages(claim, number, amount), "en", Deadly(), 1)

    @precondition(lambda self: self.lost_at)
    @rule(number=index)
    def write_late(self, number: int) -> None:
        """A worker that has just lost its unit still writes vectors: that cannot be fenced, for a lease's time."""
        self.write_vectors_late(number)

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
        self.expire_leases(second)

    @precondition(lambda self: self.good)
    @rule(number=index, second=either)
    def fall_silent(self, number: int, second: bool) -> None:
        """A worker falls silent, its unit is given to another, and it wakes up and believes that it still has it."""
        held = self.any_of(list(self.good.values()), number)
        old = held.claim
        self.now = held.lease_until_s + 1
        self.expire_leases(second)
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

    @invariant()
    def nothing_is_wrong(self) -> None:
        self.check()

    def teardown(self) -> None:
        try:
            self.come_to_an_end()
        finally:
            self.close()


def _all_read(item: dict[str, Any]) -> bool:
    pages = item["pages"]
    return item["status"] == "done" and pages["total"] == pages["done"] + pages["failed"]


def _works(item: dict[str, Any]) -> bool:
    return item["status"] in ("queued", "running")


@pytest.fixture(scope="module")
def machine(own_settings: Settings, engine: str, request: pytest.FixtureRequest) -> type[LedgerMachine]:
    """The machine, on copies of a data folder, and of a database, that was prepared once."""
    storage = Storage(own_settings)
    storage.prepare()
    kb_id = storage.create_knowledge_base("board", ["en"], "auto")["id"]
    storage.close()

    def copied() -> str:
        name = own_settings.storage.database_url.get_secret_value().rpartition("/")[2].partition("?")[0]
        server: PostgreSQL = request.getfixturevalue("postgresql")
        return server.new_database(name)

    database = staticmethod(copied if engine == "postgresql" else str)
    return type("Machine", (LedgerMachine,), {"template": own_settings.data, "kb_id": kb_id, "database": database})


_ANY = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("stories", [20, pytest.param(60, marks=pytest.mark.siege)])
def test_in_any_order(machine: type[LedgerMachine], stories: int) -> None:
    same_every_time = settings(_ANY, max_examples=stories, stateful_step_count=40, derandomize=True, database=None)
    run_state_machine_as_test(machine, settings=same_every_time)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_in_any_order_for_long(machine: type[LedgerMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(_ANY, max_examples=2000, stateful_step_count=80))
