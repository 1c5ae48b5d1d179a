"""Page images for people: of the right shape, in the right colours, upright, and whole."""

import numpy as np
import pymupdf
import pytest
from PIL import Image, ImageCms

from pipeline.child import ROLES
from pipeline.errors import PermanentError
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.kinds import sniff
from pipeline.render.preview import draw_preview
from pipeline.render.source import open_source
from tests import drawing
from tests.unit.test_render_docx import docx, paragraph

# Red in the upper left quarter, white elsewhere: shows orientation and colours at once.
WIDE = np.full((400, 600, 3), 255, np.uint8)
WIDE[:200, :300] = (200, 30, 30)


@pytest.fixture
def preview(tmp_path):
    """Draws; checks that shape and answer are true; gives the pixels and the page that `render_page` makes."""

    def preview(content, width_px=960, page=1, **options):
        path = tmp_path / "original"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path = content
        target = tmp_path / "preview.jpg"
        with open_source(path, sniff(path.read_bytes()[:4096])) as source:
            size = draw_preview(source, page, width_px, target, RenderOptions(**options))
            rendered = render_page(source, page, tmp_path / "page.png", RenderOptions())
        with Image.open(target) as image:
            assert image.format == "JPEG"
            assert image.size == size
            pixels = np.asarray(image.convert("RGB")).astype(int)
        # The same to within the last pixel of the shorter side.
        assert size[0] / rendered.width_pt * rendered.height_pt == pytest.approx(size[1], abs=0.5 + size[1] / size[0])
        assert not list(tmp_path.glob(".*"))
        return pixels, rendered

    return preview


