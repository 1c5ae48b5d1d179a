"""Kinds told from first and last bytes."""

import io
import subprocess
import sys
import zipfile

import pytest
from PIL import Image

from pipeline.errors import PermanentError
from pipeline.render.kinds import HEAD_BYTES, SUPPORTED, TAIL_BYTES, refuse, require_supported, sniff
from tests import drawing


@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff", "webp", "bmp", "gif"])
def test_images_that_pillow_writes(kind):
    data = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(data, kind.upper())
    assert sniff(data.getvalue()[:HEAD_BYTES]) == kind


def test_a_pdf_behind_mail_headers_is_one():
    pdf = drawing.text_pdf([["text"]])
    assert sniff(pdf[:HEAD_BYTES]) == "pdf"
    assert sniff((b"Content-Type: application/pdf\r\n\r\n" + pdf)[:HEAD_BYTES]) == "pdf"
    assert sniff((b"\xef\xbb\xbf" + pdf)[:HEAD_BYTES]) == "pdf"
    assert sniff((b"." * 2000 + pdf)[:HEAD_BYTES]) != "pdf"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>404", "html"),
        (b"\xef\xbb\xbf  \n<HTML>", "html"),
        (b"<html><p>Save as %PDF-1.4", "html"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">', "svg"),
        (b'<?xml version="1.0"?><note/>', "xml"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "ole"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "heic"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "avif"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "media"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "media"),
        ("会议纪要：今天讨论了三件事。".encode()[:-1], "text"),
        (b"BMW is a make of cars", "text"),
        (bytes(range(1, 200)), "unknown"),
        (b"\x89PNG\r\n", "unknown"),
    ],
)
def test_other_heads(head, kind):
    assert sniff(head) == kind


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        ("word/document.xml", "docx"),
        ("xl/workbook.xml", "xlsx"),
        ("photos/a.jpg", "zip"),
        ("password/a.txt", "zip"),
        ("backup/word/document.xml", "zip"),
    ],
)
def test_what_is_in_a_zip(member, kind):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr(member, "x")
    assert sniff(data.getvalue()[:HEAD_BYTES]) == kind


def test_a_zip_that_shows_its_kind_at_its_end_alone():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>" * 1000)
        package.writestr("word/document.xml", "x" * 10_000)
    assert sniff(data.getvalue()[:HEAD_BYTES]) == "zip"
    assert sniff(data.getvalue()[:HEAD_BYTES], data.getvalue()[-TAIL_BYTES:]) == "docx"


@pytest.mark.parametrize(
    ("streams", "kind"),
    [
        (["WordDocument", "Workbook"], "doc"),  # a letter that holds a table
        (["Workbook"], "xls"),
        (["PowerPoint Document"], "ppt"),
        (["EncryptedPackage"], "encrypted"),
        ([], "ole"),
    ],
)
def test_streams_of_ole_files(streams, kind):
    magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0")
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ["Root Entry", *streams])
    assert sniff(magic + directory) == kind
    assert sniff(magic, directory) == kind
    error = refuse(kind)
    assert error.code == ("encrypted" if kind == "encrypted" else "unsupported_kind")
    with pytest.raises(PermanentError):
        require_supported(kind)


def test_refusals_say_what_to_do():
    for kind in ("doc", "xls", "ppt", "ole", "html", "heic", "zip", "unknown", "never heard of"):
        error = refuse(kind)
        assert error.code == "unsupported_kind"
        assert len(error.message.split()) > 8
    assert refuse("empty").code == "empty_file"
    with pytest.raises(PermanentError, match="PDF"):
        require_supported("doc")
    for kind in SUPPORTED:
        require_supported(kind)


def test_the_web_process_loads_no_pdf_library_for_it():
    code = "import sys, pipeline.render.kinds; print('pymupdf' in sys.modules or 'PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
