"""What the bench beside the peers gives them to read, and what the bench of uploads sends."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image

from tests.bench.peers.work import draw, errors
from tests.bench.upload import Answers, _Pages


def test_every_round_draws_the_same_words_with_other_pixels(tmp_path: Path) -> None:
    one, other = (draw(tmp_path / str(seed), 2, seed) for seed in (1, 2))
    assert list(one.truths) == ["en00", "zh00"] and one.truths == other.truths
    for mine, theirs in zip(one.images, other.images, strict=True):
        assert (np.asarray(Image.open(mine)) != np.asarray(Image.open(theirs))).mean() > 0.1
    with pymupdf.open(one.book) as book, pymupdf.open(one.pdfs[1]) as second:
        assert len(book) == 2
        assert "".join(page.get_text() for page in book) == ""
        assert book[1].get_pixmap().samples == second[0].get_pixmap().samples


def test_errors_are_told_a_script_at_a_time(tmp_path: Path) -> None:
    work = draw(tmp_path / "work", 2, 1)
    assert errors(work, work.truths) == "en: F1 1.000, CER 0.0%; zh: F1 1.000, CER 0.0%"
    assert errors(work, {"en00": work.truths["en00"]}) == "en: F1 1.000, CER 0.0%; zh: F1 0.000, CER 100.0%"


def test_uploads_are_a_megabyte_each_and_no_two_alike() -> None:
    pages = _Pages()
    first, second = pages.next(), pages.next()
    assert 1_000_000 <= len(first) < 1_010_000
    images = [np.asarray(Image.open(io.BytesIO(page)).convert("L"), float) for page in (first, second)]
    assert images[0].shape == (1684, 1192)
    assert (images[0] != images[1]).mean() > 0.3
    assert abs(images[0].mean() - images[1].mean()) < 0.1  # the same words on both


def test_percentiles_of_answers() -> None:
    answers = Answers([number / 1000 for number in range(1, 101)], late=0, busy=1.0)
    assert (answers.ms(0.5), answers.ms(0.99), answers.ms(1.0)) == (50.0, 99.0, 100.0)
