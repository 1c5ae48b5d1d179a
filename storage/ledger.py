"""The ledger: what is to do, claimed, done or failed, a row a unit.

    blocked -> ready -> claimed -> done | failed | cancelled          claimed -> ready when its lease expires

Every change is one writing transaction, one at a time. A worker's writes carry the token of its claim (the fence): once
the unit was taken away (lease expired, cancelled, deleted), nothing it writes lands.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, bindparam
from sqlalchemy.types import JSON

from pipeline import stages
from pipeline.errors import LeaseLost, PermanentError
from pipeline.settings import LedgerSettings
from storage import clock, runs
from storage.catalog import KnowledgeBase
from storage.database import ALL, Missing, moment, text

_UNIT = "document = :document AND run = :run AND stage = :stage AND unit = :unit"
_DUE = "(not_before_s IS NULL OR boot != :boot OR not_before_s <= :now)"
_PROMPT_S = 0.25  # who waits longer for the write lock is not the only one who waits
_ERROR = bindparam("error", type_=JSON(none_as_null=True))


@dataclass(frozen=True, slots=True)
class Claim:
    """A unit in a worker's hands.

    Attributes:
        first, last: page numbers (render, ocr) or chunk positions (embed), inclusive; 0 for whole documents.
        settings: the run's snapshot.
        pages_total: None until the original was opened.
        password: of the original, sealed; None where none was given or none is needed any more.
        opened: stages in which its settle has made units ready: they are to be sent.
    """

    kb: KnowledgeBase
    document: str
    run: int
    stage: str
    unit: str
    first: int
    last: int
    token: str
    crashes: int
    settings: dict[str, Any]
    pages_total: int | None
    password: bytes | None = field(default=None, repr=False)
    opened: set[str] = field(default_factory=set, compare=False)

    @property
    def key(self) -> dict[str, Any]:
        """What names the unit inside its knowledge base."""
        return {"document": self.document, "run": self.run, "stage": self.stage, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Waiting:
    """The next ready unit of a document in a stage.

    Attributes:
        served_s: when a unit of this document and stage was last claimed, or since when the first one waits.
        kb_served_s: the latest of these times in its knowledge base and stage.
    """

    document: str
    run: int
    unit: str
    served_s: float
    kb_served_s: float


def claim(
    kb: KnowledgeBase, document: str, run: int, stage: str, unit: str, worker: str, rules: LedgerSettings
) -> Claim | None:
    """Take a ready unit; None if it is not to be had. Twice is safe: the second finds it claimed."""
    token = uuid.uuid4().hex
    try:
        with kb.db.write() as connection:
            now = moment(connection)  # not before: the lock may have been long in coming, and the lease begins now
            values = {
                "document": document, "run": run, "stage": stage, "unit": unit, "token": token, "worker": worker,
                "boot": now.boot, "now": now.now_s, "until": now.now_s + rules.lease_s, "wall": clock.wall(),
            }  # fmt: skip
            row = connection.execute(
                text(
                    "UPDATE unit SET state = 'claimed', token = :token, worker = :worker, boot = :boot,"
                    " lease_until_s = :until, not_before_s = NULL, claimed_s = :now,"
                    f" started_at = coalesce(started_at, :wall) WHERE {_UNIT} AND state = 'ready' AND {_DUE}"
                    " RETURNING first, last, crashes"
                ),
                values,
            ).first()
            if row is None:
                return None
            # The document has had its turn: its other units stand behind whoever waits by now.
            connection.execute(
                text(
                    "UPDATE unit SET boot = :boot, not_before_s = :now WHERE stage = :stage AND document = :document"
                    f" AND state = 'ready' AND {_DUE}"
                ),
                values,
            )
            snapshot = runs.started(connection, document, run)
    except Missing:
        return None
    return Claim(
        kb, document, run, stage, unit, row.first, row.last, token, row.crashes, snapshot.settings,
        snapshot.pages_total, snapshot.password,
    )  # fmt: skip


def renew(held: Claim, rules: LedgerSettings) -> None:
    """Prolong the lease.

    Raises:
        LeaseLost: the unit is somebody else's now.
    """
    try:
        with held.kb.db.write() as connection:
            done = connection.execute(
                text(f"UPDATE unit SET lease_until_s = :until WHERE {_UNIT} AND state = 'claimed' AND token = :token"),
                {**held.key, "token": held.token, "until": moment(connection).now_s + rules.lease_s},
            )
            if done.rowcount != 1:
                raise LeaseLost(held.unit)
    except Missing as error:
        raise LeaseLost(held.unit) from error


def require_held(held: Claim) -> None:
    """Look whether the unit is still its worker's, without writing: far cheaper than a renewal.

    Raises:
        LeaseLost: the unit is somebody else's now.
    """
    try:
        with held.kb.db.read() as connection:
            _require_held(connection, held)
    except Missing as error:
        raise LeaseLost(held.unit) from error


def _require_held(connection: Connection, held: Claim) -> None:
    found = connection.execute(
        text(f"SELECT 1 FROM unit WHERE {_UNIT} AND state = 'claimed' AND token = :token"),
        {**held.key, "token": held.token},
    ).first()
    if found is None:
        raise LeaseLost(held.unit)


@contextmanager
def fenced(held: Claim) -> Iterator[Connection]:
    """A transaction for results that come before the settle: refused once the unit is lost.

    Raises:
        LeaseLost: the unit is somebody else's now; nothing is written.
    """
    try:
        with held.kb.db.write() as connection:
            _require_held(connection, held)
            yield connection
    except Missing as error:
        raise LeaseLost(held.unit) from error


@contextmanager
def settling(held: Claim) -> Iterator[Connection]:
    """The settle: what the body writes, the unit's new state and what follows from it commit together.

    The unit is done, unless the body has failed it.

    Raises:
        LeaseLost: the unit is somebody else's now; nothing is written.
    """
    with fenced(held) as connection:
        yield connection
        _set_state(connection, held.key, "done", None)
        runs.touch(connection, held.document)
        held.opened.update(runs.advance(connection, held.document, held.run))


def fail_page(connection: Connection, held: Claim, page_number: int, error: PermanentError) -> None:
    """One page of the unit can never be done: in the settle, it becomes a failed unit of its own.

    The others are settled with their range, which stands for one page less.
    """
    if held.first == held.last:
        _set_state(connection, held.key, "failed", error.as_dict())
    else:
        connection.execute(text(f"UPDATE unit SET size = size - 1 WHERE {_UNIT}"), held.key)
        runs.add_units(connection, held.document, held.run, held.stage, [(page_number, page_number)], "claimed")
        _set_state(connection, {**held.key, "unit": f"{page_number}-{page_number}"}, "failed", error.as_dict())
    # Last: where a person has typed the page, the failure is off the list at once.
    runs.mark_page_failed(connection, held.document, held.run, page_number, error.as_dict())


def put_back(held: Claim, delay_s: float) -> None:
    """Give a unit back uncounted, to be tried after a pause: a service was out of reach, or the worker is stopping."""
    with fenced(held) as connection:
        _ready_again(connection, held.key, delay_s)


def attempt_failed(
    held: Claim, kind: Literal["crashes", "losses", "errors"], error: dict[str, Any], rules: LedgerSettings
) -> bool:
    """Count a failed attempt: try again, split a page range, or give up.

    Returns:
        Whether the unit has failed for good.
    """
    with fenced(held) as connection:
        return _count(connection, held.key, held.first, held.last, kind, error, rules)


def give_up(held: Claim, error: PermanentError) -> None:
    """The unit can never be done."""
    with fenced(held) as connection:
        fail(connection, held.key, held.first, held.last, error.as_dict())


def expire_leases(kb: KnowledgeBase, rules: LedgerSettings) -> list[dict[str, Any]]:
    """Return units whose worker fell silent to `ready`, each a loss counted; which they were.

    A worker is silent too while the database is locked. So where the lock was long in coming, all is left to the next
    round: the renewals that waited for the same lock land first.
    """
    expired = "state = 'claimed' AND (boot != :boot OR lease_until_s < :now_s)"
    with kb.db.read() as connection:
        now = moment(connection)._asdict()
        if connection.execute(text(f"SELECT 1 FROM unit WHERE {expired} LIMIT 1"), now).first() is None:
            return []
    began = clock.now_s()
    with kb.db.write() as connection:
        if clock.now_s() - began > _PROMPT_S:
            return []
        now = moment(connection)._asdict()
        columns = "document, run, stage, unit, first, last, worker, losses"
        rows = connection.execute(text(f"SELECT {columns} FROM unit WHERE {expired}"), now).mappings().all()
        for row in rows:
            key = {name: row[name] for name in ("document", "run", "stage", "unit")}
            error = {
                "code": "worker_lost",
                "message": f"The worker of this step vanished {rules.max_losses} times; see the logs, then retry.",
                "detail": {"stage": row["stage"], "unit": row["unit"]},
            }
            _count(connection, key, row["first"], row["last"], "losses", error, rules)
        return [dict(row) for row in rows]


def waiting(kb: KnowledgeBase, stage: str, limit: int = ALL) -> list[Waiting]:
    """A document's next ready unit, longest unserved documents first; at most `limit` documents.

    What it costs grows with `limit`, not with the documents that wait: ready units lie in the order of their turns,
    and `not_before_s` is a unit's turn (`claim`, `runs.MY_TURN`).
    """
    with kb.db.read() as connection:
        now = moment(connection)
        rows = connection.execute(
            text(
                "SELECT document, run, unit, coalesce(not_before_s, 0) AS served_s, coalesce((SELECT max(not_before_s)"
                " FROM unit WHERE stage = :stage AND state = 'ready' AND not_before_s <= :now), 0) AS kb_served_s"
                f" FROM unit WHERE stage = :stage AND state = 'ready' AND {_DUE} AND NOT EXISTS (SELECT 1"
                " FROM unit AS earlier WHERE earlier.stage = :stage AND earlier.document = unit.document"
                f" AND earlier.state = 'ready' AND earlier.first < unit.first AND {_DUE})"
                " ORDER BY not_before_s NULLS FIRST, document LIMIT :limit"
            ),
            {"stage": stage, "boot": now.boot, "now": now.now_s, "limit": limit},
        )
        return [Waiting(*row) for row in rows]


def ready_units(kb: KnowledgeBase, stage: str, document: str, limit: int) -> list[tuple[int, str]]:
    """Run and name of the ready units of one document in a stage, in order."""
    with kb.db.read() as connection:
        now = moment(connection)
        rows = connection.execute(
            text(
                "SELECT run, unit FROM unit WHERE stage = :stage AND state = 'ready'"
                f" AND document = :document AND {_DUE} ORDER BY first LIMIT :limit"
            ),
            {"stage": stage, "document": document, "boot": now.boot, "now": now.now_s, "limit": limit},
        )
        return [(row.run, row.unit) for row in rows]


def state_of(kb: KnowledgeBase, document: str, run: int, stage: str, unit: str) -> str | None:
    """The unit's state, or None where there is no such unit."""
    with kb.db.read() as connection:
        value: str | None = connection.execute(
            text(f"SELECT state FROM unit WHERE {_UNIT}"),
            {"document": document, "run": run, "stage": stage, "unit": unit},
        ).scalar()
        return value


