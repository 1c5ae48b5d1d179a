"""Real engines on pages drawn here: English, Chinese, both, blank, partly lost.

In one file, as all of it is about one function, `PageReader.read`, and its pages are few.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest

from pipeline.errors import ChildFailed, PermanentError
from pipeline.ocr import attempts, policy, rapid, tesseract, tesserocr
from pipeline.ocr.base import Availability
from pipeline.ocr.ink import clipping_sheet, find_ink, load_grey
from pipeline.ocr.prepare.sheet import seen_from_above
from pipeline.ocr.reader import PageReader
from pipeline.ocr.rules import find_rules
from pipeline.settings import PROJECT_ROOT
from pipeline.types import Box, PageImage, PageReading, Word

ENGLISH = ["The quick brown fox jumps over the lazy dog.", "Invoice number 4711 of 12 March 2024", "Grand total: 98.50"]
CHINESE = ["苏文远，男，1963年出生，高级工程师。", "曾任滨海市水务发展公司副总经理。", "现任江南商贸学院客座副教授。"]
WIDTH, HEIGHT, DPI = 420.0, 300.0, 200
BOTH = ("en", "zh-Hans")

needs_tesseract = pytest.mark.skipif(
    not tesseract.available(BOTH).ok, reason="needs apt-get install tesseract-ocr tesseract-ocr-chi-sim"
)
needs_rapid = pytest.mark.skipif(not rapid.available().ok, reason="needs pip install rapidocr onnxruntime")
needs_tesserocr = pytest.mark.skipif(
    not tesserocr.available(BOTH).ok, reason="needs pip install tesserocr and Tesseract's language packs"
)
engines = pytest.mark.parametrize(
    "engine",
    [
        pytest.param("tesseract", marks=needs_tesseract),
        pytest.param("tesserocr", marks=needs_tesserocr),
        pytest.param("rapidocr", marks=needs_rapid),
    ],
)


@pytest.fixture
def draw(tmp_path: Path) -> Any:
    """Draws lines of text, the first at y = 50 pt and one each 30 pt, as a greyscale image of a page."""

    def drawn(lines: Sequence[str], dpi: int = DPI, size: float = 14, x: float = 40) -> PageImage:
        with pymupdf.open() as document:
            page = document.new_page(width=WIDTH, height=HEIGHT)
            writer = pymupdf.TextWriter(page.rect)
            font = pymupdf.Font("china-s")
            for index, line in enumerate(lines):
                writer.append((x, 50 + 30 * index), line, font=font, fontsize=size)
            if lines:
                writer.write_text(page)
            pixmap = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
            file = tmp_path / f"{len(list(tmp_path.iterdir()))}.png"
            pixmap.save(file)
            return PageImage(str(file), pixmap.width, pixmap.height, float(dpi))

    return drawn


def read(engine: str, image: PageImage, languages: Sequence[str] = BOTH, **limits: Any) -> PageReading:
    return PageReader(engine, **{"timeout_s": 60.0, **limits}).read(image, 1, WIDTH, HEIGHT, languages)


def text(reading: PageReading) -> str:
    lines: dict[int, list[str]] = {}
    for word in reading.words:
        lines.setdefault(word.line, []).append(word.text)
    return "\n".join(" ".join(words) for words in lines.values())


@engines
def test_english_page(engine: str, draw: Any) -> None:
    reading = read(engine, draw(ENGLISH))
    assert text(reading) == "\n".join(ENGLISH)
    assert (reading.engine, reading.script, reading.review, reading.source) == (engine, "latin", None, "ocr")
    assert reading.confidence > 0.85 and reading.engine_version and reading.seconds > 0
    assert PageReading.from_dict(reading.as_dict()).as_dict() == reading.as_dict()


@engines
def test_chinese_page_has_no_stray_spaces(engine: str, draw: Any) -> None:
    reading = read(engine, draw(CHINESE))
    assert [line.count(" ") for line in text(reading).splitlines()] == [0] * len(CHINESE)
    assert SequenceMatcher(None, text(reading), "\n".join(CHINESE)).ratio() > (0.99 if engine == "rapidocr" else 0.9)
    assert (reading.script, reading.review) == ("han", None)
    if engine != "rapidocr":
        assert reading.engine_settings["packs"] == "chi_sim"


@engines
def test_boxes_are_where_the_words_are(engine: str, draw: Any) -> None:
    font = pymupdf.Font("china-s")
    boxes = []
    for dpi in (150, 300):
        reading = read(engine, draw(ENGLISH, dpi=dpi), ["en"])
        word = next(word for word in reading.words if word.text == "number")
        left = 40 + font.text_length("Invoice ", 14)
        assert word.box.x0 == pytest.approx(left, abs=4)
        assert word.box.x1 == pytest.approx(left + font.text_length("number", 14), abs=4)
        assert 62 < word.box.y0 < 72 and 78 < word.box.y1 < 88
        assert 9 < word.size_pt < 19
        boxes.append(word.box)
    assert boxes[0] == pytest.approx(boxes[1], abs=3)


@needs_tesseract
@pytest.mark.parametrize(
    ("engine", "seen", "told"),
    [
        ("tesseract", "han", ["zh-Hans", "en"]),
        pytest.param("tesserocr", "latin", ["en", "zh-Hans"], marks=needs_tesserocr),
        pytest.param("tesserocr", "mixed", ["en", "zh-Hans"], marks=needs_tesserocr),
    ],
)
def test_lines_of_a_mixed_page_are_read_each_in_its_script(
    engine: str, seen: str, told: list[str], draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the clippings said of the page."""
    monkeypatch.setattr(attempts, "script_of", lambda _: seen)
    reading = read(engine, draw([ENGLISH[0], CHINESE[1], ENGLISH[1], CHINESE[2]]))
    assert reading.engine_settings["languages"] == told
    assert reading.script == "mixed"
    lines = text(reading).splitlines()
    assert (lines[0], lines[2]) == (ENGLISH[0], ENGLISH[1])
    assert "水务发展公司" in lines[1] and "江南商贸学院" in lines[3]


