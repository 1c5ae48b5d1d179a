"""Searchable PDFs, read again by MuPDF and by PDFium (which Chromium draws PDFs with)."""

from __future__ import annotations

import errno
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pymupdf
import pypdfium2
import pytest
from PIL import Image

from pipeline.render import searchable
from pipeline.render.draw import RenderOptions
from pipeline.render.hidden_text import LaidOut
from pipeline.render.kinds import sniff
from pipeline.render.preview import draw_preview
from pipeline.render.searchable import Searchable
from pipeline.render.source import open_source
from pipeline.types import Box, Word
from tests import drawing
from tests.unit.test_render_docx import docx, paragraph

SIZE = (400.0, 300.0)  # of the upright page


def word(text: str, x0: float, y0: float, x1: float, y1: float, line: int = 0) -> Word:
    return Word(text, Box(x0, y0, x1, y1), 0.9, line)


# Boxes as readers give them: of the ink, so of different heights in a line; Chinese in pieces, a space's width apart.
WORDS = [
    word("Annual", 30, 20, 80, 34), word("report", 84, 22, 130, 38), word("no", 134, 25, 150, 34),
    word("2026", 154, 21, 186, 34), word("冰川融水", 30, 60, 90, 75, 1), word("一直流到九月底，", 92, 60, 214, 75, 1),
    word("𠮷野家", 30, 100, 84, 118, 2), word("Ωmega", 100, 100, 150, 114, 2), word("况", 30, 140, 44, 154, 3),
]  # fmt: skip
LINES = ["Annual report no 2026", "冰川融水一直流到九月底，", "𠮷野家 Ωmega", "况"]


class Made:
    """A searchable PDF, as two programs read it."""

    def __init__(self, path: Path, problems: dict[int, str]) -> None:
        self.content = path.read_bytes()
        self.problems = problems
        self._pdf = pymupdf.open("pdf", self.content)
        self._pdfium = pypdfium2.PdfDocument(self.content)

    def lines(self, page: int = 1) -> list[str]:
        """Lines of text; both programs must find the same."""
        found: list[str] = self._pdf[page - 1].get_text().splitlines()
        again = self._pdfium[page - 1].get_textpage().get_text_range().splitlines()
        assert [" ".join(line.split()) for line in again] == found
        return found

    def boxes(self, page: int = 1) -> dict[str, list[tuple[float, ...]]]:
        """Boxes of words on the page as displayed, of both."""
        shown = self._pdf[page - 1]
        result = {}
        for x0, y0, x1, y1, text, *_ in shown.get_text("words"):
            box = pymupdf.Rect(x0, y0, x1, y1) * shown.rotation_matrix
            result[text] = [tuple(box.normalize())]
        sheet = self._pdfium[page - 1]
        text_page, size = sheet.get_textpage(), sheet.get_size()
        text = text_page.get_text_range()
        for found in result:
            at = len(text[: text.index(found)].encode("utf-16-le")) // 2
            last = at + len(found.encode("utf-16-le")) // 2
            edges = np.array(
                [_displayed(text_page.get_charbox(n), sheet.get_rotation(), size) for n in range(at, last)]
            )
            result[found].append((*edges[:, :2].min(axis=0), *edges[:, 2:].max(axis=0)))
        return result

    def picture(self, page: int = 1, zoom: float = 1.0) -> np.ndarray:
        return _picture(self._pdf[page - 1], zoom)

    def rotation(self, page: int = 1) -> int:
        return int(self._pdf[page - 1].rotation)

    def size(self, page: int = 1) -> tuple[float, float]:
        return self._pdf[page - 1].rect.width, self._pdf[page - 1].rect.height


def _displayed(box: tuple[float, ...], rotation: int, size: tuple[float, float]) -> tuple[float, ...]:
    """A box of PDFium's, which is of the page before rotation and y up, on the page as displayed."""
    left, bottom, right, top = box
    width, height = size
    return {
        0: (left, height - top, right, height - bottom),
        90: (bottom, left, top, right),
        180: (width - right, bottom, width - left, top),
        270: (width - top, height - right, width - bottom, height - left),
    }[rotation]


def _picture(page: pymupdf.Page, zoom: float = 1.0) -> np.ndarray:
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False)
    return np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width, 3).astype(int)


