"""`/metrics` as Prometheus reads it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from cli.up import free_port, http_answers
from pipeline import metrics
from pipeline.settings import PROJECT_ROOT, Settings
from tests import drawing
from tests.stack import until
from web import host_figures


def scraped(client: TestClient) -> dict[str, Metric]:
    answer = client.get("http://test/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=")
    return {metric.name: metric for metric in text_string_to_metric_families(answer.text)}


def value(metrics: dict[str, Metric], name: str, sample: str = "", **labels: str) -> float:
    found = [
        one for one in metrics[name].samples if one.name == (sample or name) and labels.items() <= one.labels.items()
    ]
    assert len(found) == 1, (name, labels, metrics[name].samples)
    return found[0].value


def test_what_the_ledger_holds_and_what_was_counted(client: TestClient, settings: Settings) -> None:
    first = scraped(client)
    assert value(first, "pagemill_databases_readable") == 1
    assert value(first, "pagemill_sweep_alive") == 0 and value(first, "pagemill_query_model_ready") == 0
    assert value(first, "pagemill_documents", status="queued") == 0
    assert value(first, "pagemill_workers", stage="ocr") == 0
    kb = client.post("/knowledge-bases", json={"name": "figures"}).json()["id"]
    pdf = drawing.text_pdf([["A page."]])
    client.post(f"/knowledge-bases/{kb}/documents", files=[("files", ("a.pdf", pdf))])
    client.get(f"/knowledge-bases/{kb}/search", params={"q": "page", "mode": "keyword"})
    parts = client.app.state.parts  # type: ignore[attr-defined]
    parts.figures._made_at = time.monotonic() + 3600
    assert value(scraped(client), "pagemill_documents", status="queued") == 0, "asked at once again: the same text"
    parts.figures._made_at = None
    then = scraped(client)
    assert value(then, "pagemill_documents", status="queued") == 1
    assert value(then, "pagemill_units", stage="render", state="ready") == 1
    assert value(then, "pagemill_oldest_ready_seconds", stage="render") >= 0
    assert value(then, "pagemill_upload_bytes", "pagemill_upload_bytes_total", kind="pdf") >= len(pdf)
    assert value(then, "pagemill_search_seconds", "pagemill_search_seconds_count", mode="keyword", degraded="no") >= 1
    seconds = ("pagemill_http_seconds", "pagemill_http_seconds_count")
    assert value(then, *seconds, operation="documents_add", status="2xx") >= 1
    client.get("/knowledge-bases/none-such")
    client.get("http://test/nowhere")
    parts.figures._made_at = None
    last = scraped(client)
    assert value(last, *seconds, operation="knowledge_bases_show", status="4xx") >= 1
    assert value(last, *seconds, operation="other", status="4xx") >= 1


def test_restarts_come_from_all_supervisors(client: TestClient, settings: Settings) -> None:
    (settings.data / "supervisor.json").write_text('{"ocr-1": {"died": 2, "replaced": 5, "problem": "dies (SIGSEGV)"}}')
    group = settings.data / "groups" / "ocr-1"
    group.mkdir(parents=True)
    (group / "supervisor.json").write_text('{"ocr-1": {"died": 0, "replaced": 1, "problem": null}}')
    found = scraped(client)
    restarts = ("pagemill_restarts", "pagemill_restarts_total")
    assert value(found, *restarts, program="ocr-1", cause="died") == 2
    assert value(found, *restarts, program="ocr-1", cause="replaced") == 5
    assert value(found, *restarts, program="ocr-1/ocr-1", cause="replaced") == 1
    assert value(found, "pagemill_crash_loop", program="ocr-1") == 1
    assert value(found, "pagemill_crash_loop", program="ocr-1/ocr-1") == 0


def test_a_host_without_a_web_server_tells_its_own(tmp_path: Path) -> None:
    folder = tmp_path / metrics.FOLDER
    counting = (
        "from pathlib import Path; from pipeline import metrics; import sys; metrics.share(Path(sys.argv[1]), 'ocr');"
    )
    for _ in range(2):  # one after the other: the second goes on in the file of the first
        subprocess.run([sys.executable, "-c", f"{counting} metrics.count_page('got', 'read')", folder], check=True)
    (tmp_path / "groups" / "ocr-1").mkdir(parents=True)
    (tmp_path / "groups" / "ocr-1" / "supervisor.json").write_text(
        '{"ocr-1": {"died": 3, "replaced": 0, "problem": ""}}'
    )
    server = host_figures.serve(tmp_path, "127.0.0.1", 0)
    text = httpx.get(f"http://127.0.0.1:{server.server_port}/metrics", trust_env=False).text
    with pytest.raises(OSError, match="in use"):
        host_figures.serve(tmp_path, "127.0.0.1", server.server_port)
    server.shutdown()
    server.server_close()
    found = {metric.name: metric for metric in text_string_to_metric_families(text)}
    assert value(found, "pagemill_pages", "pagemill_pages_total", engine="got", outcome="read") == 2
    assert value(found, "pagemill_restarts", "pagemill_restarts_total", program="ocr-1/ocr-1", cause="died") == 3
    assert value(found, "pagemill_disk_free_bytes") > 0 and "pagemill_units" not in found


def test_a_program_of_its_own_tells_them_until_it_is_told_to_stop(tmp_path: Path) -> None:
    port = free_port()
    env = {"PAGEMILL_STORAGE__DATA": str(tmp_path), "PAGEMILL_WORKER__METRICS_PORT": str(port)}
    with subprocess.Popen([sys.executable, "-m", "web.host_figures"], env={**os.environ, **env}) as process:
        try:
            until(lambda: http_answers(f"http://127.0.0.1:{port}/metrics"), 60, "the figures")
        finally:
            process.terminate()
        assert process.wait(30) == 0


@pytest.mark.files
def test_figures_come_even_where_the_databases_do_not(client: TestClient, settings: Settings) -> None:
    catalogue = settings.data / "catalog.sqlite3"
    client.app.state.parts.storage.catalog.close()  # type: ignore[attr-defined]
    hidden = catalogue.rename(catalogue.with_suffix(".hidden"))
    catalogue.mkdir()
    try:
        found = scraped(client)
        assert value(found, "pagemill_databases_readable") == 0
        assert value(found, "pagemill_disk_free_bytes") > 0 and "pagemill_documents" not in found
    finally:
        catalogue.rmdir()
        hidden.rename(catalogue)


def test_the_paper_tells_every_metric_with_its_labels_and_no_other(client: TestClient, settings: Settings) -> None:
    (settings.data / "supervisor.json").write_text('{"ocr-1": {"died": 0, "replaced": 0, "problem": null}}')
    found = {name: labels(family) for name, family in scraped(client).items()}
    found |= {metric._name: set(metric._labelnames) for metric in metrics.WRITTEN}
    paper = (PROJECT_ROOT / "docs/operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(pagemill_\w+)` \|([^|]*)\|", paper, re.MULTILINE)
    told = {name.removesuffix("_total"): set(re.findall(r"\w+", cell)) for name, cell in rows}
    assert told == found
    endings = re.compile(r"_(total|bucket|sum|count)$")
    asked = {endings.sub("", name) for name in re.findall(r"pagemill_[a-z_]+", paper)}
    assert asked <= told.keys()


def labels(family: Metric) -> set[str]:
    return {name for sample in family.samples for name in sample.labels} - {"le"}
