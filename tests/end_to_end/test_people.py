"""What people see of the chain: changes as they happen, fields, filters, page images, Word files."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
from PIL import Image
from websockets.sync.client import connect

from client import ApiError
from client.requests import kb_path
from pipeline.settings import SearchSettings, Settings, StorageSettings
from storage import search
from storage.catalog import Storage
from storage.filters import Filter
from tests import drawing
from tests.resumes import resumes
from tests.stack import ENDED, Stack, until
from tests.unit.test_render_docx import docx, paragraph


def _socket(stack: Stack, kb: str, since: int) -> Any:
    return connect(f"{stack.url.replace('http', 'ws')}/api/v1/knowledge-bases/{kb}/events?since={since}")


def test_events_lead_from_queued_to_done(stack: Stack, kb: str) -> None:
    with _socket(stack, kb, 0) as socket:
        scan = drawing.scan(drawing.text_pdf([[f"Page {n}."] for n in range(8)]), dpi=150)
        document = stack.upload(kb, "scan.pdf", scan)
        told: list[dict[str, Any]] = []
        while not told or told[-1]["status"] not in ENDED:
            message = orjson.loads(socket.recv(timeout=90))
            if message["type"] == "document":
                told.append(message["document"])
    versions = [one["version"] for one in told]
    assert versions == sorted(set(versions))
    assert [one["progress"] for one in told] == sorted(one["progress"] for one in told)
    assert told[-1] == stack.status(kb, document) and told[-1]["status"] == "done"
    assert {one["status"] for one in told} >= {"running", "done"}
    assert any(0 < one["pages"]["done"] < 8 for one in told), "pages were not told one by one"
    assert any(one["eta_seconds"] for one in told), "the time left was never told"


def test_fields_are_found_filtered_and_exported(stack: Stack) -> None:
    kb = stack.create("people", schema="resume")
    drawn = {one.name: one for one in resumes()}
    ids = {name: stack.upload(kb, f"{name}.pdf", one.pdf) for name, one in drawn.items()}
    stack.wait(kb, *ids.values())
    shen = stack.status(kb, ids["shen-yutong"])["fields"]
    assert shen["name"]["value"] == drawn["shen-yutong"].expected["name"] and shen["name"]["page"] == 1
    assert [entry["degree"]["value"] for entry in shen["education"]] == ["硕士", "本科"]

    def found(*filters: str) -> set[str]:
        answer = stack.search(kb, "工作 work", mode="keyword", limit=100, filter=list(filters))
        listed = stack.client.call("GET", f"{kb_path(kb)}/documents", params={"filter": list(filters)})["items"]
        hits = {hit["document"] for hit in answer["hits"]}
        assert hits <= {document["id"] for document in listed}
        assert all(hit["fields"] for hit in answer["hits"])
        return {name for name, id_ in ids.items() if id_ in {document["id"] for document in listed}}

    assert found("skills:Redis") == {"shen-yutong"}
    assert found("education.degree:本科", "gender:男") == {"zhuang-haifeng"}
    assert found("tag:nothing") == set()
    answer = httpx.get(f"{stack.url}/api/v1{kb_path(kb)}/fields.csv", trust_env=False)
    rows = {row["filename"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
    assert len(rows) == len(drawn)
    assert rows["shen-yutong.pdf"]["education.school"] == "钱江理工大学; 湖州师范大学"


def test_filtered_vector_search_by_comparing_and_by_the_index(
    stack: Stack, kb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A narrow scope is compared chunk by chunk, a wide one goes through the index: both find the same."""
    for number in range(6):
        content = drawing.text_pdf([[f"Note {number} tells of herons, mills and the weather of day {number}."]])
        files = [("files", (f"{number}.pdf", content))]
        tags = {"tags": "even" if number % 2 == 0 else "odd"}
        stack.client.call("POST", f"{kb_path(kb)}/documents", files=files, data=tags)
    until(lambda: stack.client.call("GET", kb_path(kb))["documents"]["done"] == 6, 60, "six notes")
    chroma = next(argument for argument in _chroma_command(stack) if argument.isdigit())
    storage = Storage(Settings(storage=StorageSettings(data=stack.data)), f"http://127.0.0.1:{chroma}")
    handle = storage.open(kb)
    with handle.db.read() as connection:
        vector = np.frombuffer(connection.exec_driver_sql("SELECT vector FROM embedding LIMIT 1").scalar_one(), "<f4")

    def names() -> list[str]:
        results = search.search(
            handle,
            "herons",
            vector=vector,
            mode="vector",
            limit=10,
            rules=SearchSettings(),
            filters=[Filter("tag", "odd")],
        )
        assert results.degraded == []
        return [hit.filename for hit in results.hits]

    compared = names()
    assert sorted(compared) == ["1.pdf", "3.pdf", "5.pdf"]
    monkeypatch.setattr("storage.search.nearest._COMPARED_AT_MOST", 0)
    assert names() == compared
    handle.db.close()
    storage.catalog.close()


