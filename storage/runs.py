"""Runs: one pass over a document. Opening, advancing from stage to stage, finishing, publishing.

What comes next is derived from the committed ledger alone (`advance`), inside the transaction that settles a unit:
the last unit of a stage to settle, whichever it is, makes the units of the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam
from sqlalchemy.types import JSON

from pipeline import metrics, stages
from storage import clock, fields, standing
from storage.database import after_commit, moment, text

UNFINISHED = ("queued", "running")
_READER_DIED = ("page_crashed", "page_timeout", "page_memory", "worker_lost")
_RUN = "document = :document AND run = :run"
_OPEN = "state IN ('blocked', 'ready', 'claimed')"
_CUT = "CASE WHEN last < :total THEN last ELSE :total END"
# A unit that becomes ready has its turn when its document has it: whoever was served last waits longest. That is when
# a unit of the same document and stage was last claimed (of this boot: an older clock tells nothing), or else now.
MY_TURN = (
    "coalesce((SELECT max(served.claimed_s) FROM unit AS served WHERE served.document = :document"
    " AND served.stage = :stage AND served.boot = :boot), :now)"
)
_INSERT_UNIT = text(
    "INSERT INTO unit (document, run, stage, unit, first, last, size, state, crashes, losses, errors, ready_at, boot,"
    f" not_before_s) VALUES (:document, :run, :stage, :unit, :first, :last, :size, :state, 0, 0, 0, :wall, :boot,"
    f" {MY_TURN}) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a worker needs to know of its run."""

    settings: dict[str, Any]
    pages_total: int | None
    password: bytes | None


def open_run(connection: Connection, document: str, run: int, cause: str, settings: dict[str, Any]) -> None:
    """Open a run that starts from the original; the document's row must exist."""
    insert_run(connection, document, run, cause, settings, None)
    add_units(connection, document, run, "render", [(1, settings["pages_per_unit"])], "ready")
    touch(connection, document)


def insert_run(
    connection: Connection, document: str, run: int, cause: str, settings: dict[str, Any], pages_total: int | None
) -> None:
    """Make a run the document's latest; it has no units yet."""
    connection.execute(
        text(
            "INSERT INTO run (document, run, status, cause, settings, pages_total, created_at)"
            " VALUES (:document, :run, 'queued', :cause, :settings, :pages_total, :wall)"
        ).bindparams(bindparam("settings", type_=JSON)),
        {
            "document": document, "run": run, "cause": cause, "settings": settings, "pages_total": pages_total,
            "wall": clock.wall(),
        },
    )  # fmt: skip
    connection.execute(text("UPDATE document SET run = :run WHERE id = :document"), {"document": document, "run": run})


def started(connection: Connection, document: str, run: int) -> Snapshot:
    """A unit of the run was claimed: it runs from now on. Its snapshot."""
    row = connection.execute(
        text(f"SELECT status, settings, pages_total, password FROM run WHERE {_RUN}").columns(settings=JSON),
        {"document": document, "run": run},
    ).one()
    if row.status == "queued":
        connection.execute(
            text(f"UPDATE run SET status = 'running', started_at = :wall WHERE {_RUN}"),
            {"document": document, "run": run, "wall": clock.wall()},
        )
        touch(connection, document)
    return Snapshot(row.settings, row.pages_total, row.password)


def add_units(
    connection: Connection, document: str, run: int, stage: str, ranges: Iterable[tuple[int, int]], state: str
) -> None:
    """Insert units; those that are there already stay as they are."""
    wall, now = clock.wall(), moment(connection)
    rows = [
        {
            "document": document, "run": run, "stage": stage, "unit": f"{first}-{last}", "first": first, "last": last,
            "size": last - first + 1, "state": state, "wall": wall, "boot": now.boot, "now": now.now_s,
        }
        for first, last in ranges
    ]  # fmt: skip
    if rows:
        connection.execute(_INSERT_UNIT, rows)


