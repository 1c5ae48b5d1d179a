"""What a knowledge base lets go of when it comes to another place, by a restore or a move, and what it asks for."""

from __future__ import annotations

from sqlalchemy import Connection

from pipeline import stages
from storage import clock, runs
from storage.database import text


def forget_images(connection: Connection) -> None:
    """Let go of page images, which stayed where they were: ocr has such pages drawn again."""
    connection.execute(text("UPDATE page SET image = NULL WHERE image IS NOT NULL"))


def release_units(connection: Connection) -> None:
    """Have units that are in work done from the start, uncounted: their workers and clocks are of another place."""
    wall = {"wall": clock.wall()}
    connection.execute(text("UPDATE unit SET state = 'ready', ready_at = :wall WHERE state = 'claimed'"), wall)
    connection.execute(
        text(
            "UPDATE unit SET token = NULL, worker = NULL, boot = NULL, lease_until_s = NULL, not_before_s = NULL,"
            " claimed_s = NULL"
        )
    )


def index_again(connection: Connection) -> None:
    """Have the vectors of all that is published written into an index that has none of them."""
    published = connection.execute(
        text("SELECT id, published_run FROM document WHERE published_run IS NOT NULL AND deleted_at IS NULL")
    ).all()
    for row in published:
        store_again(connection, row.id, row.published_run)


def store_again(connection: Connection, document: str, run: int) -> None:
    """Have a published run stored once more: its vectors are not in the index. Meanwhile it stays published."""
    runs.add_units(connection, document, run, stages.LAST, [(0, 0)], "ready")
    values = {"document": document, "run": run, "wall": clock.wall(), "stage": stages.LAST}
    connection.execute(
        text(
            "UPDATE unit SET state = 'ready', crashes = 0, losses = 0, errors = 0, error = NULL, started_at = NULL,"
            " finished_at = NULL, ready_at = :wall WHERE document = :document AND run = :run AND stage = :stage"
        ),
        values,
    )
    connection.execute(
        text("UPDATE run SET status = 'running', finished_at = NULL WHERE document = :document AND run = :run"), values
    )
    runs.touch(connection, document)
