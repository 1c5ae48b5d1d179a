"""Who reads the pages, each as its users would run it on two cores.

A group starts what it needs, warms it, and stops it again: while others read, nothing of it is there. What its users
start anew for every document (a command line) is started anew here too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from pipeline.settings import PROJECT_ROOT
from tests.bench.peers import servers
from tests.bench.peers.home import LANGUAGES, Home, environment
from tests.bench.peers.work import Work
from tests.stack import running

_POLL_S = 0.05
_LONGEST_S = 600.0
_PAGEMILL = {
    "Pagemill, tesserocr": ("tesserocr", "as Pagemill, with engine tesserocr and languages en, zh-Hans"),
    "Pagemill, tesseract": ("tesseract", "as Pagemill, with engine tesseract and languages en, zh-Hans"),
    "Pagemill": ("auto", "the whole stack as it comes, warm; a document a page, uploaded together; until the last one "
                         "is searchable"),
}  # fmt: skip

Texts = dict[str, str]
"""What was read, by the names of the pages."""

Reads = Callable[[Work], Callable[[], Texts]]
"""Reads all pages of some work; what it gives tells afterwards what they say, off the clock."""


@dataclass(slots=True)
class Contender:
    """One that reads.

    Attributes:
        pids: programs that were there before, and whose processor time is its own.
    """

    read: Reads
    pids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Contenders that are started together.

    Attributes:
        about: what they are told, by name.
        start: given work to warm with and a folder, the contenders by name.
    """

    about: Mapping[str, str]
    start: Callable[[Work, Path], AbstractContextManager[Mapping[str, Contender]]]


def groups(home: Home, *, tesseract: bool) -> list[Group]:
    """All that can run here.

    Args:
        home: the peers' environment; without one they are left out.
        tesseract: whether there is a Tesseract with both languages.
    """
    found = [Group({name: about for name, (_, about) in _PAGEMILL.items()}, _pagemill)]
    if tesseract and home.problem is None:
        found += [
            Group({"OCRmyPDF": f"ocrmypdf -j2 -l {LANGUAGES} on one PDF of all pages",
                   "OCRmyPDF, fastest": "the same with --output-type pdf --optimize 0"},
                  lambda warm, folder: _ocrmypdf(home, folder)),
            Group({"Kreuzberg": f"batch_extract_files_sync over 2 workers, a document a page, OCR in {LANGUAGES}, "
                                "no cache, warm"},
                  lambda warm, folder: _loop("Kreuzberg", home.python, "kreuzberg", warm, folder)),
            Group({"Kreuzberg, fastest": "the same without quality processing, tables and Markdown"},
                  lambda warm, folder: _loop("Kreuzberg, fastest", home.python, "kreuzberg-fast", warm, folder)),
            Group({"Celery pipeline": "upload, one task a document, two workers with tesserocr, warm"},
                  lambda warm, folder: _served("Celery pipeline", servers.celery(home, folder / "celery"), warm)),
            Group({"thread pool": "two threads with tesserocr inside the upload requests, warm"},
                  lambda warm, folder: _served("thread pool", servers.pool(home, folder / "pool"), warm)),
            Group({"two tesserocr": f"a bare loop over ready images, two processes, {LANGUAGES}, warm"},
                  lambda warm, folder: _loop("two tesserocr", home.python, "tesserocr", warm, folder)),
        ]  # fmt: skip
    if tesseract:
        found.append(
            Group({"xargs -P2 tesseract": f"on ready images, -l {LANGUAGES}"}, lambda _, folder: _xargs(folder))
        )
    found.append(Group({"two RapidOCR": "a bare loop over ready images, two processes of Pagemill's engine, warm"},
                 lambda warm, folder: _loop("two RapidOCR", sys.executable, "rapidocr", warm, folder)))  # fmt: skip
    return found


