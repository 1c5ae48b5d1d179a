"""DOCX: packages written by hand, and the pages that come of them."""

import io
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import PermanentError
from pipeline.render.docx_styles import Numbering
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.kinds import HEAD_BYTES, sniff
from pipeline.render.source import open_source

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
SPACES = f'xmlns:r="{OFFICE}" xmlns:a="urn:a" xmlns:wp="urn:wp" xmlns:mc="urn:mc" xmlns:v="urn:v" xmlns:m="urn:m"'

ENGLISH = "The glacier feeds the river until late in September, and the mill below the bridge still works by it. "
CHINESE = "冰川融水一直流到九月底，桥下的磨坊至今仍靠它转动。"


def run(text, properties=""):
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(text, properties="", run_properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text, run_properties)}</w:p>"


def table(*rows):
    cells = ("".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def picture(relation, width_pt, height_pt):
    size = f'<wp:extent cx="{width_pt * 12700}" cy="{height_pt * 12700}"/>'
    return f'<w:p><w:r><w:drawing>{size}<a:blip r:embed="{relation}"/></w:drawing></w:r></w:p>'


def part(tag, content, main=MAIN):
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{tag} xmlns:w="{main}" {SPACES}>{content}</w:{tag}>'


def relations(**targets):
    rows = (f'<Relationship Id="{key}" Type="{OFFICE}/{key}" Target="{target}"/>' for key, target in targets.items())
    return f'<Relationships xmlns="{RELATIONS}">{"".join(rows)}</Relationships>'


def docx(body, parts=None, main=MAIN, name="word/document.xml", **related):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("_rels/.rels", relations(officeDocument=name))
        package.writestr(name, part("document", f"<w:body>{body}</w:body>", main))
        package.writestr(f"word/_rels/{name.removeprefix('word/')}.rels", relations(**related))
        for path, content in (parts or {}).items():
            package.writestr(path, content)
    return data.getvalue()


def png_of(array):
    data = io.BytesIO()
    Image.fromarray(array).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def opened(tmp_path):
    path = tmp_path / "original"

    def opened(content):
        path.write_bytes(content)
        return open_source(path, "docx")

    return opened


@pytest.fixture
def read(opened, tmp_path):
    """The words of each page, a blank between two; None for pages that need OCR."""

    def read(content):
        with opened(content) as source:
            pages = [render_page(source, n + 1, tmp_path / "p.png", RenderOptions()) for n in range(source.pages)]
        return [page.reading and " ".join(word.text for word in page.reading.words) for page in pages]

    return read


def refusal(open_it, content):
    with pytest.raises(PermanentError) as caught:
        open_it(content)
    return caught.value.code


def test_both_scripts_with_boxes_on_their_ink(opened, tmp_path):
    content = docx(paragraph("Glacier", "", '<w:sz w:val="40"/>') + paragraph("冰川融水", "", '<w:sz w:val="40"/>'))
    assert sniff(content[:HEAD_BYTES]) == "docx"
    with opened(content) as source:
        reading = render_page(source, 1, tmp_path / "p.png", RenderOptions()).reading
        drawn = render_page(source, 1, tmp_path / "p.png", RenderOptions(text_layer=False))
    assert (round(reading.width_pt), round(reading.height_pt)) == (595, 842)
    assert (reading.source, reading.script) == ("text_layer", "mixed")
    assert [(word.text, word.size_pt) for word in reading.words] == [("Glacier", 20), ("冰川融水", 20)]
    dark = np.asarray(Image.open(drawn.image.file)) < 128
    for word in reading.words:
        x0, y0, x1, y1 = (round(v * 300 / 72) for v in word.box)
        assert dark[y0:y1, x0:x1].mean() > 0.05
        # Each character has ink of its own, and no two of them the same box for a missing one.
        columns = np.array_split(dark[y0:y1, x0:x1], len(word.text), axis=1)
        assert all(column.any() for column in columns)
        dark[y0 - 4 : y1 + 4, x0 - 4 : x1 + 4] = False
    assert not dark.any()


def test_headings_by_style_in_any_language(opened, tmp_path):
    styles = part("styles", """
        <w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="21"/></w:rPr></w:rPrDefault></w:docDefaults>
        <w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
        <w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:rPr><w:sz w:val="44"/></w:rPr></w:style>
        <w:style w:type="paragraph" w:styleId="x"><w:basedOn w:val="1"/><w:rPr><w:b w:val="0"/></w:rPr></w:style>
        <w:style w:type="paragraph" w:styleId="y"><w:basedOn w:val="y"/><w:rPr><w:b/></w:rPr></w:style>
        <w:style w:type="character" w:styleId="s"><w:rPr><w:b/></w:rPr></w:style>""")  # fmt: skip
    body = "".join(paragraph(name, f'<w:pStyle w:val="{name}"/>') for name in ("1", "x", "y", "Heading2"))
    body += paragraph("plain") + paragraph("strong", "", '<w:rStyle w:val="s"/>')
    with opened(docx(body, {"word/styles.xml": styles})) as source:
        words = render_page(source, 1, tmp_path / "p.png", RenderOptions()).reading.words
    assert {word.text: (word.size_pt, word.bold) for word in words} == {
        "1": (22, True), "x": (22, False), "y": (10.5, True), "Heading2": (16, True), "plain": (10.5, False),
        "strong": (10.5, True),
    }  # fmt: skip


def test_lists_carry_their_numbers(read):
    level = '<w:lvl w:ilvl="{}"><w:start w:val="1"/><w:numFmt w:val="{}"/><w:lvlText w:val="{}"/></w:lvl>'
    numbering = part("numbering", '<w:abstractNum w:abstractNumId="7">' + level.format(0, "chineseCounting", "第%1章")
        + level.format(1, "decimal", "%2.") + level.format(2, "bullet", "\uf0b7")
        + '</w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>')  # fmt: skip
    item = '<w:numPr><w:ilvl w:val="{}"/><w:numId w:val="3"/></w:numPr>'
    body = "".join(paragraph(f"item{n}", item.format(n)) for n in (0, 1, 1, 2, 0, 1)) + paragraph("no item")
    assert read(docx(body, {"word/numbering.xml": numbering})) == [
        "第一章 item0 1. item1 2. item1 • item2 第二章 item0 1. item1 no item"
    ]


@pytest.mark.parametrize(
    ("form", "shown"),
    [("decimal", "14"), ("lowerLetter", "n"), ("upperRoman", "XIV"), ("chineseCountingThousand", "十四"), ("none", "")],
)
def test_forms_of_numbers(form, shown):
    from xml.etree import ElementTree

    level = f'<lvl ilvl="0"><start val="14"/><numFmt val="{form}"/><lvlText val="(%1)"/></lvl>'
    one = f'<num numId="1"><abstractNumId val="0"/></num><abstractNum abstractNumId="0">{level}</abstractNum>'
    assert Numbering(ElementTree.fromstring(f"<numbering>{one}</numbering>")).next("1", 0) == f"({shown})"


def test_cells_of_a_table_stand_side_by_side(opened, tmp_path):
    rows = table(["Name", "姓名"], ["Li Lei", "李雷"])
    nested = rows.replace(paragraph("李雷"), table(["inner", "里"]) + paragraph(""))
    with opened(docx(rows + nested)) as source:
        words = render_page(source, 1, tmp_path / "p.png", RenderOptions()).reading.words
    name, chinese = words[:2]
    assert (name.text, chinese.text) == ("Name", "姓名")
    assert chinese.box.x0 > name.box.x1
    assert abs(chinese.box.y0 - name.box.y0) < 5
    outer = words[5:]  # is for the layout: its cells come one after the other
    assert [word.text for word in outer] == ["Name", "姓名", "Li", "Lei", "inner", "里"]
    assert abs(outer[4].box.y0 - outer[5].box.y0) < 5


WIDE = ["Identifier", "Description", "Quantity", "Manufacturer", "Responsible", "Acquisition", "Depreciation"]
CAPITALS = "<w:tc>" + paragraph("CAPITALS", "", '<w:b/><w:sz w:val="36"/>') + "</w:tc>"


@pytest.mark.parametrize(
    "body",
    [
        table(WIDE * 2),
        table(*[["12,345.67"] * 14] * 5),
        table(["申请人姓名", "身份证号码"] * 5, ["张三", "110101199001011234"] * 5),
        table(["a", "https://example.org/" + "path/" * 40]),
        f"<w:tbl><w:tr>{CAPITALS * 8}</w:tr></w:tbl>",
        f"<w:tbl><w:tr><w:tc>{table(WIDE)}</w:tc><w:tc>{paragraph('beside')}</w:tc></w:tr></w:tbl>",
        "<w:tbl><w:tr><w:tc>" + paragraph(ENGLISH) * 200 + "</w:tc></w:tr></w:tbl>",
        paragraph("https://example.org/" + "path/" * 40),
    ],
)
def test_nothing_runs_off_the_page(read, body):
    pages = read(docx(body))
    shown = re.sub(r"\s", "", re.sub("<[^>]*>", "", body))
    # Cells of a row may be read in turns where their words are broken: the same letters in another order.
    assert sorted("".join(pages).replace(" ", "")) == sorted(shown)


def test_a_scan_pasted_into_word_is_drawn_for_ocr(opened, tmp_path):
    scan = np.random.default_rng(0).integers(0, 255, (1403, 992), np.uint8)
    body = paragraph("before") + picture("scan", 595, 842) + paragraph("after")
    with opened(docx(body, {"word/media/a b.png": png_of(scan)}, scan="media/a b.png")) as source:
        pages = [render_page(source, n, tmp_path / f"{n}.png", RenderOptions()) for n in (1, 2, 3)]
        assert source.pages == 3
    assert pages[0].image is None
    assert pages[2].image is None
    drawn = np.asarray(Image.open(pages[1].image.file))
    assert pages[1].reading is None
    assert drawn.shape[0] == pytest.approx(1403 * 842 / 689, abs=3)  # at its own resolution, margins around it
    assert drawn.std() > 60  # its own pixels, not smoothed away


def test_pictures_that_cannot_be_drawn_leave_the_text(read):
    body = paragraph("text") + picture("emf", 100, 100) + picture("torn", 100, 100) + picture("absent", 100, 100)
    parts = {"word/media/1.emf": b"\1\0\0\0" * 50, "word/media/1.png": b"\x89PNG\r\n\x1a\n"}
    assert read(docx(body, parts, emf="media/1.emf", torn="media/1.png")) == ["text"]


def test_what_is_seen_in_word_is_read_once(read):
    box = "<w:txbxContent>" + paragraph("in a box") + "</w:txbxContent>"
    body = (
        "<w:p>"
        + run("kept ")
        + "<w:ins>"
        + run("inserted ")
        + "</w:ins><w:del><w:r><w:delText>deleted</w:delText></w:r>"
        "</w:del>" + run("hidden", "<w:vanish/>") + '<w:hyperlink r:id="x">' + run("link") + "</w:hyperlink></w:p>"
        f"<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape>{box}</v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        f"<w:sdt><w:sdtContent>{paragraph('controlled')}</w:sdtContent></w:sdt>"
        "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>&lt;c&gt;</w:t></w:r><m:oMath><m:r><m:t>x=1</m:t></m:r>"
        "</m:oMath></w:p>"
    )
    assert read(docx(body)) == ["kept inserted link in a box controlled a b <c>x=1"]


def test_notes_headers_and_footers(read):
    page = "<w:p><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:t>7</w:t></w:r></w:p>"
    parts = {
        "word/footnotes.xml": part("footnotes", f'<w:footnote w:id="2">{paragraph("a note")}</w:footnote>'),
        "word/h.xml": part("hdr", paragraph("Li Lei, 13800000000")),
        "word/f.xml": part("ftr", paragraph("in confidence") + page),
    }
    body = '<w:p><w:r><w:t>text</w:t><w:footnoteReference w:id="2"/></w:r></w:p>'
    section = '<w:sectPr><w:headerReference r:id="h"/><w:footerReference r:id="f"/></w:sectPr>'
    content = docx(body + section, parts, h="h.xml", f="f.xml")
    assert read(content) == ["Li Lei, 13800000000 text[1] [1] a note in confidence"]


def test_pages_end_where_the_writer_ended_them(read):
    br = '<w:p><w:r><w:t>a</w:t><w:br w:type="page"/><w:t>b</w:t></w:r></w:p>'
    section = "<w:p><w:pPr><w:sectPr/></w:pPr>" + run("c") + "</w:p>"
    flowing = '<w:sectPr><w:type w:val="continuous"/></w:sectPr>'
    assert read(docx(br + section + paragraph("d") + "<w:sectPr/>")) == ["a", "b c", "d"]
    assert read(docx(br + section + paragraph("d") + flowing)) == ["a", "b c d"]
    assert read(docx(br + '<w:p><w:r><w:br w:type="page"/></w:r></w:p>')) == ["a", "b"]


def test_the_same_pages_every_time(opened, tmp_path):
    content = docx("".join(paragraph((ENGLISH + CHINESE) * 3 + str(n)) for n in range(150)))
    readings = []
    for _ in range(2):
        with opened(content) as source:
            pages = source.pages
            last = render_page(source, pages, tmp_path / "p.png", RenderOptions()).reading
            readings.append((pages, replace(last, seconds=0.0)))
    assert readings[0] == readings[1]
    assert readings[0][0] > 10


def test_other_writers(read):
    assert read(docx(paragraph(ENGLISH), main=STRICT)) == [ENGLISH.strip()]
    assert read(docx(paragraph(CHINESE), name="word/document2.xml")) == [CHINESE]
    assert read(docx(paragraph("\uf0d8 item"))) == ["• item"]


def test_an_empty_document_is_a_blank_page(read):
    assert read(docx("")) == [""]
    assert read(docx("<w:p/>")) == [""]


def test_files_that_do_not_open(opened):
    good = docx(paragraph(ENGLISH))
    assert refusal(opened, b"PK\x03\x04 no more") == "damaged"
    assert refusal(opened, good[: len(good) // 2]) == "damaged"
    at = good.index(b"word/document.xml") + 60
    assert refusal(opened, good[:at] + bytes(40) + good[at + 40 :]) == "damaged"
    assert refusal(opened, docx("<w:p>")) == "damaged"
    deep = "<w:sdt>" * 5000 + paragraph("deep") + "</w:sdt>" * 5000
    assert refusal(opened, docx(deep)) == "damaged"
    laughs = '<!DOCTYPE x [<!ENTITY a "ha ha ha ha ha ha ha ha ha ha">' + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 20}">' for old, new in zip("abcdef", "bcdefg", strict=True)
    ) + "]><x>&g;</x>"  # fmt: skip
    assert refusal(opened, zipped({"word/document.xml": laughs})) == "damaged"
    assert refusal(opened, zipped({"photos/a.jpg": "x"})) == "damaged"
    assert refusal(opened, zipped({"word/other.xml": "<x/>"})) == "damaged"
    locked = bytearray(good)
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    assert refusal(opened, bytes(locked)) == "encrypted"


def test_bombs_are_refused_before_they_go_off(opened):
    assert refusal(opened, zipped({"word/document.xml": "<x/>", "word/media/1.bin": bytes(400_000_000)})) == "too_large"
    assert refusal(opened, zipped({"word/document.xml": bytes(35_000_000)})) == "too_large"
    assert refusal(opened, zipped({f"word/{n}": "" for n in range(10_001)})) == "too_large"
    noisy = np.random.default_rng(0).integers(32, 64, 41_000_000, np.uint8).tobytes()
    assert refusal(opened, zipped({"word/document.xml": noisy})) == "too_large"


def zipped(members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return data.getvalue()
