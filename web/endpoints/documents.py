"""Documents: upload, status, results, retry, cancel, delete."""

from __future__ import annotations

import time
from typing import Any

import orjson
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from pipeline import log, metrics
from pipeline.errors import PermanentError
from pipeline.render.kinds import TAIL_BYTES, require_supported, sniff
from storage import clock, documents, reprocess, status
from storage.catalog import KnowledgeBase
from storage.documents import NewDocument
from storage.files import tail
from web import answers, inputs, pipeline_answers, upload
from web.names import Names
from web.state import State, answer, body, query, state
from web.threads import in_thread, in_writing_thread

_LOG = log.get("web")


async def add(request: Request) -> Response:
    """POST .../documents: take files in and answer with their ids; the work begins behind the answer."""
    parts = state(request)
    record, kb = await in_thread(parts.knowledge_base, request)
    web = parts.settings.web
    await in_thread(documents.require_room, kb, web.max_waiting)  # before gigabytes come in vain
    folder = kb.file_store.incoming(kb.id)
    received = await upload.receive(request, folder, web.max_upload_mb * 1_000_000, web.max_files)
    result = await in_writing_thread(_add, parts, record, kb, received)
    return answer(result, 202, background=BackgroundTask(in_thread, parts.send))


def _add(parts: State, record: dict[str, Any], kb: KnowledgeBase, received: upload.Received) -> answers.UploadAnswer:
    try:
        form = _form(received.fields)
        if not received.files:
            raise PermanentError("bad_request", "There is no file in the upload: send files in the field `files`.")
        web = parts.settings.web
        batch = clock.new_id()
        settings = parts.storage.run_settings(record)
        result = answers.UploadAnswer(batch=batch, documents=[], rejected=[])
        with parts.storage.working(kb.id):
            for file in received.files:
                try:
                    new = _new_document(file, form, limit_mb=web.max_upload_mb)
                    result.documents.append(
                        _accepted(kb, new, documents.add(kb, new, batch, settings, web.max_waiting))
                    )
                except PermanentError as error:
                    if file.path is not None:
                        file.path.unlink(missing_ok=True)
                    problem = answers.Problem(code=error.code, message=error.message, detail=error.detail)
                    result.rejected.append(answers.RejectedFile(filename=file.filename, error=problem))
        return result
    except BaseException:
        for file in received.files:
            if file.path is not None:
                file.path.unlink(missing_ok=True)
        raise


def _accepted(kb: KnowledgeBase, new: NewDocument, taken: documents.Accepted) -> answers.AcceptedDocument:
    _LOG.info("uploaded", kb=kb.id, document=taken.id, kind=new.kind, bytes=new.size_bytes, duplicate=taken.duplicate)
    metrics.UPLOAD_BYTES.labels(new.kind).inc(new.size_bytes)
    return answers.AcceptedDocument.model_validate(
        {"id": taken.id, "filename": new.filename, "status": taken.status, "duplicate": taken.duplicate}
    )


def _form(fields: dict[str, list[str]]) -> inputs.UploadForm:
    """The fields beside the files: `metadata` is a JSON object, `tags` may be repeated or separated by commas.

    An empty field is one that a form was sent without.
    """
    values: dict[str, Any] = dict(fields)
    if "metadata" in fields:
        try:
            values["metadata"] = orjson.loads(fields["metadata"][-1] or b"{}")
        except orjson.JSONDecodeError as error:
            raise PermanentError("bad_request", f"metadata: not valid JSON: {error}") from error
    if "tags" in fields:
        values["tags"] = [tag.strip() for value in fields["tags"] for tag in value.split(",") if tag.strip()]
    if "password" in fields:
        values["password"] = fields["password"][-1] or None
    return inputs.UploadForm.model_validate(values)


def _new_document(file: upload.ReceivedFile, form: inputs.UploadForm, limit_mb: int) -> NewDocument:
    if file.path is None:
        raise PermanentError(
            "too_large", f"The file is larger than {limit_mb} MB; split it, or raise web.max_upload_mb."
        )
    if file.size_bytes == 0:
        raise PermanentError("empty_file", "The file has no bytes; export or copy it again.")
    kind = sniff(file.head)
    if kind in ("zip", "ole"):  # what is in the package may stand at its end only
        kind = sniff(file.head, tail(file.path, TAIL_BYTES))
    require_supported(kind)
    return NewDocument(
        file.filename, kind, file.sha256, file.size_bytes, file.path, dict(form.metadata), list(form.tags),
        form.password.get_secret_value() if form.password else None,
    )  # fmt: skip


async def listing(request: Request) -> Response:
    """GET .../documents."""
    wanted = query(request, inputs.DocumentQuery)
    return answer(await in_thread(_listing, state(request), request, wanted))