def set_pages(connection: Connection, document: str, run: int, unit: str, total: int) -> None:
    """The original was opened and has `total` pages: cut the first unit to fit and plan the others behind it."""
    values = {"document": document, "run": run, "unit": unit, "total": total}
    known = connection.execute(
        text(f"UPDATE run SET pages_total = :total WHERE {_RUN} AND pages_total IS NULL"), values
    ).rowcount
    if not known:
        return
    step = connection.execute(
        text(
            f"UPDATE unit SET last = {_CUT}, size = {_CUT} - first + 1 WHERE {_RUN}"
            " AND stage = 'render' AND unit = :unit RETURNING last"
        ),
        values,
    ).scalar_one()
    ranges = [(first, min(first + step - 1, total)) for first in range(step + 1, total + 1, step)]
    add_units(connection, document, run, "render", ranges, "blocked")
    touch(connection, document)
    advance(connection, document, run)


def split_range(connection: Connection, document: str, run: int, stage: str, first: int, last: int) -> bool:
    """Put a unit a page in the place of a range. Not before the page count is known: then False, nothing is done."""
    values = {"document": document, "run": run}
    if connection.execute(text(f"SELECT pages_total FROM run WHERE {_RUN}"), values).scalar() is None:
        return False
    add_units(connection, document, run, stage, [(number, number) for number in range(first, last + 1)], "ready")
    return True


def touch(connection: Connection, document: str) -> None:
    """Stamp the document with the knowledge base's next version."""
    connection.execute(text("UPDATE knowledge SET version = version + 1"))
    connection.execute(
        text("UPDATE document SET version = (SELECT version FROM knowledge) WHERE id = :document"),
        {"document": document},
    )


def advance(connection: Connection, document: str, run: int) -> set[str]:
    """Make ready whatever may start now, as the ledger stands. Doing it twice is safe: units are inserted once.

    Returns:
        The stages that have units which were not ready before.
    """
    values = {"document": document, "run": run}
    row = connection.execute(
        text(f"SELECT status, pages_total, settings FROM run WHERE {_RUN}").columns(settings=JSON), values
    ).one()
    opened: set[str] = set()
    if row.status not in UNFINISHED or row.pages_total is None:
        return opened
    counts: dict[tuple[str, str], int] = {}
    for count in connection.execute(
        text(f"SELECT stage, state, sum(size) AS n FROM unit WHERE {_RUN} GROUP BY stage, state"), values
    ):
        counts[count.stage, count.state] = count.n

    def unsettled(stage: str) -> int:
        return sum(counts.get((stage, state), 0) for state in ("blocked", "ready", "claimed"))

    if counts.get(("render", "blocked")):
        ahead = unsettled("render") - counts["render", "blocked"] + unsettled("ocr")
        if _open_window(connection, values, row.settings["window"] - ahead, nothing_ahead=ahead == 0):
            opened.add("render")
    if unsettled("render") or unsettled("ocr"):
        return opened
    # No page needs the original any more.
    connection.execute(text(f"UPDATE run SET password = NULL WHERE {_RUN} AND password IS NOT NULL"), values)
    if not any(stage == "extract" for stage, _ in counts):
        opened |= _start_extract(connection, document, run)
    elif counts.get(("extract", "done")) and not any(stage in ("embed", "store") for stage, _ in counts):
        opened.add(_start_embed(connection, document, run, row.settings))
    elif counts.get(("embed", "done")) and not unsettled("embed"):
        add_units(connection, document, run, "store", [(0, 0)], "ready")
        opened.add("store")
    return opened


def _open_window(connection: Connection, values: dict[str, Any], room: int, *, nothing_ahead: bool) -> bool:
    """Unblock render units in page order while they fit; one at least where nothing else moves the run on.

    Returns:
        Whether any was.
    """
    any_ = False
    blocked = connection.execute(
        text(f"SELECT unit, size FROM unit WHERE {_RUN} AND stage = 'render' AND state = 'blocked' ORDER BY first"),
        values,
    )
    now = moment(connection)
    for unit in blocked.fetchmany(max(room, 1)):
        if unit.size > room and not nothing_ahead:
            break
        room -= unit.size
        nothing_ahead = False
        any_ = True
        connection.execute(
            text(
                f"UPDATE unit SET state = 'ready', ready_at = :wall, boot = :boot, not_before_s = {MY_TURN}"
                f" WHERE {_RUN} AND stage = :stage AND unit = :unit"
            ),
            {
                **values,
                "stage": "render",
                "unit": unit.unit,
                "wall": clock.wall(),
                "boot": now.boot,
                "now": now.now_s,
            },
        )
    return any_


