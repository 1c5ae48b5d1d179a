"""PDF pages: words and boxes, the judge, and drawing."""

import io

import numpy as np
import pymupdf
import pytest
from PIL import Image

from pipeline.errors import PermanentError
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.judge import judge
from pipeline.render.service import RenderService
from pipeline.render.source import open_source
from tests import drawing
from tests.bombs import pdf

TEXT = "The glacier feeds the river until late in September, and the mill below the bridge still works by it. " * 4


@pytest.fixture
def render(tmp_path):
    def render(pdf, page=1, **options):
        path = tmp_path / "original"
        path.write_bytes(pdf)
        with open_source(path, "pdf") as source:
            return render_page(source, page, tmp_path / "page.png", RenderOptions(**options))

    return render


def pdf_of(draw, width=400, height=300):
    with pymupdf.open() as document:
        draw(document.new_page(width=width, height=height))
        return document.tobytes()


def png_of(array):
    data = io.BytesIO()
    Image.fromarray(array).save(data, "PNG")
    return data.getvalue()


def scanned(hidden=(), *, over=False, visible=()):
    """A scan of LINES with a hidden layer of other words, drawn in their places."""
    with pymupdf.open() as document:
        page = document.new_page(width=612, height=792)
        for i, line in enumerate(LINES):
            page.insert_text((40, 60 + 16 * i), line, fontsize=12)
        pixels = page.get_pixmap(dpi=100, colorspace=pymupdf.csGRAY)
    image = png_of(np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width) // 2 + 110)

    def draw(page):
        if not over:
            page.insert_image(page.rect, stream=image, keep_proportion=False)
        for i, line in enumerate(hidden):
            page.insert_text((40, 60 + 16 * i), line, fontsize=12, render_mode=0 if over else 3)
        for i, line in enumerate(visible):
            page.insert_text((40, 700 + 16 * i), line, fontsize=12)
        if over:
            page.insert_image(page.rect, stream=image, keep_proportion=False)

    return pdf_of(draw, 612, 792)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (30, 20, 380, 290)])
def test_words_stand_where_their_ink_is(render, rotation, crop):
    def draw(page):
        page.insert_text((60, 80), "Glacier", fontsize=20)
        page.insert_text((60, 150), "冰川融水", fontsize=20, fontname="china-s")
        if crop:
            page.set_cropbox(pymupdf.Rect(crop))
        page.set_rotation(rotation)

    pdf = pdf_of(draw)
    words = render(pdf).reading.words
    assert [word.text for word in words] == ["Glacier", "冰川融水"]
    # The page drawn upright: each word's box holds dark pixels, and all of them lie in the two boxes.
    rendered = render(pdf, text_layer=False)
    dark = np.asarray(Image.open(rendered.image.file)) < 128
    assert rendered.width_pt == pytest.approx(dark.shape[1] * 72 / 300, abs=0.5)
    rest = dark.copy()
    for word in words:
        x0, y0, x1, y1 = (round(v * 300 / 72) for v in word.box)
        assert dark[y0:y1, x0:x1].mean() > 0.05
        rest[max(0, y0 - 4) : y1 + 4, max(0, x0 - 4) : x1 + 4] = False
    assert not rest.any()


def test_what_a_word_knows(render):
    def draw(page):
        page.insert_text((40, 60), "A  bold", fontsize=18, fontname="hebo")
        page.insert_text((40, 100), "plain\u00a0word, 甲乙 丙", fontsize=10, fontname="china-s")
        page.insert_text((40, 140), "⽂件", fontsize=10, fontname="china-s")  # a Kangxi radical
        page.insert_text((390, 300), "outside", fontsize=10)
        page.insert_text((450, 200), "outside", fontsize=10)

    words = render(pdf_of(draw)).reading.words
    by_text = {word.text: word for word in words}
    assert set(by_text) >= {"A", "bold", "plain", "word,", "甲乙", "丙", "文件"}
    assert by_text["bold"].bold
    assert by_text["bold"].size_pt == pytest.approx(18)
    assert not by_text["plain"].bold
    assert by_text["A"].line == by_text["bold"].line < by_text["plain"].line
    assert sum(word.text == "outside" for word in words) <= 1
    reading = render(pdf_of(draw)).reading
    assert (reading.source, reading.engine, reading.confidence) == ("text_layer", "text_layer", 1.0)


