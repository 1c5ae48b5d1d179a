"""Seals and stamps over print are lifted out of the greys that OCR reads; other colours keep theirs."""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops

from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.seals import greys
from pipeline.render.source import open_source

DPI = 150
RED, BLUE = (0.85, 0.08, 0.1), (0.1, 0.2, 0.65)
SEAL = (150.0, 90.0, 40.0)  # middle and radius in points
Grey = NDArray[np.uint8]


def drawn(page_of: pymupdf.Document) -> Image.Image:
    pixels = page_of[0].get_pixmap(dpi=DPI)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def printed(*, black: bool = True, coloured: bool = True) -> Image.Image:
    """Black print, a red heading, a red label beside black, and blue writing that rests on a rule."""
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=260)
        if black:
            page.insert_text((30, 85), "The sum is payable on demand", fontsize=14)
            page.insert_text((30, 105), "within thirty days of receipt", fontsize=14)
            page.insert_text((90, 180), "ninety-eight euros", fontsize=12)
            page.draw_line((30, 222), (270, 222), width=1)
        if coloured:
            page.insert_text((30, 35), "RED HEADING", fontsize=24, color=RED)
            page.insert_text((30, 180), "Amount:", fontsize=12, color=RED)
            page.insert_text((40, 221), "signature", fontsize=20, color=BLUE)
        return drawn(document)


def stamped(page: Image.Image, ink: tuple[float, float, float] = RED) -> Image.Image:
    """A round seal, let through like real ink."""
    with pymupdf.open() as document:
        over = document.new_page(width=300, height=260)
        x, y, radius = SEAL
        over.draw_circle((x, y), radius, color=ink, width=4)
        over.draw_line((x - radius, y), (x + radius, y), color=ink, width=3)
        return ImageChops.multiply(page, drawn(document))


def array(image: Image.Image) -> Grey:
    return np.asarray(image)


@pytest.mark.parametrize("ink", [RED, BLUE], ids=["red", "blue"])
def test_a_seal_goes_and_the_print_below_stays(ink: tuple[float, float, float]) -> None:
    page = stamped(printed(), ink)
    assert array(page.convert("L"))[array(stamped(printed(black=False, coloured=False), ink))[..., 1] < 90].max() < 180
    lifted, clean = array(greys(page, DPI)).astype(int), array(printed().convert("L")).astype(int)
    assert (np.abs(lifted - clean) > 70).mean() < 0.001
    only = array(stamped(printed(black=False, coloured=False), ink).convert("L")) < 150
    print_ = array(printed(coloured=False).convert("L"))
    assert lifted[only & (print_ > 240)].min() > 180  # its ink is gone
    assert lifted[only & (print_ < 40)].max() < 110  # what it crossed is not


def test_coloured_text_keeps_its_grey() -> None:
    page = printed()
    assert np.array_equal(array(greys(page, DPI)), array(page.convert("L")))
    seal_alone = stamped(printed(black=False))
    assert np.array_equal(array(greys(seal_alone, DPI)), array(seal_alone.convert("L")))


def test_a_seal_at_the_edge_of_the_page() -> None:
    page = stamped(printed())
    x, y, _ = (round(value * DPI / 72) for value in SEAL)
    corner = page.crop((x, y - 40, page.width, page.height))  # its left half is off the page
    assert array(greys(corner, DPI)).shape == (corner.height, corner.width)


@pytest.mark.parametrize("kind", ["png", "jpeg", "palette", "pdf"])
def test_originals_of_every_kind_lose_their_seal(kind: str, tmp_path: Path) -> None:
    page = stamped(printed())
    data = io.BytesIO()
    if kind == "palette":
        page.quantize(64).save(data, "PNG", dpi=(DPI, DPI))
    else:
        page.save(data, "PNG" if kind == "pdf" else kind, dpi=(DPI, DPI), quality=90)
    file = tmp_path / "original"
    if kind == "pdf":
        with pymupdf.open() as document:
            document.new_page(width=300, height=260).insert_image((0, 0, 300, 260), stream=data.getvalue())
            document.save(file)
    else:
        file.write_bytes(data.getvalue())
    with closing(open_source(file, "png" if kind == "palette" else kind)) as source:
        rendered = render_page(source, 1, tmp_path / "page.png", RenderOptions())
    assert rendered.image is not None
    with Image.open(rendered.image.file) as image:
        assert image.mode == "L"
        grey = array(image)
    x, y, radius = (round(value * DPI / 72) for value in SEAL)
    ring = grey[y + radius - 2 : y + radius + 3, x - 3 : x + 4]
    assert ring.min() > 190
    assert array(page.convert("L"))[y + radius - 1 : y + radius + 2, x - 3 : x + 4].max() < 140
