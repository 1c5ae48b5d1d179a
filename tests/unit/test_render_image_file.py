"""Page images: every mode, orientation and resolution that scanners and telephones write."""

import errno
import io
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import PermanentError
from pipeline.render import draw
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.kinds import sniff
from pipeline.render.source import open_source

# Black in the upper left quarter, white elsewhere: shows orientation, inversion and clipping at once.
WIDE = np.full((400, 600), 255, np.uint8)
WIDE[:200, :300] = 0


def render(path, page=1, **options):
    with open_source(path, sniff(path.read_bytes()[:4096])) as source:
        return render_page(source, page, path.with_suffix(".out.png"), RenderOptions(**options))


def pixels(rendered):
    with Image.open(rendered.image.file) as image:
        assert image.mode == "L"
        assert image.size == (rendered.image.width_px, rendered.image.height_px)
        return np.asarray(image)


def assert_upright(array):
    height, width = array.shape
    assert array[height // 4, width // 4] < 40
    for y, x in ((1, 3), (3, 1), (3, 3)):
        assert array[y * height // 4, x * width // 4] > 215


def saved(tmp_path, image, kind, **options):
    path = tmp_path / f"page.{kind}"
    image.save(path, **options)
    return path


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1", "I;16"])
def test_modes_of_png(tmp_path, mode):
    deep = Image.fromarray(WIDE.astype(np.uint16) * 257)
    image = deep if mode == "I;16" else Image.fromarray(WIDE).convert(mode)
    assert_upright(pixels(render(saved(tmp_path, image, "png"))))


@pytest.mark.parametrize(
    ("kind", "mode"), [("jpg", "CMYK"), ("jpg", "RGB"), ("tif", "CMYK"), ("tif", "1"), ("webp", "RGB"), ("bmp", "P")]
)
def test_modes_of_other_kinds(tmp_path, kind, mode):
    assert_upright(pixels(render(saved(tmp_path, Image.fromarray(WIDE).convert("RGB").convert(mode), kind))))


def test_a_transparent_page_is_white(tmp_path):
    layer = np.zeros((400, 600, 4), np.uint8)  # black everywhere, and seen through but in the upper left
    layer[:200, :300, 3] = 255
    assert_upright(pixels(render(saved(tmp_path, Image.fromarray(layer, "RGBA"), "png"))))
    palette = Image.fromarray(np.where(WIDE == 0, 1, 0).astype(np.uint8))
    palette.putpalette([0, 0, 0, 0, 0, 0])
    assert_upright(pixels(render(saved(tmp_path, palette, "png", transparency=0))))


@pytest.mark.parametrize("kind", ["jpg", "tif", "webp", "png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, kind, orientation):
    stored = {
        1: WIDE, 2: WIDE[:, ::-1], 3: WIDE[::-1, ::-1], 4: WIDE[::-1], 5: WIDE.T, 6: np.rot90(WIDE),
        7: WIDE.T[::-1, ::-1], 8: np.rot90(WIDE, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, dpi=(200, 200))
    rendered = render(path)
    array = pixels(rendered)
    assert array.shape == (400, 600)
    assert_upright(array)
    assert rendered.width_pt == pytest.approx(600 * 72 / rendered.image.dpi)


def test_pages_of_a_tiff(tmp_path):
    pages = [Image.fromarray(WIDE), Image.fromarray(255 - WIDE), Image.fromarray(np.rot90(WIDE, 2))]
    path = saved(tmp_path, pages[0], "tif", save_all=True, append_images=pages[1:])
    with open_source(path, "tiff") as source:
        assert source.pages == 3
    assert pixels(render(path, 2))[10, 10] > 215
    assert pixels(render(path, 3))[-10, -10] < 40
    assert_upright(pixels(render(path, 1)))
    with pytest.raises(PermanentError) as caught:
        open_source(path, "tiff", max_pages=2)
    assert caught.value.code == "too_many_pages"


@pytest.mark.parametrize(
    ("size", "dpi", "expected"),
    [
        ((1700, 2200), (200, 200), 200.0),  # what the file says
        ((1654, 2339), (72, 72), 200.0),  # a screen's default: taken for A4
        ((1654, 2339), None, 200.0),
        ((600, 900), (1200, 1200), 150.0),  # half an inch wide: not believed
        ((500, 700), None, 150.0),  # the guess has a floor
    ],
)
def test_resolution(tmp_path, size, dpi, expected):
    image = Image.new("L", size, 255)
    image.putpixel((9, 9), 0)
    rendered = render(saved(tmp_path, image, "png", **({"dpi": dpi} if dpi else {})))
    assert rendered.image.dpi == pytest.approx(expected, abs=0.5)
    assert (rendered.image.width_px, rendered.image.height_px) == size
    assert rendered.width_pt == pytest.approx(size[0] * 72 / rendered.image.dpi)


def test_a_fax_gets_square_pixels(tmp_path):
    fax = Image.fromarray(np.repeat(WIDE, 3, axis=1)[:, :1728]).convert("1")
    rendered = render(saved(tmp_path, fax, "tif", dpi=(204, 98)))
    assert rendered.image.dpi == pytest.approx(204)
    assert (rendered.image.width_px, rendered.image.height_px) == (1728, round(400 * 204 / 98))


def test_a_large_photo_is_scaled_down(tmp_path):
    photo = Image.fromarray(np.kron(WIDE, np.ones((10, 10), np.uint8)))
    rendered = render(saved(tmp_path, photo, "jpg"))
    assert rendered.image.dpi == pytest.approx(400)
    assert max(rendered.image.width_px, rendered.image.height_px) < 5000
    assert_upright(pixels(rendered))


def test_pixels_are_counted_before_they_are_decoded(tmp_path):
    path = saved(tmp_path, Image.new("1", (20_000, 20_000)), "png")
    assert path.stat().st_size < 100_000
    with pytest.raises(PermanentError) as caught:
        render(path)
    assert caught.value.code == "page_too_large"
    assert "20,000" in caught.value.message


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "bmp"])
def test_a_cut_off_image_fails(tmp_path, kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 300), np.uint8))
    path = saved(tmp_path, noise, kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PermanentError) as caught:
        render(path)
    assert caught.value.code in {"damaged", "page_damaged", "no_pages"}


def test_a_head_alone_is_damaged(tmp_path):
    path: Path = tmp_path / "x"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    with pytest.raises(PermanentError) as caught:
        open_source(path, "png")
    assert caught.value.code == "damaged"


def test_one_colour_is_a_blank_page(tmp_path):
    rendered = render(saved(tmp_path, Image.new("RGB", (300, 400), "white"), "png"))
    assert rendered.image is None
    assert rendered.reading.words == ()
    assert rendered.reading.script == "none"


def test_animations_are_one_page(tmp_path):
    frames = [Image.fromarray(WIDE), Image.fromarray(255 - WIDE)]
    path = tmp_path / "a.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    with open_source(path, sniff(path.read_bytes()[:4096])) as source:
        assert source.pages == 1
    assert io.BytesIO(path.read_bytes()).read(4) == b"RIFF"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full (Linux)")
def test_a_full_disk_is_told_as_such(tmp_path, monkeypatch):
    @contextmanager
    def full(_):
        yield Path("/dev/full")

    source = saved(tmp_path, Image.fromarray(WIDE), "png")
    monkeypatch.setattr(draw, "written_whole", full)
    with pytest.raises(OSError) as told:
        render(source)
    assert told.value.errno == errno.ENOSPC
