"""What happens to paper: pages drawn as images, then scanned badly, photographed, stamped; all randomness is seeded.

A step takes an RGB image as an array of 0..255, height x width x 3, float32, and gives one of the same kind.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.float32]
Step = Callable[[Pixels, np.random.Generator], Pixels]


def drawn(pdf: bytes, dpi: int) -> Pixels:
    """The first page."""
    with pymupdf.open("pdf", pdf) as document:
        pixels = document[0].get_pixmap(dpi=dpi, alpha=False)
    flat = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width, 3)
    return flat.astype(np.float32)


def image_of(pixels: Pixels) -> Image.Image:
    """For Pillow."""
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def encoded(pixels: Pixels, kind: str, dpi: int, quality: int = 85, grey: bool = True) -> bytes:
    """As a file, PNG or JPEG, that knows its resolution."""
    data = io.BytesIO()
    image = image_of(pixels)
    (image.convert("L") if grey else image).save(data, kind, dpi=(dpi, dpi), quality=quality)
    return data.getvalue()


def _array(image: Image.Image) -> Pixels:
    return np.asarray(image, np.float32)


def noise(deviation: float) -> Step:
    """Grain of a sensor: normally distributed, the same in all colours."""

    def step(pixels: Pixels, random: np.random.Generator) -> Pixels:
        grain = random.standard_normal(pixels.shape[:2], np.float32)[..., None]
        return pixels * np.float32(0.92) + np.float32(12) + grain * np.float32(deviation)

    return step


def specks(share: float) -> Step:
    """Dust and holes: black and white dots."""

    def step(pixels: Pixels, random: np.random.Generator) -> Pixels:
        dice = random.random(pixels.shape[:2], np.float32)
        out = pixels.copy()
        out[dice < share / 2] = 0
        out[dice > 1 - share / 2] = 255
        return out

    return step


def jpeg(quality: int) -> Step:
    """Squeezed and opened again."""

    def step(pixels: Pixels, random: np.random.Generator) -> Pixels:
        data = io.BytesIO()
        image_of(pixels).save(data, "JPEG", quality=quality)
        return _array(Image.open(data).convert("RGB"))

    return step


def blur(radius_px: float) -> Step:
    """Out of focus."""
    return lambda pixels, random: _array(image_of(pixels).filter(ImageFilter.GaussianBlur(radius_px)))


def fax(threshold: float) -> Step:
    """Black and white alone, at half the resolution from top to bottom."""

    def step(pixels: Pixels, random: np.random.Generator) -> Pixels:
        coarse = pixels[: pixels.shape[0] // 2 * 2].reshape(-1, 2, *pixels.shape[1:]).mean(axis=1)
        return (np.repeat(coarse.mean(axis=2, keepdims=True) > threshold, 2, axis=0) * np.full(3, 255)).astype(
            np.float32
        )

    return step


def bleed_through(pdf: bytes, dpi: int, strength: float) -> Step:
    """The other side of thin paper shows through, mirrored.

    Args:
        pdf: what stands there; a page of the same size, drawn at the same resolution.
        strength: 0..1.
    """

    def step(pixels: Pixels, random: np.random.Generator) -> Pixels:
        back = np.asarray(image_of(drawn(pdf, dpi)[:, ::-1]).filter(ImageFilter.GaussianBlur(1.5)), np.float32)
        return np.minimum(pixels, 255 - strength * (255 - back))

    return step


def skew(degrees: float) -> Step:
    """Laid askew on the glass, counter-clockwise."""
    return lambda pixels, random: _array(
        image_of(pixels).rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 255, 255))
    )


def turn(degrees: int) -> Step:
    """Put in sideways or upside down: a multiple of 90, counter-clockwise."""
    return lambda pixels, random: np.ascontiguousarray(np.rot90(pixels, degrees // 90))


def low_contrast(low: float, high: float) -> Step:
    """A faint copy: black becomes `low`, white `high`."""
    return lambda pixels, random: pixels * np.float32((high - low) / 255) + np.float32(low)


def shadow(darkest: float) -> Step:
    """Light that falls off to one corner, and a soft shadow's edge across the page."""

    def step(pixels: Pixels, random: np.random.Generator) -> Pixels:
        height, width = pixels.shape[:2]
        across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
        down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
        fall = 1 - (1 - darkest) * np.clip((across + down) / 2, 0, 1)
        edge = 1 / (1 + np.exp(-(across * 0.8 + down - 0.9) * 30))
        return (pixels * (fall * (1 - 0.22 * edge))[..., None]).astype(np.float32)

    return step


