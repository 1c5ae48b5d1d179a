"""Every bad file gets a code and a sentence: most at upload, the others when they are opened or their page is drawn."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from pipeline.errors import PermanentError
from pipeline.render import kinds
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.kinds import HEAD_BYTES, TAIL_BYTES, sniff
from pipeline.render.source import open_source
from tests import drawing

DOCUMENTS = "/knowledge-bases/kb/documents"


def _package(*members: tuple[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package:
        for name, content in members:
            package.writestr(name, content)
    return data.getvalue()


def _ole(*streams: str) -> bytes:
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ["Root Entry", *streams])
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + directory


def _image(kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(data, kind, **options)
    return data.getvalue()


# Kind -> the file, under a name that lies.
REFUSED: dict[str, bytes] = {
    "empty": b"",
    "encrypted": _ole("EncryptedPackage"),
    "doc": _ole("WordDocument"),
    "xls": _ole("Workbook"),
    "ppt": _ole("PowerPoint Document"),
    "ole": _ole(),
    "xlsx": _package(("[Content_Types].xml", ""), ("xl/workbook.xml", "")),
    "pptx": _package(("[Content_Types].xml", ""), ("ppt/presentation.xml", "")),
    "odt": _package(("mimetype", "application/vnd.oasis.opendocument.text")),
    "epub": _package(("mimetype", "application/epub+zip")),
    "zip": _package(("photos/a.jpg", "x")),
    "rtf": b"{\\rtf1\\ansi hello}",
    "djvu": b"AT&TFORM\0\0\0\x20DJVU",
    "postscript": b"%!PS-Adobe-3.0\n",
    "html": b"<!DOCTYPE html><html><title>404 Not Found</title>",
    "xml": b'<?xml version="1.0"?><note>buy milk</note>',
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "text": "会议纪要：今天讨论了三件事。\n".encode(),
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
    "gif": _image("GIF"),
    "jp2": _image("JPEG2000"),
    "jxl": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20),
    "psd": b"8BPS\0\x01" + bytes(20),
    "archive": b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(20),
    "program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "media": b"OggS\0\x02" + bytes(60),
    "unknown": bytes(range(1, 200)),
}

_PDF = drawing.text_pdf([["The heron stands in the river."]] * 3)
_PNG, _JPEG = _image("PNG"), _image("JPEG")
_TIFF = _image("TIFF", compression="tiff_lzw")
_DOCX = _package(("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<document><body/></document>"))

# What is taken at upload, as its first bytes promise a document; the codes that it ends with.
TAKEN: dict[str, tuple[bytes, set[str]]] = {
    "a PDF with a password": (drawing.encrypted_pdf(), {"encrypted"}),
    "a PDF cut off in its first object": (drawing.damaged_pdf(), {"damaged"}),
    "a PDF's first line alone": (_PDF[:9], {"damaged"}),
    "a PDF cut off half-way": (_PDF[: len(_PDF) // 2], {"damaged", "page_damaged", "ok"}),
    "a PDF of zeros": (b"%PDF-1.7\n" + bytes(5000), {"damaged"}),
    "a PDF without pages": (
        b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
        b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n"
        b"trailer\n<</Size 3/Root 1 0 R>>\nstartxref\n105\n%%EOF\n",
        {"no_pages", "damaged"},
    ),
    "HTML behind a PDF's first line": (b"%PDF-1.4\n<html><body>Sorry</body></html>", {"damaged"}),
    "a PNG cut off": (_PNG[: len(_PNG) // 2], {"page_damaged"}),
    "a PNG's head alone": (_PNG[:33], {"damaged", "page_damaged"}),
    "a JPEG cut off": (_JPEG[: len(_JPEG) // 2], {"page_damaged"}),
    "a JPEG's first bytes": (_JPEG[:20], {"damaged"}),
    "a TIFF cut off": (_TIFF[:200], {"damaged", "no_pages", "page_damaged"}),
    "a WebP cut off": (_image("WEBP")[:100], {"damaged", "page_damaged"}),
    "a BMP cut off": (_image("BMP")[:2000], {"page_damaged"}),
    "a DOCX cut off": (_DOCX[: len(_DOCX) - 30], {"damaged"}),
    "a DOCX without text": (_package(("[Content_Types].xml", ""), ("word/other.xml", "")), {"damaged"}),
    "a JPEG called .pdf": (_JPEG, {"ok"}),
    "a PDF called .pdf": (_PDF, {"ok"}),
}


@pytest.fixture
def kb(client: TestClient) -> str:
    kb_id: str = client.post("/knowledge-bases", json={"name": "kb"}).json()["id"]
    return kb_id


def test_every_kind_that_is_refused_has_a_file_here() -> None:
    assert set(REFUSED) == {"empty", "encrypted", *kinds._SENTENCES}


def test_refused_at_upload_with_a_code_and_what_to_do(client: TestClient, kb: str) -> None:
    for kind, content in REFUSED.items():
        answer = client.post(DOCUMENTS, files=[("files", ("document.pdf", content))])
        assert answer.status_code == 202 and answer.json()["documents"] == [], kind
        (rejected,) = answer.json()["rejected"]
        error = rejected["error"]
        assert error["code"] == {"empty": "empty_file", "encrypted": "encrypted"}.get(kind, "unsupported_kind"), kind
        assert _says_what_to_do(error["message"]), kind
        if error["code"] == "unsupported_kind":
            assert error["detail"] == {"kind": kind}
    assert client.get(DOCUMENTS).json()["items"] == []


def test_taken_at_upload_as_they_promise_a_document(client: TestClient, kb: str) -> None:
    for name, (content, _) in TAKEN.items():
        answer = client.post(DOCUMENTS, files=[("files", ("document.pdf", content))])
        assert answer.json()["rejected"] == [] and len(answer.json()["documents"]) == 1, name


@pytest.mark.parametrize("name", TAKEN)
def test_told_when_opened_or_drawn(tmp_path: Path, name: str) -> None:
    content, codes = TAKEN[name]
    path = tmp_path / "original"
    path.write_bytes(content)
    try:
        with open_source(path, sniff(content[:HEAD_BYTES], content[-TAIL_BYTES:])) as source:
            render_page(source, 1, tmp_path / "page.png", RenderOptions())
        code = "ok"
    except PermanentError as error:
        code = error.code
        assert _says_what_to_do(error.message)
    assert code in codes


def _says_what_to_do(sentence: str) -> bool:
    return sentence.endswith(".") and len(sentence.split()) > 8
