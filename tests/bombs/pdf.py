"""PDFs by hand: objects in order and a table of references, made by no library that would mend them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable

from PIL import Image

from tests.bombs.packing import MEGABYTE, deflated


def pdf(objects: Iterable[bytes], trailer: bytes = b"", startxref: int | None = None) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer\n<</Size %d/Root 1 0 R%b>>\n" % (len(offsets) + 1, trailer))
    out.write(b"startxref\n%d\n%%%%EOF\n" % (table if startxref is None else startxref))
    return out.getvalue()


def stream(data: bytes, extra: bytes = b"", filters: bytes = b"") -> bytes:
    """A stream object."""
    named = b"/Filter " + filters if filters else b""
    return b"<</Length %d%b%b>>stream\n%b\nendstream" % (len(data), named, extra, data)


def one_page(
    content: bytes, resources: bytes = b"<<>>", more: Iterable[bytes] = (), box: bytes = b"0 0 600 800"
) -> bytes:
    """A PDF of a page with these contents (a stream object); further objects begin at number 5."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%b]/Contents 4 0 R/Resources %b>>" % (box, resources)
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, content, *more])


def real_pages(pages: int = 100_000) -> bytes:
    """A hundred thousand pages, each an object of its own."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, pages + 3))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    return pdf(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, pages), *[page] * pages]
    )


def pages_that_are_one(levels: int = 5) -> bytes:
    """Ten times the same child at every level."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    for level in range(levels):
        kids = b"%d 0 R " % (level + 3) * 10
        objects.append(b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, 10 ** (levels - level)))
    return pdf([*objects, b"<</Type/Page/MediaBox[0 0 9 9]>>"])


