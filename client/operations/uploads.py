"""Uploads: files in, ids out; the reading goes on behind the answer."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypedDict, Unpack

from client.operations.core import Core
from client.requests import Request, kb_path

if TYPE_CHECKING:
    from client.answers import UploadAnswer

File = str | PathLike[str] | tuple[str, bytes | IO[bytes]]
"""A path, or a name and what is in it: bytes, or a stream opened for reading bytes, from its beginning."""

_AT_ONCE = 50  # files a request: one that is refused or cut off is sent again whole


class Beside(TypedDict, total=False):
    """What goes with the files of an upload.

    Attributes:
        tags: for all of them; a comma parts tags.
        metadata: a JSON object to keep with each, or its text.
        password: opens those that are protected by one; it is kept encrypted, and erased once they were read.
    """

    tags: Sequence[str]
    metadata: Mapping[str, Any] | str | None
    password: str | None


class Uploads(Core):
    """The same file again in a knowledge base is the document that is there, marked `duplicate`."""

    async def upload(self, kb: str, *files: File, **beside: Unpack[Beside]) -> UploadAnswer:
        """Send files in one request.

        Raises:
            OSError: a file cannot be read.
        """
        form = _form(beside)

        async def send() -> UploadAnswer:
            with _opened(files) as parts:  # anew every time: each attempt sends them from the beginning
                request = Request("POST", f"{kb_path(kb)}/documents", form=form, files=parts)
                answer: UploadAnswer = (await self._transport.send(request)).json()
                return answer

        return await self._patience(send)

    async def upload_all(
        self, kb: str, files: Iterable[File], *, at_once: int = _AT_ONCE, **beside: Unpack[Beside]
    ) -> AsyncGenerator[UploadAnswer]:
        """Send any number of files, some a request; an answer a request.

        With patience, files refused because too many documents wait are sent again with the next request.

        Args:
            at_once: files a request.
        """
        left = iter(files)
        while part := list(islice(left, at_once)):
            while part:
                answer = await self.upload(kb, *part, **beside)
                part = _refused_for_now(part, answer) if self._patience.seconds > 0 else []
                if part:
                    final = [file for file in answer["rejected"] if not _for_now(file)]
                    answer = {**answer, "rejected": final}
                yield answer


def _form(beside: Beside) -> dict[str, Any]:
    form: dict[str, Any] = {"tags": list(beside.get("tags", ()))}
    if (metadata := beside.get("metadata")) is not None:
        form["metadata"] = metadata if isinstance(metadata, str) else json.dumps(metadata, ensure_ascii=False)
    if (password := beside.get("password")) is not None:
        form["password"] = password
    return form


def _for_now(rejected: Any) -> bool:
    return bool(rejected["error"]["code"] == "too_many_waiting")


def _refused_for_now(files: Sequence[File], answer: UploadAnswer) -> list[File]:
    """The files to send again: those refused for now, and those that cannot be told from them by name.

    Some that were taken may be among the latter: they come back as duplicates.
    """
    refused = {file["filename"] for file in answer["rejected"] if _for_now(file)}
    if not refused:
        return []
    known = {file["filename"] for file in [*answer["documents"], *answer["rejected"]]} - refused
    return [file for file in files if name_of(file) not in known]


def name_of(file: File) -> str:
    """The name that a file is sent with."""
    return file[0] if isinstance(file, tuple) else Path(file).name


@contextmanager
def _opened(files: Sequence[File]) -> Iterator[list[tuple[str, Any]]]:
    """Parts of a form; streams that were given stay open."""
    with ExitStack() as stack:
        parts: list[tuple[str, Any]] = []
        for file in files:
            content = file[1] if isinstance(file, tuple) else stack.enter_context(Path(file).open("rb"))
            parts.append(("files", (name_of(file), content)))
        yield parts
