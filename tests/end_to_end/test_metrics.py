"""`/metrics` of a real stack: processes that come and go, counted by one that outlives them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from pipeline import stages
from tests import drawing
from tests.stack import Stack, until


class Scraped(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """Values by the sample's name and labels."""

    def sum(self, name: str, **labels: str) -> float:
        return sum(value for (known, held), value in self.items() if known == name and labels.items() <= set(held))


def scrape(stack: Stack) -> Scraped:
    text = httpx.get(f"{stack.url}/metrics").raise_for_status().text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return Scraped({(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples})


def files(data: Path) -> set[str]:
    return {path.name for path in (data / "metrics").glob("*.db")}


def test_what_all_processes_did_is_counted_and_a_killed_one_goes_on_counting(stack: Stack) -> None:
    kb = stack.create("metrics")
    before = scrape(stack)
    pages = drawing.text_pdf([["Counted once."]])
    stack.wait(kb, stack.upload(kb, "counted.pdf", drawing.joined(pages, drawing.scan(pages))))

    def counted(pages: int) -> bool:
        now = scrape(stack)

        def more(name: str, **labels: str) -> float:
            return now.sum(name, **labels) - before.sum(name, **labels)

        settled = [more("pagemill_stage_seconds_count", stage=stage, outcome="settled") for stage in stages.NAMES]
        read = more("pagemill_pages_total"), more("pagemill_pages_total", engine="text_layer")
        return all(settled) and read == (2 * pages, pages)

    until(lambda: counted(1), 30, "a page of each kind, and all stages")
    found = scrape(stack)
    assert found.sum("pagemill_sweep_alive") == 1 and found.sum("pagemill_databases_readable") == 1
    assert all(found.sum("pagemill_workers", stage=stage) >= 1 for stage in stages.NAMES)
    died = found.sum("pagemill_restarts_total", program="extract-1", cause="died")
    known = files(stack.data)
    (pid,) = [
        worker["pid"] for worker in stack.client.call("GET", "/pipeline")["workers"] if worker["stage"] == "extract"
    ]
    os.kill(pid, signal.SIGKILL)
    until(
        lambda: scrape(stack).sum("pagemill_restarts_total", program="extract-1", cause="died") == died + 1,
        30, "its death to be told",
    )  # fmt: skip
    stack.wait(kb, stack.upload(kb, "again.pdf", drawing.joined(drawing.scan(pages), pages)))
    until(lambda: counted(2), 30, "what its successor did, on top")
    assert files(stack.data) == known, "every death leaves files behind"
