"""Files of documents: both back ends do the same, and a bucket stands what a network does to it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from pipeline.errors import ServiceUnavailable
from pipeline.settings import Settings, StorageSettings
from storage import clock, fetched
from storage.bucket import Bucket
from storage.fetched import Fetched
from storage.file_store import FileStore, open_store
from storage.folder import Folder
from tests.object_server import ObjectServer
from tests.wire import Wire

KEY = "kb/1/documents/2/original"


def bucket_of(server: ObjectServer, data: Path, prefix: str, **more: Any) -> Bucket:
    store = open_store(Settings(storage=StorageSettings(data=data, **server.settings(prefix, **more))))
    assert isinstance(store, Bucket)
    return store


@pytest.fixture
def prefix() -> str:
    return clock.new_id()


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> FileStore:
    """A back end with a document that has no file yet."""
    data = tmp_path / "data"
    (data / "kb/1/documents/2").mkdir(parents=True)
    if request.param == "folder":
        return open_store(Settings(storage=StorageSettings(data=data)))
    return bucket_of(request.getfixturevalue("object_server"), data, prefix)


@pytest.fixture
def bucket(object_server: ObjectServer, tmp_path: Path, prefix: str) -> Bucket:
    return bucket_of(object_server, tmp_path / "data", prefix)


@pytest.fixture
def wire(object_server: ObjectServer) -> Iterator[Wire]:
    with Wire(object_server.url) as wire:
        yield wire


@pytest.fixture
def wired(object_server: ObjectServer, wire: Wire, tmp_path: Path, prefix: str) -> Bucket:
    """A bucket behind a wire that can be cut."""
    return bucket_of(object_server, tmp_path / "wired", prefix, files_endpoint=wire.url)


def local_file(folder: Path, content: bytes) -> Path:
    path = folder / clock.new_id()
    path.write_bytes(content)
    return path


def on_this_host(bucket: Bucket, data: Path) -> list[str]:
    """What it keeps here, apart from the folder for uploads."""
    own = bucket.incoming("1").name
    return sorted(path.name for path in (data / "fetched").iterdir() if path.name != own)


def rested(bucket: Bucket) -> Bucket:
    """As if a while had passed since it was found out of reach."""
    bucket._rest_until = 0.0
    return bucket


def test_a_file_is_there_or_not(store: FileStore) -> None:
    for ask in (store.get, store.stat, store.open):
        with pytest.raises(FileNotFoundError):
            ask(KEY)
    store.put(KEY, b"first")
    store.put(KEY, b"second one")
    assert store.get(KEY) == b"second one" and store.stat(KEY).st_size == 10
    assert abs(store.stat(KEY).st_mtime - time.time()) < 300
    with store.open(KEY) as stream:
        assert stream.read(6) == b"second"
        assert stream.seek(1) == 1 and stream.read(100) == b"econd one" and stream.read(1) == b""
    with store.local(KEY) as path, store.local(KEY, keep=False) as once:
        assert path.read_bytes() == once.read_bytes() == b"second one"
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(FileNotFoundError):
        store.get(KEY)


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "kb/../../x", "kb//x", "kb/.hidden", "kb/x/", "kb\\x", "kb/a b", "kb/文", "kb/x\n",
     "kb/%2e%2e/x", "kb/x?versionId=1", "kb/\0"],
)  # fmt: skip
def test_what_could_lead_elsewhere_is_no_key(store: FileStore, key: str, tmp_path: Path) -> None:
    file = local_file(tmp_path, b"1")
    for use in (
        lambda: store.put(key, b"1"), lambda: store.take(key, file), lambda: store.get(key), lambda: store.open(key),
        lambda: store.stat(key), lambda: store.delete(key), lambda: store.delete_under(key),
        lambda: store.local(key).__enter__(), lambda: store.made(key).__enter__(), lambda: store.once(key, b"1"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="not a key"):
            use()
    assert file.exists()


@pytest.mark.parametrize("size", [0, 1, 1_000_000, 20_000_001])
def test_a_file_is_taken_whole_and_is_no_longer_where_it_was(store: FileStore, tmp_path: Path, size: int) -> None:
    content = (b"0123456789" * (size // 10 + 1))[:size]
    file = local_file(tmp_path, content)
    if isinstance(store, Folder):
        (tmp_path / "data/kb/1/documents/2").rmdir()  # it makes that itself
    store.take(KEY, file)
    assert not file.exists() and store.get(KEY) == content
    with store.local(KEY) as path:
        assert path.read_bytes() == content


def test_what_begins_alike_is_not_taken_along(store: FileStore, tmp_path: Path) -> None:
    for name in ("2", "20"):
        (tmp_path / f"data/kb/1/documents/{name}").mkdir(exist_ok=True)
        for run in (1, 10):
            store.put(f"kb/1/documents/{name}/{run}/document.md", b"1")
    assert store.delete_under("kb/1/documents/2/1")
    assert store.get("kb/1/documents/2/10/document.md") == b"1"
    assert store.delete_under("kb/1/documents/2") and store.delete_under("kb/1/documents/2")
    assert store.get("kb/1/documents/20/1/document.md") == b"1"
    with pytest.raises(FileNotFoundError):
        store.get("kb/1/documents/2/10/document.md")


def test_what_is_made_is_there_when_it_was_made(store: FileStore) -> None:
    key = "tmp/1-2/1/3-abcd.tif"
    with store.made(key) as path:
        path.write_bytes(b"pixels")
    assert store.get(key) == b"pixels"
    with store.made("tmp/1-2/1/4-abcd.tif"):
        pass  # a page with a text layer
    with pytest.raises(FileNotFoundError):
        store.get("tmp/1-2/1/4-abcd.tif")
    assert store.delete_under("tmp/1-2/1", prune=True)
    with pytest.raises(FileNotFoundError):
        store.get(key)


def test_what_is_made_once_is_everybodys(store: FileStore) -> None:
    values = [bytes([number]) * 32 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        told = set(pool.map(lambda value: store.once("secret.key", value), values))
    assert len(told) == 1 and told <= set(values)
    assert store.once("secret.key", b"another") in told


def test_what_was_made_while_an_error_came_up_is_nowhere(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(KeyError), bucket.made("tmp/1-2/1/3-abcd.tif") as path:
        path.write_bytes(b"pixels")
        raise KeyError
    with pytest.raises(FileNotFoundError):
        bucket.get("tmp/1-2/1/3-abcd.tif")
    assert on_this_host(bucket, tmp_path / "data") == []


def test_keys_are_told_in_order_a_piece_at_a_time(bucket: Bucket) -> None:
    for name in "edcba":
        bucket.put(f"kb/1/documents/{name}/original", b"1")
    bucket.put("secret.key", b"1")
    every = [f"kb/1/documents/{name}/original" for name in "abcde"]
    first = bucket.keys("kb", None, 2)
    assert [*first, *bucket.keys("kb", first[-1], 100)] == every
    assert bucket.keys("kb", every[-1], 2) == [] == bucket.keys("tmp", None, 2)


def test_much_is_deleted_bit_by_bit(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep comes again."""
    monkeypatch.setattr("storage.bucket._AT_ONCE", 2)
    monkeypatch.setattr("storage.bucket._DELETING_S", -1.0)
    for number in range(5):
        bucket.put(f"kb/1/documents/{number}/original", b"1")
    assert [bucket.delete_under("kb/1") for _ in range(3)] == [False] * 3
    assert bucket.keys("kb", None, 10) == [] and bucket.delete_under("kb/1")


