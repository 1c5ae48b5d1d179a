"""The web page: the files of `web/static`, under headers that let the page load and run nothing but itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import PermanentError
from web import errors
from web.state import state
from web.threads import in_thread

STATIC = Path(__file__).resolve().parent.parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",  # kept by the browser, but asked for every time: a new version shows at once
}
_MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


async def index(request: Request) -> Response:
    """GET /: the page; its views are addresses behind the `#`. Without a key the same page and 401: it asks for one."""
    try:
        await state(request).access.who(request)
    except PermanentError as error:
        body, media_type = await in_thread(_read, "index.html")
        refusal = await errors.permanent(request, error)
        kept = {name: value for name, value in refusal.headers.items() if not name.startswith("content-")}
        return Response(body, refusal.status_code, {**kept, **HEADERS}, media_type)
    return await in_thread(_answer, request, "index.html")


async def static(request: Request) -> Response:
    """GET /static/...: what the page is made of."""
    return await in_thread(_answer, request, request.path_params["path"])


def _answer(request: Request, name: str) -> Response:
    body, media_type = _read(name)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": etag}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _read(name: str) -> tuple[bytes, str]:
    """A file's bytes and media type.

    Raises:
        HTTPException: 404 for what is not there, of no known kind, or outside of the folder.
    """
    if "\0" in name:
        raise HTTPException(404)
    path = (STATIC / name).resolve()
    media_type = _MEDIA.get(path.suffix)
    if media_type is None or not path.is_relative_to(STATIC) or not path.is_file():
        raise HTTPException(404)
    return path.read_bytes(), media_type


ROUTES = [Route("/", index), Route("/static/{path:path}", static)]
"""What `web.app` adds to its own."""
