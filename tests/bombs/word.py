"""Word documents that unpack to more than they look."""

from __future__ import annotations

import io
import struct
import zipfile

from tests.bombs.images import png_of_two_gigapixels
from tests.bombs.packing import MEGABYTE, raw

_DOCX_HEAD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
_DOCX_TAIL = "</w:body></w:document>"


def _docx(document: bytes, **more: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", document)
        for name, content in more.items():
            package.writestr(f"word/media/{name}", content)
    return data.getvalue()


def _stretched(package: bytes, member: bytes, packed: bytes, size: int) -> bytes:
    """The package with a member more, of raw deflate data that unpacks to `size` bytes, or says so."""
    at = package.index(b"PK\x01\x02")
    end = package.index(b"PK\x05\x06")
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(packed), size & 0xFFFFFFFF, len(member), 0)
    local = b"PK\x03\x04" + fields + member + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, at) + member
    directory = package[at:end] + central
    counts = struct.unpack_from("<H", package, end + 8)[0] + 1
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, counts, counts, len(directory), at + len(local), 0)
    return package[:at] + local + directory + tail


def docx_of_gigabytes() -> bytes:
    """Three gigabytes in a member, as it says itself."""
    return _stretched(
        _docx(f"{_DOCX_HEAD}{_DOCX_TAIL}".encode()), b"word/big.xml", raw(b" " * MEGABYTE, 3 * 1024), 3 << 30
    )


def docx_that_lies() -> bytes:
    """Three gigabytes of text in a member that says it has a hundred bytes."""
    base = io.BytesIO()
    with zipfile.ZipFile(base, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
    return _stretched(base.getvalue(), b"word/document.xml", raw(b" " * MEGABYTE, 3 * 1024), 100)


def docx_of_entities() -> bytes:
    """A thousand million laughs."""
    entities = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))]
    document = f"<!DOCTYPE d [{''.join(entities)}]>{_DOCX_HEAD}<w:p><w:r><w:t>&a9;</w:t></w:r></w:p>{_DOCX_TAIL}"
    return _docx(document.encode())


def docx_of_depth(depth: int = 200_000) -> bytes:
    """Elements in elements."""
    return _docx(f"{_DOCX_HEAD}{'<w:sdt>' * depth}{'</w:sdt>' * depth}{_DOCX_TAIL}".encode())


def docx_of_tables(depth: int = 300) -> bytes:
    """Tables in cells of tables."""
    head, tail = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
    return _docx(f"{_DOCX_HEAD}{head * depth}<w:p><w:r><w:t>x</w:t></w:r></w:p>{tail * depth}{_DOCX_TAIL}".encode())


def docx_of_words(paragraphs: int = 400_000) -> bytes:
    """A book of four hundred thousand paragraphs, in a few kilobytes."""
    return _docx(f"{_DOCX_HEAD}{'<w:p><w:r><w:t>tick</w:t></w:r></w:p>' * paragraphs}{_DOCX_TAIL}".encode())


def docx_picture() -> bytes:
    """A picture of two gigapixels."""
    return _docx(f"{_DOCX_HEAD}<w:p><w:r><w:t>x</w:t></w:r></w:p>{_DOCX_TAIL}".encode(), big=png_of_two_gigapixels())
