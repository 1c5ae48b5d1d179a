"""A small Celery pipeline as users would have written it: one task a document. Runs in the peers' environment."""

from __future__ import annotations

import os

import celery
import reading

app = celery.Celery("celery_app", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
app.conf.update(worker_prefetch_multiplier=1, task_acks_late=True, broker_connection_retry_on_startup=True)


@app.task
def read(path: str) -> str:
    """The text of a document."""
    return reading.read(path)
