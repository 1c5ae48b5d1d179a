"""How right the time left is, and how late a change reaches a client and a browser: `python -m tests.bench.live`.

Uploads a steady load of scans and texts and follows it over the WebSocket. A second thread stamps every version of the
knowledge base when it is committed; a page in Chromium stamps when its message is there, and when the next frame is.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import orjson
from playwright.sync_api import sync_playwright
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from cli.samples import scan
from storage.database import Missing
from storage.sqlite import SQLite
from tests import drawing
from tests.browser.chromium import launched
from tests.stack import ENDED, Stack, running, until

DOCUMENTS = 40
WARM_UP = 8  # of them go first: a steady load has no cold start
Told = list[tuple[float, float | None]]  # when, and how many seconds were said to be left
_STAMPS = """
window.stamps = [];
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (event) => {
      const version = JSON.parse(event.data).version;
      const heard = Date.now();
      requestAnimationFrame(() => requestAnimationFrame(() => window.stamps.push([version, heard, Date.now()])));
    });
  }
};
"""


def load() -> list[bytes]:
    """Documents of 1 to 12 pages, three in four scanned."""
    chosen = random.Random(7)
    made = []
    for number in range(DOCUMENTS):
        paragraphs = [
            [f"Document {number}, page {page}. " + "The river runs past the old mill and under the bridge. " * 6] * 3
            for page in range(chosen.choice([1, 1, 2, 3, 5, 8, 12]))
        ]
        pdf = drawing.text_pdf(paragraphs)
        made.append(scan(pdf, dpi=150, seed=number) if number % 4 else pdf)
    return made


class Committed(threading.Thread):
    """Stamps each version of a knowledge base when it can first be read."""

    def __init__(self, database: Path) -> None:
        super().__init__(daemon=True)
        self._database = SQLite(database, 5.0)
        self.at: dict[int, float] = {}
        self.stopping = threading.Event()

    def run(self) -> None:
        last = 0
        while not self.stopping.wait(0.002):
            try:
                with self._database.read() as connection:
                    version = int(connection.exec_driver_sql("SELECT version FROM knowledge").scalar_one())
            except Missing:
                return
            for passed in range(last + 1, version + 1):
                self.at[passed] = time.time()
            last = version


def follow(stack: Stack, kb: str, names: set[str]) -> tuple[dict[str, Told], dict[int, float]]:
    """A document: when it was told to have how many seconds left, until it ended; and when each version was heard."""
    samples: dict[str, Told] = {name: [] for name in names}
    heard: dict[int, float] = {}
    address = stack.url.replace("http", "ws") + f"/api/v1/knowledge-bases/{kb}/events?since=0"
    ended: set[str] = set()
    with connect(address) as socket:
        while not names <= ended:
            try:
                message = orjson.loads(socket.recv(timeout=300))
            except ConnectionClosed:
                sys.exit("the server closed the connection")
            heard.setdefault(message["version"], time.time())
            told: dict[str, float | None] = {}
            if message["type"] == "document":
                document = message["document"]
                told = {document["id"]: document["eta_seconds"]}
                ended |= {document["id"]} if document["status"] in ENDED else set()
            elif message["type"] == "knowledge_base":
                told = message["eta_seconds"]
            for name in told.keys() & names:
                samples[name].append((time.time(), told[name]))
    return samples, heard


def eta_errors(samples: dict[str, Told]) -> tuple[list[float], int]:
    """Relative error of the time left at half of each document's time, and how many had none to tell."""
    errors, unknown = [], 0
    for seen in samples.values():
        begin, end = seen[0][0], seen[-1][0]
        at, told = next((at, told) for at, told in reversed(seen) if at <= (begin + end) / 2)
        if told is None:
            unknown += 1
        else:
            errors.append(abs(told - (end - at)) / (end - at))
    return errors, unknown


def _spread(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=20)
    return f"p50 {statistics.median(values):.0f} ms, p95 {cuts[18]:.0f} ms, worst {max(values):.0f} ms ({len(values)})"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary, running(Path(temporary) / "data") as stack:
        until(lambda: len(stack.client.call("GET", "/pipeline")["workers"]) >= 6, 60, "all workers")
        kb = stack.create("load")
        stack.wait_for_vectors(kb)
        committed = Committed(stack.data / "kb" / kb / "kb.sqlite3")
        committed.start()
        with sync_playwright() as playwright, launched(playwright) as browser:
            page = browser.new_page()
            page.add_init_script(_STAMPS)
            page.goto(f"{stack.url}/#/kb/{kb}")
            files = [(f"{number}.pdf", content) for number, content in enumerate(load())]
            stack.wait(kb, *[stack.upload(kb, *file) for file in files[:WARM_UP]])
            began = time.time()
            samples, heard = follow(stack, kb, {stack.upload(kb, *file) for file in files[WARM_UP:]})
            until(lambda: max(s[0] for s in page.evaluate("stamps")) >= max(heard), 30, "the browser")
            stamps = page.evaluate("stamps")
        committed.stopping.set()
    errors, unknown = eta_errors(samples)
    print(
        f"time left at half-way, {len(errors)} documents: median error {statistics.median(errors):.0%},"
        f" quartiles {', '.join(f'{cut:.0%}' for cut in statistics.quantiles(errors))}; none told yet: {unknown}"
    )
    at = committed.at
    late = [1000 * (then - at[v]) for v, then in heard.items() if at.get(v, 0.0) > began]  # not what was told at first
    print("commit to a client:", _spread(late))
    print("commit to the browser:", _spread([then - 1000 * at[v] for v, then, _ in stamps if v in at]))
    print("commit to its screen:", _spread([then - 1000 * at[v] for v, _, then in stamps if v in at]))


if __name__ == "__main__":
    main()
