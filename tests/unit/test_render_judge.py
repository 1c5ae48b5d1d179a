"""The text-layer judge on drawn pages, each with one thing that goes wrong with text layers."""

import random

import pymupdf
import pytest

from pipeline.render import source  # noqa: F401 (sets MuPDF up as the chain does)
from pipeline.render.drawn import draw_small
from pipeline.render.judge import judge
from pipeline.render.upright import upright
from tests.judge_pages import PAGES


def judged(pdf):
    with pymupdf.open("pdf", pdf) as document:
        return judge(document[0])


@pytest.mark.parametrize("name", PAGES)
def test_the_judge_is_right(name):
    label, draw = PAGES[name]
    result = judged(draw())
    assert result.verdict == label, result.reason
    assert (result.words == ()) == (label != "text")


@pytest.mark.parametrize(
    ("name", "lines", "seen"),
    [
        ("under a white area", 1, "Nothing above this line"),
        ("under a picture", 1, "Nothing above this line"),
        ("a picture between lines", 2, "Thank you for showing us"),
        ("white on white", 4, "twenty years"),
        ("outside of what is drawn", 7, "scaffolding"),
    ],
)
def test_text_that_nobody_sees_is_not_kept(name, lines, seen):
    words = judged(PAGES[name][1]()).words
    assert seen in " ".join(word.text for word in words)
    assert len({word.line for word in words}) == lines


def test_words_of_tesseract_have_their_full_width():
    words = judged(PAGES["right layer as Tesseract writes it"][1]()).words
    exact = judged(PAGES["right layer, English"][1]()).words
    assert [word.text for word in words] == [word.text for word in exact]
    for word, true in zip(words, exact, strict=True):
        assert (word.box.x0, word.box.x1) == pytest.approx((true.box.x0, true.box.x1), abs=0.5)


def test_what_is_drawn_and_hidden_is_kept_once():
    words = [word.text for word in judged(PAGES["drawn and hidden the same"][1]()).words]
    assert words == [word.text for word in judged(PAGES["no fault, English"][1]()).words]


def test_a_page_that_would_take_long_to_draw_is_judged_by_its_text() -> None:
    """One path of very many strokes, such as the curve of a recording: it takes minutes, its text a moment."""
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 72), "Levels of the reservoir, minute by minute.")
        chance = random.Random(1)
        places = ((50 + 500 * chance.random(), 100 + 600 * chance.random()) for _ in range(60_000))
        curve = "0.5 w 50 500 m " + " ".join(f"{x:.1f} {y:.1f} l" for x, y in places) + " S"
        stream = page.get_contents()[0]
        document.update_stream(stream, document.xref_stream(stream) + curve.encode())
        document.reload_page(page)
        judgement = judge(document[0])
        drawn = draw_small(document[0], judgement.contents, upright(document[0]))
    assert judgement.verdict == "text" and drawn is None