def inverted() -> Step:
    """White on black: a negative, or a dark screen."""
    return lambda pixels, random: 255 - pixels


def photographed(corners: Sequence[tuple[float, float]], table: float = 58.0) -> Step:
    """From the side, on a dark table.

    Args:
        corners: where the sheet's corners come to lie, clockwise from the upper left, as shares of the picture's sides.
        table: brightness of what lies around.
    """

    def step(pixels: Pixels, random: np.random.Generator) -> Pixels:
        height, width = pixels.shape[:2]
        size = (round(width * 1.15), round(height * 1.15))
        sheet = [(0, 0), (width, 0), (width, height), (0, height)]
        rows: list[list[float]] = []
        values: list[float] = []
        for (share_x, share_y), (u, v) in zip(corners, sheet, strict=True):
            x, y = share_x * size[0], share_y * size[1]
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
            values += [u, v]
        warp = np.linalg.solve(np.array(rows), np.array(values, float))
        around = (round(table), round(table * 0.9), round(table * 0.8))
        bent = image_of(pixels).transform(
            size, Image.Transform.PERSPECTIVE, [float(value) for value in warp], Image.Resampling.BICUBIC,
            fillcolor=around,
        )  # fmt: skip
        return _array(bent)

    return step


def multiplied(ink: Callable[[pymupdf.Page, float, float], None], opacity: float) -> Step:
    """Coloured ink over the page, which lets through what is dark below it.

    Args:
        ink: draws on an empty page of the picture's size (a point a pixel), which has the width and height given.
        opacity: 0..1.
    """

    def step(pixels: Pixels, random: np.random.Generator) -> Pixels:
        height, width = pixels.shape[:2]
        with pymupdf.open() as document:
            page = document.new_page(width=width, height=height)
            ink(page, width, height)
            layer = page.get_pixmap(dpi=72, alpha=False)
        over = np.frombuffer(layer.samples, np.uint8).reshape(layer.height, layer.width, 3).astype(np.float32)
        worn = 0.75 + 0.25 * random.random(pixels.shape[:2], np.float32)[..., None]  # ink takes unevenly
        return (pixels * (1 - opacity * worn * (1 - over / 255))).astype(np.float32)

    return step


def seal(words: str, centre: tuple[float, float], radius: float) -> Callable[[pymupdf.Page, float, float], None]:
    """A Chinese authority's round red seal: ring, star, characters round the rim.

    Args:
        centre: as shares of the page's sides.
        radius: as a share of its width.
    """
    red = (0.82, 0.08, 0.1)

    def ink(page: pymupdf.Page, width: float, height: float) -> None:
        x, y, r = centre[0] * width, centre[1] * height, radius * width
        page.draw_circle((x, y), r, color=red, width=r * 0.06)
        points = [
            (x + (0.3 if index % 2 == 0 else 0.12) * r * math.sin(index * math.pi / 5),
             y - (0.3 if index % 2 == 0 else 0.12) * r * math.cos(index * math.pi / 5)) for index in range(10)
        ]  # fmt: skip
        page.draw_polyline([*points, points[0]], color=red, fill=red, closePath=True)
        size = r * 0.3
        for index, character in enumerate(words):
            angle = -120 + 240 * index / max(1, len(words) - 1)
            place = pymupdf.Point(x + 0.7 * r * math.sin(math.radians(angle)),
                                  y - 0.7 * r * math.cos(math.radians(angle)))  # fmt: skip
            page.insert_text((place.x - size / 2, place.y + size * 0.35), character, fontsize=size, fontname="china-s",
                             color=red, morph=(place, pymupdf.Matrix(-angle)))  # fmt: skip

    return ink


def stamp(words: str, centre: tuple[float, float], degrees: float) -> Callable[[pymupdf.Page, float, float], None]:
    """An office's blue stamp in a frame, put down askew."""
    blue = (0.1, 0.22, 0.62)

    def ink(page: pymupdf.Page, width: float, height: float) -> None:
        place = pymupdf.Point(centre[0] * width, centre[1] * height)
        size = width * 0.045
        font = "hebo" if words.isascii() else "china-s"
        long = pymupdf.get_text_length(words, font, size)
        morph = (place, pymupdf.Matrix(degrees))
        frame = pymupdf.Rect(place.x - long / 2 - size / 2, place.y - size, place.x + long / 2 + size / 2,
                             place.y + size * 0.8)  # fmt: skip
        page.draw_rect(frame, color=blue, width=size * 0.12, morph=morph)
        page.insert_text((place.x - long / 2, place.y + size * 0.3), words, fontsize=size, fontname=font, color=blue,
                         morph=morph)  # fmt: skip

    return ink
