"""A DOCX as pages: its text, tables and pictures as XHTML, which MuPDF lays out on A4.

MuPDF's own reading of DOCX (1.28) leaves out pictures, tables and bold, and gives text boxes twice; so the markup is
made here. Where lines and pages end is MuPDF's choice and not Word's, but the same for the same file every time.
Left out: comments, deleted text, charts, drawings, pictures as EMF or WMF, and what repeats on each page but its text.
"""

from __future__ import annotations

import re
from html import escape
from itertools import groupby, pairwise
from pathlib import Path
from typing import Literal
from urllib.parse import quote
from xml.etree.ElementTree import Element

import pymupdf

from pipeline.render.docx_package import Package, damage_told
from pipeline.render.docx_styles import Look, Numbering, Styles, is_on, value_of
from pipeline.render.docx_tables import Fit, fit, inside, span_of

PAGE_PT = (595.28, 841.89)  # A4
_STYLE = (
    "@page{margin:48pt 54pt} body{margin:0;font-family:sans-serif;line-height:1.3} "
    "p{margin:0 0 6pt 0;overflow-wrap:break-word} "
    "table{border-collapse:collapse;margin:0 0 6pt 0} td{border:0.5pt solid #999;padding:2pt 3pt} td p{margin:0}"
)
_BREAK = '<div style="page-break-after:always"></div>'
_PICTURE_PT = (487.0, 720.0)  # what there is room for between the margins
_EMU_PT = 12_700
_SCREEN_DPI = 96
_MAX_INDENT_PT = 200.0
_PLAIN = {"tab": "\u2003", "ptab": "\u2003", "cr": "\n", "noBreakHyphen": "-", "sym": "•"}
# Properties, and what is not shown: deleted and moved text, instructions of fields, readings above characters.
_UNSEEN = {"pPr", "rPr", "sdtPr", "tblPr", "trPr", "tcPr", "tblGrid", "sectPr", "rubyPr", "rt", "del", "moveFrom",
           "delText", "instrText", "delInstrText", "fldData", "annotationRef", "footnoteRef", "endnoteRef"}  # fmt: skip
_PRIVATE = re.compile("[\ue000-\uf8ff]")  # characters of symbol fonts


def open_docx(path: Path) -> pymupdf.Document:
    """Opens a DOCX as a document of A4 pages; one page at least, blank if there is nothing in it.

    Raises:
        PermanentError: `damaged`, `encrypted`, `too_large`.
    """
    with Package(path) as package, damage_told():
        markup = _Writer(package).write()
        document = pymupdf.open(stream=markup.encode(), filetype="xhtml", archive=pymupdf.Archive(package.zip))
        document.layout(width=PAGE_PT[0], height=PAGE_PT[1], fontsize=11)
        int(document.page_count)  # lays out: pictures are taken out of the package now
        return document