def _count(
    connection: Connection,
    key: dict[str, Any],
    first: int,
    last: int,
    kind: Literal["crashes", "losses", "errors"],
    error: dict[str, Any],
    rules: LedgerSettings,
) -> bool:
    count = connection.execute(
        text(
            f"UPDATE unit SET {kind} = {kind} + 1, error = :error WHERE {_UNIT} AND state = 'claimed' RETURNING {kind}"
        ).bindparams(_ERROR),
        {**key, "error": error},
    ).scalar()
    if count is None:  # of several that expired at once, one before it has ended the run
        return False
    # The range may have been cut to the page count since it was claimed.
    last = connection.execute(text(f"SELECT last FROM unit WHERE {_UNIT}"), key).scalar_one()
    # One page of a range may be the culprit: from here on each page answers for itself. A single loss is more
    # likely somebody's kill than the page's doing, a single error more likely passes.
    culprit = kind == "crashes" or count > 1
    splittable = culprit and last > first and stages.BY_NAME[key["stage"]].unit == "page_range"
    if splittable and runs.split_range(connection, key["document"], key["run"], key["stage"], first, last):
        _set_state(connection, key, "cancelled", error)
        return False
    if count < getattr(rules, f"max_{kind}"):
        _ready_again(connection, key, rules.retry_delay_s if kind == "errors" else 0.0)
        return False
    fail(connection, key, first, last, error)
    return True


