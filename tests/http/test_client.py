"""Both Python clients against a real web server with nothing beside it, which asks for keys."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from client import ApiError, Busy, NoServer, NotFound, NotReady, Pagemill, Unauthorized
from client.operations import core
from client.transport import Awaited, Blocking
from storage import keys
from storage.catalog import KnowledgeBase, Storage
from tests.both_clients import Waiting, opened
from tests.http.guarded import PDF, lonely, served
from tests.unit import shelf
from tests.unit.test_corrections import POOR, done, page

KINDS = ("waits", "awaited")


@dataclass
class Server:
    url: str
    storage: Storage
    key: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = lonely(tmp_path_factory.mktemp("client"), keys="always", hosts=["127.0.0.1"], max_waiting=4)
    with served(settings) as (_, port, app):
        storage = app.state.parts.storage
        key = keys.make(storage.catalog, "client", "admin")[1]
        yield Server(f"http://127.0.0.1:{port}", storage, key)


@pytest.fixture(params=KINDS)
def client(server: Server, request: pytest.FixtureRequest) -> Iterator[Any]:
    with opened(request.param, server.url, server.key) as client:
        yield client


@pytest.fixture
def kb(client: Any, request: pytest.FixtureRequest) -> str:
    made: str = client.create_knowledge_base(request.node.name[:90], schema="resume")["id"]
    return made


@pytest.fixture
def shelved(server: Server, kb: str) -> Iterator[KnowledgeBase]:
    """The knowledge base as it lies on disk, with published documents."""
    held = server.storage.open(kb)
    for name, years in (("Ann Fox", "12"), ("李四", "4"), ("Bo Orr", "7")):
        found = {"name": name, "years": years, "skills": ["Redis"]}
        shelf.put(held, f"{name}.pdf", found, passages=(f"{name} knows Redis, for {years} years",), tags=(name[0],))
    yield held
    held.db.close()


def test_a_knowledge_base_from_its_making_to_its_end(client: Any) -> None:
    made = client.ensure_knowledge_base("Läden", schema={"type": "object", "properties": {"Nr": {"type": "string"}}})
    assert client.ensure_knowledge_base("Läden")["id"] == made["id"]
    changed = client.change_knowledge_base("Läden", name="läden 2", engine="tesseract", retention_days=30)
    assert (changed["name"], changed["engine"], changed["retention_days"]) == ("läden 2", "tesseract", 30)
    assert changed["schema"]["properties"] == {"Nr": {"type": "string"}}
    assert client.change_knowledge_base(made["id"], engine="auto")["retention_days"] == 30
    assert client.change_knowledge_base(made["id"], retention_days=None)["retention_days"] is None
    assert made["id"] in {one["id"] for one in client.knowledge_bases()}
    assert client.knowledge_base("läden 2")["documents"]["done"] == 0
    assert client.delete_knowledge_base("läden 2") is None
    with pytest.raises(NotFound, match="läden 2") as gone:
        client.knowledge_base("läden 2")
    assert (gone.value.code, gone.value.status) == ("not_found", 404)


def test_a_path_bytes_and_a_stream_in_one_upload(client: Any, kb: str, tmp_path: Path) -> None:
    (tmp_path / "书 1.pdf").write_bytes(PDF + b"1")
    files = (tmp_path / "书 1.pdf", ("b.pdf", PDF + b"2"), ("c.pdf", io.BytesIO(PDF + b"3")), ("d.pdf", b""))
    answer = client.upload(kb, *files, tags=["new", "two"], metadata={"from": "岸"})
    assert [one["filename"] for one in answer["documents"]] == ["书 1.pdf", "b.pdf", "c.pdf"]
    assert [one["error"]["code"] for one in answer["rejected"]] == ["empty_file"]
    status = client.document(kb, answer["documents"][0]["id"])
    assert status["tags"] == ["new", "two"] and status["metadata"] == {"from": "岸"} and status["status"] == "queued"
    assert client.upload(kb, str(tmp_path / "书 1.pdf"))["documents"][0]["duplicate"]
    assert client.batch(kb, answer["batch"])["documents"]["queued"] == 3
    with pytest.raises(ApiError, match="metadata") as refused:
        client.upload(kb, ("b.pdf", PDF), metadata="{no json")
    assert refused.value.code == "bad_request"
    with pytest.raises(OSError, match="nothing"):
        client.upload(kb, tmp_path / "nothing")


def test_lists_are_read_to_their_end_part_by_part(
    client: Any, kb: str, shelved: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "_A_PAGE", 2)
    names = [one["filename"] for one in client.documents(kb)]
    assert names == ["Bo Orr.pdf", "李四.pdf", "Ann Fox.pdf"]
    assert [one["filename"] for one in client.documents(kb, limit=1)] == names[:1]
    assert [one["filename"] for one in client.documents(kb, limit=3, status="done")] == names
    assert [one["filename"] for one in client.documents(kb, tag="李", filters=["years>=4"])] == ["李四.pdf"]
    assert len(client.call("GET", "/knowledge-bases?limit=1")["items"]) == 1, "an address may have a query of its own"
    assert b"".join(client.download(f"/knowledge-bases/{kb}/fields.csv?sort=name")).count(b".pdf") == 3
    assert client.first("documents", 1, kb)[0]["filename"] == "Bo Orr.pdf"
    table = client.fields(kb, sort="-years", columns=["years"])
    assert [row["fields"]["years"]["value"] for row in table["items"]] == ["12", "7", "4"]
    assert table["total"] == 3 and table["next_cursor"] is None
    assert len(client.fields(kb, limit=1)["items"]) == 1


def test_searches(client: Any, kb: str, shelved: KnowledgeBase) -> None:
    found = client.search(kb, "redis", mode="keyword", filters=["years>5"], facets=["skills"], limit=5, rerank=False)
    assert {hit["filename"] for hit in found["hits"]} == {"Ann Fox.pdf", "Bo Orr.pdf"}
    assert found["facets"][0]["values"][0]["count"] == 2
    other = client.create_knowledge_base(f"{kb[:8]} beside {type(client).__name__}")["id"]
    several = client.search([kb, other], "redis", mode="keyword")
    assert {hit["knowledge_base"] for hit in several["hits"]} == {kb}


def test_what_is_saved_is_whole_or_was_there_before(
    client: Any, kb: str, shelved: KnowledgeBase, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    assert client.save_fields_csv(kb, path, sort="name") == path
    content = path.read_bytes()
    assert content == b"".join(client.fields_csv(kb, sort="name")) and "李四".encode() in content
    document = client.upload(kb, ("torn.pdf", PDF))["documents"][0]["id"]
    with pytest.raises(NotReady):
        client.save_searchable_pdf(kb, document, path)
    with pytest.raises(NotReady):
        client.markdown(kb, document)
    assert path.read_bytes() == content and [one.name for one in tmp_path.iterdir()] == ["table.csv"]
    assert client.save_original(kb, document, tmp_path / "again.pdf").read_bytes() == PDF
    assert client.pages(kb, document) == []


def test_work_is_stopped_waited_for_and_done_again(client: Any, kb: str) -> None:
    document = client.upload(kb, ("a.pdf", PDF))["documents"][0]["id"]
    with pytest.raises(TimeoutError, match=r"a\.pdf is queued"):
        client.wait(kb, document, timeout_s=0.05)
    assert client.cancel(kb, document)["status"] == "cancelled"
    assert client.wait_all(kb, [document], timeout_s=5)[0]["status"] == "cancelled"
    assert client.retry(kb, document, password="of no use")["run"] == 2
    client.cancel(kb, document)
    assert client.reprocess(kb, document, "render")["run"] == 3
    assert client.reprocess_all(kb, "render", status="queued") == {"runs": 0, "passed_over": 1}
    with pytest.raises(ApiError) as refused:
        client.retry(kb, document)
    assert refused.value.code == "conflict" and refused.value.status == 409
    assert client.delete_document(kb, document) is None


def test_changes_are_told_from_a_version_on(client: Any, kb: str) -> None:
    first = client.upload(kb, ("a.pdf", PDF + b"a"))["documents"][0]["id"]
    second = client.upload(kb, ("b.pdf", PDF + b"b"))["documents"][0]["id"]
    client.delete_document(kb, first)
    told = client.first("changes", 3, kb, since=0)
    assert [change["type"] for change in told] == ["document", "deleted", "knowledge_base"]
    assert told[0]["document"]["id"] == second and told[1]["id"] == first
    assert told[2]["version"] == max(change["version"] for change in told)
    with pytest.raises(NotFound):
        client.first("changes", 1, "no such")


def test_too_much_at_once_is_refused_unless_there_is_patience(
    client: Any, server: Server, kb: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [(f"{number}.pdf", PDF + bytes([number])) for number in range(7)]
    [answer] = client.upload_all(kb, files)
    assert len(answer["documents"]) == 4
    assert {file["error"]["code"] for file in answer["rejected"]} == {"too_many_waiting"}
    with pytest.raises(Busy) as refused:
        client.upload(kb, ("more.pdf", PDF))
    assert (refused.value.status, refused.value.retry_after_s) == (429, 30.0)

    told: list[float] = []

    def room(refusal: Busy, pause_s: float) -> None:
        """The pipeline catches up."""
        told.append(pause_s)
        for document in client.documents(kb, status="queued"):
            client.cancel(kb, document["id"])

    async def at_once(self: Any, seconds: float) -> None:
        pass

    for transport in (Blocking, Awaited):
        monkeypatch.setattr(transport, "sleep", at_once)
    kind = request.node.callspec.params["client"]
    with opened(kind, server.url, server.key, patience_s=3600, on_wait=room) as patient:
        fresh = [(name, content + b"!") for name, content in files]
        answers = list(patient.upload_all(kb, fresh, at_once=6))
    assert [file["filename"] for answer in answers for file in answer["documents"]] == [name for name, _ in files]
    assert all(answer["rejected"] == [] for answer in answers)
    assert len(told) == 2 and min(told) >= 30, "never sooner than the server says"
    with opened(kind, server.url, server.key, patience_s=10, on_wait=lambda *_: pytest.fail("too late")) as hasty:
        room(refused.value, 0.0)
        list(hasty.upload_all(kb, [(name, content + b"?") for name, content in files[:4]], at_once=1))
        with pytest.raises(Busy, match="4 documents"):
            hasty.upload(kb, ("more.pdf", PDF))


def test_what_people_correct(client: Any, server: Server, kb: str) -> None:
    held = server.storage.open(kb)
    document = done(held, POOR, page(2, "More"))
    held.db.close()
    found = client.review(kb, limit=1)
    assert found["counts"] == {"pages": 1, "fields": 2} and len(found["items"]) == 1
    assert {one["kind"] for one in client.review(kb, kind="field", document=document)["items"]} == {"field"}
    assert client.page(kb, document, 2)["text"] == "More" and len(client.pages(kb, document)) == 2
    assert client.correct(kb, document, pages=[{"page": 2, "text": "Less"}])["run"] == 2
    assert client.correct(kb, document, fields=[{"path": "work.title", "index": 1, "value": "Chef"}])["run"] >= 2
    field, text = client.corrections(kb, document)
    assert (field["author"], field["value"], text["text"]) == ("client", "Chef", "Less")
    assert not client.take_back(kb, document, text["id"])["error"]
    assert {one["id"]: one["stands"] for one in client.corrections(kb, document)}[text["id"]] is False
    with pytest.raises(NotFound):
        client.page(kb, document, 7)


def test_the_pipeline(client: Any, kb: str) -> None:
    assert client.pause("ocr")["paused"] and client.pipeline()["stages"]["ocr"]["paused"]
    assert client.resume("ocr")["since"] is None
    assert list(client.failures("render", kb=kb)) == []
    assert client.retry_failures("render", kb=kb)["runs"] == 0
    assert client.discard_failures("render", kb=kb, document="0" * 32) == {"units": 0}
    with pytest.raises(NotFound, match="paint"):
        client.pause("paint")


def test_keys_and_what_they_allow(client: Any, server: Server, kb: str, request: pytest.FixtureRequest) -> None:
    made = client.create_key("reader", "read", knowledge_bases=[kb])
    listed = list(client.keys())
    assert made["id"] in {one["id"] for one in listed} and client.session()["scope"] == "admin"
    kind = request.node.callspec.params["client"]
    with opened(kind, server.url, made["key"]) as reader:
        assert [one["id"] for one in reader.knowledge_bases()] == [kb]
        with pytest.raises(Unauthorized) as refused:
            reader.upload(kb, ("a.pdf", PDF))
        assert refused.value.code == "forbidden"
        client.revoke_key(made["id"])
        with pytest.raises(Unauthorized, match="key"):
            reader.about()
    assert client.about()["max_files"] == 1000
    ready = client.readiness()
    assert not ready["ready"] and ready["problems"], "an answer, though its status is 503"


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_answers(kind: str) -> None:
    with opened(kind, "http://127.0.0.1:1") as nobody:
        with pytest.raises(NoServer, match=r"http://127\.0\.0\.1:1"):
            nobody.about()
        with pytest.raises(NoServer):
            nobody.first("changes", 1, "kb")
    with pytest.raises(ApiError, match="no key has"), opened(kind, "http://127.0.0.1:1", "ключ"):
        pass


def test_the_command_line_sends_the_rest_when_there_is_room(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def room(refusal: Busy, pause_s: float) -> None:
        """The pipeline catches up."""
        told.append(refusal.code)
        with Waiting(server.url, server.key) as client:
            for document in client.documents("shelf", status="queued"):
                client.cancel("shelf", document["id"])

    async def at_once(self: Any, seconds: float) -> None:
        pass

    monkeypatch.setattr(Blocking, "sleep", at_once)
    monkeypatch.setattr("cli.main._say_waiting", room)
    made: list[Pagemill] = []

    def pagemill(*args: Any, **options: Any) -> Pagemill:
        made.append(Pagemill(*args, **options))
        return made[-1]

    monkeypatch.setattr("cli.options.Pagemill", pagemill)
    for number in range(6):
        (tmp_path / f"{number}.pdf").write_bytes(PDF + bytes([number]))
    added = CliRunner().invoke(app, ["add", str(tmp_path), "--kb", "shelf", "--url", server.url, "--key", server.key])
    for one in made:  # a command's process ends, and its connections with it
        one.close()
    assert added.exit_code == 0, added.output
    said = [line.split()[1] for line in added.stdout.splitlines() if ".pdf: " in line]  # beside the server's own lines
    assert said == [f"{number}.pdf:" for number in range(6)]
    assert told == ["too_many_waiting"]
