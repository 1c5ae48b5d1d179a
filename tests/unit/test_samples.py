"""The demo's documents are what they claim to be."""

import pymupdf
import pytest

from cli.samples import DAMAGED, LETTER, PAPER, PHOTO, RESUME, SEARCHES, make_samples
from pipeline.errors import PermanentError
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.kinds import sniff
from pipeline.render.source import open_source
from tests import drawing


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return {sample.path.name: sample for sample in make_samples(tmp_path_factory.mktemp("samples"))}


def rendered(path, tmp_path):
    with open_source(path, sniff(path.read_bytes()[:4096])) as source:
        return [render_page(source, n, tmp_path / f"{n}.png", RenderOptions()) for n in range(1, source.pages + 1)]


def test_scans_and_the_photo_need_ocr(samples, tmp_path):
    for name, pages in ((RESUME, 2), (LETTER, 1), (PHOTO, 1)):
        result = rendered(samples[name].path, tmp_path)
        assert [page.image is not None for page in result] == [True] * pages
        assert samples[name].expect == "done"


def test_the_paper_is_born_digital_in_two_columns(samples, tmp_path):
    pages = [page.reading for page in rendered(samples[PAPER].path, tmp_path)]
    assert len(pages) >= 5
    assert all(page.source == "text_layer" and len(page.words) > 150 for page in pages)
    starts = {round(word.box.x0) for word in pages[1].words}
    assert {36, 219} <= starts
    body = [word.box for word in pages[1].words if word.box.y1 < 550]  # above the page number
    assert not any(box.x1 > 205 and box.x0 < 215 for box in body)
    text = " ".join(word.text for page in pages for word in page.words)
    assert "Drinking water" in text
    assert any(word.bold and word.size_pt > 11 for word in pages[2].words)


def test_the_damaged_one_does_not_open(samples, tmp_path):
    assert samples[DAMAGED].expect == "failed"
    with pytest.raises(PermanentError) as caught:
        rendered(samples[DAMAGED].path, tmp_path)
    assert caught.value.code in {"damaged", "no_pages"}


def test_searches_point_at_pages_that_answer(samples):
    answers = {LETTER: "6,480 pounds", RESUME: "", PAPER: "warm twice as much as the air"}
    assert {search.expect for search in SEARCHES} == set(answers)
    for search in SEARCHES:
        if search.expect == PAPER:
            assert not search.query.isascii()
            with pymupdf.open(samples[PAPER].path) as document:
                text = " ".join(document[search.page_number - 1].get_text().split())
                assert answers[PAPER] in text


def test_the_same_every_time(samples, tmp_path):
    again = {sample.path.name: sample.path.read_bytes() for sample in make_samples(tmp_path)}
    assert again == {name: sample.path.read_bytes() for name, sample in samples.items()}


def test_a_scan_is_an_image_and_nothing_else():
    with pymupdf.open(stream=drawing.scan(drawing.text_pdf([["words"], ["more"]]), dpi=72), filetype="pdf") as document:
        assert len(document) == 2
        for page in document:
            assert page.get_text() == ""
            assert len(page.get_images()) == 1
