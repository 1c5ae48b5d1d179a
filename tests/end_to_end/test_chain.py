"""Documents through the real chain, over HTTP."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from client import ApiError
from client.requests import kb_path
from pipeline.settings import Settings, StorageSettings
from storage.catalog import Storage
from tests import drawing
from tests.stack import Stack, until

LETTER = "The committee thanks you for the careful survey of the northern reservoir. Repairs begin in September."
RESUME = "张伟明，男，一九八八年出生，毕业于浙江大学计算机系，熟悉分布式存储与集群运维。"


def test_a_born_digital_page_is_found_with_its_box(stack: Stack, kb: str) -> None:
    document = stack.upload(kb, "letter.pdf", drawing.text_pdf([[LETTER]]))
    (status,) = stack.wait(kb, document)
    assert status["status"] == "done" and status["pages"]["text_layer"] == 1 and status["progress"] == 1
    assert status["language"] == "en" and status["error"] is None
    hit = stack.search(kb, "reservoir repairs", mode="keyword")["hits"][0]
    assert hit["document"] == document and hit["pages"] == [1]
    marked = {hit["text"][start:end] for start, end in hit["highlights"]}
    assert {"reservoir", "Repairs"} <= marked
    words = stack.client.call("GET", f"{kb_path(kb)}/documents/{document}/pages/1")["words"]
    x0, y0, x1, y1 = next(word["box"] for word in words if word["text"].startswith("reservoir"))
    assert any(b[0] <= x0 + 1 and b[1] <= y0 + 1 and b[2] >= x1 - 1 and b[3] >= y1 - 1
               for b in (box["box"] for box in hit["boxes"]))  # fmt: skip


def test_scans_in_both_scripts_are_read_and_found(stack: Stack, kb: str) -> None:
    english = stack.upload(kb, "scan-en.pdf", drawing.scan(drawing.text_pdf([[LETTER]])))
    chinese = stack.upload(kb, "scan-zh.pdf", drawing.scan(drawing.text_pdf([[RESUME]])))
    for status in stack.wait(kb, english, chinese):
        assert status["status"] == "done" and status["pages"]["ocr"] == 1, status
    stack.wait_for_vectors(kb)
    assert stack.search(kb, "集群运维")["hits"][0]["document"] == chinese
    assert stack.search(kb, "水库什么时候维修？")["hits"][0]["document"] == english, "across languages"
    assert stack.search(kb, "reservoir", mode="keyword")["hits"][0]["document"] == english
    assert "浙江大学" in stack.search(kb, "毕业于哪所大学", mode="vector")["hits"][0]["text"]


def test_a_page_image_is_read_once(stack: Stack, kb: str) -> None:
    scan = drawing.scan(drawing.text_pdf([[LETTER]]))
    readings = []
    for number, content in enumerate((scan, scan + b"\n% sent once more\n")):
        document = stack.upload(kb, f"{number}.pdf", content)
        (status,) = stack.wait(kb, document)
        assert status["status"] == "done" and status["pages"]["ocr"] == 1, status
        readings.append(stack.client.call("GET", f"{kb_path(kb)}/documents/{document}/pages/1"))
    first, second = readings
    assert first["words"] == second["words"] and "reservoir" in " ".join(word["text"] for word in second["words"])
    assert "reused" not in first["engine_settings"] and second["engine_settings"]["reused"] is True


def test_results_of_a_long_document(stack: Stack, kb: str) -> None:
    pages = [[f"Section {n}. Turbine {n} was inspected by crew {n}.", LETTER] for n in range(1, 13)]
    document = stack.upload(kb, "report.pdf", drawing.text_pdf(pages))
    (status,) = stack.wait(kb, document)
    assert status["pages"]["done"] == status["pages"]["total"] == 12
    assert status["stages"]["render"]["done"] == 12 and status["stages"]["store"]["done"] == 1
    base = f"{kb_path(kb)}/documents/{document}"
    listed = stack.client.call("GET", f"{base}/pages")["items"]
    assert [page["page_number"] for page in listed] == list(range(1, 13))
    described = stack.client.call("GET", f"{base}/json")
    assert len(described["pages"]) == 12
    hit = stack.search(kb, "turbine 7 crew", mode="keyword")["hits"][0]
    assert 7 in hit["pages"]


def _encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def test_all_kinds_of_images(stack: Stack, kb: str) -> None:
    page = Image.open(io.BytesIO(drawing.page_png(LETTER))).convert("L")
    turned = Image.Exif()
    turned[0x0112] = 6  # shown turned a quarter to the right
    files = {
        "a.png": _encoded(page, "PNG"),
        "b.jpg": _encoded(page.rotate(90, expand=True), "JPEG", exif=turned.tobytes(), quality=90),
        "c.tiff": _encoded(page, "TIFF", save_all=True, append_images=[page.point(lambda v: min(v + 1, 255))]),
        "d.webp": _encoded(page, "WEBP", lossless=True),
        "e.bmp": _encoded(page, "BMP"),
        "called.pdf": _encoded(page, "JPEG", quality=85),
    }
    ids = {name: stack.upload(kb, name, content) for name, content in files.items()}
    for name, document in ids.items():
        (status,) = stack.wait(kb, document)
        assert status["status"] == "done", (name, status)
        text = " ".join(
            word["text"] for word in stack.client.call("GET", f"{kb_path(kb)}/documents/{document}/pages/1")["words"]
        )
        assert "reservoir" in text, (name, text)
    assert stack.status(kb, ids["c.tiff"])["pages"]["total"] == 2


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (drawing.damaged_pdf, "damaged"),
        (drawing.encrypted_pdf, "encrypted"),
        (lambda: b"%PDF-1.7\n", "damaged"),
        (lambda: drawing.page_png(LETTER)[:2000], "no_page_read"),
    ],
)
def test_bad_files_end_with_a_code_and_a_sentence(stack: Stack, kb: str, make: Any, code: str) -> None:
    document = stack.upload(kb, "bad", make())
    (status,) = stack.wait(kb, document)
    assert status["status"] == "failed" and status["error"]["code"] in (code, "damaged", "page_damaged")
    assert status["error"]["message"].endswith(".") and len(status["error"]["message"]) > 20
    until(lambda: not list((stack.data / "tmp").rglob("*.tif")), 10, "page images to be removed")


def test_one_damaged_page_fails_alone(stack: Stack, kb: str) -> None:
    document = stack.upload(kb, "mixed.pdf", drawing.pdf_with_a_huge_page(LETTER))
    (status,) = stack.wait(kb, document)
    assert status["status"] == "done" and status["pages"]["done"] == 2 and status["pages"]["failed"] == 1
    assert status["warnings"][0]["page"] == 2 and status["warnings"][0]["code"] == "page_too_large"


def test_deleted_in_mid_run_nothing_comes_back(stack: Stack, kb: str) -> None:
    scanned = drawing.scan(drawing.text_pdf([[f"Page {n}. {LETTER}"] for n in range(1, 7)]))
    document = stack.upload(kb, "long.pdf", scanned)
    until(lambda: stack.status(kb, document)["pages"]["done"] >= 1, 60, "a page to be read")
    stack.client.call("DELETE", f"{kb_path(kb)}/documents/{document}")
    with pytest.raises(ApiError, match="no document"):
        stack.status(kb, document)
    until(lambda: not list((stack.data / "tmp" / f"{kb}-{document}").rglob("*")), 20, "its page images to be removed")
    until(stack.idle, 60, "the clean-up's second pass")
    opened = Storage(Settings(storage=StorageSettings(data=stack.data))).open(kb)
    with opened.db.read() as connection:
        for table in ("document", "run", "unit", "page", "reading", "chunk", "chunk_fts", "embedding", "cleanup"):
            left = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
            assert left == 0, f"{left} rows in {table}"
    opened.db.close()
    assert not (stack.data / "kb" / kb / "documents" / document).exists()


def test_cancelled_then_retried(stack: Stack, kb: str) -> None:
    scanned = drawing.scan(drawing.text_pdf([[f"Page {n}. {LETTER}"] for n in range(1, 5)]))
    document = stack.upload(kb, "long.pdf", scanned)
    until(lambda: stack.status(kb, document)["pages"]["done"] >= 1, 60, "a page to be read")
    assert stack.client.call("POST", f"{kb_path(kb)}/documents/{document}/cancel")["status"] == "cancelled"
    read = stack.status(kb, document)["pages"]["done"]
    assert stack.search(kb, "reservoir", mode="keyword")["hits"] == []
    assert stack.client.call("POST", f"{kb_path(kb)}/documents/{document}/retry")["run"] == 2
    (status,) = stack.wait(kb, document)
    assert status["status"] == "done" and status["pages"]["done"] == 4
    assert status["stages"]["ocr"]["total"] <= 4 - read, "what was read is kept"
    assert len(stack.search(kb, "reservoir", mode="keyword")["hits"]) >= 1


def test_a_deleted_knowledge_base_is_gone(stack: Stack) -> None:
    kb = stack.create("to be deleted")
    stack.wait(kb, stack.upload(kb, "letter.pdf", drawing.text_pdf([[LETTER]])))
    stack.client.call("DELETE", kb_path(kb))
    with pytest.raises(ApiError, match="no knowledge base"):
        stack.search(kb, "letter")
    until(lambda: not (stack.data / "kb" / kb).exists(), 60, "its folder to be removed")