@pytest.mark.parametrize(
    ("step_em", "words"),
    [(1.0, ["推荐系统"]), (1.25, ["推荐系统"]), (1.5, ["推荐系统"]), (2.0, list("推荐系统"))],
)
def test_characters_placed_one_by_one_are_a_word_as_long_as_no_character_fits_between(render, step_em, words):
    def draw(page):
        for number, character in enumerate("推荐系统"):
            page.insert_text((50 + 12 * step_em * number, 100), character, fontname="china-s", fontsize=12)

    reading = render(pdf_of(draw)).reading
    assert [word.text for word in reading.words] == words


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (["陈晓燕", 0.5, "女", 0.5, "北京"], ["陈晓燕", "女", "北京"]),  # narrower than what is set apart evenly
        (["熟悉", 0.25, "Python", 0.25, "与", 0.0, "Redis"], ["熟悉", "Python", "与Redis"]),
        (["男", 0.25, "汉族", 0.1, "团员"], ["男汉族团员"]),
    ],
)
def test_white_parts_words_where_it_is_wider_than_beside_them(render, parts, words):
    def draw(page):
        x = 50.0
        for part in parts:
            if isinstance(part, float):
                x += 12 * part
                continue
            font = pymupdf.Font("helv" if part.isascii() else "china-s")
            writer = pymupdf.TextWriter(page.rect)
            writer.append((x, 100), part, font=font, fontsize=12)
            writer.write_text(page)
            x += font.text_length(part, 12)

    assert [word.text for word in render(pdf_of(draw)).reading.words] == words


def test_a_printed_space_parts_words_however_narrow(render):
    def draw(page):
        page.insert_text((50, 100), "张三", fontname="china-s", fontsize=12)
        page.insert_text((74, 100), " ", fontname="helv", fontsize=12)
        page.insert_text((77, 100), "汉族", fontname="china-s", fontsize=12)

    assert [word.text for word in render(pdf_of(draw)).reading.words] == ["张三", "汉族"]


def test_a_soft_hyphen_shows_where_the_line_ends(render):
    font = pymupdf.Font("helv")

    def draw(page):
        for y, text in ((100, "the co\u00adoperation of infor\u00ad"), (115, "mation and oﬁces")):
            writer = pymupdf.TextWriter(page.rect)
            writer.append((50, y), text, font=font, fontsize=12)
            writer.write_text(page)

    words = [word.text for word in render(pdf_of(draw)).reading.words]
    assert words == ["the", "cooperation", "of", "infor-", "mation", "and", "ofices"]


def test_script_of_a_reading(render):
    assert render(drawing.text_pdf([[TEXT]])).reading.script == "latin"
    assert render(drawing.text_pdf([["冰川融水一直流到九月底，桥下的磨坊至今仍靠它转动。"]])).reading.script == "han"


def test_a_text_page_writes_no_image(render, tmp_path):
    rendered = render(drawing.text_pdf([[TEXT]]))
    assert rendered.image is None
    assert not (tmp_path / "page.png").exists()


