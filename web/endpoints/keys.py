"""Keys: make, list, revoke."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storage import keys
from web import answers, inputs
from web.state import State, answer, body, query, state
from web.threads import in_thread, in_writing_thread


async def create(request: Request) -> Response:
    """POST /api/v1/keys: make a key; this answer alone holds it."""
    new = await body(request, inputs.NewKey)
    return answer(await in_writing_thread(_create, state(request), new), 201)


def _create(parts: State, new: inputs.NewKey) -> answers.NewKeyRecord:
    ids = None
    if new.knowledge_bases is not None:
        ids = [parts.storage.knowledge_base(name)["id"] for name in new.knowledge_bases]
    made, presented = keys.make(parts.storage.catalog, new.name, new.scope, ids)
    return answers.NewKeyRecord(**made.as_dict(), key=presented)


async def listing(request: Request) -> Response:
    """GET /api/v1/keys: all keys, revoked ones too."""
    wanted = query(request, inputs.ListQuery)
    found = await in_thread(keys.listing, state(request).storage.catalog)
    later = [key for key in found if wanted.cursor is None or key.id > wanted.cursor]
    items = [answers.KeyRecord(**key.as_dict()) for key in later[: wanted.limit]]
    return answer(answers.KeyList(items=items, next_cursor=items[-1].id if len(later) > wanted.limit else None))


async def revoke(request: Request) -> Response:
    """DELETE /api/v1/keys/{key}: revoke a key; its sessions end with it."""
    await in_writing_thread(keys.revoke, state(request).storage.catalog, request.path_params["key"])
    return Response(status_code=204)
