"""docker/compose.scale.yaml, real but for its containers: servers, two web servers behind the proxy, all workers."""

from __future__ import annotations

import re
import signal
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import orjson
import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

from pipeline.settings import PROJECT_ROOT
from tests import drawing
from tests.composed import PASSWORDS, ROLES, WEBS, Composed, composed
from tests.stack import ENDED, until

pytestmark = pytest.mark.siege
KB = "/knowledge-bases/harbour"
MOST_MB = 70
HEAD = b'--x\r\ncontent-disposition: form-data; name="files"; filename="large.pdf"\r\n\r\n%PDF-1.7\n'
END = b"\r\n--x--\r\n"
FORM = {"content-type": "multipart/form-data; boundary=x"}
PIECE = bytes(1_000_000)


class Site:
    """What people reach of it, by the proxy and with a key."""

    def __init__(self, services: Composed, key: str) -> None:
        self.services, self.key = services, key
        self.tls = ssl.create_default_context(cafile=services.ca)

    def client(self, address: str | None = None, **headers: str) -> httpx.Client:
        """A client; of another address of this machine, if one is given."""
        return httpx.Client(
            base_url=f"{self.services.url}/api/v1", headers={"authorization": f"Bearer {self.key}", **headers},
            transport=httpx.HTTPTransport(verify=self.tls, local_address=address), timeout=60,
        )  # fmt: skip

    def send(self, name: str, content: bytes) -> str:
        """Upload until it is answered, as any client may; the document's id."""
        with self.client() as client:
            for _ in range(100):
                with suppress(httpx.HTTPError):
                    answer = client.post(f"{KB}/documents", files=[("files", (name, content))])
                    if answer.status_code == 202:
                        document: str = answer.json()["documents"][0]["id"]
                        return document
                    assert answer.status_code in (502, 503), answer.text
                self.services.process("proxy").poll()
        raise AssertionError(f"{name} was never taken")


def _two_at_once_make_keys(services: Composed) -> str:
    """The first key, made by two who find an empty database; it prepares that, and migrates nothing twice."""
    both = [services.run("web-1", "-m", "cli.main", "keys", "add", name, "--scope", "admin") for name in "ab"]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    found = [re.findall(r"pm_\S+", out) for out, _ in said]
    assert all(found) and found[0] != found[1]
    return str(found[0][0])


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    counts = {f"PAGEMILL_{stage}__PROCESSES": "1" for stage in ("RENDER", "OCR", "EXTRACT", "EMBED", "STORE")}
    with composed(PAGEMILL_WEB__MAX_REQUEST_MB=str(MOST_MB), **counts) as services:
        services.start("objects", "redis", "chroma")
        services.make_database()
        key = _two_at_once_make_keys(services)
        until(services.servers_answer, 60, "Redis, Chroma and the object store")
        assert services.bucket_made() and services.bucket_made(), "twice is fine"
        services.start(*WEBS)
        until(lambda: all(map(services.alive, WEBS)), 60, "both web servers")
        services.start("proxy", *(role for role in ROLES if role not in WEBS))
        until(services.ca.exists, 60, "the proxy's own authority")
        found = Site(services, key)
        until(lambda: _ready(found), 60, "all to be ready")
        yield found