@needs_tesseract
@needs_tesserocr
def test_both_ways_to_tesseract_read_alike(draw: Any) -> None:
    """Their versions of Tesseract differ, so that figures may, a little; what they are told does not."""
    # Boxes of Chinese characters miss the ink by up to half a character, each version's in its own way.
    for lines, languages, points in ((ENGLISH, ["en"], 1), (CHINESE, ["zh-Hans"], 7)):
        image = draw(lines)
        ways: list[tesseract.Tesseract] = [tesseract.Tesseract(60.0), tesserocr.Tesserocr(60.0)]
        one, other = (way.read(image, languages) for way in ways)
        assert ways[0].settings(image, languages) == ways[1].settings(image, languages)
        assert [word.text for word in one] == [word.text for word in other]
        for left, right in zip(one, other, strict=True):
            assert list(left.box) == pytest.approx(list(right.box), abs=points)
            assert left.size_pt == pytest.approx(right.size_pt, abs=1)
            assert left.confidence == pytest.approx(right.confidence, abs=0.1)


@needs_tesserocr
def test_models_in_this_process_are_few(draw: Any) -> None:
    image = draw(ENGLISH[:1])
    for languages in (["en"], ["zh-Hans"], ["en", "zh-Hans"], ["en"]):
        tesserocr.Tesserocr(60.0).read(image, languages)
        assert len(tesserocr._models) <= tesserocr.KEPT


def test_tesserocr_without_models_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tesserocr, "models_folder", lambda: None)
    monkeypatch.setattr(tesserocr.importlib.util, "find_spec", lambda _: object())
    assert not tesserocr.available(["en"]).ok
    monkeypatch.setattr(tesserocr, "models_folder", lambda: tmp_path)
    (tmp_path / "eng.traineddata").touch()
    assert tesserocr.available(["en"]).ok
    assert "chi_sim" in tesserocr.available(["en", "zh-Hans"]).reason
    monkeypatch.setattr(tesserocr.importlib.util, "find_spec", lambda _: None)
    assert "pagemill[tesserocr]" in tesserocr.available(["en"]).remedy


@needs_tesseract
def test_one_language_needs_no_decision(draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract.Tesseract, "read_plain", lambda *_: pytest.fail("decided without need"))
    assert text(read("tesseract", draw(ENGLISH), ["en"])) == "\n".join(ENGLISH)


def test_blank_page_is_read_by_nobody(draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts.Attempts, "_engine", lambda *_: pytest.fail("an engine was asked"))
    reading = read("auto", draw([]))
    assert (reading.words, reading.script, reading.confidence, reading.review) == ((), "none", 1.0, None)


@needs_tesseract
@needs_rapid
def test_specks_are_no_page_to_review(draw: Any) -> None:
    import cv2

    image = draw([])
    grey = load_grey(image).copy()
    cv2.circle(grey, (300, 200), 7, 0, -1)
    cv2.line(grey, (700, 500), (712, 509), 60, 2)
    cv2.imwrite(image.file, grey)
    reading = read("auto", image)
    assert reading.review is None
    assert bool(reading.words) == (reading.script != "none")


