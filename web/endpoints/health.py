"""Whether it lives, whether it is ready, and how the pipeline stands."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline import stages
from pipeline.errors import ServiceUnavailable
from storage import overview
from web.state import State, in_thread, state


async def healthz(_: Request) -> Response:
    """GET /healthz: the web process answers."""
    return JSONResponse({"status": "ok", "version": version("pagemill")})


async def readyz(request: Request) -> Response:
    """GET /readyz: uploads and keyword search work and nothing dies again and again; else 503 and why."""
    problems, notes = await in_thread(_check, state(request))
    body = {"ready": not problems, "problems": problems, "notes": notes}
    return JSONResponse(body, status_code=503 if problems else 200)


def _check(parts: State) -> tuple[list[str], list[str]]:
    problems: list[str] = []
    notes: list[str] = []
    try:
        alive = {worker["stage"] for worker in parts.storage.workers()}
        notes.extend(f"{stage}: no worker yet; uploads wait" for stage in stages.NAMES if stage not in alive)
    except ServiceUnavailable as error:
        problems.append(str(error))
    try:
        parts.queue.ping()
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


async def pipeline(request: Request) -> Response:
    """GET /api/v1/pipeline."""
    return JSONResponse(await in_thread(overview.pipeline, state(request).storage))
