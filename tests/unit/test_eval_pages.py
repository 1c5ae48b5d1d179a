"""The pages that `make eval` draws: that they are what their names say, cheaply, on a few of them."""

from __future__ import annotations

import numpy as np
import pymupdf
import pytest

from tests.bench.eval_pages import pages, spoil, typeset

TEXTS = (
    "Pears have lasted best: thirty of thirty-four still bear fruit.",
    "存活的树木大多生长在南坡，土层厚、排水好。",
)


@pytest.mark.parametrize("script", pages.SCRIPTS, ids=lambda script: script.name)
def test_truth_is_what_is_set_in_its_order(script: pages.Script) -> None:
    for clean in (script.prose(0), script.columns(1), script.of_table(0, lined=True)):
        with pymupdf.open("pdf", clean.pdf) as document:
            assert len(document) == 1
            found = document[0].get_text()
        assert "".join(found.split()) == "".join(clean.truth.split())


def test_pages_are_the_same_every_time() -> None:
    clean = typeset.prose("Title", TEXTS)
    steps = (spoil.noise(9), spoil.specks(0.01), spoil.jpeg(30))
    first, again = (pages._scan("noise", clean, *steps, dpi=60) for _ in range(2))
    other = pages._scan("another", clean, *steps, dpi=60)
    assert first.content == again.content != other.content


def test_steps_do_what_they_say() -> None:
    random = np.random.default_rng(0)
    sheet = spoil.drawn(typeset.prose("Title", TEXTS).pdf, 60)
    height, width = sheet.shape[:2]
    assert spoil.turn(90)(sheet, random).shape == (width, height, 3)
    assert np.array_equal(spoil.turn(180)(sheet, random), sheet[::-1, ::-1])
    assert spoil.inverted()(sheet, random).max() == 255 and spoil.inverted()(sheet, random).mean() < 60
    faint = spoil.low_contrast(150, 215)(sheet, random)
    assert 150 <= faint.min() < faint.max() <= 215.5
    light = spoil.shadow(0.3)(sheet, random)
    assert light[:9, :9].mean() > 2 * light[-9:, -9:].mean()
    red = spoil.multiplied(spoil.seal("村民委员会", (0.5, 0.5), 0.3), 0.9)(sheet, random) - sheet
    assert red[..., 0].sum() > 0.5 * red[..., 1].sum() and red[..., 1].sum() < -1e5, "takes more green than red"
