"""What `pagemill eval` makes of pages: which are silently empty, and how far confidence can be trusted."""

from __future__ import annotations

import pytest

from cli.evaluation.chain import PageResult
from cli.evaluation.meter import Cost
from cli.evaluation.metrics import measure
from cli.evaluation.outcome import PageOutcome, SetOutcome
from pipeline.types import Box, PageReading, Word

TRUTH = "twenty characters so"


def _reading(text: str, confidence: float = 0.99, review: str | None = None, engine: str = "rapidocr") -> PageReading:
    words = tuple(Word(word, Box(0, 0, 9, 9), confidence) for word in text.split())
    source = "text_layer" if engine == "text_layer" else "ocr"
    return PageReading(1, 595, 842, words, source, engine, confidence=confidence, review=review)


def _page(text: str | None, truth: str | None = TRUTH, **reading: object) -> PageOutcome:
    """A page of which this was read; None: it failed."""
    read = None if text is None else _reading(text, **reading)  # type: ignore[arg-type]
    accuracy = None if truth is None else measure(truth, text or "", (text or "").split())
    result = PageResult(1, read, None if read else "it crashed", Cost(2.0, 1.0, {"ocr": 300.0}))
    return PageOutcome.of(f"{text}", [result], accuracy, text or "")


@pytest.mark.parametrize(
    ("page", "silent"),
    [
        (_page(""), True),
        (_page("", truth=None), True),  # nobody knows that nothing stands there
        (_page("", truth=" \n"), False),
        (_page("", review="No text could be read on this page."), False),
        (_page("twenty"), False),
        (_page(None), False),  # it failed, which is said
    ],
)
def test_silently_empty(page: PageOutcome, silent: bool) -> None:
    assert page.silently_empty is silent


def test_calibration_counts_pages_of_ocr_by_the_review_line_and_by_confidence() -> None:
    right, wrong = TRUTH, TRUTH.replace("tw", "vv")
    pages = (
        _page(right), _page(wrong, confidence=0.985), _page(wrong, confidence=0.75, review="low"),
        _page(right, confidence=0.75, review="low"), _page(right, confidence=1.0),
        _page(wrong, engine="text_layer"), _page(None), _page(wrong, truth=None),
    )  # fmt: skip
    found = SetOutcome("set", 8, pages, (), (), ()).calibration
    assert (found.above, found.above_wrong, found.flagged, found.flagged_right) == (3, (wrong,), 2, 1)
    assert [(band.low, band.pages, band.wrong) for band in found.bands] == [(0.7, 2, 1), (0.98, 3, 1)]
    assert found.bands[1].accuracy == pytest.approx(1 - 0.1 / 3)


def test_lines_in_another_order_are_not_held_against_the_engines_confidence() -> None:
    page = _page("and then the second line here the first line of all", truth="the first line of all\nand then the "
                 "second line here")  # fmt: skip
    assert page.accuracy is not None and page.accuracy.cer > 0.5
    assert not page.wrong


def test_figures_of_a_set() -> None:
    found = SetOutcome("set", 3, (_page(TRUTH), _page(None), _page("x", truth=None)), (), (), ())
    told = found.as_dict()
    assert (told["pages"], told["measured"], told["failed"], told["wall_s"], told["cpu_s"]) == (3, 2, 1, 2.0, 1.0)
    assert told["character_accuracy"] == {"mean": 0.5, "median": 0.5, "worst": 0.0}
    assert told["pooled_cer"] == 0.5 and told["peak_mb"] == {"ocr": 300.0}


def test_a_file_in_one_piece_has_the_cost_of_all_its_pages() -> None:
    pages = [PageResult(number, _reading("a b"), None, Cost(1.0, 0.5, {"ocr": mb})) for number, mb in ((1, 5), (2, 9))]
    outcome = PageOutcome.of("file", pages, measure("a b a b", "a b a b", ["a", "b"] * 2), "")
    assert (outcome.pages, outcome.words, outcome.wall_s, outcome.peak_mb) == (2, 4, 2.0, {"ocr": 9})
    assert SetOutcome("set", 1, (outcome,), (), (), ()).seconds(lambda page: page.cpu_s) == 0.5