def page_count_that_lies() -> bytes:
    """Two billion pages by its own count, and one in truth."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>", page])


def deep_page_tree(levels: int = 20_000) -> bytes:
    """A page under twenty thousand nodes."""
    nodes = [b"<</Type/Pages/Kids[%d 0 R]/Count 1/Parent %d 0 R>>" % (n + 3, n + 1) for n in range(levels)]
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", *nodes, b"<</Type/Page/MediaBox[0 0 9 9]>>"])


def page_tree_in_a_circle() -> bytes:
    """A node that is its own child."""
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>"])


def deep_arrays(depth: int = 1_000_000) -> bytes:
    """Brackets in brackets, in an object that every page needs."""
    return one_page(stream(b""), resources=b"<</Font " + b"[" * depth + b"]" * depth + b">>")


def deep_arrays_in_contents(depth: int = 5_000_000) -> bytes:
    """Brackets in brackets among the instructions."""
    return one_page(stream(deflated(b"[" * MEGABYTE, depth // MEGABYTE), filters=b"/FlateDecode"))


def deep_saves(depth: int = 20 * MEGABYTE) -> bytes:
    """Graphics states saved and never restored."""
    return one_page(stream(deflated(b"q " * MEGABYTE, depth // MEGABYTE), filters=b"/FlateDecode"))


def _form(inside: bytes, resources: bytes) -> bytes:
    return stream(inside, b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources " + resources)


def forms_in_forms(levels: int = 5000) -> bytes:
    """Each draws the next."""
    forms = [_form(b"/F Do", b"<</XObject<</F %d 0 R>>>>" % (number + 6)) for number in range(levels)]
    return one_page(stream(b"/F Do"), b"<</XObject<</F 5 0 R>>>>", [*forms, _form(b"0 0 9 9 re f", b"<<>>")])


def form_in_itself() -> bytes:
    """Draws itself, twice."""
    return one_page(stream(b"/F Do"), b"<</XObject<</F 5 0 R>>>>", [_form(b"/F Do /F Do", b"<</XObject<</F 5 0 R>>>>")])


def billion_forms(levels: int = 10) -> bytes:
    """Ten times the next at every level: ten thousand million rectangles."""
    forms = [_form(b"/F Do " * 10, b"<</XObject<</F %d 0 R>>>>" % (number + 6)) for number in range(levels)]
    return one_page(stream(b"/F Do"), b"<</XObject<</F 5 0 R>>>>", [*forms, _form(b"0 0 9 9 re f", b"<<>>")])


def xref_loop() -> bytes:
    """A table of references that says that the one before it is itself."""
    body = one_page(stream(b"0 0 9 9 re f"))
    at = body.rindex(b"\nxref\n") + 1
    return body.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % at)


def object_stream_in_itself() -> bytes:
    """Object 4, the contents, is said to lie inside of object 5, which is said to lie inside of itself."""
    head = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    entries = [(0, 0, 0), (1, 9, 0), (2, 5, 0), (2, 5, 1), (2, 5, 2), (2, 5, 3), (1, len(head), 0)]
    table = b"".join(struct.pack(">BIB", *entry) for entry in entries)
    xref = stream(table, b"/Type/XRef/W[1 4 1]/Size 7/Root 1 0 R")
    return b"%b6 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (head, xref, len(head))


def expanding_contents() -> bytes:
    """Blanks, packed thrice: eight gigabytes of instructions out of a few kilobytes."""
    inner = deflated(b" " * MEGABYTE, 8000)
    twice = zlib.compress(inner, 9)
    return one_page(stream(zlib.compress(twice, 9), filters=b"[/FlateDecode/FlateDecode/FlateDecode]"))


def expanding_object_stream() -> bytes:
    """Objects packed twice: four gigabytes of blanks stand before them."""
    packed = zlib.compress(deflated(b" " * MEGABYTE, 4000), 9)
    head = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    five = b"5 0 obj\n%b\nendobj\n" % stream(
        packed, b"/Type/ObjStm/N 1/First 4194304000", b"[/FlateDecode/FlateDecode]"
    )
    entries = [(0, 0, 0), (1, 9, 0), (2, 5, 0), (0, 0, 0), (0, 0, 0), (1, len(head), 0), (1, len(head + five), 0)]
    table = b"".join(struct.pack(">BIB", *entry) for entry in entries)
    xref = stream(table, b"/Type/XRef/W[1 4 1]/Size 7/Root 1 0 R")
    return b"%b%b6 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (head, five, xref, len(head + five))


def _picture(data: bytes, filters: bytes, width: int, height: int, more: bytes = b"") -> bytes:
    extra = b"/Type/XObject/Subtype/Image/Width %d/Height %d%b" % (width, height, more)
    return one_page(stream(b"600 0 0 800 0 0 cm /I Do"), b"<</XObject<</I 5 0 R>>>>", [stream(data, extra, filters)])


def picture_of_gigabytes() -> bytes:
    """60,000 x 60,000 pixels of three colours, packed twice."""
    data = zlib.compress(deflated(bytes(MEGABYTE), 10_300), 9)
    return _picture(data, b"[/FlateDecode/FlateDecode]", 60_000, 60_000, b"/ColorSpace/DeviceRGB/BitsPerComponent 8")


def jpx_picture() -> bytes:
    """A JPEG 2000 that says that it is 10,000 x 10,000."""
    small = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(small, "JPEG2000", no_jp2=True)
    data = bytearray(small.getvalue())
    at = data.index(b"\xff\x51") + 6  # SIZ: capabilities, then the size of the image, its offset, that of a tile
    struct.pack_into(">II", data, at, 10_000, 10_000)
    struct.pack_into(">II", data, at + 16, 10_000, 10_000)
    return _picture(bytes(data), b"/JPXDecode", 10_000, 10_000)


def jbig2_picture(side: int = 10_000) -> bytes:
    """A JBIG2 of one region that says that it is 10,000 x 10,000."""
    page = struct.pack(">IBBBI", 0, 48, 0, 1, 19) + struct.pack(">IIIIBH", side, side, 0, 0, 0, 0)
    region = struct.pack(">IIIIB", side, side, 0, 0, 0) + bytes([0]) + bytes([3, 255, 253, 255, 2, 254, 254, 254])
    data = page + struct.pack(">IBBBI", 1, 38, 0, 1, len(region) + 2) + region + b"\xff\xac"
    return _picture(data, b"/JBIG2Decode", side, side, b"/ColorSpace/DeviceGray/BitsPerComponent 1")


def jbig2_picture_of_gigabytes() -> bytes:
    """The same, of 60,000 x 60,000."""
    return jbig2_picture(60_000)


def long_page() -> bytes:
    """A page of 40,000 points."""
    return one_page(stream(b"0 0 9 9 re f"), box=b"0 0 40000 40000")


def many_strokes(times: int = 10_000_000) -> bytes:
    """Ten million lines."""
    block = b"0 0 m 600 800 l S\n" * 10_000
    return one_page(stream(deflated(block, times // 10_000), filters=b"/FlateDecode"))


def many_letters(times: int = 20_000_000) -> bytes:
    """Twenty million letters, all readable."""
    block = b"BT /F 9 Tf 9 780 Td\n" + b"(lorem ipsum dolor sit amet ) Tj 0 -1 Td\n" * 4000
    packed = deflated(block, times // (4000 * 26))
    font = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    return one_page(stream(packed, filters=b"/FlateDecode"), font)


def small_tiles() -> bytes:
    """A page filled with a pattern that repeats a million times an inch."""
    tile = stream(
        b"0 0 1 1 re f",
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.0001/YStep 0.0001/Resources<<>>",
    )
    return one_page(stream(b"/Pattern cs /P scn 0 0 600 800 re f"), b"<</Pattern<</P 5 0 R>>>>", [tile])


def endless_function() -> bytes:
    """A shading whose colour is a calculation of a million steps a pixel."""
    steps = b"{" + b"pop 0.5 sin " * 1_000_000 + b"}"
    function = stream(zlib.compress(steps, 9), b"/FunctionType 4/Domain[0 1 0 1]/Range[0 1]", b"/FlateDecode")
    shading = b"<</ShadingType 1/ColorSpace/DeviceGray/Domain[0 1 0 1]/Matrix[600 0 0 800 0 0]/Function 6 0 R>>"
    return one_page(stream(b"/S sh"), b"<</Shading<</S 5 0 R>>>>", [shading, function])
