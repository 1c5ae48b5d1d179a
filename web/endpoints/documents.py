"""Documents: upload, status, results, retry, cancel, delete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from pipeline import log
from pipeline.errors import PermanentError
from pipeline.render.kinds import require_supported, sniff
from storage import clock, documents, pages
from storage.catalog import KnowledgeBase
from storage.documents import NewDocument
from web import models, upload
from web.state import State, answer, in_thread, query, state

_LOG = log.get("web")
_LARGEST_PAGE = 2**31 - 1  # what every database takes for a number
_MEDIA = {
    "pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg", "tiff": "image/tiff", "webp": "image/webp",
    "bmp": "image/bmp",
}  # fmt: skip


async def add(request: Request) -> Response:
    """POST .../documents: take files in and answer with their ids; the work begins behind the answer."""
    parts = state(request)
    record, kb = await in_thread(parts.knowledge_base, request)
    limits = parts.settings.web
    received = await upload.receive(request, kb.folder / "incoming", limits.max_upload_mb * 1_000_000, limits.max_files)
    result = await in_thread(_add, parts, record, kb, received)
    return answer(result, 202, background=BackgroundTask(in_thread, parts.send))


def _add(parts: State, record: dict[str, Any], kb: KnowledgeBase, received: upload.Received) -> models.UploadAnswer:
    try:
        form = _form(received.fields)
        if not received.files:
            raise PermanentError("bad_request", "There is no file in the upload: send files in the field `files`.")
        batch = clock.new_id()
        parts.storage.wake(kb.id)
        settings = parts.storage.run_settings(record)
        result = models.UploadAnswer(batch=batch, documents=[], rejected=[])
        for file in received.files:
            try:
                new = _new_document(file, form, limit_mb=parts.settings.web.max_upload_mb)
            except PermanentError as error:
                if file.path is not None:
                    file.path.unlink(missing_ok=True)
                problem = models.Problem(code=error.code, message=error.message, detail=error.detail)
                result.rejected.append(models.RejectedFile(filename=file.filename, error=problem))
                continue
            taken = documents.add(kb, new, batch, settings)
            _LOG.info("uploaded", kb=kb.id, document=taken.id, kind=new.kind, bytes=new.size_bytes,
                      duplicate=taken.duplicate)  # fmt: skip
            result.documents.append(
                models.AcceptedDocument.model_validate(
                    {"id": taken.id, "filename": file.filename, "status": taken.status, "duplicate": taken.duplicate}
                )
            )
        parts.storage.wake(kb.id)  # again: the sweep may have seen it idle between the first and the commit
        return result
    except BaseException:
        for file in received.files:
            if file.path is not None:
                file.path.unlink(missing_ok=True)
        raise


def _form(fields: dict[str, list[str]]) -> models.UploadForm:
    """The fields beside the files: `metadata` is a JSON object, `tags` may be repeated or separated by commas."""
    values: dict[str, Any] = dict(fields)
    if "metadata" in fields:
        try:
            values["metadata"] = orjson.loads(fields["metadata"][-1])
        except orjson.JSONDecodeError as error:
            raise PermanentError("bad_request", f"metadata: not valid JSON: {error}") from error
    if "tags" in fields:
        values["tags"] = [tag.strip() for value in fields["tags"] for tag in value.split(",") if tag.strip()]
    return models.UploadForm.model_validate(values)


def _new_document(file: upload.ReceivedFile, form: models.UploadForm, limit_mb: int) -> NewDocument:
    if file.path is None:
        raise PermanentError(
            "too_large", f"The file is larger than {limit_mb} MB; split it, or raise web.max_upload_mb."
        )
    if file.size_bytes == 0:
        raise PermanentError("empty_file", "The file has no bytes; export or copy it again.")
    kind = sniff(file.head)
    require_supported(kind)
    return NewDocument(
        file.filename, kind, file.sha256, file.size_bytes, file.path, dict(form.metadata), list(form.tags)
    )


async def listing(request: Request) -> Response:
    """GET .../documents."""
    wanted = query(request, models.DocumentQuery)
    return answer(await in_thread(_listing, state(request), request, wanted))


def _listing(parts: State, request: Request, wanted: models.DocumentQuery) -> models.DocumentList:
    _, kb = parts.knowledge_base(request)
    found = documents.statuses(
        kb, status=wanted.status, batch=wanted.batch, tag=wanted.tag, after=wanted.cursor, limit=wanted.limit + 1
    )
    items = [models.DocumentStatus(**item) for item in found[: wanted.limit]]
    return models.DocumentList(items=items, next_cursor=items[-1].id if len(found) > wanted.limit else None)


async def show(request: Request) -> Response:
    """GET .../documents/{id}."""
    return answer(await in_thread(_show, state(request), request))


def _show(parts: State, request: Request) -> models.DocumentStatus:
    _, kb = parts.knowledge_base(request)
    return models.DocumentStatus(**documents.status(kb, request.path_params["document"]))


def _published(kb: KnowledgeBase, document: str) -> int:
    """The number of the published run.

    Raises:
        PermanentError: `not_found`, or `not_ready` where none was published yet.
    """
    found = documents.find(kb, document)
    if found.published_run is None:
        raise PermanentError("not_ready", f"The document is {found.status}; there is no result of it yet.")
    return found.published_run


def _result(parts: State, request: Request, which: Callable[[KnowledgeBase, str, int], Path]) -> Path:
    _, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    return which(kb, document, _published(kb, document))


async def markdown(request: Request) -> Response:
    """GET .../documents/{id}/markdown."""
    path = await in_thread(_result, state(request), request, lambda kb, id_, run: kb.files(id_).markdown(run))
    return FileResponse(path, media_type="text/markdown; charset=utf-8")


async def json(request: Request) -> Response:
    """GET .../documents/{id}/json."""
    path = await in_thread(_result, state(request), request, lambda kb, id_, run: kb.files(id_).json(run))
    return FileResponse(path, media_type="application/json")


async def original(request: Request) -> Response:
    """GET .../documents/{id}/original, always as an attachment: a browser must not run what somebody uploaded."""
    path, found = await in_thread(_original, state(request), request)
    headers = {"X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=_MEDIA[found.kind], filename=found.filename, headers=headers)


def _original(parts: State, request: Request) -> tuple[Path, documents.Found]:
    _, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    return kb.files(document).original, documents.find(kb, document)


async def page_list(request: Request) -> Response:
    """GET .../documents/{id}/pages: of the latest run, so that pages show up as they are read."""
    return JSONResponse({"items": await in_thread(_page_list, state(request), request), "next_cursor": None})


def _page_list(parts: State, request: Request) -> list[dict[str, Any]]:
    _, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    return pages.page_list(kb, document, documents.find(kb, document).run)


async def page(request: Request) -> Response:
    """GET .../documents/{id}/pages/{n}: words and boxes."""
    return JSONResponse(await in_thread(_page, state(request), request))


def _page(parts: State, request: Request) -> dict[str, Any]:
    _, kb = parts.knowledge_base(request)
    document, number = request.path_params["document"], request.path_params["page"]
    run = documents.find(kb, document).run
    reading = pages.page_reading(kb, document, run, number) if number <= _LARGEST_PAGE else None
    if reading is None:
        raise PermanentError("not_found", f"Page {number} of the document was not read, or not yet.")
    described = reading.as_dict()
    described["words"] = [
        {"text": word.text, "box": word.box.rounded(), "confidence": round(word.confidence, 3), "line": word.line}
        for word in reading.words
    ]
    return described


async def retry(request: Request) -> Response:
    """POST .../documents/{id}/retry: what failed is done again, what was read is kept."""
    parts = state(request)
    result = await in_thread(_retry, parts, request)
    return answer(result, 202, background=BackgroundTask(in_thread, parts.send))


def _retry(parts: State, request: Request) -> models.DocumentStatus:
    record, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    parts.storage.wake(kb.id)
    documents.retry(kb, document, parts.storage.run_settings(record))
    parts.storage.wake(kb.id)  # again, as after an upload
    return models.DocumentStatus(**documents.status(kb, document))


async def cancel(request: Request) -> Response:
    """POST .../documents/{id}/cancel."""
    return answer(await in_thread(_cancel, state(request), request), 202)


def _cancel(parts: State, request: Request) -> models.DocumentStatus:
    _, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    parts.storage.wake(kb.id)
    documents.cancel(kb, document)
    return models.DocumentStatus(**documents.status(kb, document))


async def delete(request: Request) -> Response:
    """DELETE .../documents/{id}."""
    await in_thread(_delete, state(request), request)
    return Response(status_code=204)


def _delete(parts: State, request: Request) -> None:
    _, kb = parts.knowledge_base(request)
    parts.storage.wake(kb.id)
    documents.delete(kb, request.path_params["document"])