def test_a_scan_keeps_its_own_pixels(render):
    array = np.random.default_rng(0).integers(0, 255, (1403, 992), np.uint8)
    for rotation in (0, 90, 180, 270):

        def draw(page, rotation=rotation):
            page.insert_image(page.rect, stream=png_of(array), keep_proportion=False)
            page.set_rotation(rotation)

        rendered = render(pdf_of(draw, 595.28, 841.89))
        assert rendered.image.dpi == pytest.approx(120, abs=0.1)
        drawn = np.asarray(Image.open(rendered.image.file))
        assert np.array_equal(drawn, np.rot90(array, -rotation // 90)), rotation


def test_the_resolution_of_fine_and_coarse_pages(render):
    fine = png_of(np.random.default_rng(0).integers(0, 255, (3000, 2000), np.uint8))
    rendered = render(pdf_of(lambda page: page.insert_image(page.rect, stream=fine), 200, 300))
    assert rendered.image.dpi == pytest.approx(400)
    poster = render(pdf_of(lambda page: page.draw_circle((1500, 2000), 900), 3000, 4000))
    assert poster.image.width_px * poster.image.height_px <= 40_100_000
    small = render(pdf_of(lambda page: page.draw_circle((150, 150), 90), 300, 300))
    assert small.image.dpi == pytest.approx(300)


def test_an_absurd_page_fails_alone(render):
    pdf = drawing.pdf_with_a_huge_page(TEXT)
    with pytest.raises(PermanentError) as caught:
        render(pdf, 2)
    assert caught.value.code == "page_too_large"
    assert render(pdf, 1).reading is not None
    banner = render(pdf_of(lambda page: page.draw_line((0, 50), (40_000, 50)), 40_000, 100), max_side_pt=40_000)
    assert banner.image.width_px <= 32_000


def test_blank_pages_need_no_reading(render):
    empty = render(pdf_of(lambda page: None))
    white = render(pdf_of(lambda page: page.draw_rect(page.rect, fill=(1, 1, 1), color=(1, 1, 1))))
    for rendered in (empty, white):
        assert rendered.image is None
        assert rendered.reading.words == ()
        assert rendered.reading.script == "none"


def test_drawings_without_text_are_looked_at(render):
    assert render(pdf_of(lambda page: page.draw_circle((100, 100), 50))).image is not None


def test_a_page_whose_instructions_cannot_be_read_is_damaged(render):
    def draw(page):
        page.insert_text((50, 50), "lost")
        document = page.parent
        document.update_stream(page.get_contents()[0], b"no zlib data" * 9, compress=False)
        document.xref_set_key(page.get_contents()[0], "Filter", "/FlateDecode")

    with pytest.raises(PermanentError) as caught:
        render(pdf_of(draw))
    assert caught.value.code == "page_damaged"


def test_a_page_whose_instructions_break_off_is_to_be_looked_at(render):
    def draw(page):
        page.insert_text((50, 50), "still there")
        page.parent.update_stream(page.get_contents()[0], page.read_contents() + b"\nq ] ] BT >> Tj ET")

    reading = render(pdf_of(draw)).reading
    assert [word.text for word in reading.words] == ["still", "there"]
    assert "damaged" in reading.review


def verdict(pdf):
    with pymupdf.open(stream=pdf, filetype="pdf") as document:
        judged = judge(document[0])
        return judged.verdict, judged.reason, " ".join(word.text for word in judged.words)


LINES = [TEXT[i : i + 70].strip() for i in range(0, 350, 70)]


def test_a_flawless_hidden_layer_is_taken():
    kind, _, words = verdict(scanned(LINES))
    assert kind == "text"
    assert words.startswith("The glacier feeds")


def test_a_poor_hidden_layer_is_not():
    poor = [
        line.replace("the", "tbe").replace("in", "1n").replace("until", "unt|1").replace("e", "3") for line in LINES
    ]
    kind, reason, _ = verdict(scanned(poor))
    assert kind == "ocr", reason
    noisy = ["2Ol5 .,'| l0 ;:!~ I5 w{}", "~~^^ 20I6 |||| xq rt w", "Z0l5 ••• vv kk"] * 6
    assert verdict(scanned(noisy))[0] == "ocr"


def test_a_layer_under_the_image_counts_as_hidden():
    assert verdict(scanned(LINES, over=True))[0] == "text"
    assert verdict(scanned(["20I5 Z0l5 I6 20I7 2Ol8 20I9 " * 3] * 4, over=True))[0] == "ocr"


def test_a_layer_of_half_a_scan_is_not_enough():
    clean = drawing.text_pdf([[TEXT] * 4])
    scan = drawing.scan(clean, dpi=100, skew_deg=0, noise=1)
    with pymupdf.open(stream=scan, filetype="pdf") as document:
        page = document[0]
        for i, line in enumerate(LINES[:3]):
            page.insert_text((60, 60 + 15.4 * i), line, fontsize=11, render_mode=3)
        kind, reason, _ = verdict(document.tobytes())
    assert kind == "ocr"
    assert "ink" in reason


def test_a_stamp_on_a_scan_does_not_hide_the_scan():
    assert verdict(scanned(visible=["Received 2021-03-31"]))[0] == "ocr"


def test_hidden_words_without_an_image_are_not_on_the_page():
    def draw(page):
        page.insert_text((40, 60), "seen by all", fontsize=12)
        page.insert_text((40, 90), "hidden spam", fontsize=12, render_mode=3)

    assert verdict(pdf_of(draw)) == ("text", "text layer", "seen by all")


def test_a_font_without_a_map_goes_to_ocr():
    def draw(page):
        page.insert_font("F0", fontbuffer=pymupdf.Font("tiro").buffer)
        for i, line in enumerate(LINES):
            page.insert_text((30, 40 + 16 * i), line, fontsize=9, fontname="F0")
        page.parent.xref_set_key(page.get_fonts()[0][0], "ToUnicode", "null")

    kind, reason, _ = verdict(pdf_of(draw, 612))
    assert kind == "ocr"
    assert reason.startswith("garbage")


def test_text_as_outlines_goes_to_ocr():
    def draw(page):
        shape = page.new_shape()
        for i in range(400):
            x, y = 30 + 12 * (i % 40), 50 + 20 * (i // 40)
            shape.draw_oval(pymupdf.Rect(x, y, x + 8, y + 10))
            shape.finish(fill=(0, 0, 0), width=0)
        shape.commit()
        page.insert_text((300, 780), "page 7")

    assert verdict(pdf_of(draw, 612, 792))[1] == "text drawn as outlines"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (drawing.damaged_pdf(), "damaged"),
        (b"%PDF-1.7\n" + bytes(5000), "damaged"),
        (drawing.encrypted_pdf(), "encrypted"),
    ],
)
def test_files_that_do_not_open(tmp_path, content, code):
    path = tmp_path / "original"
    path.write_bytes(content)
    with pytest.raises(PermanentError) as caught:
        open_source(path, "pdf")
    assert caught.value.code in {code, "no_pages"} if code == "damaged" else caught.value.code == code


def test_passwords(tmp_path):
    path = tmp_path / "original"
    path.write_bytes(drawing.encrypted_pdf())
    with open_source(path, "pdf", password="open sesame") as source:
        assert source.pages == 1
    with pytest.raises(PermanentError, match="does not open"):
        open_source(path, "pdf", password="wrong")
    with pymupdf.open(stream=drawing.text_pdf([[TEXT]]), filetype="pdf") as document:
        path.write_bytes(document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="owner", user_pw=""))
    with open_source(path, "pdf") as source:
        assert render_page(source, 1, tmp_path / "page.png", RenderOptions()).reading.words


