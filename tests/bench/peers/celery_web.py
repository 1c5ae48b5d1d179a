"""Uploads for the Celery pipeline: keep the file, send the task, answer. Runs in the peers' environment."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

import celery_app
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

FOLDER = Path(os.environ["UPLOADS"])


async def add(request: Request) -> JSONResponse:
    async with request.form() as form:
        upload = form["files"]
        path = FOLDER / uuid.uuid4().hex
        await run_in_threadpool(_keep, upload.file, path)
    sent = await run_in_threadpool(celery_app.read.delay, str(path))
    return JSONResponse({"id": sent.id}, 202)


def _keep(stream, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(stream, out)


async def show(request: Request) -> JSONResponse:
    return JSONResponse(await run_in_threadpool(_state, request.path_params["id"]))


def _state(name: str) -> dict[str, str | None]:
    result = celery_app.read.AsyncResult(name)
    state = result.state
    return {"status": state, "text": result.result if state == "SUCCESS" else None}


app = Starlette(routes=[Route("/documents", add, methods=["POST"]), Route("/documents/{id}", show)])
