"""Pages that stand wrong or were badly taken, made ready for reading; drawn here, read by real engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pymupdf
import pytest
from numpy.typing import NDArray

from pipeline.ocr import rapid, tesseract
from pipeline.ocr.base import LineText
from pipeline.ocr.ink import find_ink
from pipeline.ocr.prepare.chain import prepared
from pipeline.ocr.prepare.orientation import stand_of, turned
from pipeline.ocr.prepare.page import Prepared
from pipeline.ocr.reader import PageReader
from pipeline.types import Box, PageImage, Word

ENGLISH = [
    "The reading room is closed on Monday morning.", "Invoice number 4711 of 12 March 2024", "Grand total: 98.50",
    "Payable within thirty days of receipt.", "Goods remain our property until paid.",
]  # fmt: skip
CHINESE = [
    "市图书馆阅览室周一上午闭馆。",
    "发票号码四七一一，开具日期三月。",
    "合计人民币九十八元五角整。",
    "请于收到之日起三十天内付款。",
]
WIDTH, HEIGHT, DPI = 420, 300, 150
Grey = NDArray[np.uint8]

needs_tesseract = pytest.mark.skipif(
    not tesseract.available(("en", "zh-Hans")).ok, reason="needs apt-get install tesseract-ocr tesseract-ocr-chi-sim"
)
needs_rapid = pytest.mark.skipif(not rapid.available().ok, reason="needs pip install rapidocr onnxruntime")


def rows(lines: Sequence[str], size: float = 14) -> Grey:
    """A page of lines across."""
    return drawn([(40, 50 + 40 * index, line) for index, line in enumerate(lines)], size)


def columns(text: str, size: float = 16, high: int = 12) -> Grey:
    """A page of characters set in columns from right to left."""
    places = [(360 - 36 * (i // high), 40 + 19 * (i % high), char) for i, char in enumerate(text)]
    return drawn(places, size)


def drawn(runs: Sequence[tuple[float, float, str]], size: float) -> Grey:
    with pymupdf.open() as document:
        page = document.new_page(width=WIDTH, height=HEIGHT)
        writer = pymupdf.TextWriter(page.rect)
        font = pymupdf.Font("china-s")
        for x, y, text in runs:
            writer.append((x, y), text, font=font, fontsize=size)
        writer.write_text(page)
        pixels = page.get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY)
        return np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width).copy()


def saved(grey: Grey, folder: Path) -> PageImage:
    file = folder / "page.png"
    assert cv2.imwrite(str(file), grey)
    return PageImage(str(file), grey.shape[1], grey.shape[0], float(DPI))


class Never:
    """An engine that must not be asked."""

    sure = 0.9

    def upside_down(self, lines: Sequence[Grey]) -> float | None:
        return 0.01

    def read_lines(self, lines: Sequence[Grey]) -> list[LineText]:
        raise AssertionError("nothing gave a reason to read lines")


@pytest.mark.parametrize(
    ("engine", "lines", "rotation"),
    [
        pytest.param("rapidocr", ENGLISH, 90, marks=needs_rapid),
        pytest.param("rapidocr", CHINESE, 270, marks=needs_rapid),
        pytest.param("tesseract", CHINESE, 90, marks=needs_tesseract),
        pytest.param("tesseract", ENGLISH, 180, marks=needs_tesseract),
    ],
)
def test_a_turned_page_is_righted(engine: str, lines: list[str], rotation: int, tmp_path: Path) -> None:
    upright = rows(lines)
    image = saved(turned(upright, rotation), tmp_path)
    sideways = rotation != 180
    size = (HEIGHT, WIDTH) if sideways else (WIDTH, HEIGHT)
    languages = ["en"] if lines is ENGLISH else ["zh-Hans"]  # of two, Tesseract reads twice as long
    reading = PageReader(engine, timeout_s=60).read(image, 1, *size, languages)
    assert reading.rotation == 360 - rotation
    assert (reading.width_pt, reading.height_pt) == (WIDTH, HEIGHT)
    text = "".join(word.text for word in reading.words)
    assert sum(char in text for char in "".join(lines).replace(" ", "")) > 0.8 * len("".join(lines).replace(" ", ""))
    first = reading.words[0].box  # of the upright page: near its top left corner
    assert first.x0 == pytest.approx(40, abs=4) and 30 < first.y0 < 55


def test_an_upright_page_costs_a_vote_and_stays_the_file_it_is(tmp_path: Path) -> None:
    image = saved(rows(ENGLISH), tmp_path)
    with prepared(image, Never()) as page:
        assert page.image is image
        assert (page.rotation, page.vertical, page.steps) == (0, False, ())


@needs_rapid
@pytest.mark.parametrize("rotation", [0, 180])
def test_chinese_in_columns_is_upright(rotation: int) -> None:
    text = "春眠不觉晓处处闻啼鸟夜来风雨声花落知多少白日依山尽黄河入海流欲穷千里目更上一层楼床前明月光疑是地上霜"
    grey = turned(columns(text), rotation)
    reader = rapid.shared(rapid.backends()[0])
    stand = stand_of(grey, find_ink(grey, DPI), DPI, reader)
    assert (stand.rotation, stand.vertical) == (rotation, True)


def test_the_prepared_file_goes_when_the_page_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    class OnItsHead(Never):
        def upside_down(self, lines: Sequence[Grey]) -> float | None:
            return 0.99

        def read_lines(self, lines: Sequence[Grey]) -> list[LineText]:
            self.asked = not getattr(self, "asked", True)
            return [LineText("words", 0.3 if not self.asked else 0.99)] * len(lines)

    upside_down = turned(rows(ENGLISH), 180)
    with pytest.raises(RuntimeError), prepared(saved(upside_down, tmp_path), OnItsHead()) as page:
        assert page.rotation == 180 and page.steps == ("turned 180 degrees",)
        read_back = cv2.imread(page.image.file, cv2.IMREAD_GRAYSCALE)
        assert read_back is not None and np.array_equal(read_back, turned(upside_down, 180))
        raise RuntimeError("the engine fails")
    assert [path.name for path in tmp_path.iterdir()] == ["page.png"]


def test_boxes_go_back_through_a_matrix() -> None:
    grey = np.full((30, 30), 255, np.uint8)
    turn = np.radians(2.0)
    matrix = np.array([[np.cos(turn), -np.sin(turn), 5], [np.sin(turn), np.cos(turn), -3], [0, 0, 1]])
    page = Prepared(PageImage("", 30, 30, 72.0), grey, find_ink(grey, 72.0), to_page_pt=matrix)
    (word,) = page.to_page([Word("long", Box(100, 100, 300, 112))])
    middle = matrix @ [200, 106, 1]
    assert ((word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2) == pytest.approx(
        tuple(middle[:2]), abs=0.5
    )
    assert word.box.width == pytest.approx(200, abs=1) and 11 < word.box.height < 13


def thoroughly(grey: Grey, folder: Path, dpi: float = DPI) -> Prepared:
    """The page as Tesseract gets it."""
    image = saved(grey, folder)
    with prepared(replace(image, dpi=dpi), Never(), thorough=True) as page:
        return page


def photo(page: Grey) -> tuple[Grey, NDArray[np.float64]]:
    """A page on a dark table, seen from the side; and the matrix from its pixels to those of the photo."""
    height, width = page.shape
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners = np.array([[60, 40], [width - 20, 90], [width - 50, height + 30], [20, height - 10]], np.float32)
    matrix = cv2.getPerspectiveTransform(sheet, corners)
    return np.asarray(cv2.warpPerspective(page, matrix, (width + 60, height + 60), borderValue=60), np.uint8), matrix


def test_a_clean_page_stays_the_file_it_is_for_tesseract_too(tmp_path: Path) -> None:
    assert thoroughly(rows(ENGLISH), tmp_path).steps == ()
    assert thoroughly(rows(CHINESE), tmp_path).steps == ()


@pytest.mark.parametrize("degrees", [-8.0, 2.0])
def test_a_page_askew_is_levelled_and_boxes_go_back(degrees: float, tmp_path: Path) -> None:
    upright = rows(ENGLISH)
    height, width = upright.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    page = thoroughly(np.asarray(cv2.warpAffine(upright, turn, (width, height), borderValue=255), np.uint8), tmp_path)
    assert page.steps == (f"levelled {-degrees:.1f} degrees",)
    # Where ink is on the level page, it is on the page askew.
    x, y, wide, high = max(page.ink.lines.tolist(), key=lambda box: box[2])
    scale = 72 / DPI
    box = page.box_to_page(Box(x * scale, y * scale, (x + wide) * scale, (y + high) * scale))
    was = find_ink(upright, DPI).lines
    left, top, long, tall = max(was.tolist(), key=lambda box: box[2])
    middle = turn @ [left + long / 2, top + tall / 2, 1] * scale
    assert ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) == pytest.approx(tuple(middle), abs=2)


def test_a_sheet_on_a_table_is_cut_out_and_boxes_go_back(tmp_path: Path) -> None:
    upright = rows(ENGLISH)
    taken, matrix = photo(upright)
    page = thoroughly(taken, tmp_path)
    assert page.steps[0] == "cut out of a photo"
    assert abs(page.grey.shape[0] / page.grey.shape[1] - HEIGHT / WIDTH) < 0.08
    assert page.to_page_pt is not None
    scale = 72 / DPI
    corner = page.to_page_pt @ [0, 0, 1]
    told = matrix @ [0, 0, 1] * scale
    assert tuple(corner[:2] / corner[2]) == pytest.approx(tuple(told[:2]), abs=2.5)


def test_a_turned_photo_leads_back_to_the_upright_photo(tmp_path: Path) -> None:
    class Sideways(Never):
        """The first way to be tried, turned by 270 degrees, reads."""

        def read_lines(self, lines: Sequence[Grey]) -> list[LineText]:
            self.first = not getattr(self, "first", False)
            return [LineText("some words", 0.99 if self.first else 0.2)] * len(lines)

    upright = rows(ENGLISH)
    taken, matrix = photo(upright)
    with prepared(saved(turned(taken, 90), tmp_path), Sideways(), thorough=True) as page:
        assert page.rotation == 270 and page.to_page_pt is not None
        corner = page.to_page_pt @ [0, 0, 1]
        told = matrix @ [0, 0, 1] * (72 / DPI)
        assert tuple(corner[:2] / corner[2]) == pytest.approx(tuple(told[:2]), abs=2.5)


def test_shade_is_lifted_and_dark_fields_stay(tmp_path: Path) -> None:
    page = rows(ENGLISH)
    fall = np.linspace(1.0, 0.25, page.shape[1])[None, :]
    shaded = (page * fall).astype(np.uint8)
    result = thoroughly(shaded, tmp_path)
    assert result.steps == ("light made even",)
    assert np.percentile(result.grey, 20) > 225  # paper
    assert result.ink.lines.shape[0] == find_ink(page, DPI).lines.shape[0]
    barred = page.copy()
    barred[300:420, 40:-40] = 40
    assert thoroughly(barred, tmp_path).steps == ()


def test_white_on_black_is_read(tmp_path: Path) -> None:
    page = rows(CHINESE)
    with prepared(saved(255 - page, tmp_path), Never()) as result:
        assert result.steps == ("made black on white",)
        assert np.array_equal(result.grey, page)


def test_small_print_is_enlarged_and_keeps_its_place(tmp_path: Path) -> None:
    page = rows(ENGLISH)
    small = np.asarray(cv2.resize(page, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    result = thoroughly(small, tmp_path, DPI / 2)
    assert len(result.steps) == 1 and result.steps[0].startswith("enlarged")
    assert result.image.width_px / result.image.dpi == pytest.approx(small.shape[1] / (DPI / 2), abs=0.02)
