"""Rules and figures of PDF pages."""

import io

import numpy as np
import pymupdf
import pytest
from PIL import Image

from pipeline.render.judge import judge
from pipeline.types import Box
from tests.judge_pages import PAGES

TEXT = "The mill below the bridge still works by the water of the glacier."


def drawings(draw, *, width=400, height=500, rotation=0):
    with pymupdf.open() as document:
        page = document.new_page(width=width, height=height)
        page.insert_text((30, 30), TEXT, fontsize=9)
        draw(page)
        page.set_rotation(rotation)
        judged = judge(page)
        assert judged.verdict == "text", judged.reason
        return judged.drawings


def sides(rules, by=2.0):
    """Places of level and of plumb rules, each once."""
    level = sorted({round(box.y0 / by) * by for box in rules if box.width > box.height})
    plumb = sorted({round(box.x0 / by) * by for box in rules if box.width < box.height})
    return level, plumb


def grid(how):
    """Draws 3 rows and 2 columns in one of the ways that writers of PDFs rule a table."""

    def draw(page):
        shape = page.new_shape()
        xs, ys = (60, 160, 300), (100, 130, 160, 190)
        for i, y in enumerate(ys):
            for j, x in enumerate(xs):
                cell = pymupdf.Rect(x, y, xs[j + 1], ys[i + 1]) if i < 3 and j < 2 else None
                if how == "pieces" and j < 2:
                    shape.draw_line((x, y), (xs[j + 1], y))
                if how == "pieces" and i < 3:
                    shape.draw_line((x, y), (x, ys[i + 1]))
                if how == "thin rectangles" and j < 2:
                    shape.draw_rect(pymupdf.Rect(x, y, xs[j + 1], y + 0.7))
                if how == "thin rectangles" and i < 3:
                    shape.draw_rect(pymupdf.Rect(x, y, x + 0.7, ys[i + 1]))
                if how in {"stroked cells", "filled cells"} and cell:
                    shape.draw_rect(cell)
                if how == "white cells" and cell:
                    shape.draw_rect(pymupdf.Rect(x + 0.5, y + 0.5, xs[j + 1] - 0.5, ys[i + 1] - 0.5))
        if how in {"filled cells", "thin rectangles"}:
            shape.finish(color=None, fill=(0.8, 0.9, 1))
        elif how == "white cells":
            page.draw_rect(pymupdf.Rect(60, 100, 300, 190), color=None, fill=(0.4, 0.4, 0.4))
            shape.finish(color=None, fill=(1, 1, 1))
        else:
            shape.finish(color=(0, 0, 0), width=0.5)
        shape.commit()

    return draw


@pytest.mark.parametrize("how", ["pieces", "thin rectangles", "stroked cells", "filled cells", "white cells"])
@pytest.mark.parametrize("rotation", [0, 90])
def test_every_way_to_rule_a_table_gives_the_same_rules(how, rotation):
    found = drawings(grid(how), rotation=rotation)
    assert found.figures == ()
    assert len(found.rules) == 7
    assert sides(found.rules) == ([100, 130, 160, 190], [60, 160, 300])
    for box in found.rules:
        assert max(box.width, box.height) == pytest.approx(240 if box.width > box.height else 90, abs=2)
        assert min(box.width, box.height) < 2


def test_what_nobody_sees_is_no_rule():
    def draw(page):
        page.draw_rect(page.rect, color=None, fill=(1, 1, 1), overlay=False)
        page.draw_line((50, 100), (350, 100), color=(1, 1, 1))
        page.draw_line((50, 120), (350, 120), stroke_opacity=0)
        page.draw_line((50, 600), (350, 600))
        page.draw_line((50, 140), (55, 140))
        page.draw_line((300, 160), (900, 160), width=2)

    assert drawings(draw).rules == (Box(300, 159, 400, 161),)


def test_neighbouring_underlines_stay_apart_and_dashes_join():
    def draw(page):
        page.draw_line((50, 100), (120, 100))
        page.draw_line((125, 100), (200, 100))
        for x in range(50, 200, 4):
            page.draw_line((x, 200), (x + 2.5, 200))

    rules = drawings(draw).rules
    assert [(round(box.x0), round(box.x1), round(box.y0)) for box in rules] == [
        (50, 120, 100), (125, 200, 100), (50, 200, 200)]  # fmt: skip


def test_charts_and_photographs_are_figures_but_frames_of_text_are_not():
    pixels = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 120), np.uint8)).save(pixels, "PNG")

    def draw(page):
        # A line in a chart with its axes, a photograph in two strips, a bullet, and a round-cornered frame of text.
        page.draw_polyline([(60 + 10 * i, 160 - 14 * (i % 4)) for i in range(12)])
        page.draw_line((55, 100), (55, 170))
        page.draw_line((55, 170), (180, 170))
        for i in range(2):
            page.insert_image(pymupdf.Rect(220, 100 + 40 * i, 340, 140 + 40 * i), stream=pixels.getvalue(),
                              keep_proportion=False)  # fmt: skip
        page.draw_circle((40, 250), 3, fill=(0, 0, 0))
        page.draw_rect(pymupdf.Rect(50, 300, 350, 400), radius=0.1)
        for i in range(8):
            page.insert_text((60, 314 + 11 * i), TEXT, fontsize=9)

    chart, photograph = sorted(drawings(draw).figures)
    assert chart == pytest.approx((55, 100, 180, 170), abs=2)
    assert photograph == pytest.approx((220, 100, 340, 180), abs=1)


@pytest.mark.parametrize("sides", [False, True])
def test_charts_of_bars_are_figures_and_shaded_cells_are_not(sides):
    def bars(page, tops, words=()):
        for i, top in enumerate(tops):
            x0, x1 = 80 + 40 * i, 105 + 40 * i
            if sides:
                corners = [(x0, 300), (x1, 300), (x1, top), (x0, top), (x0, 300)]
                page.draw_polyline(corners, color=None, fill=(0, 0.3, 0.6))
            else:
                page.draw_rect((x0, top, x1, 300), color=None, fill=(0, 0.3, 0.6))
        for i, word in enumerate(words):
            page.insert_text((82 + 40 * i, 290), word, fontsize=7)

    (figure,) = drawings(lambda page: bars(page, (220, 180, 250, 210))).figures
    assert figure == Box(80, 180, 225, 300)
    assert not drawings(lambda page: bars(page, (270, 270, 270, 270))).figures
    assert not drawings(lambda page: bars(page, (220, 180, 250, 210), ("one", "two", "three", "four"))).figures


def test_the_picture_of_a_scan_is_no_figure():
    with pymupdf.open("pdf", PAGES["right layer, English"][1]()) as document:
        judged = judge(document[0])
    assert judged.verdict == "text", judged.reason
    assert judged.drawings.figures == ()


def test_a_page_of_countless_paths_costs_little():
    def draw(page):
        lines = b"\n".join(b"%d %d m %d %d l S" % (i % 400, i // 400 * 3, i % 400 + 20, i // 400 * 3)
                           for i in range(4_000))  # fmt: skip
        page.parent.update_stream(page.get_contents()[0], page.read_contents() + b"\n" + lines)
        many = b"0 0 m " + b" ".join(b"%d %d l" % (i * 7 % 400, i % 500) for i in range(60_000)) + b" S"
        page.parent.update_stream(page.get_contents()[0], page.read_contents() + b"\n" + many)

    found = drawings(draw)
    assert 5 < len(found.rules) <= 1000
    assert len(found.figures) <= 200
