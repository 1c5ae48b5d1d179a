"""What was made of a document: text, pages, page images, and the original."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from pipeline.corrections.page import text_of
from pipeline.errors import PermanentError
from storage import documents, pages
from storage.catalog import KnowledgeBase
from storage.file_store import StoredFile
from web import answers, inputs
from web.sending import send_file, send_stored
from web.state import State, answer, query, state
from web.threads import in_thread

_MEDIA = {
    "pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg", "tiff": "image/tiff", "webp": "image/webp",
    "bmp": "image/bmp",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip


# A browser may keep page images, for whom they were shown to: not beyond signing out.
_KEPT = {"Cache-Control": "private, max-age=600", "Vary": "Cookie, Authorization"}


class PageNumber(Convertor[int]):
    """What stands for a page in an address: short enough for every database, and written in one way only."""

    regex = "[1-9][0-9]{0,8}"

    def convert(self, value: str) -> int:
        """To the number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """To the address."""
        return str(value)


class Id(Convertor[str]):
    """What stands for a document, an upload or a key in an address: no path can look like it."""

    regex = "[0-9a-f]{32}"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


register_url_convertor("page", PageNumber())
register_url_convertor("id", Id())


def _published(kb: KnowledgeBase, document: str) -> int:
    """The number of the published run.

    Raises:
        PermanentError: `not_found`, or `not_ready` where none was published yet.
    """
    found = documents.find(kb, document)
    if found.published_run is None:
        raise PermanentError("not_ready", f"The document is {found.status}; there is no result of it yet.")
    return found.published_run


def _result(parts: State, request: Request, which: Callable[[KnowledgeBase, str, int], StoredFile]) -> StoredFile:
    _, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    return which(kb, document, _published(kb, document))


async def markdown(request: Request) -> Response:
    """GET .../documents/{id}/markdown."""
    stored = await in_thread(_result, state(request), request, lambda kb, id_, run: kb.files(id_).markdown(run))
    return await send_stored(stored, media_type="text/markdown; charset=utf-8")


async def json(request: Request) -> Response:
    """GET .../documents/{id}/json."""
    stored = await in_thread(_result, state(request), request, lambda kb, id_, run: kb.files(id_).json(run))
    return await send_stored(stored, media_type="application/json")


async def original(request: Request) -> Response:
    """GET .../documents/{id}/original, always as an attachment: a browser must not run what somebody uploaded."""
    stored, found = await in_thread(_original, state(request), request)
    headers = {"X-Content-Type-Options": "nosniff"}
    return await send_stored(stored, media_type=_MEDIA[found.kind], filename=found.filename, headers=headers)


def _original(parts: State, request: Request) -> tuple[StoredFile, documents.Found]:
    _, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    return kb.files(document).original, documents.find(kb, document)


async def searchable(request: Request) -> Response:
    """GET .../documents/{id}/searchable.pdf: the original's pages with the words that were read, to select and find."""
    parts = state(request)
    kb, found, run = await in_thread(_to_be_searchable, parts, request)
    path = await parts.searchable.file(kb, request.path_params["document"], found.kind, run)
    name = f"{Path(found.filename).stem}-searchable.pdf"
    headers = {"X-Content-Type-Options": "nosniff"}
    return await send_file(path, media_type=_MEDIA["pdf"], filename=name, headers=headers)


def _to_be_searchable(parts: State, request: Request) -> tuple[KnowledgeBase, documents.Found, int]:
    _, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    return kb, documents.find(kb, document), _published(kb, document)


async def page_list(request: Request) -> Response:
    """GET .../documents/{id}/pages: of the latest run, so that pages show up as they are read."""
    return answer(await in_thread(_page_list, state(request), request))


def _page_list(parts: State, request: Request) -> answers.PageList:
    _, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    found = pages.page_list(kb, document, documents.find(kb, document).run)
    return answers.PageList(items=[answers.PageRecord(**page) for page in found], next_cursor=None)


async def page(request: Request) -> Response:
    """GET .../documents/{id}/pages/{n}: words and blocks with their boxes."""
    return answer(await in_thread(_page, state(request), request))


def _page(parts: State, request: Request) -> answers.PageReading:
    _, kb = parts.knowledge_base(request)
    document, number = request.path_params["document"], request.path_params["page"]
    found = documents.find(kb, document)
    runs = dict.fromkeys([found.run, found.published_run or found.run])  # a run in work has not read all yet
    reading = next((read for run in runs if (read := pages.page_reading(kb, document, run, number))), None)
    if reading is None:
        raise PermanentError("not_found", f"Page {number} of the document was not read, or not yet.")
    words = [
        {"text": word.text, "box": word.box.rounded(), "confidence": round(word.confidence, 3), "line": word.line}
        for word in reading.words
    ]
    blocks = None
    # Those of a page that was turned in another way would not fit these words.
    if found.published_run is not None and reading.rotation == pages.rotation_of(kb, document, number):
        blocks = _blocks(kb.files(document).json(found.published_run), number)
    more = {
        "words": words, "blocks": blocks, "text": text_of(reading),
        "corrected": pages.is_corrected(kb, document, runs, number),
    }  # fmt: skip
    return answers.PageReading(**{**reading.as_dict(), **more})


def _blocks(stored: StoredFile, number: int) -> list[dict[str, Any]] | None:
    try:
        content = orjson.loads(stored.get())
    except FileNotFoundError:  # a newer run was published, and this one cleaned up
        return None
    blocks: list[dict[str, Any]] = next(
        (page["blocks"] for page in content["pages"] if page["page_number"] == number), []
    )
    return [{name: block[name] for name in ("kind", "level", "text", "box")} for block in blocks]


async def page_image(request: Request) -> Response:
    """GET .../documents/{id}/pages/{n}/image: the upright page."""
    parts, wanted = state(request), query(request, inputs.ImageQuery)
    kb, document, kind, rotation = await in_thread(_page_of, parts, request, wanted.rotation)
    path = await parts.previews.image(kb, document, kind, request.path_params["page"], rotation, wanted.width)
    return await send_file(path, media_type="image/jpeg", headers=_KEPT)


def _page_of(parts: State, request: Request, rotation: str | None) -> tuple[KnowledgeBase, str, str, int]:
    _, kb = parts.knowledge_base(request)
    document, number = request.path_params["document"], request.path_params["page"]
    found = documents.find(kb, document)
    if found.pages_total is None:
        raise PermanentError("not_ready", f"The document is {found.status} and was not opened; it has no pages yet.")
    if number > found.pages_total:
        raise PermanentError("not_found", f"The document has {found.pages_total} pages; there is no page {number}.")
    return kb, document, found.kind, pages.rotation_of(kb, document, number) if rotation is None else int(rotation)