@pytest.fixture
def make(tmp_path):
    def make(
        content: bytes,
        pages: dict[int, Sequence[Word]],
        rotation: int = 0,
        layout: Sequence[LaidOut] = (),
        size: tuple[float, float] = SIZE,
    ) -> Made:
        original, target = tmp_path / "original", tmp_path / "searchable.pdf"
        original.write_bytes(content)
        making = Searchable(original, sniff(content[:4096]), target, RenderOptions(), 100)
        problems = {}
        for number in range(1, making.pages + 1):
            words = pages.get(number, ())
            problem = making.add(number, words, layout, rotation if words else 0, size)
            if problem:
                problems[number] = problem
        making.finish()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["original", "searchable.pdf"]
        return Made(target, problems)

    return make


def page_image(format_: str, size_px: tuple[int, int], lightest: int = 255, **options) -> bytes:
    noise = np.random.default_rng(0).integers(200, lightest, (size_px[1], size_px[0], 3), np.uint8)
    noise[: size_px[1] // 4, : size_px[0] // 4] = (200, 30, 30)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, format_, dpi=(144, 144), **options)
    return buffer.getvalue()


def blank_pdf(size: tuple[float, float], rotate: int = 0, crop: tuple[float, ...] | None = None) -> bytes:
    """A page that shows so much; its resources are its parent's."""
    with pymupdf.open() as document:
        width, height = size if rotate % 180 == 0 else size[::-1]
        page = document.new_page(width=width, height=height)
        if crop:
            left, below, right, above = crop
            document.xref_set_key(page.xref, "MediaBox", f"[{-left} {-below} {width + right} {height + above}]")
            document.xref_set_key(page.xref, "CropBox", f"[0 0 {width} {height}]")
        page.draw_line((0, 0), (width, height))
        page.set_rotation(rotate)
        parent = int(document.xref_get_key(page.xref, "Parent")[1].split()[0])
        document.xref_set_key(parent, "Resources", "<< /ProcSet [/PDF] >>")
        document.xref_set_key(page.xref, "Resources", "null")
        return document.tobytes()


def lying(size: tuple[float, float], rotation: int) -> tuple[float, float]:
    """The size of a page that is of this size once it is turned upright."""
    return size if rotation % 180 == 0 else size[::-1]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "PDF", "PDF turned", "PDF cropped"])
def test_words_lie_over_what_they_were_read_from(make, kind, rotation):
    shown = lying(SIZE, rotation)
    if kind.startswith("PDF"):
        crop = (30.0, 10.0, 20.0, 50.0) if kind == "PDF cropped" else None
        content = blank_pdf(shown, 270 if kind == "PDF turned" else 0, crop)
    else:
        content = page_image(kind, (round(2 * shown[0]), round(2 * shown[1])), lightest=201)
    made = make(content, {1: WORDS}, rotation)
    assert made.size() == pytest.approx(SIZE, abs=0.1)
    assert made.lines() == LINES
    boxes = made.boxes()
    for text, lower, upper in (("Annual", 34, 20.5), ("report", 34, 20.5), ("2026", 34, 20.5), ("况", 154, 140)):
        [expected] = [word.box for word in WORDS if word.text == text]
        for box in boxes[text]:
            assert box == pytest.approx((expected.x0, upper, expected.x1, lower), abs=1.5), text


def test_what_a_pdf_held_is_kept_byte_by_byte_and_nothing_new_is_seen(make):
    with pymupdf.open("pdf", drawing.text_pdf([["born digital"], ["scanned"]])) as document:
        document.set_metadata({"title": "冰川"})
        document.set_toc([[1, "Second", 2]])
        document[0].insert_link(
            {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(50, 50, 90, 60), "uri": "https://example.org"}
        )
        text = document.tobytes()
    with pymupdf.open("pdf", drawing.scan(text, dpi=72)) as scanned, pymupdf.open("pdf", text) as document:
        document.delete_page(1)
        document.insert_pdf(scanned, from_page=1)
        document.set_toc([[1, "Second", 2]])
        content = document.tobytes()
    made = make(content, {2: [word("scanned", 60, 52, 96, 64)]})
    assert made.content.startswith(content)
    assert made.lines(1) == ["born digital"] and made.lines(2) == ["scanned"]
    with pymupdf.open("pdf", made.content) as after, pymupdf.open("pdf", content) as before:
        assert after.metadata["title"] == "冰川" and after.get_toc() == [[1, "Second", 2]]
        assert [link["uri"] for link in after[0].get_links()] == ["https://example.org"]
        for number in (0, 1):
            assert (_picture(after[number], 2) == _picture(before[number], 2)).all()