def _ready(site: Site) -> bool:
    try:
        with site.client() as client:
            return client.get(f"{site.services.url}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_document_goes_through_all_of_it_and_is_seen_on_its_way(site: Site) -> None:
    scan = drawing.scan(drawing.text_pdf([["The pilot boarded at the outer buoy."]]), seed=3)
    address = site.services.url.replace("https:", "wss:") + f"/api/v1{KB}/events?since=0"
    with site.client() as client:
        client.post("/knowledge-bases", json={"name": "harbour"}).raise_for_status()
        shown = {"Authorization": f"Bearer {site.key}"}
        with connect(address, ssl=site.tls, additional_headers=shown, proxy=None) as events:
            document = site.send("scan.pdf", scan)
            seen = list(_until_ended(events, document))
        assert seen[-1]["status"] == "done" and len({one["stage"] for one in seen}) > 1, seen
        hits = client.get(f"{KB}/search", params={"q": "outer buoy", "mode": "keyword"}).json()["hits"]
        assert [hit["document"] for hit in hits] == [document]
        assert client.get(f"{KB}/documents/{document}/original").content == scan
        figures = client.get(f"{site.services.url}/metrics").text
        # Either web server adds up what all processes of its host have counted.
        assert re.search(r'pagemill_pages_total\{engine="\w+",outcome="read"\} 1\.0', figures), figures
    for role in ROLES:
        if role not in WEBS:
            until(lambda role=role: _is_healthy(site, role), 30, f"{role} to be heard of")  # type: ignore[misc]
    logs = "".join(site.services.log(role) for role in (*ROLES, "proxy"))
    assert not [password for password in PASSWORDS.values() if password in logs]


def _is_healthy(site: Site, role: str) -> bool:
    asked = site.services.run(role, str(PROJECT_ROOT / "docker/health.py"), role)
    said = asked.communicate(timeout=20)[1]
    assert said in ("", f"{role}: not heard of yet\n")
    return asked.returncode == 0


def _until_ended(events: ClientConnection, document: str) -> Iterator[dict[str, Any]]:
    """A document as it is told, until it has ended."""
    while True:
        told = orjson.loads(events.recv(timeout=120))
        if told["type"] == "document" and told["document"]["id"] == document:
            yield told["document"]
            if told["document"]["status"] in ENDED:
                return


@pytest.fixture
def paused(site: Site) -> Iterator[None]:
    """Uploads, and no work on them."""
    with site.client() as client:
        client.post("/pipeline/render/pause").raise_for_status()
    yield


def _arriving(site: Site) -> dict[str, int]:
    """Bytes of uploads on their way, by the web server that has them open."""
    found = dict.fromkeys(WEBS, 0)
    for web in WEBS:
        with suppress(psutil.Error):
            for file in psutil.Process(site.services.process(web).pid).open_files():
                if "/fetched/" in file.path:
                    found[web] += Path(file.path).stat().st_size
    return found


def _large(middle: Event, size_mb: int) -> Iterator[bytes]:
    """The body of an upload; its second half is sent when that is set."""
    yield HEAD
    for number in range(size_mb):
        if number == size_mb // 2:
            assert middle.wait(60)
        yield PIECE
    yield END


@contextmanager
def half_arrived(site: Site, size_mb: int, there_bytes: int) -> Iterator[None]:
    """An upload of which so much has arrived at least; the second half is sent at the end, and it is taken in."""
    middle = Event()
    with site.client(**FORM) as client, ThreadPoolExecutor(1) as beside:
        answer = beside.submit(client.post, f"{KB}/documents", content=_large(middle, size_mb))
        try:
            until(lambda: max(_arriving(site).values()) > there_bytes, 60, "the first half to arrive")
            yield
        finally:
            middle.set()
        assert answer.result().status_code == 202, answer.result().text


def test_a_large_upload_is_passed_on_as_it_comes(site: Site, paused: None) -> None:
    with half_arrived(site, 60, 20_000_000):
        pass


def test_how_large_a_request_may_be_is_said_by_pagemill(site: Site, paused: None) -> None:
    middle = Event()
    middle.set()
    size = len(HEAD) + (MOST_MB + 1) * len(PIECE) + len(END)
    for told in ({"content-length": str(size)}, {}):  # in pieces, nobody knows before how large it will be
        with site.client(**FORM, **told) as client:
            refused = client.post(f"{KB}/documents", content=_large(middle, MOST_MB + 1))
            assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")


def test_who_asks_is_who_reached_the_proxy_whatever_they_say(site: Site) -> None:
    statuses = []
    for number in range(21):  # ten are looked at by each of the two servers
        forged = {"x-forwarded-for": f"10.1.2.{number}", "authorization": f"Bearer pm_{number}"}
        with site.client("127.0.0.7", **forged) as client:
            statuses.append(client.get("/knowledge-bases").status_code)
    assert set(statuses) == {401, 429}
    noted = "".join(map(site.services.log, WEBS))
    assert "address=127.0.0.7" in noted and "10.1.2." not in noted
    with site.client() as client:
        signed = client.post("/session", json={"key": site.key})
        assert "secure" in signed.headers["set-cookie"].lower()


def test_one_web_server_is_killed_and_the_other_takes_over(site: Site, paused: None) -> None:
    pages = {f"{number}.pdf": drawing.text_pdf([[f"Berth {number}"]]) for number in range(40)}
    taken: dict[str, str] = {}
    with ThreadPoolExecutor(4) as beside:

        def send(name: str) -> None:
            taken[name] = site.send(name, pages[name])

        sent = [beside.submit(send, name) for name in pages]
        until(lambda: len(taken) >= 8, 60, "some uploads to be answered")
        victim = site.services.process("web-1")
        victim.send_signal(signal.SIGKILL)
        victim.wait(10)
        with site.client() as client:
            assert {client.get("/knowledge-bases").status_code for _ in range(20)} == {200}, "nobody notices"
        for one in sent:
            one.result()
    with site.client() as client:
        for name, document in taken.items():
            assert client.get(f"{KB}/documents/{document}/original").content == pages[name]
        listed = client.get(f"{KB}/documents", params={"limit": 500}).json()["items"]
        assert len([one for one in listed if one["filename"] in pages]) == len(pages), (
            "one each, however often it was sent"
        )
    site.services.start("web-1")
    until(lambda: site.services.alive("web-1"), 60, "the web server to be back")
    until(lambda: _asked(site, "web-1"), 60, "the proxy to ask it again")


def _asked(site: Site, web: str) -> bool:
    """Whether requests reach a web server by the proxy."""
    admin = httpx.get(f"http://localhost:{site.services.port['admin']}/reverse_proxy/upstreams", trust_env=False).json()
    with site.client() as client, ThreadPoolExecutor(8) as beside:
        list(beside.map(lambda _: client.get(f"{KB}").status_code, range(8)))
    return all(one["fails"] == 0 for one in admin) and len(admin) == 2


def test_a_web_server_told_to_stop_ends_what_it_has_begun(site: Site, paused: None) -> None:
    with half_arrived(site, 8, 2_000_000):
        arriving = _arriving(site)
        web = max(arriving, key=lambda name: arriving[name])
        site.services.process(web).send_signal(signal.SIGTERM)
        until(lambda: not site.services.alive(web), 30, "it to take nobody else")
        assert site.send("meanwhile.pdf", drawing.text_pdf([["Meanwhile"]]))
    assert site.services.process(web).wait(30) == -signal.SIGTERM, "it was not killed"
    site.services.start(web)
