"""A thread pool inside the web process, as users would have written it. Runs in the peers' environment.

POST /documents          reads in the pool while the request waits, and answers with the text
POST /documents?later    answers as soon as the pool has the work, which is lost if the process ends
POST /begin              until then the pool holds still
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import reading
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

FOLDER = Path(os.environ["UPLOADS"])
POOL = ThreadPoolExecutor(2)
results: dict[str, Future[str]] = {}
begun = threading.Event()


async def add(request: Request) -> JSONResponse:
    async with request.form() as form:
        upload = form["files"]
        path = FOLDER / uuid.uuid4().hex
        await run_in_threadpool(_keep, upload.file, path)
    work = results[path.name] = POOL.submit(_read, str(path))
    if "later" in request.query_params:
        return JSONResponse({"id": path.name}, 202)
    return JSONResponse({"id": path.name, "text": await asyncio.wrap_future(work)})


def _keep(stream, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(stream, out)


def _read(path: str) -> str:
    begun.wait()
    return reading.read(path)


async def begin(request: Request) -> JSONResponse:
    begun.set()
    return JSONResponse({})


async def show(request: Request) -> JSONResponse:
    work = results[request.path_params["id"]]
    return JSONResponse(
        {"status": "SUCCESS" if work.done() else "PENDING", "text": work.result() if work.done() else None}
    )


app = Starlette(
    routes=[
        Route("/documents", add, methods=["POST"]),
        Route("/documents/{id}", show),
        Route("/begin", begin, methods=["POST"]),
    ]
)
