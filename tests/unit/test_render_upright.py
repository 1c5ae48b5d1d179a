"""Pages that stand sideways or upside down as displayed are read as if somebody had turned them."""

import io

import numpy as np
import pymupdf
import pytest
from PIL import Image

from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.source import open_source
from pipeline.types import Box

LINES = [
    "Station      January  February  March",
    "Lower mill   14.2     13.8      19.4",
    "Upper mill   9.7      9.1       12.0",
    "The operator of the power plant learned to read it from",
    "the colour of the river in the morning of a warm day.",
    "冰川入口 三点三 二点九 四点八",
]


def font_for(line):
    return "helv" if line.isascii() else "china-s"


def page_of(turn, *, hidden=False, display=0, stamp=0):
    """A landscape page of LINES, drawn turned by `turn` degrees clockwise on a page that fits, displayed as `display`.

    `stamp` sets that many further words sideways in its margin.
    """
    with pymupdf.open() as upright:
        page = upright.new_page(width=500, height=300)
        for i, line in enumerate(LINES):
            page.insert_text((40, 60 + 36 * i), line, fontsize=14, fontname=font_for(line))
        if stamp:
            page.insert_text((20, 280), "stamp " * stamp, fontsize=8, rotate=90)
        page.draw_line((40, 70), (440, 70))
        with pymupdf.open() as document:
            size = (500, 300) if turn % 180 == 0 else (300, 500)
            turned = document.new_page(width=size[0], height=size[1])
            if hidden:
                pixels = page.get_pixmap(dpi=100)
                image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples).rotate(-turn, expand=True)
                data = io.BytesIO()
                image.save(data, "PNG")
                turned.insert_image(turned.rect, stream=data.getvalue(), keep_proportion=False)
                corner = {0: (0, 0), 90: (300, 0), 180: (500, 300), 270: (0, 500)}[turn]
                x_axis = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
                for i, line in enumerate(LINES):
                    along, down = 40, 60 + 36 * i
                    spot = (corner[0] + x_axis[0] * along - x_axis[1] * down,
                            corner[1] + x_axis[1] * along + x_axis[0] * down)  # fmt: skip
                    turned.insert_text(
                        spot, line, fontsize=14, fontname=font_for(line), rotate=-turn % 360, render_mode=3
                    )
            else:
                turned.show_pdf_page(turned.rect, upright, rotate=-turn)
            turned.set_rotation(display)
            return document.tobytes()


@pytest.fixture
def read(tmp_path):
    def read(pdf):
        path = tmp_path / "original"
        path.write_bytes(pdf)
        with open_source(path, "pdf") as source:
            return render_page(source, 1, tmp_path / "page.png", RenderOptions()).reading

    return read


def near(box, other, by=1.0):
    return box.x0 == pytest.approx(other.x0, abs=by) and box.y0 == pytest.approx(other.y0, abs=by) and (
        box.x1 == pytest.approx(other.x1, abs=by) and box.y1 == pytest.approx(other.y1, abs=by)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("turn", "display", "hidden"),
    [(turn, display, False) for turn in (0, 90, 180, 270) for display in (0, 90, 180, 270)]
    + [(90, 0, True), (180, 0, True), (270, 90, True)],
)
def test_a_turned_page_reads_like_the_upright_one(read, turn, display, hidden):
    upright, turned = read(page_of(0, hidden=hidden)), read(page_of(turn, hidden=hidden, display=display))
    assert upright.rotation == 0
    assert turned.rotation == (-turn - display) % 360
    assert (turned.width_pt, turned.height_pt) == pytest.approx((500, 300))
    assert [word.text for word in turned.words] == [word.text for word in upright.words] == " ".join(LINES).split()
    assert [word.line for word in turned.words] == [word.line for word in upright.words]
    assert all(near(one.box, other.box) for one, other in zip(turned.words, upright.words, strict=True))
    if not hidden:
        assert len(turned.rules) == 1
        assert near(turned.rules[0], Box(40, 70, 440, 70), 1.2)


def test_some_sideways_text_turns_no_page(read):
    reading = read(page_of(0, stamp=9))
    assert reading.rotation == 0
    assert (reading.width_pt, reading.height_pt) == (500, 300)
    boxes = [word.box for word in reading.words if word.text == "stamp"]
    assert len(boxes) == 9
    assert all(box.height > box.width for box in boxes)


def test_a_turned_page_that_is_drawn_stays_as_displayed(tmp_path):
    path = tmp_path / "original"
    path.write_bytes(page_of(90))
    with open_source(path, "pdf") as source:
        rendered = render_page(source, 1, tmp_path / "page.png", RenderOptions(text_layer=False, dpi=72))
    assert (rendered.width_pt, rendered.height_pt) == (300, 500)
    assert np.asarray(Image.open(rendered.image.file)).shape == (500, 300)


def test_vertical_text_turns_no_page_and_is_told(read):
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=500)
        font = document.get_new_xref()
        document.update_object(font, "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-V"
            "/DescendantFonts[<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>"
            "/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 4>>>>]>>")  # fmt: skip
        page.insert_text((10, 10), ".")
        document.xref_set_key(page.xref, "Resources", f"<</Font<</V {font} 0 R>>>>")
        columns = ["冰川融水一直流到九月底，桥下的磨坊", "至今仍靠它转动。河水在下午最高，"]
        shown = [f"BT /V 14 Tf 1 0 0 1 {240 - 30 * i} 450 Tm <{text.encode('utf-16-be').hex()}> Tj ET"
                 for i, text in enumerate(columns)]  # fmt: skip
        document.update_stream(page.get_contents()[0], "\n".join(shown).encode())
        reading = read(document.tobytes())
    assert "".join(word.text for word in reading.words) == "".join(columns)
    assert reading.vertical
    assert reading.rotation == 0
