"""What workers, people and the sweep may do to a ledger, and what a test knows by itself of how it then stands.

The storage functions are the real ones, on a real SQLite file; only the clock and the vector index are stood in for.
`test_ledger_machine.py` chooses what happens.
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
from pydantic import SecretStr
from sqlalchemy import text

from pipeline import stages
from pipeline.errors import LeaseLost, PermanentError
from pipeline.settings import LedgerSettings, Settings, StorageSettings
from pipeline.types import Box, Chunk, PageReading, Span, Word
from storage import chunks, cleanup, clock, documents, erasure, ledger, pages, postgresql, status
from storage.catalog import KnowledgeBase, Storage
from storage.chunks import ModelIdentity
from storage.ledger import Claim
from tests.unit import builders, ledger_checks

LEASE_S = 12.0
MODEL = ModelIdentity("m", "f", 4)
ERROR = {"code": "stage_failed", "message": "it failed", "detail": None}
PAGES = {"one": 1, "two": 2, "five": 5, "nine": 9}  # the documents there are, and how many pages each has

_STATES = ("blocked", "ready", "claimed", "done", "failed", "cancelled")


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


class Dead(BaseException):
    """A worker dies here."""


class Deadly(dict[str, Any]):
    """Fields whose writing kills: by then all batches before the settle are committed."""

    def items(self) -> Any:
        raise Dead


class LedgerModel:
    """One knowledge base, two processes that have it open, and the claims their workers hold.

    Args:
        template: a prepared data folder; it is copied.
        kb_id: the knowledge base in it.
        database_url: of a copy of the database that belongs to it; empty: it lies in the folder.
    """

    def __init__(self, template: Path, kb_id: str, database_url: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ledger"))
        shutil.copytree(template, self.folder, dirs_exist_ok=True)
        self.now = 1000.0
        self.real_clock = clock.now_s
        clock.now_s = lambda: self.now
        self.vectors = Vectors()
        self.real_server_time = postgresql.server_time
        postgresql.server_time = lambda _: self.now
        section = StorageSettings(data=self.folder, database_url=SecretStr(database_url))
        self.storages = [Storage(Settings(storage=section)) for _ in range(2)]
        self.kbs = [replace(one.open(kb_id), vectors=self.vectors) for one in self.storages]  # type: ignore[arg-type]
        self.good: dict[str, Held] = {}  # claims that are good as far as this test can tell, by token
        self.claims: list[Claim] = []  # all that some worker may still believe in
        self.lost_at: dict[str, float] = {}
        self.to_store: dict[str, list[str]] = {}  # vectors of claims of store
        self.contents: dict[str, str] = {}  # of documents
        self.due: list[Any] = []  # clean-ups that a sweep has looked up and not done yet
        self.typed: dict[tuple[str, int], str] = {}  # what people typed, by document and page
        self.seen: dict[ledger_checks.UnitKey, str] = {}
        self.told: dict[str, Any] = {}
        self.version = 0
        self.rules = LedgerSettings()
        self.extra: set[tuple[str | None, str | None]] = set()  # arrows of this step alone

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
                    positions = connection.execute(
                        text("SELECT position FROM chunk WHERE document = :document AND run = :run"),
                        {"document": document, "run": run},
                    ).scalars()
                    self.to_store[claim.token] = [f"{document}:{run}:{position}" for position in positions]
            del self.claims[:-12]
        return claim

    def claim_any(self, number: int, second: bool) -> Claim | None:
        """Claim one of the units that wait; None where all are to be tried later only."""
        found = [(stage, one) for stage in stages.NAMES for one in ledger.waiting(self.kb(second), stage)]
        if not found:
            return None
        stage, one = self.any_of(found, number)
        claim = self.take(self.kb(second), one.document, one.run, stage, one.unit)
        assert claim is not None
        return claim

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
        self.check()

    def go_on_with(self, units: int, how: int, amount: int) -> None:
        for _ in range(units):
            claim = self.claim_any(0, False)
            if claim is None:
                return
            self.check()
            self.do(claim, how, amount)
            self.check()

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
            pages.settle_ocr(claim, [pages.Lost(claim.first)])
        elif how == 1:
            pages.settle_ocr(claim, [(claim.first, PermanentError("page_damaged", "torn"))])
        else:
            reading = PageReading(claim.first, 1, 1, (Word("a", Box(0, 0, 1, 1)),), "ocr", "tesseract")
            pages.settle_ocr(claim, [pages.Read.of(reading)])

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
                raise Dead

        chunks.store_run(claim, vectors_per_batch=1, rows_per_batch=1, still_held=still_held)

    def write_vectors_late(self, number: int) -> None:
        still_writing = {token for token, at in self.lost_at.items() if self.now - at < LEASE_S}
        late = [claim for claim in self.claims if claim.stage == "store" and claim.token in still_writing]
        if late:
            claim = self.any_of(late, number)
            self.vectors.put(self.to_store[claim.token], None)

    def expire_leases(self, second: bool) -> None:
        silent = {token for token, held in self.good.items() if held.lease_until_s < self.now}
        keys = sorted(tuple(self.good[token].claim.key.values()) for token in silent)
        found = ledger.expire_leases(self.kb(second), self.rules)
        assert keys == sorted((row["document"], row["run"], row["stage"], row["unit"]) for row in found)
        for token in silent:
            self.lose(token)

    def look_around(self) -> None:
        ledger_checks.check_search(self.kbs[0], self.vectors.ids)
        for document in self.contents:
            if document not in self.told:
                for ask in (status.status, documents.find, status.version_of):
                    with pytest.raises(PermanentError, match="no document"):
                        ask(self.kbs[0], document)

    def check(self) -> None:
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
            self.expire_leases(False)
            erasure.erase(self.kbs[0], 10.0)
            if not cleanup.unfinished(self.kbs[0]):
                break
            self.now += LEASE_S + 1
        assert not cleanup.unfinished(self.kbs[0]), "it never ends"
        self.extra = {(one, other) for one in (None, *_STATES) for other in (None, *_STATES)}
        self.good.clear()
        self.check()
        self.look_around()
        ledger_checks.check_corrections(self.kbs[0], self.typed)
        ledger_checks.check_clean(self.kbs[0], self.vectors.ids)

    def close(self) -> None:
        clock.now_s, postgresql.server_time = self.real_clock, self.real_server_time
        for storage in self.storages:
            storage.close()
        shutil.rmtree(self.folder)
