"""GOT-OCR 2 through transformers' own class, with a tiny model; and its text laid on the page."""

import math
import subprocess
import sys

import numpy as np
import pymupdf
import pytest
from PIL import Image

from pipeline.errors import PermanentError
from pipeline.ocr.got import Got, available, pieces_of
from pipeline.ocr.got_lines import lay
from pipeline.ocr.ink import find_ink
from pipeline.ocr.reader import PageReader
from pipeline.types import PageImage

DPI = 100
ROWS = ["The mill below the bridge", "still works by it.", "冰川融水一直流到九月底。"]


def page(rows=ROWS, x=50, step=60):
    with pymupdf.open() as document:
        sheet = document.new_page(width=400, height=300)
        for i, row in enumerate(rows):
            sheet.insert_text((x, 60 + step * i), row, fontsize=16, fontname="helv" if row.isascii() else "china-s")
        pixels = sheet.get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY)
    return np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)


def image_of(grey, path="page.png"):
    return PageImage(str(path), grey.shape[1], grey.shape[0], DPI)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    from tests.tiny_got import build

    folder = tmp_path_factory.mktemp("got")
    build(folder, ["The mill", " below", " the bridge\n", "still works by it.\n", "冰川融水一直", "流到九月底。"])
    return folder


def test_a_tiny_model_reads_a_page(model, tmp_path):
    grey = page()
    Image.fromarray(grey).save(tmp_path / "page.png")
    engine = Got(str(model), max_new_tokens=20)
    words = engine.read(image_of(grey, tmp_path / "page.png"), ["en", "zh-Hans"])
    assert [word.text for word in words] == [*" ".join(ROWS[:2]).split(), ROWS[2]]
    assert [word.line for word in words] == [0] * 5 + [1] * 4 + [2]
    for word in words:
        x0, y0, x1, y1 = (round(v * DPI / 72) for v in word.box)
        assert (grey[y0:y1, x0:x1] < 128).any(), word
        assert y1 - y0 < 30
        assert 0.4 < word.confidence < 0.6
    assert words == engine.read(image_of(grey, tmp_path / "page.png"), ["en"])
    settings = engine.settings(image_of(grey), ["en"])
    assert settings["model"] == str(model)
    assert settings["dtype"] in {"float32", "bfloat16", "float16"}


def test_the_length_of_a_reading_is_bounded(model, tmp_path):
    grey = page()
    Image.fromarray(grey).save(tmp_path / "page.png")
    words = Got(str(model), max_new_tokens=2).read(image_of(grey, tmp_path / "page.png"), ["en"])
    assert [word.text for word in words] == ["The", "mill", "below"]


def test_weights_that_are_not_there_are_told(model, tmp_path):
    for where, what in (("", "ocr.got_model"), (str(tmp_path), "no config.json")):
        assert not available(where).ok
        with pytest.raises(PermanentError, match=what) as caught:
            Got(where).warm()
        assert caught.value.code == "engine_missing"
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(PermanentError, match="could not be loaded") as caught:
        Got(str(tmp_path)).warm()
    assert caught.value.code == "engine_missing"
    assert available(str(model)).ok


def test_reading_by_another_engine_loads_no_torch():
    code = (
        "import sys; import pipeline.ocr.got, pipeline.ocr.reader, pipeline.ocr.service, pipeline.ocr.policy as p;"
        "p.Machine.here(['en']); import pipeline.ocr.got as g; g.available('');"
        "assert not {'torch', 'transformers'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class Bytes:
    """A tokenizer of bytes: each number is one."""

    def decode(self, numbers):
        return bytes(numbers).decode("utf-8", errors="replace")


def test_characters_of_several_tokens_are_one_piece():
    tokens = [(65, 0.9), *zip("冰".encode(), (0.5, 0.4, 0.3), strict=True), (66, 0.8)]
    pieces = pieces_of(tokens, Bytes())
    assert [text for text, _ in pieces] == ["A", "冰", "B"]
    assert pieces[1][1] == pytest.approx((0.5 * 0.4 * 0.3) ** (1 / 3))
    broken = pieces_of([(0xE5, 0.5)] * 20, Bytes())
    assert "".join(text for text, _ in broken).count("\ufffd") == 16


def test_words_are_as_sure_as_their_tokens():
    grey = page(["ab cd"])
    words = lay([("ab c", 0.9), ("d", 0.4)], find_ink(grey, DPI), image_of(grey))
    assert [word.text for word in words] == ["ab", "cd"]
    assert words[0].confidence == pytest.approx(0.9)
    assert words[1].confidence == pytest.approx(math.sqrt(0.9 * 0.4))
    assert words[0].box.x1 < words[1].box.x0


def test_lines_without_rows_of_their_own_share_the_area():
    grey = page()
    ink = find_ink(grey, DPI)
    words = lay([("one two\n\nthree\nfour\nfive\nsix 冰 川", 0.5)], ink, image_of(grey))
    assert [word.text for word in words] == ["one", "two", "three", "four", "five", "six", "冰川"]
    tops = sorted({word.box.y0 for word in words})
    assert len(tops) == 5
    assert np.ptp(np.diff(tops)) < 0.1
    assert all(0 <= w.box.x0 < w.box.x1 <= 400 and 30 <= w.box.y0 < w.box.y1 <= 200 for w in words)


def test_a_page_in_columns_is_laid_column_by_column():
    left = [f"left row {i} of the page" for i in range(9)]
    with pymupdf.open() as document:
        sheet = document.new_page(width=400, height=300)
        for i, row in enumerate(left):
            sheet.insert_text((30, 40 + 25 * i), row, fontsize=11)
            sheet.insert_text((220, 40 + 25 * i), row.replace("left", "right"), fontsize=11)
        pixels = sheet.get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY)
    grey = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)
    text = "\n".join([*left, *(row.replace("left", "right") for row in left)])
    words = lay([(text, 0.9)], find_ink(grey, DPI), image_of(grey))
    assert all(word.box.x1 < 210 for word in words if word.line < 9)
    assert all(word.box.x0 > 210 for word in words if word.line >= 9)


def test_nothing_said_is_no_word():
    grey = np.full((300, 400), 255, np.uint8)
    assert lay([("\n \n", 0.9)], find_ink(grey, DPI), image_of(grey)) == []
    assert len(lay([("something", 0.9)], find_ink(grey, DPI), image_of(grey))) == 1


def test_a_page_goes_through_the_reader_by_got(model, tmp_path):
    grey = page()
    Image.fromarray(grey).save(tmp_path / "page.png")
    reader = PageReader("got", timeout_s=60, got_model=str(model))
    reading = reader.read(image_of(grey, tmp_path / "page.png"), 1, 400, 300, ["en", "zh-Hans"])
    assert reading.engine == "got"
    assert reading.words[-1].text == ROWS[2]
    assert reading.engine_settings["model"] == str(model)
    with pytest.raises(PermanentError, match=r"ocr\.got_model") as caught:
        PageReader("got", timeout_s=60).read(image_of(grey, tmp_path / "page.png"), 1, 400, 300, ["en"])
    assert caught.value.code == "engine_missing"