def test_page_limits(tmp_path):
    path = tmp_path / "original"
    path.write_bytes(drawing.text_pdf([[str(n)] for n in range(4)]))
    with pytest.raises(PermanentError) as caught:
        open_source(path, "pdf", max_pages=3)
    assert caught.value.code == "too_many_pages"
    with open_source(path, "pdf", max_pages=4) as source, pytest.raises(ValueError, match="page 5 of 4"):
        render_page(source, 5, tmp_path / "page.png", RenderOptions())


def test_the_service_speaks_json_and_keeps_the_file_open(tmp_path):
    import json

    path = tmp_path / "original"
    path.write_bytes(drawing.joined(drawing.text_pdf([[TEXT]]), drawing.scan(drawing.text_pdf([[TEXT]]), dpi=72)))
    service = RenderService({})
    request = {"path": str(path), "kind": "pdf", "max_pages": 10}
    assert service.open(dict(request)) == 2
    request |= {"max_megapixels": 100, "dpi": 150, "image": str(tmp_path / "2.png")}
    first, second = (json.loads(json.dumps(service.render({**request, "page_number": n}))) for n in (1, 2))
    assert first["image"] is None
    assert first["reading"]["words"][0][0] == "The"
    assert second["reading"] is None
    assert second["image"]["file"] == str(tmp_path / "2.png")
    assert list(tmp_path.glob(".*")) == []
    path.write_bytes(drawing.text_pdf([["another"]]))
    assert service.open(dict(request)) == 1


def test_half_characters_of_broken_font_maps_can_be_written(render):
    table = b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <41> <D83D> endbfchar"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    page = pdf.one_page(pdf.stream(b"BT /F 12 Tf 9 700 Td (A heron waits for trout and eels) Tj ET"),
                        b"<</Font<</F 5 0 R>>>>", [font, pdf.stream(b"/CMapName /X def " + table)])  # fmt: skip
    words = [word.text for word in render(page).reading.words]
    assert words[:2] == ["\ufffd", "heron"]
    assert "".join(words).encode()