def _fetch(folder: str, storage: dict[str, Any]) -> bytes:
    store = open_store(Settings(storage=StorageSettings(data=Path(folder), **storage)))
    with store.local(KEY) as path:
        return path.read_bytes()


def test_processes_that_want_the_same_at_once_all_get_it(
    bucket: Bucket, object_server: ObjectServer, prefix: str, tmp_path: Path
) -> None:
    content = os.urandom(3_000_000)
    bucket.put(KEY, content)
    one = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with one, ThreadPoolExecutor(4) as pool:
        settings = object_server.settings(prefix)
        others = [one.submit(_fetch, str(tmp_path / "data"), settings) for _ in range(2)]
        here = list(pool.map(lambda _: _fetch(str(tmp_path / "data"), settings), range(8)))
        assert {*here, *(other.result() for other in others)} == {content}
    assert on_this_host(bucket, tmp_path / "data") == [KEY.replace("/", "+")], "drafts were renamed or removed"


def test_what_was_fetched_is_not_fetched_again_and_keeps_its_time(wired: Bucket, wire: Wire) -> None:
    """The render child knows an open original by its time of change."""
    wired.put(KEY, b"1")
    with wired.local(KEY) as path:
        before = path.stat()
    wire.cut()
    with wired.local(KEY) as again:
        assert again == path and again.stat().st_mtime_ns == before.st_mtime_ns


