"""Nothing that people put in or ask for stands in any log: not when all goes well, and not when things break."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pymupdf

from client.requests import kb_path
from pipeline.settings import Settings, StorageSettings
from storage.catalog import Storage
from tests import drawing
from tests.stack import Stack, until

# Words that stand nowhere else.
NAME, ENGLISH, CHINESE = "quagga-zeugnis", "Xylorimba", "貔貅吞云"
TAG, METADATA, QUERY, FIELD = "velociped", "gallimaufry", "bumfuzzle", "snickersnee"
PASSWORD, KEY = "Sesquipedal-9", "pm_taradiddle"
SECRETS = (NAME, ENGLISH, CHINESE, TAG, METADATA, QUERY, PASSWORD, KEY, FIELD)


def files() -> dict[str, bytes]:
    digital = drawing.text_pdf([[f"The {ENGLISH} was played.", f"{CHINESE}，吐雾成雨。"]])
    with pymupdf.open(stream=digital) as document:
        encrypted = document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=PASSWORD, owner_pw=PASSWORD)
    return {
        f"{NAME}.pdf": digital,
        f"{NAME}-scan.pdf": drawing.scan(drawing.text_pdf([[f"The {ENGLISH} again."], [f"{CHINESE}在此。"]])),
        f"{NAME}-damaged.pdf": drawing.damaged_pdf() + ENGLISH.encode(),
        f"{NAME}-encrypted.pdf": encrypted,
        f"{NAME}.docx": b"PK\x03\x04" + ENGLISH.encode() * 100,
        f"{NAME}.txt": f"{ENGLISH} {CHINESE}".encode(),
    }


def test_no_log_holds_what_people_put_in_or_asked_for(stack: Stack) -> None:
    kb = stack.create("logs")
    form = {"tags": TAG, "metadata": json.dumps({"source": METADATA}), "password": PASSWORD}
    parts = [("files", (name, content)) for name, content in files().items()]
    answer = stack.client.call("POST", f"{kb_path(kb)}/documents", files=parts, data=form)
    kill_a_reader(stack)
    ended = stack.wait(kb, *(document["id"] for document in answer["documents"]))
    assert {status["status"] for status in ended} == {"done", "failed"} and answer["rejected"]
    for mode in ("hybrid", "vector", "keyword"):
        assert mode == "vector" or stack.search(kb, ENGLISH, mode=mode)["hits"]
        stack.search(kb, f'{QUERY} AND "( {CHINESE}', mode=mode)
    refused(stack, kb)
    found = [(path.name, secret) for path in logs(stack.data) for secret in SECRETS if holds(path.read_bytes(), secret)]
    assert found == []
    told = stack.log()
    assert all(document["id"] in told for document in answer["documents"]), "no trip of a document can be followed"


def kill_a_reader(stack: Stack) -> None:
    """A child that dies with a page in its hands."""
    until(lambda: "stage=ocr" in stack.log(), 60, "a page to be read")
    until(lambda: readers(stack) != [], 60, "a reader to be there")  # those of cancelled pages start with the next
    for pid in readers(stack)[:1]:
        os.kill(pid, signal.SIGKILL)


def readers(stack: Stack) -> list[int]:
    found = []
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "pipeline.child ocr" in " ".join(process.cmdline()):
                found.append(process.pid)
    return found


def refused(stack: Stack, kb: str) -> None:
    """Requests that are wrong, each with words of its own."""
    api = f"{stack.url}/api/v1"
    for filter_ in (f"{FIELD}:{QUERY}", f"tag:{TAG}", f"language:{QUERY}"):
        httpx.get(f"{api}/knowledge-bases/{kb}/search", params={"q": QUERY, "filter": filter_})
    httpx.get(f"{api}/knowledge-bases/{kb}/search", params={"q": QUERY, "limit": QUERY})
    httpx.get(f"{api}/{QUERY}/{TAG}", headers={"Authorization": f"Bearer {KEY}"})
    httpx.post(f"{api}/knowledge-bases", content=f'{{"name": "{QUERY}', headers={"content-type": "application/json"})
    httpx.post(f"{api}/knowledge-bases/{kb}/documents", data={"metadata": METADATA, "tags": TAG, "password": PASSWORD})
    httpx.get(f"{stack.url}/metrics", params={"q": QUERY}, cookies={"session": KEY})


def logs(data: Path) -> list[Path]:
    found = [path for path in (*data.glob("logs/*"), *data.glob("groups/*/logs/*"), data / "supervisor.json")]
    assert {"pagemill.log", "chroma.log", "valkey.log", "supervisor.json"} <= {path.name for path in found}
    return found


def holds(content: bytes, secret: str) -> bool:
    """As it is, in another case, or as escapes that JSON and Python write."""
    forms = (secret, json.dumps(secret)[1:-1], ascii(secret)[1:-1], repr(secret.encode())[2:-1])
    return any(form.casefold().encode() in content.lower() or form.encode() in content for form in forms)


def test_a_role_alone_writes_rotated_logs_too(tmp_path: Path) -> None:
    Storage(Settings(storage=StorageSettings(data=tmp_path))).prepare()
    env = {"PAGEMILL_QUEUE__REDIS_URL": "redis://127.0.0.1:1/0", "PAGEMILL_STORAGE__DATA": str(tmp_path)}
    sweep = subprocess.Popen([sys.executable, "-m", "cli.main", "sweep"], env={**os.environ, **env})
    log = tmp_path / "groups" / "sweep" / "logs" / "pagemill.log"
    try:
        until(lambda: log.exists() and 'event="sweep ready"' in log.read_text(), 60, "the sweep's log")
        assert (tmp_path / "groups" / "sweep" / "supervisor.json").exists()
    finally:
        sweep.send_signal(signal.SIGTERM)
    assert sweep.wait(timeout=60) == 0


def test_the_search_for_secrets_would_find_them() -> None:
    for secret in SECRETS:
        for line in (secret, secret.upper(), json.dumps(secret), ascii(secret), repr(secret.encode())):
            assert holds(f"level=info event={line}".encode(), secret), line
