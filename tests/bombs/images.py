"""Image files that are larger than they look."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

from tests.bombs.packing import MEGABYTE, zeros


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, colours: int, data: bytes, extra: bytes = b"") -> bytes:
    """A PNG with these packed pixels."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def png_of_two_gigapixels(side: int = 46_400) -> bytes:
    """Whole and well formed, of one bit a pixel."""
    return png(side, side, 1, 0, zeros((side // 8 + 1) * side))


def png_just_within(side: int = 9990) -> bytes:
    """Just under a hundred megapixels, of 64 bits each."""
    return png(side, side, 16, 6, zeros((side * 8 + 1) * side))


def png_profile() -> bytes:
    """A colour profile of a gigabyte."""
    return png(64, 64, 8, 0, zeros(65 * 64), _chunk(b"iCCP", b"big\0\0" + zeros(1000 * MEGABYTE)))


def png_words() -> bytes:
    """A comment of a gigabyte."""
    return png(64, 64, 8, 0, zeros(65 * 64), _chunk(b"zTXt", b"big\0\0" + zeros(1000 * MEGABYTE)))


def _jpeg() -> bytes:
    data = io.BytesIO()
    Image.linear_gradient("L").save(data, "JPEG")
    return data.getvalue()


def jpeg_of_absurd_size() -> bytes:
    """Says that it is 65,500 x 65,500."""
    data = bytearray(_jpeg())
    at = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, 65_500, 65_500)
    return bytes(data)


def jpeg_of_many_scans() -> bytes:
    """A progressive JPEG of 9,000 x 9,000 whose finest scan comes over and over."""
    small = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).save(small, "JPEG", progressive=True)
    data = small.getvalue()
    head, tail = data[: data.index(b"\xff\xda")], data[data.rindex(b"\xff\xda") : -2]
    patched = bytearray(head)
    struct.pack_into(">HH", patched, head.index(b"\xff\xc2") + 5, 9000, 9000)
    return bytes(patched) + data[data.index(b"\xff\xda") : -2] + tail * 20_000 + b"\xff\xd9"


def jpeg_metadata() -> bytes:
    """Sixteen megabytes of colour profile, and EXIF whose directory leads to itself."""
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 8, 8)
    parts = [b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif]
    for number in range(1, 256):
        profile = b"ICC_PROFILE\0" + bytes([number, 255]) + bytes(65_500)
        parts.append(b"\xff\xe2" + struct.pack(">H", len(profile) + 2) + profile)
    data = _jpeg()
    return data[:2] + b"".join(parts) + data[2:]


def _tiff(entries: list[tuple[int, int, int, int]], next_at: int, at: int = 8) -> bytes:
    body = struct.pack("<H", len(entries))
    body += b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return body + struct.pack("<I", next_at)


_TIFF_PAGE = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
              (277, 3, 1, 1), (278, 4, 1, 16), (279, 4, 1, 256)]  # fmt: skip


def tiff_in_a_circle() -> bytes:
    """Two pages that lead to each other."""
    size = len(_tiff(_TIFF_PAGE, 0))
    first, second = 8 + 256, 8 + 256 + size
    return (
        b"II*\0" + struct.pack("<I", first) + bytes(range(256)) + _tiff(_TIFF_PAGE, second) + _tiff(_TIFF_PAGE, first)
    )


def tiff_of_many_pages(pages: int = 100_000) -> bytes:
    """A hundred thousand pages of the same pixels."""
    size = len(_tiff(_TIFF_PAGE, 0))
    directories = [
        _tiff(_TIFF_PAGE, 8 + 256 + size * (number + 1) if number + 1 < pages else 0) for number in range(pages)
    ]
    return b"II*\0" + struct.pack("<I", 8 + 256) + bytes(range(256)) + b"".join(directories)


def tiff_strip_of_gigabytes() -> bytes:
    """A strip that says that it has four gigabytes, of an image within the limits."""
    entries = [(256, 4, 1, 9000), (257, 4, 1, 9000), (258, 3, 1, 16), (259, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8),
               (277, 3, 1, 1), (278, 4, 1, 9000), (279, 4, 1, 0xFFFFFFF0)]  # fmt: skip
    return b"II*\0" + struct.pack("<I", 8 + 256) + zlib.compress(bytes(200)).ljust(256, b"\0") + _tiff(entries, 0)
