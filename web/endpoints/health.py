"""Whether it lives, whether it is ready, and what it can do."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, get_args

import orjson
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response

from pipeline import stages
from pipeline.errors import ServiceUnavailable
from pipeline.extract.fields import SCHEMAS
from pipeline.render.kinds import SUPPORTED
from pipeline.settings import EngineName, Language
from storage import pauses, workers
from web import answers
from web.state import State, answer, state
from web.threads import in_thread


async def healthz(_: Request) -> Response:
    """GET /healthz: the web process answers."""
    return answer(answers.Health(status="ok", version=version("pagemill")))


async def readyz(request: Request) -> Response:
    """GET /readyz: uploads and keyword search work and nothing dies again and again; else 503 and why."""
    problems, notes = await in_thread(_check, state(request))
    return answer(answers.Readiness(ready=not problems, problems=problems, notes=notes), 503 if problems else 200)


def _check(parts: State) -> tuple[list[str], list[str]]:
    problems: list[str] = []
    notes: list[str] = []
    try:
        alive = {worker["stage"] for worker in workers.living(parts.storage.catalog)}
        notes.extend(f"{stage}: no worker yet; uploads wait" for stage in stages.NAMES if stage not in alive)
        notes.extend(
            f"{stage}: paused since {pause.since}; `pagemill resume {stage}` lets it go on"
            for stage, pause in pauses.paused(parts.storage.catalog).items()
        )
    except ServiceUnavailable as error:
        problems.append(str(error))
    try:
        parts.queue.ping()
    except ServiceUnavailable as error:
        problems.append(str(error))
    try:
        parts.storage.file_store.check()
    except ServiceUnavailable as error:
        problems.append(str(error))
    problems.extend(_crash_loops(parts))
    if parts.model.problem:
        notes.append(f"query model: {parts.model.problem}; keyword search works")
    return problems, notes


def _crash_loops(parts: State) -> list[str]:
    """What `pagemill up` says of processes that keep dying; nothing where something else supervises."""
    path = parts.settings.data / "supervisor.json"
    if not path.exists():
        return []
    report: dict[str, Any] = orjson.loads(path.read_bytes())
    return [f"{name}: {entry['problem']}" for name, entry in report.items() if entry["problem"]]


async def metrics(request: Request) -> Response:
    """GET /metrics: figures for Prometheus, in its text format."""
    return Response(await in_thread(state(request).figures.text), media_type=CONTENT_TYPE_PLAIN_0_0_4)


async def about(request: Request) -> Response:
    """GET /api/v1/about: what a page or a program may offer."""
    settings = state(request).settings
    limits = settings.web
    return answer(
        answers.About(
            version=version("pagemill"), kinds=list(SUPPORTED), max_upload_mb=limits.max_upload_mb,
            max_files=limits.max_files, engines=list(get_args(EngineName)), languages=list(get_args(Language)),
            schemas=list(SCHEMAS), review_confidence=settings.extract.review_confidence,
        )
    )  # fmt: skip