class _Writer:
    """Turns the main part into markup, in one pass."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._styles = Styles(package.beside_named("styles.xml"))
        self._numbering = Numbering(package.beside_named("numbering.xml"))
        self._out: list[str] = []
        self._relations = package.beside
        self._table_fit: Fit | None = None  # of the table that we are in
        self._line: list[tuple[Look, str]] = []  # the paragraph in the making; strings are markup
        self._boxes: list[Element] = []  # text boxes met in it
        self._notes: list[tuple[str, Element]] = []
        self._note_parts: dict[str, dict[str, Element]] = {}

    def write(self) -> str:
        root = self._package.part(self._package.main)
        body = root.find("body") if root is not None else None
        if body is None:
            raise ValueError("no body")
        sections = list(body.iter("sectPr"))
        # A section says how it begins: the one that ends here is followed by a break if the next wants one.
        self._break_after = {
            id(this) for this, following in pairwise(sections)
            if value_of(following, "type") != "continuous"
        }  # fmt: skip
        self._repeated(sections, "header")
        self._blocks(body)
        at = 0
        while at < len(self._notes):  # a note may have notes
            mark, note = self._notes[at]
            self._line = [(Look(), f"{mark} ")]
            self._blocks(note)
            at += 1
        self._repeated(sections, "footer")
        while self._out and self._out[-1] == _BREAK:
            self._out.pop()
        return f"<html><head><style>{_STYLE}</style></head><body>{''.join(self._out)}</body></html>"

    def _repeated(self, sections: list[Element], which: Literal["header", "footer"]) -> None:
        """Headers once at the start, footers once at the end; page numbers, true for Word's pages only, not at all."""
        names = (self._relations.get(node.get("id", "")) for s in sections for node in s.iter(f"{which}Reference"))
        main, shown = self._relations, set()
        for name in dict.fromkeys(filter(None, names)):
            part = self._package.part(name)
            text = "".join(part.itertext()).strip() if part is not None else ""
            if part is None or not text or text in shown:
                continue
            shown.add(text)
            self._relations = self._package.related(name)
            for node in [*part.iter("p")]:
                fields = "".join(n.text or "" for n in node.iter("instrText"))
                fields += "".join(n.get("instr", "") for n in node.iter("fldSimple"))
                if re.search(r"\b(NUM|SECTION)?PAGES?\b", fields):
                    node.clear()
            self._blocks(part)
        self._relations = main

    def _blocks(self, parent: Element) -> None:
        for node in parent:
            if node.tag == "p":
                self._paragraph(node)
            elif node.tag == "tbl":
                self._table(node)
            elif node.tag == "AlternateContent":
                self._blocks(_alternative(node))
            elif node.tag not in _UNSEEN:
                self._blocks(node)

    def _paragraph(self, paragraph: Element) -> None:
        properties = paragraph.find("pPr")
        look = self._styles.paragraph(properties)
        if is_on(properties, "pageBreakBefore"):
            self._break()
        listed = self._styles.list_of(properties)
        if listed and (mark := self._numbering.next(*listed)):
            self._line.append((look, f"{escape(mark)} "))
        attributes = _place(properties, listed)
        for node in paragraph:
            self._inline(node, look, attributes)
        self._end_line(look, attributes)
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self._blocks(box)
        section = properties.find("sectPr") if properties is not None else None
        if section is not None and id(section) in self._break_after:
            self._break()

    def _inline(self, node: Element, look: Look, attributes: str) -> None:
        tag = node.tag
        if tag in _UNSEEN:
            return
        if tag == "t":
            if not look.hidden:
                text = _PRIVATE.sub("•", node.text or "")
                self._line.append((look, escape(self._table_fit.breakable(text) if self._table_fit else text)))
        elif tag == "br" and node.get("type") == "page":
            self._end_line(look, attributes)
            self._break()
        elif tag == "br":
            self._line.append((look, "<br/>"))
        elif tag in _PLAIN:
            self._line.append((look, _PLAIN[tag]))
        elif tag in {"footnoteReference", "endnoteReference"}:
            self._note(tag.removesuffix("Reference"), node.get("id", ""), look)
        elif tag == "txbxContent":
            self._boxes.append(node)
        elif tag == "drawing":
            self._drawing(node, look, attributes)
        elif tag in {"shape", "rect"}:
            self._shape(node, look, attributes)
        else:
            if tag == "AlternateContent":
                node = _alternative(node)
            if tag == "r":
                look = self._styles.run(look, node.find("rPr"))
            for child in node:
                self._inline(child, look, attributes)

    def _end_line(self, look: Look, attributes: str) -> None:
        """Writes what there is of a paragraph, unless it is empty."""
        scale = self._table_fit.scale if self._table_fit else 1.0
        if any(text.strip() for _, text in self._line):
            parts = []
            for run, group in groupby(self._line, key=lambda part: part[0]):
                text = "".join(text for _, text in group)
                text = f"<b>{text}</b>" if run.bold else text
                if run.size_pt != look.size_pt:
                    text = f'<span style="font-size:{scale * run.size_pt:g}pt">{text}</span>'
                parts.append(text)
            self._out.append(f'<p style="font-size:{scale * look.size_pt:g}pt;{attributes}">{"".join(parts)}</p>\n')
        self._line = []

    def _break(self) -> None:
        """A new page, unless we are at the start of one or in a table, which a break would tear apart."""
        if self._out and self._out[-1] != _BREAK and self._table_fit is None:
            self._out.append(_BREAK)

    def _table(self, table: Element) -> None:
        if len([*table.iter("tbl")]) > 1:
            # Made for the layout; MuPDF does not measure tables in tables, and would squeeze the inner ones.
            self._blocks(table)
            return
        sizes = [self._styles.paragraph(node.find("pPr")).size_pt for node in table.iter("p")]
        sizes += [self._styles.run(Look(), node).size_pt for node in table.iter("rPr")]
        self._table_fit = fit(table, _PICTURE_PT[0], max(sizes, default=1.0))
        self._out.append("<table>")
        for row in inside(table, "tr"):
            if row.find("trPr/del") is not None:
                continue
            self._out.append("<tr>")
            for cell in inside(row, "tc"):
                span = span_of(cell)
                self._out.append(f'<td colspan="{span}">' if span > 1 else "<td>")
                self._blocks(cell)
                self._out.append("</td>")
            self._out.append("</tr>\n")
        self._out.append("</table>\n")
        self._table_fit = None

    def _note(self, kind: str, number: str, look: Look) -> None:
        if kind not in self._note_parts:
            root = self._package.beside_named(f"{kind}s.xml")
            self._note_parts[kind] = {n.get("id", ""): n for n in root.iter(kind)} if root is not None else {}
        note = self._note_parts[kind].pop(number, None)  # popped: what is referred to twice is shown once
        if note is not None:
            mark = f"[{len(self._notes) + 1}]"
            self._line.append((look, mark))
            self._notes.append((mark, note))

    def _drawing(self, drawing: Element, look: Look, attributes: str) -> None:
        extents = [node for name in ("extent", "ext") for node in drawing.iter(name) if node.get("cx")]
        for blip in drawing.iter("blip"):
            size = None
            if extents:  # of a group of pictures, all come in the size of the group
                size = tuple(float(extents[0].get(side, "0")) / _EMU_PT for side in ("cx", "cy"))
            self._picture(blip.get("embed", ""), size, look, attributes)
        self._boxes += drawing.iter("txbxContent")

    def _shape(self, shape: Element, look: Look, attributes: str) -> None:
        measures = dict(re.findall(r"(?:^|;)\s*(width|height):([\d.]+)pt", shape.get("style", "")))
        size = tuple(float(measures[side]) for side in ("width", "height")) if len(measures) == 2 else None
        for data in shape.iter("imagedata"):
            self._picture(data.get("id", ""), size, look, attributes)
        self._boxes += shape.iter("txbxContent")

    def _picture(self, relation: str, size: tuple[float, ...] | None, look: Look, attributes: str) -> None:
        name = self._relations.get(relation, "")
        pixels = self._package.picture_size(name)
        if pixels is None:
            return
        if size is None or min(size) < 1:
            size = tuple(side * 72 / _SCREEN_DPI for side in pixels)
        room = self._table_fit.column_pt if self._table_fit else _PICTURE_PT[0], _PICTURE_PT[1]
        shrink = min(1.0, *(limit / side for limit, side in zip(room, size, strict=True)))
        width, height = (side * shrink for side in size)
        # What is most of a page is one: with a few lines of text beside it, a scan would not be read.
        alone = width * height > PAGE_PT[0] * PAGE_PT[1] / 2
        if alone:
            self._end_line(look, attributes)
            self._break()
        self._line.append(
            (look, f'<img src="{quote(name)}" alt="" style="width:{width:.2f}pt;height:{height:.2f}pt"/>')
        )
        if alone:
            self._end_line(look, "")
            self._break()


def _alternative(node: Element) -> Element:
    """Word writes what is new twice: for itself, and for older versions of itself."""
    choice, fallback = node.find("Choice"), node.find("Fallback")
    for found in (choice, fallback):
        if found is not None and any(inner.tag in {"blip", "imagedata", "txbxContent", "t"} for inner in found.iter()):
            return found
    return Element("nothing")


def _place(properties: Element | None, listed: tuple[str, int] | None) -> str:
    """Alignment and indent as CSS."""
    out = ""
    align = value_of(properties, "jc")
    if align in {"center", "right", "end"}:
        out = f"text-align:{'center' if align == 'center' else 'right'};"
    indent = properties.find("ind") if properties is not None else None
    left = "" if indent is None else indent.get("left") or indent.get("start") or ""
    points = int(left) / 20 if left.isdecimal() else 18.0 * (listed[1] + 1) if listed else 0.0
    return f"{out}margin-left:{min(points, _MAX_INDENT_PT):g}pt;" if points else out