def old_scan(hidden: str = "", under: str = "", over: str = "") -> bytes:
    """A scan with text that is never drawn, lies under its image, or is drawn over it."""
    with pymupdf.open("pdf", drawing.scan(drawing.text_pdf([["scanned"]]), dpi=72)) as document:
        page = document[0]
        page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(50, 50, 90, 60), "uri": "https://example.org"})
        if hidden:
            page.insert_text((60, 61), hidden, render_mode=3)
        if under:
            page.insert_text((60, 61), under, overlay=False)
        if over:
            page.insert_text((60, 30), over)
        return document.tobytes()


@pytest.mark.parametrize("layer", ["hidden", "under"])
def test_a_bad_old_layer_is_not_found_beside_the_new_one(make, layer):
    content = old_scan(**{layer: "scamned"})
    made = make(content, {1: [word("scanned", 60, 52, 96, 64)]})
    assert made.lines() == ["scanned"]
    with pymupdf.open("pdf", content) as before:
        assert (made.picture(zoom=2) == _picture(before[0], 2)).all()
        assert len(before[0].get_links()) == 1
    with pymupdf.open("pdf", made.content) as after:
        assert [link["uri"] for link in after[0].get_links()] == ["https://example.org"]


def test_a_stamp_that_is_text_is_not_found_twice(make):
    made = make(
        old_scan(over="Page 7"),
        {1: [word("PAGE", 60, 20, 84, 32), word("7", 88, 20, 94, 32), word("scanned", 60, 52, 96, 64, 1)]},
    )
    assert sorted(made.lines()) == ["Page 7", "scanned"]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "TIFF", "PNG"])
def test_pictures_stand_as_their_tags_say(make, tmp_path, format_, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = page_image(format_, (300, 200), exif=exif)
    made = make(content, {1: [word("况", 30, 40, 44, 54)]})
    assert made.lines() == ["况"]
    with open_source(tmp_path / "original", sniff(content[:4096])) as source:
        size = draw_preview(source, 1, 300, tmp_path / "upright.jpg", RenderOptions())
    with Image.open(tmp_path / "upright.jpg") as upright:
        expected = np.asarray(upright).astype(int)
    picture = made.picture(zoom=size[0] / made.size()[0])
    assert picture.shape == expected.shape
    assert np.abs(picture - expected).mean() < 12, "noise aside"
    assert format_ != "JPEG" or content in made.content, "not encoded again"


@pytest.mark.parametrize(
    ("format_", "mode", "most_bytes"),
    [("TIFF", "1", 8_000), ("PNG", "L", 40_000), ("PNG", "P", 60_000), ("PNG", "RGBA", 250_000),
     ("JPEG", "CMYK", 60_000), ("WEBP", "RGB", 60_000), ("BMP", "RGB", 250_000), ("PNG", "I;16", 40_000)],
)  # fmt: skip
def test_pictures_of_any_mode_are_stored_compactly_and_truly(make, tmp_path, format_, mode, most_bytes):
    grey = np.full((200, 300), 255, np.uint8)
    grey[:50, :75] = 0
    image = Image.fromarray(grey.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(grey).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, format_)
    made = make(buffer.getvalue(), {1: [word("况", 30, 40, 44, 54)]})
    picture = made.picture(zoom=300 / made.size()[0])
    assert picture[:45, :70].max() < 10 and picture[60:, 85:].min() > 245
    assert len(made.content) < most_bytes
    assert made.lines() == ["况"]


def test_every_page_of_a_tiff_has_its_own_words_and_a_broken_one_a_sentence(make):
    frames = [Image.fromarray(np.full((600, 800), value, np.uint8)) for value in (250, 120, 10)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:], dpi=(144, 144), compression="tiff_lzw")
    content = bytearray(buffer.getvalue())
    with Image.open(io.BytesIO(content)) as image:
        image.seek(1)
        at, length = image.tag_v2[273][0], image.tag_v2[279][0]
    content[at : at + length] = bytes(length)
    made = make(bytes(content), {n: [word(f"第{n}页", 20, 20, 60, 34)] for n in (1, 2, 3)})
    assert made.lines(1) == ["第1页"] and made.lines(3) == ["第3页"]
    assert list(made.problems) == [2] and made.lines(2) == ["Page 2 of the original cannot be shown."]
    assert made.picture(1).mean() == pytest.approx(250, abs=2) and made.picture(3).mean() == pytest.approx(10, abs=2)
    assert made.size(2) == SIZE


def test_a_damaged_page_of_a_pdf_stays_and_the_others_are_searchable(make):
    with pymupdf.open("pdf", drawing.scan(drawing.text_pdf([["one"], ["two"], ["three"]]), dpi=72)) as document:
        document.update_object(document[1].xref, "(no page)")
        content = document.tobytes()
    made = make(content, {n: [word(f"第{n}页", 20, 20, 60, 34)] for n in (1, 2, 3)})
    assert made.lines(1) == ["第1页"] and made.lines(3) == ["第3页"]