def _start_extract(connection: Connection, document: str, run: int) -> set[str]:
    values = {"document": document, "run": run}
    if connection.execute(text(f"SELECT 1 FROM page WHERE {_RUN} AND state = 'read' LIMIT 1"), values).first():
        add_units(connection, document, run, "extract", [(0, 0)], "ready")
        return {"extract"}
    first = connection.execute(
        text(f"SELECT page_number, error FROM page WHERE {_RUN} AND error IS NOT NULL ORDER BY page_number").columns(
            error=JSON
        ),
        values,
    ).first()
    reason = f" Page {first.page_number}: {first.error['message']}" if first else ""
    detail = {"page": first.page_number, "code": first.error["code"]} if first else None
    message = f"No page of the document could be read.{reason}"
    finish(connection, document, run, "failed", {"code": "no_page_read", "message": message, "detail": detail})
    return set()


def _start_embed(connection: Connection, document: str, run: int, settings: dict[str, Any]) -> str:
    """Make the units of embed, or where there is nothing to embed that of store; the stage that was opened."""
    values = {"document": document, "run": run}
    if settings.get("start") == "store" and not _lacks_vectors(connection, values):
        add_units(connection, document, run, "store", [(0, 0)], "ready")
        return "store"
    chunks_per_unit = settings["chunks_per_unit"]
    chunks = connection.execute(text(f"SELECT count(*) FROM chunk WHERE {_RUN}"), values).scalar_one()
    ranges = [(first, min(first + chunks_per_unit, chunks) - 1) for first in range(0, chunks, chunks_per_unit)]
    if ranges:
        add_units(connection, document, run, "embed", ranges, "ready")
        return "embed"
    # Blank pages only: nothing to embed, but a result to publish.
    add_units(connection, document, run, "store", [(0, 0)], "ready")
    return "store"


def _lacks_vectors(connection: Connection, values: dict[str, Any]) -> bool:
    found = connection.execute(
        text(
            f"SELECT 1 FROM chunk WHERE {_RUN} AND NOT EXISTS"
            " (SELECT 1 FROM embedding WHERE embedding.text_hash = chunk.text_hash) LIMIT 1"
        ),
        values,
    )
    return found.first() is not None


def has_failed_pages(connection: Connection, document: str, run: int) -> bool:
    """Whether a page of the run could not be read."""
    found = connection.execute(
        text(f"SELECT 1 FROM page WHERE {_RUN} AND state = 'failed' LIMIT 1"), {"document": document, "run": run}
    )
    return found.first() is not None


def fail_pages(connection: Connection, document: str, run: int, first: int, last: int, error: dict[str, Any]) -> None:
    """Pages of a page-level unit could not be read; before the page count is known the whole run has failed."""
    values = {"document": document, "run": run}
    if connection.execute(text(f"SELECT pages_total FROM run WHERE {_RUN}"), values).scalar() is None:
        if error["code"] in _READER_DIED:
            message = f"The file could not be opened. {error['message']} Check that it opens elsewhere."
            error = {**error, "code": "damaged", "message": message}
        finish(connection, document, run, "failed", error)
        return
    for page_number in range(first, last + 1):
        mark_page_failed(connection, document, run, page_number, error)
    advance(connection, document, run)


def mark_page_failed(connection: Connection, document: str, run: int, page_number: int, error: dict[str, Any]) -> None:
    """Record why a page of a run could not be read."""
    connection.execute(
        text(
            "INSERT INTO page (document, run, page_number, state, error)"
            " VALUES (:document, :run, :page, 'failed', :error)"
            " ON CONFLICT (document, run, page_number) DO UPDATE SET state = 'failed', error = :error, image = NULL,"
            " corrected = NULL"
        ).bindparams(bindparam("error", type_=JSON)),
        {"document": document, "run": run, "page": page_number, "error": error},
    )
    standing.restate(connection, document, run, page_number)
    after_commit(connection, lambda: metrics.count_page("none", "failed"))


