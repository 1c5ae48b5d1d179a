"""`make demo`: a stack on its own data folder, sample documents, their outcomes, three searches, a resume's fields.

Leaves the server running until Ctrl-C; without a terminal, or with DEMO_EXIT=1, it stops by itself. Exit status 0 only
if every document ended as it should and every search found what it should.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from rich.console import Console

from cli import fields, progress
from cli.main import print_hits
from cli.samples import RESUME_NAME, SEARCHES, Sample, make_samples
from cli.up import UpError, python
from client import Pagemill
from pipeline.ocr import policy
from pipeline.settings import Settings

_MODEL_S = 180.0
_STOP_S = 40.0
_KB = "demo"
_RESUMES = "demo-resumes"


def run(settings: Settings, console: Console) -> int:
    """Run the demo; the exit status."""
    data = settings.data if "PAGEMILL_STORAGE__DATA" in os.environ else settings.data.with_name("demo-data")
    console.rule("Pagemill demo")
    choice = policy.choose(settings.ocr.engine, settings.ocr.languages)
    console.print(f"Engine: {', then '.join(choice.engines)}. {choice.reason}", markup=False)
    samples = make_samples(data / "samples")
    stack = subprocess.Popen(
        [*python("cli.main"), "up", "--data", str(data), "--host", "127.0.0.1", "--port", str(settings.web.port)],
        env={**os.environ, "PAGEMILL_WEB__KEYS": "auto"},  # for whoever is at this machine
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches this process; it stops the stack in order
    )
    try:
        url = _ready(stack, console)
        surprises = _tour(Pagemill(url), samples, console)
        for surprise in surprises:
            console.print(f"[red]Surprise:[/red] {surprise}")
        if not surprises:
            console.print("Everything came out as it should.")
        if sys.stdout.isatty() and not os.environ.get("DEMO_EXIT"):
            _linger(stack, url, console)
        return 1 if surprises else 0
    except UpError as error:
        console.print(f"Demo: {error}", markup=False)
        return 1
    finally:
        stack.terminate()
        try:
            stack.wait(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            stack.kill()


def _ready(stack: subprocess.Popen[str], console: Console) -> str:
    """Wait for the line that says where the stack listens; the address."""
    assert stack.stdout is not None
    with console.status("Starting queue server, vector server, web server, sweep and workers …"):
        line = stack.stdout.readline()
    if "ready at" not in line:
        raise UpError("the stack did not start; see above")
    console.print(line.strip(), markup=False, soft_wrap=True)
    return line.split("ready at ", 1)[1].split()[0]


def _tour(client: Pagemill, samples: list[Sample], console: Console) -> list[str]:
    """Upload, wait, search; what did not come out as expected."""
    if any(item["name"] == _KB for item in client.knowledge_bases()):
        client.delete_knowledge_base(_KB)  # of an earlier demo
    client.ensure_knowledge_base(_KB)
    answer = client.upload(_KB, *(sample.path for sample in samples))
    for document, sample in zip(answer["documents"], samples, strict=True):
        document["filename"] = sample.title
    console.print(f"\nUploaded {len(samples)} documents into the knowledge base “{_KB}”:")
    statuses = progress.watch(client, _KB, answer["documents"], console)
    surprises = []
    console.print()
    for sample, status in zip(samples, statuses, strict=True):
        console.print(f"{sample.title}\n   {progress.outcome(status)}", markup=False, soft_wrap=True)
        if status["status"] != sample.expect:
            surprises.append(f"“{sample.title}” ended {status['status']} instead of {sample.expect}")
    _wait_for_vectors(client, console)
    for wanted in SEARCHES:
        console.print(f"\nSearch: {wanted.query}", style="bold", markup=False)
        found = client.search(_KB, wanted.query, limit=3)
        print_hits(console, found)
        best = found["hits"][0]["filename"] if found["hits"] else None
        if best != wanted.expect:
            surprises.append(f"the search “{wanted.query}” found {best} first instead of {wanted.expect}")
    console.print()
    return surprises + _resume(client, samples[0], console)


def _resume(client: Pagemill, sample: Sample, console: Console) -> list[str]:
    """Read the resume once more, for its fields; what did not come out as expected."""
    if any(item["name"] == _RESUMES for item in client.knowledge_bases()):
        client.delete_knowledge_base(_RESUMES)
    client.ensure_knowledge_base(_RESUMES, schema="resume")
    answer = client.upload(_RESUMES, sample.path, tags=["demo"])
    console.print(f"The resume again, into “{_RESUMES}”, whose schema is `resume`:", markup=False)
    status = progress.watch(client, _RESUMES, answer["documents"], console)[0]
    for line in fields.lines(status["fields"]):
        console.print(f"   {line}", markup=False, soft_wrap=True)
    console.print()
    name = fields.cell(status["fields"], "name")
    return [] if name == RESUME_NAME else [f"the name on the resume was read as {name} instead of {RESUME_NAME}"]


def _wait_for_vectors(client: Pagemill, console: Console) -> None:
    """Searches answer at once; for meaning, and across languages, the query model must have loaded."""
    deadline = time.monotonic() + _MODEL_S
    with console.status("Waiting for the query model …"):
        while client.search(_KB, "ready?", limit=1)["degraded"]:
            if time.monotonic() > deadline:
                raise UpError("the query model did not load; see the logs")
            time.sleep(0.5)


def _linger(stack: subprocess.Popen[str], url: str, console: Console) -> None:
    console.print(
        f"The server goes on until Ctrl-C. Open {url} in a browser, or try in another terminal:", markup=False
    )
    console.print(f"    PAGEMILL_URL={url} .venv/bin/pagemill add YOUR_FILE.pdf --kb demo --wait", markup=False)
    console.print(f"    PAGEMILL_URL={url} .venv/bin/pagemill search 'your question' --kb demo", markup=False)
    try:
        stack.wait()
    except KeyboardInterrupt:
        console.print("\nStopping …")