@pytest.mark.parametrize("kind", ["pdf", "png", "tiff, saved in between"])
@pytest.mark.parametrize("said", ["cannot fwrite: No space left on device", "cannot fwrite: Invalid argument"])
def test_a_full_disk_is_told_as_such(make, monkeypatch, kind, said):
    content = blank_pdf(SIZE) if kind == "pdf" else page_image(kind[:4].rstrip(",").upper(), (400, 300))

    def full(*_, **__):
        raise pymupdf.mupdf.FzErrorSystem(said)

    monkeypatch.setattr(pymupdf.Document, "save", full)
    monkeypatch.setattr(searchable, "_FLUSH_BYTES", 0 if "tiff" in kind else 1e9)
    with pytest.raises(OSError if "space" in said else pymupdf.mupdf.FzErrorSystem, match=said[15:]) as told:
        make(content, {1: WORDS})
    assert getattr(told.value, "errno", None) == (errno.ENOSPC if "space" in said else None)


def test_a_word_file_has_its_own_text(make):
    made = make(docx(paragraph("冰川融水 and on")), {})
    assert made.lines() == ["冰川融水 and on"]
    assert len(made.content) < 100_000


def test_lines_are_read_in_the_order_of_the_layout(make):
    words = [word("left", 20, 20, 50, 32, 0), word("right", 220, 20, 260, 32, 0),
             word("below", 20, 40, 60, 52, 1), word("beside", 220, 40, 260, 52, 1)]  # fmt: skip
    columns = [LaidOut(words[at].box, words[at].text) for at in (0, 2, 1, 3)]
    made = make(blank_pdf(SIZE), {1: words}, layout=columns)
    with pymupdf.open("pdf", made.content) as pdf:
        assert pdf[0].get_text().split() == ["left", "below", "right", "beside"]


def test_text_that_runs_down_or_up_is_selected_where_it_stands(make):
    words = [word("竖排文字", 300, 100, 312, 160), word("Sideways", 100, 60, 110, 120, 1)]
    made = make(blank_pdf(SIZE), {1: words})
    assert made.lines() == ["竖排文字", "Sideways"]
    for text, box in made.boxes().items():
        [expected] = [word.box for word in words if word.text == text]
        assert box[0] == pytest.approx(tuple(expected), abs=1.5)


def test_lines_that_are_askew_stay_lines(make):
    """Their boxes overlap by half."""
    words = [
        word(f"ascending{line}{n}", 20 + 60 * n, 100 + 16 * line - 5 * n, 75 + 60 * n, 114 + 16 * line - 5 * n, line)
        for line in range(3)
        for n in range(5)
    ]
    lines = [" ".join(f"ascending{line}{n}" for n in range(5)) for line in range(3)]
    layout = [LaidOut(Box(20, 80 + 16 * line, 315, 114 + 16 * line), text) for line, text in enumerate(lines)]
    assert make(blank_pdf(SIZE), {1: words}, layout=layout).lines() == lines


def test_a_long_chinese_line_that_is_askew_is_as_high_as_its_letters(make):
    latin = [word("w" * 9, 20 + 90 * n, 20 + 20 * line + 2 * n, 85 + 90 * n, 34 + 20 * line + 2 * n, line)
             for line in range(3) for n in range(4)]  # fmt: skip
    long = word(
        "冰川融水一直流到九月底冰川融水一直流到九月底", 20, 100, 380, 122, 3
    )  # 14 points, and 8 for 360 to the right
    made = make(blank_pdf(SIZE), {1: [*latin, long]})
    with pymupdf.open("pdf", made.content) as pdf:
        spans = [
            span for block in pdf[0].get_text("dict")["blocks"] for line in block["lines"] for span in line["spans"]
        ]
    assert next(span["size"] for span in spans if span["text"].startswith("冰川")) == pytest.approx(14, abs=1.5)
    assert made.lines()[-1] == long.text


def test_a_page_of_text_takes_some_kilobytes(make):
    content = blank_pdf((600, 800))
    places = [(30 + n % 10 * 50, 30 + n // 10 * 18) for n in range(400)]
    words = [word(f"w{n * 7919 % 997}rd", x, y, x + 46, y + 12, n // 10) for n, (x, y) in enumerate(places)]
    made = make(content, {1: words})
    assert len(made.content) - len(content) < 12_000
    assert made.lines()[0] == "w0rd w940rd w883rd w826rd w769rd w712rd w655rd w598rd w541rd w484rd"