def _chroma_command(stack: Stack) -> list[str]:
    import psutil

    for process in psutil.Process(stack.process.pid).children(recursive=True):
        command = process.cmdline()
        if "--port" in command and "--path" in command:
            return command[command.index("--port") :]
    raise AssertionError("no Chroma server is running")


def test_page_images_are_drawn_cached_and_gone_with_the_document(stack: Stack, kb: str) -> None:
    document = stack.upload(kb, "wide.pdf", drawing.text_pdf([["A wide page."]], size=(800, 400)))
    stack.wait(kb, document)
    address = f"{stack.url}/api/v1{kb_path(kb)}/documents/{document}/pages"
    answer = httpx.get(f"{address}/1/image?width=500", trust_env=False, timeout=60)
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.width == 960 and image.width / image.height == pytest.approx(2.0, rel=0.01)
    cache = stack.data / "cache" / kb / document
    assert [path.name for path in cache.iterdir()] == ["1-0-960.jpg"]
    assert httpx.get(f"{address}/1/image?width=500", trust_env=False).content == answer.content
    assert httpx.get(f"{address}/2/image", trust_env=False).json()["error"]["code"] == "not_found"
    stack.client.call("DELETE", f"{kb_path(kb)}/documents/{document}")
    assert httpx.get(f"{address}/1/image?width=500", trust_env=False).status_code == 404
    until(lambda: not cache.exists(), 30, "the page images to be removed")


def test_a_word_file_is_read_shown_and_found(stack: Stack, kb: str) -> None:
    body = paragraph("季度报告 Quarterly report") + paragraph("The windmill at Ely turned on 214 days. 风车转了很久。")
    document = stack.upload(kb, "报告.docx", docx(body))
    (status,) = stack.wait(kb, document)
    assert status["status"] == "done" and status["kind"] == "docx" and status["pages"]["text_layer"] == 1
    assert stack.search(kb, "windmill", mode="keyword")["hits"][0]["document"] == document
    assert stack.search(kb, "风车", mode="keyword")["hits"][0]["document"] == document
    address = f"{stack.url}/api/v1{kb_path(kb)}/documents/{document}"
    assert httpx.get(f"{address}/pages/1/image", trust_env=False, timeout=60).headers["content-type"] == "image/jpeg"
    assert "wordprocessingml" in httpx.get(f"{address}/original", trust_env=False).headers["content-type"]


def test_old_office_files_get_a_sentence(stack: Stack, kb: str) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le")
    answer = stack.client.call("POST", f"{kb_path(kb)}/documents", files=[("files", ("old.doc", ole))])
    assert answer["documents"] == []
    assert "Word" in answer["rejected"][0]["error"]["message"]
    assert answer["rejected"][0]["error"]["code"] == "unsupported_kind"


def test_a_schema_chosen_later_counts_from_then_on(stack: Stack, kb: str) -> None:
    resume = resumes()[0]
    before = stack.upload(kb, "before.pdf", resume.pdf)
    stack.wait(kb, before)
    stack.client.call("PATCH", kb_path(kb), json={"schema": "resume"})
    after = stack.upload(kb, "after.pdf", resume.pdf + b"\n%again")
    stack.wait(kb, after)
    assert "title" in stack.status(kb, before)["fields"] and "name" not in stack.status(kb, before)["fields"]
    assert stack.status(kb, after)["fields"]["name"]["value"] == resume.expected["name"]
    with pytest.raises(ApiError):
        stack.client.call("PATCH", kb_path(kb), json={"schema": "recipe"})