def assert_upright(pixels):
    height, width, _ = pixels.shape
    assert np.abs(pixels[height // 4, width // 4] - (200, 30, 30)).max() < 25
    for y, x in ((1, 3), (3, 1), (3, 3)):
        assert pixels[y * height // 4, x * width // 4].min() > 245


def assert_words_on_ink(pixels, rendered):
    dark = pixels.min(axis=2) < 140
    zoom = dark.shape[1] / rendered.width_pt
    assert rendered.reading.words
    for word in rendered.reading.words:
        x0, y0, x1, y1 = (round(v * zoom) for v in word.box)
        assert dark[y0:y1, x0:x1].mean() > 0.04
        dark[max(0, y0 - 2) : y1 + 2, max(0, x0 - 2) : x1 + 2] = False
    assert not dark.any()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (30.3, 20.7, 380.1, 290.9)])
@pytest.mark.parametrize("width_px", [480, 960])
def test_boxes_fit_a_pdf_page(preview, rotation, crop, width_px):
    with pymupdf.open() as document:
        page = document.new_page(width=400, height=300)
        page.insert_text((60, 80), "Glacier", fontsize=20)
        page.insert_text((60, 150), "冰川融水", fontsize=20, fontname="china-s", color=(0.6, 0, 0))
        if crop:
            page.set_cropbox(pymupdf.Rect(crop))
        page.set_rotation(rotation)
        content = document.tobytes()
    pixels, rendered = preview(content, width_px)
    assert pixels.shape[1] == width_px
    assert_words_on_ink(pixels, rendered)
    assert (pixels[..., 0] - pixels[..., 1]).max() > 100  # in colour


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_a_page_is_turned_as_it_was_when_it_was_read(tmp_path, kind, rotation):
    path = tmp_path / "original"
    if kind == "png":
        Image.fromarray(WIDE).save(path, "PNG", dpi=(200, 200))
    else:
        with pymupdf.open() as document:
            document.new_page(width=600, height=400).draw_rect((0, 0, 300, 200), color=None, fill=(0.78, 0.12, 0.12))
            path.write_bytes(document.tobytes())
    with open_source(path, kind) as source:
        size = draw_preview(source, 1, 480, tmp_path / "turned.jpg", RenderOptions(), rotation)
    assert size == ((480, 320) if rotation == 180 else (480, 720))
    with Image.open(tmp_path / "turned.jpg") as image:
        assert image.size == size
        assert_upright(np.asarray(image.rotate(rotation, expand=True)).astype(int))  # Pillow turns counter-clockwise


def test_boxes_fit_a_docx_page(preview):
    content = docx(paragraph("A title", "", '<w:b/><w:sz w:val="36"/>') + paragraph("冰川融水一直流到九月底 and on"))
    pixels, rendered = preview(content, 960)
    assert pixels.shape[:2] == (1358, 960)
    assert_words_on_ink(pixels, rendered)


@pytest.mark.parametrize(("asked", "given"), [(1, 100), (100, 100), (961, 961), (5000, 2400)])
def test_widths_are_clamped(preview, asked, given):
    assert preview(drawing.text_pdf([["text"]]), asked)[0].shape[1] == given


@pytest.mark.parametrize("size", [(100, 40_000), (40_000, 100), (14_400, 14_400), (3, 3)])
def test_odd_pages_stay_small(tmp_path, size):
    path = tmp_path / "original"
    with pymupdf.open() as document:
        document.new_page(width=size[0], height=size[1]).draw_line((0, 0), size)
        path.write_bytes(document.tobytes())
    with open_source(path, "pdf") as source:
        width, height = draw_preview(source, 1, 2400, tmp_path / "p.jpg", RenderOptions(max_side_pt=40_000))
    assert 0 < width * height <= 12_000_000
    assert max(width, height) <= 16_000
    assert width / height == pytest.approx(size[0] / size[1], rel=0.02)


@pytest.mark.parametrize("kind", ["jpg", "tif", "webp", "png"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_photos_are_upright(preview, tmp_path, kind, orientation):
    across = WIDE.transpose(1, 0, 2)
    stored = {
        1: WIDE, 2: WIDE[:, ::-1], 3: WIDE[::-1, ::-1], 4: WIDE[::-1], 5: across, 6: np.rot90(WIDE),
        7: across[::-1, ::-1], 8: np.rot90(WIDE, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"photo.{kind}"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif, dpi=(200, 200))
    for width_px in (240, 960):
        pixels, _ = preview(path, width_px)
        assert pixels.shape == (width_px * 2 // 3, width_px, 3)
        assert_upright(pixels)


@pytest.mark.parametrize(
    ("kind", "mode"), [("jpg", "CMYK"), ("tif", "CMYK"), ("tif", "LAB"), ("png", "P"), ("bmp", "RGB")]
)
def test_modes_in_colour(preview, tmp_path, kind, mode):
    path = tmp_path / f"page.{kind}"
    image = Image.fromarray(WIDE)
    if mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    image.convert(mode).save(path)
    assert_upright(preview(path)[0])


@pytest.mark.parametrize("mode", ["L", "1", "I;16", "LA"])
def test_greys(preview, tmp_path, mode):
    grey = np.where(WIDE[..., 1] == 255, 255, 0).astype(np.uint8)
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    image = deep if mode == "I;16" else Image.fromarray(grey).convert(mode)
    image.save(tmp_path / "page.png")
    pixels, _ = preview(tmp_path / "page.png", 300)
    assert pixels[50, 70].max() < 10
    assert pixels[50, 200].min() > 245


def test_what_is_seen_through_is_white(preview, tmp_path):
    layer = np.zeros((400, 600, 4), np.uint8)  # black where it is seen through
    layer[:200, :300] = (200, 30, 30, 255)
    Image.fromarray(layer, "RGBA").save(tmp_path / "rgba.png")
    assert_upright(preview(tmp_path / "rgba.png")[0])
    palette = Image.fromarray(np.where(WIDE[..., 1] == 255, 1, 0).astype(np.uint8))
    palette.putpalette([200, 30, 30, 0, 0, 0])
    palette.save(tmp_path / "palette.png", transparency=1)
    assert_upright(preview(tmp_path / "palette.png")[0])


def test_profiles_are_followed_and_broken_ones_ignored(preview, tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"?", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"?", b"bXYZ", 1)
    assert len(swapped) == len(profile)
    image = Image.fromarray(WIDE)
    image.save(tmp_path / "broken.png", icc_profile=b"no profile")
    assert_upright(preview(tmp_path / "broken.png")[0])
    image.save(tmp_path / "swapped.png", icc_profile=swapped)
    red, _, blue = preview(tmp_path / "swapped.png")[0][100, 100]
    assert blue > red + 100


def test_pages_of_a_tiff_one_after_the_other(tmp_path):
    pages = [Image.new("RGB", (600, 400), colour) for colour in ("red", "lime", "blue")]
    pages[0].save(tmp_path / "all.tif", save_all=True, append_images=pages[1:], dpi=(200, 200))
    with open_source(tmp_path / "all.tif", "tiff") as source:
        for number, channel in ((3, 2), (1, 0), (2, 1), (2, 1)):
            assert draw_preview(source, number, 300, tmp_path / "p.jpg", RenderOptions()) == (300, 200)
            with Image.open(tmp_path / "p.jpg") as image:
                assert np.argmax(image.convert("RGB").getpixel((9, 9))) == channel


def test_a_photo_drawn_small_keeps_its_measures(tmp_path):
    """Its decoder halves on the way, and what the open image says of itself is then no longer true."""
    Image.fromarray(np.kron(WIDE, np.ones((8, 8, 1), np.uint8))).save(tmp_path / "photo.jpg")
    sizes = []
    with open_source(tmp_path / "photo.jpg", "jpeg") as source:
        for width_px in (240, 2400):
            page = render_page(source, 1, tmp_path / "page.png", RenderOptions())
            sizes.append((page.width_pt, page.height_pt, page.image.width_px))
            draw_preview(source, 1, width_px, tmp_path / "p.jpg", RenderOptions())
    assert sizes[0] == sizes[1]
    with Image.open(tmp_path / "p.jpg") as image:
        assert image.size == (2400, 1600)


def test_broken_and_huge_pages(preview, tmp_path):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 300), np.uint8))
    noise.save(tmp_path / "torn.jpg")
    (tmp_path / "torn.jpg").write_bytes((tmp_path / "torn.jpg").read_bytes()[:9000])
    Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((50, 50), "lost")
        document.update_stream(page.get_contents()[0], b"no zlib data" * 9, compress=False)
        document.xref_set_key(page.get_contents()[0], "Filter", "/FlateDecode")
        broken = document.tobytes()
    for content, code in (
        (tmp_path / "torn.jpg", "page_damaged"), (tmp_path / "huge.png", "page_too_large"), (broken, "page_damaged"),
    ):  # fmt: skip
        with pytest.raises(PermanentError) as caught:
            preview(content)
        assert caught.value.code == code
    assert not (tmp_path / "preview.jpg").exists()
    assert preview(drawing.text_pdf([[""]]))[0].min() == 255  # empty is not broken


def test_the_child_answers_to_it(tmp_path):
    (tmp_path / "original").write_bytes(drawing.text_pdf([["one"], ["two"]]))
    handlers = ROLES["render"]({})
    request = {
        "path": str(tmp_path / "original"), "kind": "pdf", "page_number": 2, "max_pages": 10, "max_megapixels": 100,
        "width_px": 480, "image": str(tmp_path / "2-480.jpg"),
    }  # fmt: skip
    assert handlers["preview"](request) == {"width_px": 480, "height_px": 679}
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["2-480.jpg", "original"]