class Half:
    """An engine that reads the first line only, or nothing, and nothing on parts of a page."""

    name = "half"
    version = "1"
    sure = 0.9

    def __init__(self, words: list[Word]) -> None:
        self.words = words

    def warm(self) -> None: ...

    def settings(self, image: PageImage, languages: Sequence[str]) -> dict[str, Any]:
        return {}

    def read(self, image: PageImage, languages: Sequence[str]) -> list[Word]:
        return self.words if image.width_px == round(WIDTH * DPI / 72) else []

    def upside_down(self, lines: Sequence[Any]) -> float | None:
        return 0.0


FIRST_LINE = [Word(ENGLISH[0].replace(" ", ""), Box(38, 36, 400, 56), 0.99)]


@needs_tesseract
@needs_rapid
@pytest.mark.parametrize("words", [FIRST_LINE, []])
def test_lost_lines_are_read_again(words: list[Word], draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rapid, "shared", lambda backend: Half(words))
    reading = read("auto", draw(ENGLISH))
    first = ENGLISH[0].replace(" ", "") if words else ENGLISH[0]
    assert text(reading).splitlines() == [first, *ENGLISH[1:]]
    assert reading.review is None
    attempt = reading.engine_settings["attempts"][0]
    assert (attempt["engine"], attempt["added"]) == (
        "half",
        {"tesserocr": len(" ".join(ENGLISH[bool(words) :]).split())},
    )
    assert attempt["uncovered"] == 0
    boxes = [word.box for word in reading.words if word.text == "number"]
    assert len(boxes) == 1 and 62 < boxes[0].y0 < 72 and 90 < boxes[0].x0 < 105