def fail(connection: Connection, key: dict[str, Any], first: int, last: int, error: dict[str, Any]) -> None:
    """Give a unit up: its pages fail where its stage is about pages, else its run."""
    _set_state(connection, key, "failed", error)
    runs.touch(connection, key["document"])
    if stages.BY_NAME[key["stage"]].page_level:
        runs.fail_pages(connection, key["document"], key["run"], first, last, error)
    else:
        runs.finish(connection, key["document"], key["run"], "failed", error)


def _ready_again(connection: Connection, key: dict[str, Any], delay_s: float) -> None:
    now = moment(connection)
    connection.execute(
        text(
            "UPDATE unit SET state = 'ready', token = NULL, worker = NULL, lease_until_s = NULL, boot = :boot,"
            f" not_before_s = :not_before, ready_at = :wall WHERE {_UNIT}"
        ),
        {**key, "boot": now.boot, "not_before": now.now_s + delay_s, "wall": clock.wall()},
    )


def _set_state(connection: Connection, key: dict[str, Any], state: str, error: dict[str, Any] | None) -> None:
    """Set how a unit ended; one that has failed stays failed."""
    connection.execute(
        text(
            "UPDATE unit SET state = :state, token = NULL, lease_until_s = NULL, not_before_s = NULL,"
            f" finished_at = :wall, error = :error WHERE {_UNIT} AND state != 'failed'"
        ).bindparams(_ERROR),
        {**key, "state": state, "error": error, "wall": clock.wall()},
    )
