"""Files of documents in a bucket of an S3-compatible object store, for hosts that share no file system.

Keys are the same as those of the data folder, below the prefix that `storage.files_url` names. A file is there whole or
not at all: a small one is one request, a larger one a multipart upload that its last request completes. What is read by
C code is fetched to this host first (`storage/fetched.py`).

There is no fence here: a worker that lost its lease may still write. It can do no harm: an original is written before
anybody knows its id, a result is the same twice, page images bear their claim's token. What it may leave behind is
removed by the second pass of a clean-up or by the sweep (`storage/stray_objects.py`). Parts of uploads that were cut
off are for a lifecycle rule of the bucket.

Every method does again what was done, at no harm, so the library may repeat requests.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from pipeline import log
from pipeline.errors import ServiceUnavailable
from pipeline.settings import Settings, StorageSettings
from storage.fetched import Fetched
from storage.file_store import checked
from storage.files import disk_errors

if TYPE_CHECKING:  # these names are of the library's type stubs alone
    from obstore.store import ClientConfig, S3Config

_PIECE_BYTES = 1 << 20
_READ_BYTES = 2 << 20  # of one request while a file is sent on
_PART_BYTES = 8 << 20  # what is larger goes up in parts; S3 takes 10,000 of them
_PARTS_AT_ONCE = 4
_CONNECT_S, _SILENT_S, _WHOLE_S = 3, 30, 3600
_TRIES, _TRYING_S = 2, 5
_REST_S = 3.0  # out of reach: nobody need wait for it once more meanwhile, the sweep least of all
_AT_ONCE = 1000  # objects that one request lists or deletes
_DELETING_S = 2.0
_CODE = re.compile(r"<Code>(\w+)</Code>")
# What whoever runs Pagemill has to mend; files wait for it.
_REFUSED = "its key is refused, or may not use the {}"
_REASONS = {
    "NoSuchBucket": "there is no {}",
    **dict.fromkeys(
        ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"), _REFUSED
    ),
}
_LOG = log.get("bucket")


class Bucket:
    """The back end `FileStore` in an object store.

    Attributes:
        listing: this itself: the sweep looks through it (`StrayObjects`).
    """

    def __init__(self, settings: Settings) -> None:
        place = settings.storage
        bucket, prefix = place.bucket
        self._name = f"bucket “{bucket}”"
        client: ClientConfig = {
            "connect_timeout": timedelta(seconds=_CONNECT_S), "read_timeout": timedelta(seconds=_SILENT_S),
            "timeout": timedelta(seconds=_WHOLE_S), "allow_http": place.files_endpoint.startswith("http://"),
        }  # fmt: skip
        if place.files_ca:
            client["root_certificate"] = Path(place.files_ca).read_bytes()
        self._store = S3Store(
            bucket, prefix=prefix or None, config=_config(place), client_options=client,
            retry_config={"max_retries": _TRIES, "retry_timeout": timedelta(seconds=_TRYING_S)},
        )  # fmt: skip
        self._fetched = Fetched(settings.data / "fetched", place.files_cache_mb * 1_000_000)
        self._rest_until, self._why = 0.0, ""
        self.listing = self

    def take(self, key: str, path: Path) -> None:
        """Upload a file, then remove it."""
        self._upload(key, path)
        path.unlink(missing_ok=True)

    def put(self, key: str, data: bytes) -> None:
        """Write an object."""
        with self._writing():
            self._store.put(checked(key), data, use_multipart=False)

    def remove_drafts(self, key: str) -> None:
        """Nothing: an object is never half there."""

    def once(self, key: str, data: bytes) -> bytes:
        """Write an object unless it is there; a store that knows no conditional writes takes the last one."""
        try:
            return self.get(key)
        except FileNotFoundError:
            try:
                with self._writing():
                    self._store.put(checked(key), data, mode="create", use_multipart=False)
            except FileExistsError:
                pass  # of another host, which was faster
        return self.get(key)

    def get(self, key: str) -> bytes:
        """All of an object."""
        with self._asking():
            return bytes(self._store.get(checked(key)).bytes())

    def stat(self, key: str) -> os.stat_result:
        """Its size and time."""
        with self._asking():
            found = self._store.head(checked(key))
        changed_s = int(found["last_modified"].timestamp())
        return os.stat_result((0o100600, 0, 0, 1, 0, 0, found["size"], changed_s, changed_s, changed_s))

    def open(self, key: str) -> BinaryIO:
        """It as a stream that asks for a piece at a time: whoever reads slowly keeps no request waiting."""
        with self._asking():
            reader = obstore.open_reader(self._store, checked(key), buffer_size=_READ_BYTES)
        return cast(BinaryIO, _Stream(reader, self._asking))

    def path(self, key: str) -> None:
        """Not on this host."""

    @contextmanager
    def local(self, key: str, *, keep: bool = True) -> Iterator[Path]:
        """It, fetched."""
        fetch = partial(self._download, checked(key))
        if keep:
            with self._fetched.held(key, fetch) as path:
                yield path
        else:
            with self._fetched.scratch() as folder:
                path = folder / key.rpartition("/")[2]
                fetch(path)
                yield path

    @contextmanager
    def made(self, key: str) -> Iterator[Path]:
        """A path whose file is uploaded, if one was made."""
        with self._fetched.scratch() as folder:
            path = folder / checked(key).rpartition("/")[2]
            yield path
            if path.exists():
                self._upload(key, path)

    def adopt(self, folder: Path, key: str) -> None:
        """Upload all documents of a folder, and keep none of them here."""
        for path in sorted((folder / "documents").rglob("*")):
            if path.is_file():
                self.take(f"{key}/{path.relative_to(folder).as_posix()}", path)

    def delete(self, key: str) -> None:
        """Remove an object."""
        with self._asking():
            self._store.delete([checked(key)])

    def delete_under(self, key: str, *, prune: bool = False) -> bool:
        """Remove what begins so, for about two seconds at a time: the sweep has other things to do."""
        until = time.monotonic() + _DELETING_S
        with self._asking():
            for found in self._store.list(checked(key), chunk_size=_AT_ONCE):
                self._store.delete([one["path"] for one in found])
                if time.monotonic() > until:
                    return False
        return True

    def keys(self, key: str, after: str | None, limit: int) -> Sequence[str]:
        """Some keys that begin so, in order, from the first behind `after` on."""
        found: list[str] = []
        with self._asking():
            for some in self._store.list(checked(key), offset=after, chunk_size=min(limit, _AT_ONCE)):
                found += [one["path"] for one in some]
                if len(found) >= limit:
                    break
        return found[:limit]

    def incoming(self, kb_id: str) -> Path:
        """A folder that is this process's own; that of one that died is removed."""
        return self._fetched.own()

    def check(self) -> None:
        """Ask for what is never there."""
        self.keys("check", None, 1)

    def tidy(self) -> None:
        """Let go of what was fetched and is not used any more."""
        self._fetched.tidy()

    def _upload(self, key: str, path: Path) -> None:
        large = path.stat().st_size > _PART_BYTES
        with self._writing():
            self._store.put(
                checked(key), path, use_multipart=large, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
            )

    def _download(self, key: str, path: Path) -> None:
        with self._asking():
            pieces = iter(self._store.get(key).stream(_PIECE_BYTES))
        with disk_errors(), path.open("xb") as stream:
            while True:
                with self._asking():
                    piece = next(pieces, None)
                if piece is None:
                    return
                stream.write(piece)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """As `_asking`; whatever is missing then is the bucket."""
        try:
            with self._asking():
                yield
        except FileNotFoundError as error:
            raise ServiceUnavailable(f"object store: there is no {self._name}") from error

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Around each use of the library, whose errors nobody else must know; a stream tells of them as `OSError`."""
        if time.monotonic() < self._rest_until:
            raise ServiceUnavailable(self._why)
        try:
            yield
        except AlreadyExistsError as error:
            raise FileExistsError(f"already in the {self._name}") from error
        except (BaseError, OSError) as error:
            code = _CODE.search(str(error))
            why = _REASONS.get(code[1]) if code else None
            if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):  # some answers have no body
                why = _REFUSED
            if why is not None:
                raise ServiceUnavailable(f"object store: {why.format(self._name)}") from error
            if isinstance(error, FileNotFoundError):
                raise FileNotFoundError(f"not in the {self._name}") from error
            # What was asked, and of whom, is for the log alone: this sentence is told to people.
            _LOG.warning("object store out of reach", why=str(error).partition("\n")[0])
            self._why = "object store: out of reach, or not well"
            self._rest_until = time.monotonic() + _REST_S
            raise ServiceUnavailable(self._why) from error


class _Stream(RawIOBase):
    """An object as a stream, with our own errors."""

    def __init__(self, reader: obstore.ReadableFile, asking: Callable[[], AbstractContextManager[None]]) -> None:
        self._reader = reader
        self._asking = asking

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes, fewer at the end only."""
        with self._asking():
            return bytes(self._reader.read(None if size is None or size < 0 else size))

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go on elsewhere."""
        return self._reader.seek(offset, whence)

    def close(self) -> None:
        """Be done."""
        self._reader.close()
        super().close()


def _config(place: StorageSettings) -> S3Config:
    """Whose bucket it is, and our key; without one the library looks at AWS_* variables and the machine's role."""
    config: S3Config = {"region": place.files_region}
    if place.files_endpoint:
        config["endpoint"] = place.files_endpoint
    if place.files_secret.get_secret_value():
        config["access_key_id"] = place.files_key_id.get_secret_value()
        config["secret_access_key"] = place.files_secret.get_secret_value()
    return config
