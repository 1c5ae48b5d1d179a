"""Deflate data of many times the same, packed once: gigabytes within a millisecond."""

from __future__ import annotations

import struct
import zlib

MEGABYTE = 1 << 20


def _once(block: bytes) -> bytes:
    """A block packed so that it may stand any number of times (flushed: nothing in it leans on what came before)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)


def raw(block: bytes, times: int) -> bytes:
    """Raw deflate data (RFC 1951) of a block many times over."""
    return _once(block) * times + b"\x03\x00"


def deflated(block: bytes, times: int) -> bytes:
    """The same as a zlib stream; the checksum at its end is wrong, which no reader of PDFs minds."""
    return b"\x78\xda" + raw(block, times) + bytes(4)


def zeros(size: int) -> bytes:
    """A zlib stream of so many zeros, its checksum right (RFC 1950: one half is 1, the other counts them)."""
    blocks, rest = divmod(size, MEGABYTE)
    return (
        b"\x78\xda" + _once(bytes(MEGABYTE)) * blocks + raw(bytes(rest), 1) + struct.pack(">I", size % 65521 << 16 | 1)
    )
