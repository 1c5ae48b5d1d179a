from __future__ import annotations

from starlette.testclient import TestClient

from pipeline.settings import Settings
from storage.catalog import Storage
from tests.unit import shelf

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
    assert about["review_confidence"] == 0.7


def test_the_table_page_by_page(client: TestClient, settings: Settings) -> None:
    made = client.post("/knowledge-bases", json={"name": "kb", "schema": "resume"}).json()
    storage = Storage(settings)
    kb = storage.open(made["id"])
    shelf.put(
        kb, "li.pdf", {"name": "李四", "years": "4", "work": [{"employer": "Acme", "title": "Clerk"}], "own": "1"}
    )
    shelf.put(kb, "ann.pdf", {"name": "Ann", "years": "12"}, tags=("t",), pages=3)
    path = "/knowledge-bases/kb/fields"
    first = client.get(f"{path}?sort=-years&limit=1").json()
    [row] = first["items"]
    assert (row["filename"], row["status"], row["pages"], row["tags"]) == ("ann.pdf", "done", 3, ["t"])
    assert row["fields"]["years"]["value"] == "12" and first["total"] == 2
    assert {"name": "years", "kind": "number", "filled": True} in first["columns"]
    assert {"name": "own", "kind": "text", "filled": True} in first["columns"]
    assert {"name": "phone", "kind": "text", "filled": False} in first["columns"]
    second = client.get(path, params={"sort": "-years", "limit": 1, "cursor": first["next_cursor"]}).json()
    assert [row["filename"] for row in second["items"]] == ["li.pdf"] and second["next_cursor"] is None
    chosen = client.get(f"{path}?column=work.title&column=years&sort=name&filter=years%3C5").json()
    assert [column["name"] for column in chosen["columns"]] == ["work.title", "years"] and chosen["total"] == 1
    assert chosen["items"][0]["fields"].keys() == {"work", "years"}, "records are whole"
    assert client.get(f"{path}?filter=own%3D1").json()["total"] == 1, "no schema has it, a document does"
    assert client.get(f"{path}?q=ann").json()["total"] == 1
    lines = client.get(f"{path}.csv?column=work&sort=years").text.splitlines()
    assert lines[0].endswith("work.employer,work.title,work.start,work.end")
    assert ["li.pdf" in line for line in lines] == [False, True, False]
    kb.db.close()
    storage.catalog.close()


def test_what_the_table_does_not_take(client: TestClient) -> None:
    client.post("/knowledge-bases", json={"name": "kb"})
    for address in ("fields", "fields.csv"):
        for query, told in (("sort=nam", "sort: there is no field “nam”"), ("sort=work", "work.employer"),
                            ("column=pages", "column: “pages” is no field"), ("column=x", "column: there is no field"),
                            ("filter=years%3E%3Dx", "filter"), ("q=", "q")):  # fmt: skip
            answer = client.get(f"/knowledge-bases/kb/{address}?{query}")
            assert answer.status_code == 422 and told in answer.json()["error"]["message"], answer.text
    assert client.get("/knowledge-bases/kb/fields?cursor=x").status_code == 404
    assert client.get("/knowledge-bases/kb/fields").json()["items"] == []