@engines
def test_a_line_that_was_dropped_is_read_again_by_the_same_engine(
    engine: str, draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a Chinese page the middle line is dropped; it comes back once, where it stands, and its neighbours do not."""
    kind: Any = {"rapidocr": rapid.RapidOcr, "tesseract": tesseract.Tesseract, "tesserocr": tesserocr.Tesserocr}[engine]
    whole = kind.read
    image = draw(CHINESE)

    def dropping(self: Any, part: PageImage, languages: Sequence[str]) -> list[Word]:
        words: list[Word] = whole(self, part, languages)
        return [word for word in words if part.file != image.file or not 66 < (word.box.y0 + word.box.y1) / 2 < 90]

    monkeypatch.setattr(kind, "read", dropping)
    reading = read(engine, image, ["zh-Hans"])
    assert reading.review is None
    assert reading.engine_settings["attempts"][0]["added"][engine] >= 1
    lines = text(reading).splitlines()
    assert sorted(line[:3] for line in lines) == sorted(line[:3] for line in CHINESE)
    (box,) = [word.box for word in reading.words if word.text.startswith(CHINESE[1][:4])]
    assert 60 < box.y0 < 75 and 78 < box.y1 < 92 and box.x0 < 50


@needs_rapid
@pytest.mark.parametrize(("words", "reason"), [(FIRST_LINE, ", near the top, was not read."), ([], "No text")])
def test_page_that_stays_poor_is_kept_and_flagged(
    words: list[Word], reason: str, draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rapid, "shared", lambda backend: Half(words))
    reading = read("rapidocr", draw(ENGLISH))
    assert list(reading.words) == words
    assert reading.review is not None and reason in reading.review
    assert (reading.confidence > 0) == bool(words)


@needs_tesseract
@needs_rapid
def test_second_reader_out_of_time_leaves_the_first_reading(draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any) -> list[Word]:
        raise ChildFailed("page_timeout", "late")

    monkeypatch.setattr(rapid, "shared", lambda backend: Half(FIRST_LINE))
    monkeypatch.setattr(tesseract.Tesseract, "read", late)
    reading = read("auto", draw(ENGLISH), ["en"])
    assert (reading.engine, len(reading.words)) == ("half", 1)
    assert reading.review


@needs_tesseract
def test_tesseract_that_overruns_is_stopped(draw: Any) -> None:
    with pytest.raises(ChildFailed) as caught:
        tesseract.Tesseract(timeout_s=0.01).read(draw(ENGLISH), ["en"])
    assert caught.value.code == "page_timeout"


@engines
def test_image_that_is_none_is_refused(engine: str, tmp_path: Path) -> None:
    file = tmp_path / "page.png"
    file.write_bytes(b"not an image")
    with pytest.raises(PermanentError) as caught:
        read(engine, PageImage(str(file), 100, 100, 100.0))
    assert caught.value.code == "page_damaged"


def test_missing_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "installed_packs", lambda: None)
    with pytest.raises(PermanentError, match="tesseract-ocr-chi-sim") as caught:
        PageReader("tesseract", timeout_s=5).warm(["zh-Hans"])
    assert caught.value.code == "engine_missing"
    monkeypatch.setattr(tesseract, "installed_packs", lambda: frozenset({"eng"}))
    assert tesseract.available(["en"]).ok
    assert "chi_tra" in tesseract.available(["zh-Hant"]).reason
    monkeypatch.setattr(rapid, "backends", lambda: ())
    assert "onnxruntime" in rapid.available().remedy
    with pytest.raises(PermanentError, match="onnxruntime"):
        rapid.RapidOcr("openvino").warm()


@needs_rapid
@pytest.mark.parametrize(
    ("sure", "closer", "sides"), [(0.99, 0.9, [960]), (0.9, 0.99, [960, 1280]), (0.9, 0.8, [960, 1280])]
)
def test_page_that_read_poorly_is_seen_closer(
    sure: float, closer: float, sides: list[int], draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = rapid.RapidOcr(rapid.backends()[0])
    seen: list[int] = []

    def words(grey: Any, side_px: int, image: PageImage) -> list[Word]:
        seen.append(side_px)
        return [Word("word", Box(0, 0, 9, 9), sure if side_px == 960 else closer)]

    monkeypatch.setattr(engine, "warm", lambda: None)
    monkeypatch.setattr(engine, "_words", words)
    (word,) = engine.read(draw(ENGLISH, dpi=300), ["en"])
    assert seen == sides
    assert word.confidence == (max(sure, closer) if len(sides) > 1 else sure)


@needs_rapid
@pytest.mark.parametrize("backend", rapid.backends())
def test_both_backends_read_alike_and_say_nothing(backend: str, draw: Any, capfd: pytest.CaptureFixture[str]) -> None:
    engine = rapid.RapidOcr(backend)
    words = engine.read(draw(CHINESE), BOTH)
    assert "".join(word.text for word in words) == "".join(CHINESE)
    assert capfd.readouterr() == ("", "")
    assert not any(isinstance(handler, logging.StreamHandler) for handler in logging.getLogger("RapidOCR").handlers)


def test_ink_knows_columns_and_leaves_barcodes_out() -> None:
    rng = np.random.default_rng(7)
    page = np.full((1100, 850), 255, np.uint8)  # letter at 100 dpi
    for top in range(100, 1000, 20):
        for left in (80, 460):
            page[top : top + 10, left : left + 300] = np.where(rng.random((10, 300)) < 0.5, 0, 255)
    assert find_ink(page, 100).in_columns
    for top in range(100, 1000, 20):
        page[top : top + 10, 380:460] = 0
    assert not find_ink(page, 100).in_columns
    bars = np.full((1100, 850), 255, np.uint8)
    for left in range(200, 500, 10):
        bars[500:540, left : left + int(rng.integers(2, 7))] = 0
    found = find_ink(bars, 100)
    assert not found.blank and found.amount_pt2 == 0


@needs_tesseract
def test_script_is_read_from_clippings(draw: Any) -> None:
    for lines, script in ((ENGLISH, "latin"), (CHINESE, "han")):
        image = draw(lines)
        grey = load_grey(image)
        sheet = clipping_sheet(grey, find_ink(grey, image.dpi))
        assert sheet is not None and sheet.size < grey.size
        assert policy.choose("tesseract", BOTH).engines == ("tesseract",)
        from pipeline.ocr.script import script_of

        assert script_of(tesseract.Tesseract(20).read_plain(sheet, ["zh-Hans"])) == script


def test_availability_raises_with_its_remedy() -> None:
    Availability(True, "fine").require()
    with pytest.raises(PermanentError, match=r"Gone\. Get it\."):
        Availability(False, "Gone.", "Get it.").require()


@pytest.mark.parametrize("backend", rapid.backends())
def test_nobody_is_told_of_a_start(tmp_path: Path, backend: str) -> None:
    """onnxruntime keeps an id of the machine in the cache and a session in the temporary folder, to tell its maker."""
    warm = f"from pipeline.ocr.rapid import RapidOcr; RapidOcr({backend!r}).warm()"
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", warm], env=env, cwd=PROJECT_ROOT, check=True, timeout=120)
    assert [path for path in tmp_path.rglob("*") if "Microsoft" in path.name or path.name == ".ses"] == []


@pytest.mark.parametrize("shape", [(1, 1), (3000, 1), (1, 3000), (5000, 2)])
def test_threads_of_an_image_are_read_as_nothing(shape: tuple[int, int]) -> None:
    grey = np.full(shape, 255, np.uint8)
    grey[shape[0] // 2, shape[1] // 2] = 0
    assert len(find_rules(grey, 300)) < 2
    assert find_ink(grey, 300).amount_pt2 < 5
    assert seen_from_above(grey) is None
