"""Upload answers, time to searchable, and a letter behind a long scan: `python -m tests.bench.latency`."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import psutil

from tests import drawing
from tests.stack import Stack, running, until

ROUNDS = 15
LONG_PAGES = 200


def uploads(stack: Stack) -> None:
    """Milliseconds from request to answer on an idle stack."""
    kb = stack.create("uploads")
    page = drawing.text_pdf([["An idle upload."]])
    times = []
    for number in range(ROUNDS):
        content = page + b"%" + bytes([65 + number]) * 1_000_000
        began = time.perf_counter()
        document = stack.upload(kb, f"{number}.pdf", content)
        times.append((time.perf_counter() - began) * 1000)
        stack.wait(kb, document)
    print(f"upload answer, 1 MB, idle: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms")


def searchable(stack: Stack) -> None:
    """Seconds from upload until a word of the page is found, and the engine's share of them."""
    kb = stack.create("searchable")
    for kind in ("born-digital", "scan"):
        times, engine = [], []
        for number in range(5):
            word = f"zebra{kind[0]}{number}"
            pdf = drawing.text_pdf([[f"The word of the day is {word}, and nothing else matters today."]])
            began = time.perf_counter()
            document = stack.upload(kb, "a.pdf", pdf if kind == "born-digital" else drawing.scan(pdf, seed=number))
            until(lambda word=word: bool(stack.search(kb, word, mode="keyword")["hits"]), 60, word)  # type: ignore[misc]
            times.append(time.perf_counter() - began)
            reading = stack.client.call("GET", f"/knowledge-bases/{kb}/documents/{document}/pages/1")
            engine.append(reading["seconds"])
        print(
            f"{kind}, one page, upload to searchable: median {statistics.median(times):.2f} s,"
            f" of which the reader {statistics.median(engine):.2f} s"
        )


def letter_behind_a_book(stack: Stack) -> None:
    """Pages of a long scan that are read between the upload of a letter and its end."""
    kb = stack.create("book")
    scanned = drawing.scan(drawing.text_pdf([[f"Page {n} of a long scan."] for n in range(LONG_PAGES)]), dpi=100)
    book = stack.upload(kb, "book.pdf", scanned)
    until(lambda: stack.status(kb, book)["pages"]["done"] >= 5, 300, "the scan to be under way")
    before = stack.status(kb, book)["pages"]["done"]
    letter = stack.upload(kb, "letter.pdf", drawing.scan(drawing.text_pdf([["A letter behind the book."]])))
    began = time.perf_counter()
    stack.wait(kb, letter)
    took, after = time.perf_counter() - began, stack.status(kb, book)["pages"]["done"]
    print(f"letter behind a {LONG_PAGES}-page scan: done after {took:.1f} s and {after - before} pages of the scan")
    times = []
    for number in range(20):
        content = drawing.text_pdf([[f"Upload {number} under load."]]) + b"%" + bytes([65 + number]) * 1_000_000
        start = time.perf_counter()
        stack.upload(kb, f"{number}.pdf", content)
        times.append((time.perf_counter() - start) * 1000)
    print(f"upload answer, 1 MB, under OCR: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms")
    stack.client.call("POST", f"/knowledge-bases/{kb}/documents/{book}/cancel")


def memory(stack: Stack) -> None:
    """Proportional set size of every process, and whether torch is loaded in it."""
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        maps = Path(f"/proc/{process.pid}/smaps_rollup")
        if maps.exists():
            pss = next(line for line in maps.read_text().splitlines() if line.startswith("Pss:"))
            torch = "libtorch" in Path(f"/proc/{process.pid}/maps").read_text()
            words = " ".join(Path(part).name for part in process.cmdline()[1:5])
            print(f"{int(pss.split()[1]) / 1000:7.0f} MB  {'torch' if torch else '     '}  {words}")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary, running(Path(temporary) / "data") as stack:
        stack.wait_for_vectors(stack.create("warm"))
        until(lambda: len(stack.client.call("GET", "/pipeline")["workers"]) >= 6, 60, "all workers")
        uploads(stack)
        searchable(stack)
        memory(stack)
        letter_behind_a_book(stack)


if __name__ == "__main__":
    main()