def finish(connection: Connection, document: str, run: int, status: str, error: dict[str, Any] | None = None) -> None:
    """End a run: nothing of it is to do any more, and what it made unpublished is to be cleaned up."""
    values = {"document": document, "run": run, "status": status, "wall": clock.wall(), "error": error}
    connection.execute(
        text(
            f"UPDATE run SET status = :status, error = :error, finished_at = :wall, password = NULL WHERE {_RUN}"
        ).bindparams(bindparam("error", type_=JSON(none_as_null=True))),
        values,
    )
    connection.execute(
        text(
            f"UPDATE unit SET state = 'cancelled', token = NULL, lease_until_s = NULL, finished_at = :wall"
            f" WHERE {_RUN} AND {_OPEN}"
        ),
        values,
    )
    touch(connection, document)
    if status != "done":
        clean_later(connection, document, run)


def publish(connection: Connection, document: str, run: int) -> None:
    """Make the run the one that search and readers see; the runs before it are to be cleaned up.

    A run that is stored once more never takes the place of a newer one, nor goes on behind it.
    """
    values = {"document": document, "run": run}
    connection.execute(
        text(
            "UPDATE document SET published_run = :run, language = (SELECT language FROM run WHERE"
            f" {_RUN}) WHERE id = :document AND coalesce(published_run, 0) <= :run"
        ),
        values,
    )
    fields.mark_live(connection, document)
    finish(connection, document, run, "done")
    finish_all(connection, document, before=run)
    for older in range(1, run):
        clean_later(connection, document, older)


def finish_all(connection: Connection, document: str, before: int | None = None) -> None:
    """Cancel what runs of the document are unfinished.

    Args:
        before: only those older than this run.
    """
    rows = connection.execute(
        text(
            "SELECT run FROM run WHERE document = :document AND status IN ('queued', 'running')"
            " AND (:before IS NULL OR run < :before)"
        ),
        {"document": document, "before": before},
    )
    for unfinished in rows.scalars().all():
        finish(connection, document, unfinished, "cancelled")


def clean_later(connection: Connection, document: str, run: int) -> None:
    """Have the sweep remove what a run left behind and nobody sees. Twice is safe: the rows are the same."""
    now = moment(connection)
    connection.execute(
        text(
            "INSERT INTO cleanup (document, run, chunks, passes, boot, not_before_s) SELECT :document, :run,"
            f" (SELECT count(*) FROM chunk WHERE {_RUN}), 0, :boot, :now"
            " ON CONFLICT (document, run) DO UPDATE SET passes = 0, boot = :boot, not_before_s = :now,"
            " chunks = CASE WHEN cleanup.chunks < excluded.chunks THEN excluded.chunks ELSE cleanup.chunks END"
        ),
        {"document": document, "run": run, "boot": now.boot, "now": now.now_s},
    )


def stages_of(connection: Connection, documents: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """By document, what each stage has done for its latest run: total, done, failed (pages, chunks or documents), when.

    Args:
        documents: ids of some that there are.
    """
    result: dict[str, dict[str, dict[str, Any]]] = {
        document: {
            name: {"total": 0, "done": 0, "failed": 0, "started_at": None, "finished_at": None} for name in stages.NAMES
        }
        for document in documents
    }
    rows = connection.execute(
        text(
            "SELECT document, stage, sum(size) AS total, sum(CASE WHEN state = 'done' THEN size ELSE 0 END) AS done,"
            " sum(CASE WHEN state = 'failed' THEN size ELSE 0 END) AS failed, min(started_at) AS started_at,"
            f" max(finished_at) AS finished_at, count(*) FILTER (WHERE {_OPEN}) AS open FROM document AS d"
            " JOIN unit ON unit.document = d.id AND unit.run = d.run WHERE d.id IN :documents AND"
            " (state != 'cancelled' OR unit.error IS NULL) GROUP BY document, stage"
        ).bindparams(bindparam("documents", expanding=True)),
        {"documents": documents},
    )
    for row in rows:
        result[row.document][row.stage] = {
            "total": row.total, "done": row.done, "failed": row.failed,
            "started_at": row.started_at, "finished_at": None if row.open else row.finished_at,
        }  # fmt: skip
    return result
