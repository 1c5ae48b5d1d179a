"""Passwords of originals through the interface: taken with the upload or a retry, shown nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.errors import PermanentError
from pipeline.settings import Settings
from storage import ledger, passwords
from storage.catalog import Storage
from storage.ledger import Claim
from tests import drawing
from tests.unit.builders import claim

SECRET = "open sesame"
DOCUMENTS = "/knowledge-bases/kb/documents"


@pytest.fixture
def kb(client: TestClient) -> str:
    kb_id: str = client.post("/knowledge-bases", json={"name": "kb"}).json()["id"]
    return kb_id


@pytest.fixture
def pdf() -> bytes:
    return drawing.encrypted_pdf()


def _upload(client: TestClient, pdf: bytes, **fields: str) -> Any:
    return client.post(DOCUMENTS, files=[("files", ("locked.pdf", pdf))], data=fields)


def _claim(settings: Settings, kb: str, document: str, run: int) -> Claim:
    return claim(Storage(settings).open(kb), document, "render", run=run)


def _password(held: Claim) -> str | None:
    if held.password is None:
        return None
    return passwords.unseal(held.kb.file_store, held.document, held.run, held.password)


def test_given_with_the_upload_or_later(client: TestClient, settings: Settings, kb: str, pdf: bytes) -> None:
    document = _upload(client, pdf, password="wrong").json()["documents"][0]["id"]
    first = _claim(settings, kb, document, 1)
    assert _password(first) == "wrong"
    ledger.give_up(first, PermanentError("encrypted", "The password given does not open the file."))
    again = _upload(client, pdf, password=SECRET).json()["documents"][0]
    assert (again["id"], again["duplicate"], again["status"]) == (document, False, "queued")
    second = _claim(settings, kb, document, 2)
    assert _password(second) == SECRET
    ledger.give_up(second, PermanentError("encrypted", "The file is protected by a password."))
    retried = client.post(f"{DOCUMENTS}/{document}/retry", json={"password": SECRET})
    assert retried.status_code == 202 and retried.json()["run"] == 3
    third = _claim(settings, kb, document, 3)
    assert _password(third) == SECRET
    ledger.give_up(third, PermanentError("encrypted", "The file is protected by a password."))
    assert client.post(f"{DOCUMENTS}/{document}/retry", json={}).json()["run"] == 4
    assert _password(_claim(settings, kb, document, 4)) is None


def test_an_empty_field_is_none(client: TestClient, settings: Settings, kb: str, pdf: bytes) -> None:
    document = _upload(client, pdf, password="").json()["documents"][0]["id"]
    assert _password(_claim(settings, kb, document, 1)) is None


def test_no_answer_and_no_line_of_the_log_holds_it(
    client: TestClient, kb: str, pdf: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    uploaded = _upload(client, pdf, password=SECRET)
    document = uploaded.json()["documents"][0]["id"]
    client.post(f"{DOCUMENTS}/{document}/cancel")
    told = [
        uploaded,
        client.get(f"{DOCUMENTS}/{document}"),
        client.get(DOCUMENTS),
        client.post(f"{DOCUMENTS}/{document}/retry", json={"password": SECRET}),
        client.post(f"{DOCUMENTS}/{document}/retry", json={"password": SECRET}),  # a conflict
        client.post(f"{DOCUMENTS}/{document}/retry", json={"password": [SECRET]}),
        client.post(f"{DOCUMENTS}/{document}/retry", json={"pasword": SECRET}),
        client.post(
            f"{DOCUMENTS}/{document}/retry", content=f'"{SECRET}', headers={"content-type": "application/json"}
        ),
        _upload(client, pdf, password=SECRET * 100),
        _upload(client, pdf, password=SECRET, metadata="["),
    ]
    assert [answer.status_code for answer in told] == [202, 200, 200, 202, 409, 422, 422, 422, 422, 422]
    assert all(SECRET not in answer.text for answer in told)
    written = capfd.readouterr()
    assert SECRET not in written.out + written.err


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 202),
        ({"content": b""}, 202),
        ({"json": {}}, 202),
        ({"json": {"password": None}}, 202),
        ({"json": {"password": ""}}, 422),
        ({"json": []}, 422),
        ({"content": b"{}"}, 422),  # does not say that it is JSON
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 422),
    ],
)
def test_a_retry_may_have_a_body(client: TestClient, kb: str, pdf: bytes, sent: dict[str, Any], status: int) -> None:
    document = _upload(client, pdf).json()["documents"][0]["id"]
    client.post(f"{DOCUMENTS}/{document}/cancel")
    assert client.post(f"{DOCUMENTS}/{document}/retry", **sent).status_code == status


def test_page_images_of_a_locked_file_say_why_there_are_none(
    client: TestClient, settings: Settings, kb: str, pdf: bytes
) -> None:
    from storage import pages
    from tests.unit.builders import read_page

    document = _upload(client, pdf, password=SECRET).json()["documents"][0]["id"]
    held = _claim(settings, kb, document, 1)
    pages.page_count_known(held, 1)
    pages.settle_render(held, [read_page(1)])
    answer = client.get(f"{DOCUMENTS}/{document}/pages/1/image")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "encrypted" and "not kept" in answer.json()["error"]["message"]
    assert list((Path(settings.data) / "cache").rglob("*.jpg")) == []