def fetching(content: bytes) -> Any:
    return lambda path: path.write_bytes(content)


def test_the_longest_unused_make_room_and_what_is_in_use_stays(tmp_path: Path) -> None:
    kept = Fetched(tmp_path, 250)
    with kept.held("a", fetching(b"a" * 100)) as first:
        for name in "bc":
            with kept.held(name, fetching(b"x" * 100)) as path:
                os.utime(path, (1, 1))
        assert first.exists() and not (tmp_path / "b").exists() and (tmp_path / "c").exists()
        with kept.held("d", fetching(b"x" * 1000)) as larger:
            assert larger.exists() and first.exists(), "larger than all the room there is, but in use"
    with kept.held("e", fetching(b"x" * 100)):
        assert [path.name for path in tmp_path.iterdir()] == ["e"]


def test_what_nobody_used_for_long_goes(tmp_path: Path) -> None:
    """Its document may have been deleted, and no sweep looks at this host."""
    kept = Fetched(tmp_path, 10_000)
    for name in "ab":
        with kept.held(name, fetching(b"x")):
            pass
    hour_ago = time.time() - 3600
    os.utime(tmp_path / "a", (hour_ago, time.time()))
    with kept.held("c", fetching(b"x")) as used:
        os.utime(used, (hour_ago, hour_ago))
        kept.tidy()
        assert used.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c"]


def test_what_dead_processes_left_goes_and_what_living_ones_do_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    living, other = Fetched(tmp_path, 10_000), Fetched(tmp_path, 10_000)
    (living.own() / "upload").write_bytes(b"half")
    left = tmp_path / ".left"
    left.mkdir()
    (left / "draft").write_bytes(b"half")
    monkeypatch.setattr(fetched, "_YOUNG_S", -1.0)
    with other.scratch() as folder:
        other.tidy()
        assert folder.exists() and (living.own() / "upload").exists() and not left.exists()
    del living
    other._tidied = 0.0
    other.tidy()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_went_between_finding_and_locking_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Fetched(tmp_path, 10_000)
    with kept.held("a", fetching(b"first")):
        pass
    lock = fetched.fcntl.flock

    def removed_meanwhile(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fetched.fcntl, "flock", lock)
        (tmp_path / "a").unlink()
        lock(descriptor, operation)

    monkeypatch.setattr(fetched.fcntl, "flock", removed_meanwhile)
    with kept.held("a", fetching(b"second")) as path:
        assert path.read_bytes() == b"second"


