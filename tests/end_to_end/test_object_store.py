"""The whole chain with files in an object store, which is gone for a while in the middle of the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from client import ApiError
from client.requests import kb_path
from pipeline.settings import Settings, StorageSettings
from storage import clock
from storage.bucket import Bucket
from storage.file_store import open_store
from tests import drawing
from tests.object_server import ObjectServer
from tests.stack import Stack, running, until
from tests.wire import Wire

pytestmark = pytest.mark.siege


def _waits(stack: Stack) -> bool:
    """Whether a worker put a unit back, uncounted."""
    lines = stack.log().splitlines()
    return any("event=waiting" in line and "stage=" in line and "object store" in line for line in lines)


def _taken(stack: Stack, kb: str, content: bytes) -> bool:
    try:
        stack.upload(kb, "d.pdf", content)
    except ApiError:
        return False
    return True


def test_documents_go_through_and_wait_while_their_files_are_out_of_reach(
    object_server: ObjectServer, tmp_path: Path
) -> None:
    prefix = clock.new_id()
    bucket = open_store(Settings(storage=StorageSettings(data=tmp_path / "look", **object_server.settings(prefix))))
    assert isinstance(bucket, Bucket)
    with Wire(object_server.url) as wire:
        env = {**object_server.env(prefix), "PAGEMILL_STORAGE__FILES_ENDPOINT": wire.url}
        env["PAGEMILL_SWEEP__FULL_SCAN_S"] = "1"
        with running(tmp_path / "data", env) as stack:

            def got(path: str) -> bytes:
                return b"".join(stack.client.download(path))

            kb = stack.create("letters", engine="tesseract", languages=["en"])
            texts = drawing.text_pdf([["A letter about quokkas"], ["and its second page"]])
            scan = drawing.scan(drawing.text_pdf([["A scan about wombats"]]))
            first, read = stack.upload(kb, "a.pdf", texts), stack.upload(kb, "b.pdf", scan)
            assert [one["status"] for one in stack.wait(kb, first, read)] == ["done", "done"]
            assert stack.search(kb, "wombats", mode="keyword")["hits"][0]["document"] == read
            address = f"{kb_path(kb)}/documents/{read}"
            assert got(f"{address}/original") == scan
            assert b"wombats" in got(f"{address}/markdown")
            assert got(f"{address}/searchable.pdf")[:4] == b"%PDF"

            later = stack.upload(kb, "c.pdf", drawing.scan(drawing.text_pdf([["Another about numbats"]])))
            wire.cut()
            with pytest.raises(ApiError, match="out of reach; try again"):
                stack.upload(kb, "d.pdf", texts + b"\n%")
            until(lambda: _waits(stack), 30, "a worker to miss the files")
            assert stack.status(kb, later)["error"] is None
            wire.mend()
            assert stack.wait(kb, later)[0]["status"] == "done"
            until(lambda: _taken(stack, kb, texts + b"\n%"), 30, "the web server to ask the store again")
            until(stack.idle, 60, "all work to be done")
            until(lambda: not bucket.keys("tmp", None, 1), 30, "page images to be removed")
            assert sorted({key.rpartition("/")[2] for key in bucket.keys("kb", None, 100)}) == [
                "document.json", "document.md", "original",
            ]  # fmt: skip
            assert not [path for path in (tmp_path / "data" / "kb").rglob("documents/*")], "none lies here"
            stack.client.call("DELETE", f"{kb_path(kb)}")
            until(lambda: not bucket.keys("kb", None, 1), 30, "all objects to be removed")
        assert not [path for path in (tmp_path / "data" / "tmp").rglob("*") if path.is_file()]
