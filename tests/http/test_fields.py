from __future__ import annotations

from starlette.testclient import TestClient

PDF = b"%PDF-1.7\nnot much of a file"


def test_a_knowledge_base_has_a_schema(client: TestClient) -> None:
    assert client.post("/knowledge-bases", json={"name": "any"}).json()["schema"] == "generic"
    people = client.post("/knowledge-bases", json={"name": "people", "schema": "resume"}).json()
    assert people["schema"] == "resume"
    changed = client.patch("/knowledge-bases/people", json={"schema": "generic"}).json()
    assert changed["schema"] == client.get("/knowledge-bases/people").json()["schema"] == "generic"
    assert client.post("/knowledge-bases", json={"name": "x", "schema": "recipe"}).status_code == 422


def test_unknown_filters_are_refused_with_what_there_is(client: TestClient) -> None:
    client.post("/knowledge-bases", json={"name": "kb", "schema": "resume"})
    for address in (
        "/knowledge-bases/kb/search?q=x&",
        "/knowledge-bases/kb/documents?",
        "/knowledge-bases/kb/fields.csv?",
    ):
        answer = client.get(f"{address}filter=skils:Redis")
        assert answer.status_code == 422 and "skills" in answer.json()["error"]["message"], address
        assert client.get(f"{address}filter=skills:Redis&filter=education.degree:本科").status_code == 200, address


def test_the_table_of_fields_is_a_download(client: TestClient) -> None:
    client.post("/knowledge-bases", json={"name": "kb", "schema": "resume"})
    client.post("/knowledge-bases/kb/documents", files=[("files", ("简历.pdf", PDF))], data={"tags": "2026-spring"})
    answer = client.get("/knowledge-bases/kb/fields.csv?filter=tag:2026-spring")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="fields.csv"'
    header, row = answer.text.splitlines()
    assert header.startswith("\ufeffdocument,filename,status") and "education.degree" in header
    assert "简历.pdf,queued" in row and "2026-spring" in row
    assert len(client.get("/knowledge-bases/kb/fields.csv?filter=tag:other").text.splitlines()) == 1


def test_a_page_image_needs_an_opened_document(client: TestClient) -> None:
    client.post("/knowledge-bases", json={"name": "kb"})
    files = [("files", ("a.pdf", PDF))]
    document = client.post("/knowledge-bases/kb/documents", files=files).json()["documents"][0]["id"]
    address = f"/knowledge-bases/kb/documents/{document}/pages"
    assert client.get(f"{address}/1/image").json()["error"]["code"] == "not_ready"
    assert client.get(f"{address}/1/image?width=0").json()["error"]["code"] == "bad_request"
    assert client.get(f"{address}/1").json()["error"]["code"] == "not_found"


def test_what_the_server_takes(client: TestClient) -> None:
    about = client.get("/about").json()
    assert about["max_upload_mb"] == 1 and "resume" in about["schemas"] and "pdf" in about["kinds"]
