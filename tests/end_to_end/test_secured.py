"""Queue server and Chroma behind TLS, with a user, passwords and a token of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import dramatiq
import pytest
import redis
from dramatiq.errors import ConnectionClosed

from actors.broker import Queue
from cli.doctor import _chroma, _valkey
from pipeline.errors import ServiceUnavailable
from pipeline.settings import PROJECT_ROOT, QueueSettings, Settings, StorageSettings
from storage.vectors import Access, VectorStore
from tests import drawing
from tests.stack import Stack, running
from tests.tls import Certificates, Front, certificates

PASSWORD, TOKEN = "a-password-of-tests", "a-token-of-tests"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def admin(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as admin:
        admin.flushall()
        # As docs/operating.md says, word by word.
        [command] = re.findall(r"^ACL SETUSER .*$", (PROJECT_ROOT / "docs/operating.md").read_text(), re.MULTILINE)
        admin.execute_command(*command.replace("PASSWORD", PASSWORD).split())
        yield admin
        admin.execute_command("ACL", "DELUSER", "pagemill")


@pytest.fixture
def front(redis_url: str, made: Certificates, admin: redis.Redis) -> Iterator[Front]:
    with Front(urlsplit(redis_url).port or 0, made) as front:
        yield front


def secured(front: Front, ca: Path | None, password: str = PASSWORD) -> QueueSettings:
    url = f"rediss://pagemill@127.0.0.1:{front.port}/0"
    return QueueSettings.model_validate(
        {"redis_url": url, "redis_ca": str(ca or ""), "redis_password": password, "poll_ms": 50}
    )


@pytest.mark.siege
def test_a_whole_stack_over_tls_with_the_rights_that_the_paper_names(
    stack: Stack, front: Front, made: Certificates, tmp_path: Path
) -> None:
    chroma_port = urlsplit(stack.chroma_url).port or 0
    with Front(chroma_port, made) as chroma:
        env = {
            "PAGEMILL_QUEUE__REDIS_URL": f"rediss://pagemill@127.0.0.1:{front.port}/0",
            "PAGEMILL_QUEUE__REDIS_PASSWORD": PASSWORD, "PAGEMILL_QUEUE__REDIS_CA": str(made.ca),
            "PAGEMILL_STORAGE__CHROMA_URL": f"https://127.0.0.1:{chroma.port}",
            "PAGEMILL_STORAGE__CHROMA_TOKEN": TOKEN, "PAGEMILL_STORAGE__CHROMA_CA": str(made.ca),
            "PAGEMILL_OCR__PROCESSES": "1",
        }  # fmt: skip
        with running(tmp_path / "data", env) as own:
            kb = own.create("secured")
            [status] = own.wait(kb, own.upload(kb, "a.pdf", drawing.text_pdf([["Herons wait at the weir in March."]])))
            assert status["status"] == "done", status
            own.wait_for_vectors(kb)
            assert own.search(kb, "birds standing near water", mode="vector")["hits"]
            own.client.call("DELETE", f"/knowledge-bases/{kb}")
        assert f"authorization: bearer {TOKEN}".encode() in bytes(chroma.heard).lower()
        written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
        assert PASSWORD.encode() not in written and TOKEN.encode() not in written
        assert "NoPermission" not in own.log() and "lacks a right" not in own.log()


def test_who_is_not_trusted_or_not_let_in_is_told_so(front: Front, made: Certificates) -> None:
    for settings, said in (
        (secured(front, None), "certificate verify failed"),
        (secured(front, made.ca, "another-password"), "AuthenticationError"),
    ):
        queue = Queue(settings)
        with closing(queue.broker.client), pytest.raises(ServiceUnavailable, match=said) as refused:
            queue.ping()
        assert "password-of" not in str(refused.value) and "another-password" not in str(refused.value)
        [found] = _valkey(Settings(queue=settings))
        assert found.level == "missing" and said in found.found
    [found] = _valkey(Settings(queue=secured(front, made.ca)))
    assert found.level == "ok" and found.found.startswith("valkey ")


def test_a_user_who_may_not_be_woken_works_all_the_same(front: Front, made: Certificates, admin: redis.Redis) -> None:
    admin.execute_command("ACL", "SETUSER", "pagemill", "-client|id", "-client|unblock")
    queue = Queue(secured(front, made.ca))
    with closing(queue.broker.client):
        consumer = queue.broker.consume("ocr")
        assert next(consumer) is None, "it waited, for as long as it may"
        queue.send("ocr", "kb", "document", 1, "1-1")
        message = next(consumer)
        assert isinstance(message, dramatiq.MessageProxy) and message.args[3] == "1-1"
        consumer.ack(message)
        assert queue.sent("ocr") == []
        queue.broker.stop_waiting()
        consumer.close()


def test_a_right_that_is_missing_is_named_and_found_once_it_is_given(
    front: Front, made: Certificates, admin: redis.Redis
) -> None:
    admin.execute_command("ACL", "SETUSER", "pagemill", "-blmove")
    queue = Queue(secured(front, made.ca))
    with closing(queue.broker.client):
        consumer = queue.broker.consume("ocr")
        with pytest.raises(ConnectionClosed, match=r"lacks a right.*blmove.*docs/operating\.md"):
            next(consumer)
        admin.execute_command("ACL", "SETUSER", "pagemill", "+blmove", "-evalsha")
        with pytest.raises(ServiceUnavailable, match=r"lacks a right.*evalsha"):
            queue.send("ocr", "kb", "document", 1, "1-1")
        admin.execute_command("ACL", "SETUSER", "pagemill", "+evalsha", "-keys")
        admin.zadd("pagemill:__heartbeats__", {"a worker that is dead": 1})
        with pytest.raises(ServiceUnavailable, match=r"lacks a right.*keys"):
            queue.send("ocr", "kb", "document", 1, "1-1")
        admin.execute_command("ACL", "SETUSER", "pagemill", "+keys")
        queue.send("ocr", "kb", "document", 1, "1-1")
        assert next(consumer) is not None
        consumer.close()


def test_chroma_is_not_spoken_to_before_its_certificate_was_checked(stack: Stack, made: Certificates) -> None:
    with Front(urlsplit(stack.chroma_url).port or 0, made) as front:
        url = f"https://127.0.0.1:{front.port}"
        settings = StorageSettings.model_validate({"chroma_url": url, "chroma_token": TOKEN})
        stranger = VectorStore(url, "0" * 32, 20, 5.0, access=Access.of(settings))
        with pytest.raises(ServiceUnavailable, match="certificate verify failed"):
            stranger.ids()
        assert front.heard == b"", "no token was shown to who might be anybody"
        [found] = _chroma(Settings(storage=settings))
        assert found.level == "missing" and "certificate" in found.found and TOKEN not in found.found
        named = settings.model_copy(update={"chroma_ca": str(made.ca), "chroma_header": "X-Chroma-Token"})
        assert _chroma(Settings(storage=named))[0].level == "ok"
        assert f"x-chroma-token: {TOKEN}".encode() in bytes(front.heard).lower()
        assert TOKEN not in f"{Access.of(named)!r} {named!r} {named}"