@contextmanager
def _pagemill(warm: Work, folder: Path) -> Iterator[Mapping[str, Contender]]:
    with running(folder / "data", {"OMP_THREAD_LIMIT": "1"}) as stack:

        def ended(path: str) -> None:
            """Wait without asking again and again: the cores are for those who read."""
            told, deadline = stack.client.call("GET", path), time.monotonic() + _LONGEST_S
            while told["status"] != "done":
                assert told["status"] in ("queued", "running"), f"a page was not read: {told}"
                assert time.monotonic() < deadline, f"waited {_LONGEST_S:.0f} s for {told}"
                told = stack.client.call("GET", path, params={"wait": 30, "since": told["version"]})

        def read(base: str, work: Work) -> Callable[[], Texts]:
            path = f"/knowledge-bases/{base}"
            files = [("files", (pdf.name, pdf.read_bytes())) for pdf in work.pdfs]
            answer = stack.client.call("POST", f"{path}/documents", files=files)
            for one in answer["documents"]:
                ended(path + f"/documents/{one['id']}")
            return lambda: {
                Path(one["filename"]).stem: stack.client.call("GET", f"{path}/documents/{one['id']}/pages/1")["text"]
                for one in answer["documents"]
            }

        contenders = {}
        for name, (engine, _) in _PAGEMILL.items():
            base = stack.create(engine, engine=engine, languages=["en", "zh-Hans"])
            contenders[name] = Contender(lambda work, base=base: read(base, work), (stack.process.pid,))  # type: ignore[misc]
        stack.wait_for_vectors(base)
        for contender in contenders.values():
            contender.read(warm)
        yield contenders


@contextmanager
def _ocrmypdf(home: Home, folder: Path) -> Iterator[Mapping[str, Contender]]:
    def read(work: Work, *told: str) -> Callable[[], Texts]:
        text = folder / "text"
        _run([home.program("ocrmypdf"), "--quiet", "-j2", "-l", LANGUAGES, *told, "--sidecar", str(text),
              str(work.book), str(folder / "out.pdf")])  # fmt: skip
        return lambda: dict(zip(work.truths, text.read_text().split("\f"), strict=False))

    yield {
        "OCRmyPDF": Contender(read),
        "OCRmyPDF, fastest": Contender(lambda work: read(work, "--output-type", "pdf", "--optimize", "0")),
    }


@contextmanager
def _xargs(folder: Path) -> Iterator[Mapping[str, Contender]]:
    def read(work: Work) -> Callable[[], Texts]:
        images = "\0".join(map(str, work.images))
        _run(["xargs", "-0", "-P2", "-I{}", "tesseract", "{}", "{}", "-l", LANGUAGES], images)
        return lambda: {path.stem: path.with_name(f"{path.name}.txt").read_text() for path in work.images}

    yield {"xargs -P2 tesseract": Contender(read)}


def _run(command: list[str], told: str | None = None) -> None:
    done = subprocess.run(command, input=told, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}"


@contextmanager
def _loop(name: str, python: str, reader: str, warm: Work, folder: Path) -> Iterator[Mapping[str, Contender]]:
    """A program that waits for paths; see `loop.py`."""
    argv = [python, str(servers.HERE / "loop.py"), reader]
    env = {"PYTHONPATH": str(PROJECT_ROOT)} if python == sys.executable else {}
    with servers.program(argv, folder / "log", env, subprocess.PIPE, subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        to, back = process.stdin, process.stdout

        def read(work: Work) -> Callable[[], Texts]:
            paths = work.pdfs if reader.startswith("kreuzberg") else work.images
            print(json.dumps([str(path) for path in paths]), file=to, flush=True)
            answer = back.readline()
            assert answer, f"{name} ended: {(folder / 'log').read_text()[-500:]}"
            return lambda: dict(zip(work.truths, json.loads(answer), strict=True))

        read(warm)
        yield {name: Contender(read, (process.pid,))}


@contextmanager
def _served(
    name: str, starting: AbstractContextManager[servers.Server], warm: Work
) -> Iterator[Mapping[str, Contender]]:
    """A pipeline of a user's own behind a web server: all pages uploaded at once, each asked for until it is read."""
    with starting as server, httpx.Client(base_url=server.url, timeout=_LONGEST_S, trust_env=False) as client:
        if name == "thread pool":
            servers.begin(server)

        def read(work: Work) -> Callable[[], Texts]:
            with ThreadPoolExecutor(len(work.pdfs)) as together:
                answers = list(together.map(sent, work.pdfs))
            texts = [text(answer) for answer in answers]
            return lambda: dict(zip(work.truths, texts, strict=True))

        def sent(pdf: Path) -> dict[str, Any]:
            found: dict[str, Any] = (
                client.post("/documents", files={"files": pdf.read_bytes()}).raise_for_status().json()
            )
            return found

        def text(answer: dict[str, Any]) -> str:
            while answer.get("text") is None:
                answer |= client.get(f"/documents/{answer['id']}").raise_for_status().json()
                assert answer["status"] != "FAILURE", f"{name} could not read a page"
                time.sleep(_POLL_S)
            return str(answer["text"])

        read(warm)
        yield {name: Contender(read, server.pids)}