def test_out_of_reach_is_told_at_once_and_ends(wired: Bucket, wire: Wire, tmp_path: Path) -> None:
    file = local_file(tmp_path, b"upload")
    wired.put(KEY, b"1")
    wire.cut()
    for use in (
        lambda: wired.take("kb/1/documents/3/original", file), lambda: wired.put(KEY, b"2"), lambda: wired.get(KEY),
        lambda: wired.open(KEY), lambda: wired.delete_under("kb/1"), lambda: wired.local(KEY).__enter__(),
    ):  # fmt: skip
        with pytest.raises(ServiceUnavailable, match="object store"):
            use()
        rested(wired)
    with pytest.raises(ServiceUnavailable):
        wired.check()
    wire.mend()
    with pytest.raises(ServiceUnavailable):
        wired.check()  # nobody asks so soon again
    assert file.exists(), "an upload that could not be stored is still whole"
    rested(wired).take("kb/1/documents/3/original", file)
    assert wired.get("kb/1/documents/3/original") == b"upload" and wired.get(KEY) == b"1"


def test_an_upload_that_is_cut_off_leaves_no_object(
    wired: Bucket, wire: Wire, bucket: Bucket, tmp_path: Path, prefix: str
) -> None:
    file = local_file(tmp_path, b"x" * 30_000_000)
    wire.cut_after(sent=12_000_000)
    with pytest.raises(ServiceUnavailable):
        wired.take(KEY, file)
    assert file.stat().st_size == 30_000_000
    assert bucket.keys("kb", None, 10) == []
    wire.mend()
    rested(wired).take(KEY, file)
    assert bucket.stat(KEY).st_size == 30_000_000


def test_a_download_that_is_cut_off_leaves_nothing(wired: Bucket, wire: Wire, tmp_path: Path) -> None:
    wired.put(KEY, b"x" * 5_000_000)
    for keep in (True, False):
        wire.cut_after(received=2_000_000)
        with pytest.raises(ServiceUnavailable), rested(wired).local(KEY, keep=keep):
            raise AssertionError("half a file")
        assert on_this_host(wired, tmp_path / "wired") == []
        wire.mend()
    with rested(wired).open(KEY) as stream:
        assert len(stream.read(100)) == 100
        wire.cut()
        with pytest.raises(ServiceUnavailable):
            stream.seek(4_000_000)
            stream.read(100)
        wire.mend()
    with rested(wired).local(KEY) as path:
        assert path.stat().st_size == 5_000_000


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"files_url": "s3://another-bucket"}, "there is no bucket “another-bucket”"),
        ({"files_secret": "wrong"}, "its key is refused"),
        ({"files_key_id": "nobody"}, "its key is refused"),
    ],
)
def test_what_whoever_runs_it_has_to_mend_is_told_by_name(
    object_server: ObjectServer, tmp_path: Path, prefix: str, wrong: dict[str, str], says: str
) -> None:
    """And nobody takes a file for lost."""
    store = bucket_of(object_server, tmp_path / "data", prefix, **wrong)
    file = local_file(tmp_path, b"x")
    for use in (store.check, lambda: store.put(KEY, b"1"), lambda: store.take(KEY, file), lambda: store.get(KEY)):
        with pytest.raises(ServiceUnavailable, match=says) as told:
            use()
        assert "wrong" not in str(told.value) and object_server.url not in str(told.value)
    assert file.exists()


def test_a_server_with_a_certificate_of_ones_own(object_server: ObjectServer, tmp_path: Path, prefix: str) -> None:
    https = {"files_endpoint": object_server.https_url}
    with pytest.raises(ServiceUnavailable):
        bucket_of(object_server, tmp_path / "data", prefix, **https).check()
    trusting = bucket_of(object_server, tmp_path / "data", prefix, **https, files_ca=str(object_server.ca))
    trusting.put(KEY, b"1")
    assert trusting.get(KEY) == b"1"


def test_both_at_once_write_the_same_result(store: FileStore) -> None:
    """A worker that lost its lease, and the one that has it now."""
    together = Barrier(4)

    def write(_: int) -> None:
        together.wait()
        store.put("kb/1/documents/2/1/document.md", b"text" * 10_000)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert store.get("kb/1/documents/2/1/document.md") == b"text" * 10_000
