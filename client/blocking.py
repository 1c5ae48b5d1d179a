"""The client that waits: every operation of `AsyncPagemill`, run to its end.

Nothing is written twice. Each line of `Pagemill` takes a coroutine or an asynchronous iterator and its types from
`AsyncPagemill`. Over the transport that blocks none of them ever lets go, so that one step runs it to its end; there
is no event loop and no thread.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from client.asynchronous import AsyncPagemill as Api
from client.options import Options
from client.transport import Blocking

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _Blocking(Api):
    _way = Blocking


def _finished(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """What a coroutine returns that never waits for a loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        answer: _T = end.value
        return answer
    coroutine.close()
    raise RuntimeError("an operation waits for an event loop, and here is none")


def _waits(
    operation: Callable[Concatenate[Api, _P], Coroutine[Any, Any, _T]],
) -> Callable[Concatenate[Pagemill, _P], _T]:
    """A method that waits for what the operation returns."""

    @wraps(operation)
    def method(self: Pagemill, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return _finished(operation(self._api, *args, **kwargs))

    return method


def _iterates(
    operation: Callable[Concatenate[Api, _P], AsyncGenerator[_T]],
) -> Callable[Concatenate[Pagemill, _P], Iterator[_T]]:
    """A method that iterates over what the operation yields, as far as it is wanted."""

    @wraps(operation)
    def method(self: Pagemill, /, *args: _P.args, **kwargs: _P.kwargs) -> Iterator[_T]:
        items = operation(self._api, *args, **kwargs)

        async def following() -> tuple[_T] | None:
            async for item in items:
                return (item,)
            return None

        try:
            while (held := _finished(following())) is not None:
                yield held[0]
        finally:
            _finished(items.aclose())

    return method


class Pagemill:
    """A Pagemill server: `with Pagemill(url) as pagemill: ...`. Threads may share it.

    Args:
        url: its address; else PAGEMILL_URL, else this machine's port 8000.
        key: a key, where it asks for one; else PAGEMILL_KEY.
        options: see `client.options.Options`.

    Raises:
        ApiError: no key looks like the one given.
    """

    def __init__(self, url: str | None = None, key: str | None = None, **options: Unpack[Options]) -> None:
        self._api = _Blocking(url, key, **options)

    @property
    def base(self) -> str:
        """The server's address."""
        return self._api.base

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    close = _waits(Api.close)
    call = _waits(Api.call)
    download = _iterates(Api.download)

    knowledge_bases = _iterates(Api.knowledge_bases)
    knowledge_base = _waits(Api.knowledge_base)
    create_knowledge_base = _waits(Api.create_knowledge_base)
    ensure_knowledge_base = _waits(Api.ensure_knowledge_base)
    change_knowledge_base = _waits(Api.change_knowledge_base)
    delete_knowledge_base = _waits(Api.delete_knowledge_base)
    batch = _waits(Api.batch)

    upload = _waits(Api.upload)
    upload_all = _iterates(Api.upload_all)

    documents = _iterates(Api.documents)
    document = _waits(Api.document)
    wait = _waits(Api.wait)
    wait_all = _waits(Api.wait_all)
    changes = _iterates(Api.changes)
    delete_document = _waits(Api.delete_document)
    cancel = _waits(Api.cancel)
    retry = _waits(Api.retry)
    reprocess = _waits(Api.reprocess)
    reprocess_all = _waits(Api.reprocess_all)

    markdown = _waits(Api.markdown)
    document_json = _waits(Api.document_json)
    pages = _waits(Api.pages)
    page = _waits(Api.page)
    save_page_image = _waits(Api.save_page_image)
    save_original = _waits(Api.save_original)
    save_searchable_pdf = _waits(Api.save_searchable_pdf)

    search = _waits(Api.search)
    fields = _waits(Api.fields)
    fields_csv = _iterates(Api.fields_csv)
    save_fields_csv = _waits(Api.save_fields_csv)

    review = _waits(Api.review)
    correct = _waits(Api.correct)
    corrections = _iterates(Api.corrections)
    take_back = _waits(Api.take_back)

    pipeline = _waits(Api.pipeline)
    pause = _waits(Api.pause)
    resume = _waits(Api.resume)
    failures = _iterates(Api.failures)
    retry_failures = _waits(Api.retry_failures)
    discard_failures = _waits(Api.discard_failures)

    about = _waits(Api.about)
    readiness = _waits(Api.readiness)
    session = _waits(Api.session)
    keys = _iterates(Api.keys)
    create_key = _waits(Api.create_key)
    revoke_key = _waits(Api.revoke_key)