def _listing(parts: State, request: Request, wanted: inputs.DocumentQuery) -> answers.DocumentList:
    record, kb = parts.knowledge_base(request)
    found = status.statuses(
        kb, status=wanted.status, batch=wanted.batch, tag=wanted.tag, after=wanted.cursor, limit=wanted.limit + 1,
        filters=Names(record, [kb]).filters(wanted.filter),
    )  # fmt: skip
    items = [answers.DocumentStatus(**item) for item in found[: wanted.limit]]
    return answers.DocumentList(items=items, next_cursor=items[-1].id if len(found) > wanted.limit else None)


async def show(request: Request) -> Response:
    """GET .../documents/{id}: at once, or when its version has moved on (long poll)."""
    parts, wanted = state(request), query(request, inputs.WaitQuery)
    _, kb = await in_thread(parts.knowledge_base, request)
    document = request.path_params["document"]
    if wanted.wait:
        await _wait(parts, kb, document, wanted)
    return answer(answers.DocumentStatus(**await in_thread(status.status, kb, document)))


async def _wait(parts: State, kb: KnowledgeBase, document: str, wanted: inputs.WaitQuery) -> None:
    """Wait until the document's version is beyond the one given, as long as the client will.

    A version of the knowledge base that was read before the document's own is what to wait beyond: nothing slips
    between the two looks.
    """
    deadline = time.monotonic() + wanted.wait
    version = await in_thread(status.version_of, kb, document)
    since = version if wanted.since is None else wanted.since
    seen = version
    while version <= since and (left := deadline - time.monotonic()) > 0 and not parts.watch.closed:
        seen = await parts.watch.beyond(kb, seen, left)
        version = await in_thread(status.version_of, kb, document)


async def retry(request: Request) -> Response:
    """POST .../documents/{id}/retry: what failed is done again, what was read is kept."""
    parts, unlock = state(request), await body(request, inputs.Unlock, bodiless=True)
    result = await in_writing_thread(_retry, parts, request, unlock.clear)
    return answer(result, 202, background=BackgroundTask(in_thread, parts.send))


def _retry(parts: State, request: Request, password: str | None) -> answers.DocumentStatus:
    record, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    with parts.storage.working(kb.id):
        reprocess.retry(kb, document, parts.storage.run_settings(record), password)
    return answers.DocumentStatus(**status.status(kb, document))


async def reprocess_one(request: Request) -> Response:
    """POST .../documents/{id}/reprocess: done anew from a stage on; the former result is found until then."""
    parts, wanted = state(request), query(request, inputs.ReprocessQuery)
    unlock = await body(request, inputs.Unlock, bodiless=True)
    result = await in_writing_thread(_reprocess_one, parts, request, wanted, unlock.clear)
    return answer(result, 202, background=BackgroundTask(in_thread, parts.send))


def _reprocess_one(
    parts: State, request: Request, wanted: inputs.ReprocessQuery, password: str | None
) -> answers.DocumentStatus:
    record, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    with parts.storage.working(kb.id):
        reprocess.reprocess(kb, document, wanted.from_, parts.storage.run_settings(record), password)
    return answers.DocumentStatus(**status.status(kb, document))


async def reprocess_all(request: Request) -> Response:
    """POST .../reprocess: many documents done anew from a stage on; those in work are passed over."""
    parts, wanted = state(request), query(request, inputs.ReprocessAllQuery)
    result = await in_writing_thread(_reprocess_all, parts, request, wanted)
    return answer(result, 202, background=BackgroundTask(in_thread, parts.send))


def _reprocess_all(parts: State, request: Request, wanted: inputs.ReprocessAllQuery) -> pipeline_answers.RunsOpened:
    record, kb = parts.knowledge_base(request)
    settings = parts.storage.run_settings(record)
    with parts.storage.working(kb.id):
        opened = reprocess.reprocess_all(
            kb, wanted.from_, settings, status=wanted.status, engine=wanted.engine, tag=wanted.tag
        )
    return pipeline_answers.RunsOpened(runs=opened.runs, passed_over=opened.passed_over)


async def cancel(request: Request) -> Response:
    """POST .../documents/{id}/cancel."""
    return answer(await in_writing_thread(_cancel, state(request), request), 202)


def _cancel(parts: State, request: Request) -> answers.DocumentStatus:
    _, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    with parts.storage.working(kb.id):
        documents.cancel(kb, document)
    return answers.DocumentStatus(**status.status(kb, document))


async def delete(request: Request) -> Response:
    """DELETE .../documents/{id}."""
    await in_writing_thread(_delete, state(request), request)
    return Response(status_code=204)


def _delete(parts: State, request: Request) -> None:
    _, kb = parts.knowledge_base(request)
    with parts.storage.working(kb.id):
        documents.delete(kb, request.path_params["document"])
