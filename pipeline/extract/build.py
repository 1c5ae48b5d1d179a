"""From readings to a document: the order of the extract stage's steps, and nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pipeline.extract.captions import mark_captions
from pipeline.extract.document import Block, Document, Kind, Page
from pipeline.extract.figures import figure_blocks, put_in_figures
from pipeline.extract.footnotes import split_footnotes
from pipeline.extract.headings import body_size, mark_headings
from pipeline.extract.language import detect_language
from pipeline.extract.layout import page_regions
from pipeline.extract.lines import Row
from pipeline.extract.lists import set_depths
from pipeline.extract.paragraphs import Draft, cut_paragraphs, ends_sentence
from pipeline.extract.running import mark_running
from pipeline.extract.tables import Band, bands, find_tables, mark_continued, put_in, rest_of
from pipeline.types import PageReading

_LANGUAGE_SAMPLE = 20_000  # characters looked at to tell the language


def build_document(readings: Sequence[PageReading]) -> Document:
    """The pages that were read as blocks in reading order.

    Args:
        readings: one a page, in any order; pages that failed may be missing.

    Returns:
        The document, pages by number. Pure and deterministic; no input makes it raise.
    """
    readings = sorted(readings, key=lambda reading: reading.page_number)
    pictured = [figure_blocks(reading) for reading in readings]
    found = [find_tables(rest) for rest, _ in pictured]
    parted = [
        bands(rest_of(rest, tables), sorted([*tables.blocks, *figures], key=lambda block: block.box.y0))
        for (rest, figures), tables in zip(pictured, found, strict=True)
    ]
    pages = [_regions(page) for page in parted]
    rows = [[row for region in regions for row in region] for regions in pages]
    bodies = _bodies(rows)
    mark_running(
        [(reading.page_number, reading.height_pt, page) for reading, page in zip(readings, rows, strict=True)],
        max(bodies, default=10.0),
        {reading.page_number for reading, tables in zip(readings, found, strict=True) if tables.blocks},
    )
    drafts = [_drafts(*page) for page in zip(readings, pages, bodies, parted, strict=True)]
    flat = [draft for page in drafts for draft in page]
    mark_headings(flat, [size for size, page in zip(bodies, drafts, strict=True) for _ in page])
    set_depths(flat)
    _join_broken(flat)
    built = tuple(
        _page(reading, page_rows, page_drafts, page_bands)
        for reading, page_rows, page_drafts, page_bands in zip(readings, rows, drafts, parted, strict=True)
    )
    sample = _sample(flat, [block for tables in found for block in tables.blocks])
    return Document(mark_continued(built), detect_language(sample))


def _regions(page: Sequence[Band]) -> list[list[Row]]:
    """The regions of all bands of a page in reading order; every row knows both."""
    regions: list[list[Row]] = []
    for number, band in enumerate(page):
        for region in page_regions(band.reading):
            for row in region:
                row.region, row.band = len(regions), number
            regions.append(region)
    return regions


def _drafts(reading: PageReading, regions: Sequence[Sequence[Row]], body: float, parted: Sequence[Band]) -> list[Draft]:
    """The blocks of a page's text in reading order, its footnotes last."""
    drafts: list[Draft] = []
    notes: list[Draft] = []
    for region in regions:
        text, below = split_footnotes([row for row in region if not row.kind], body, reading.height_pt, reading.rules)
        drafts += cut_paragraphs(text)
        notes += below
    beside = [block for band in parted for block in (*band.inside, *((band.below,) if band.below else ()))]
    pictures = [block.box for block in beside if block.kind == "figure"]
    mark_captions(drafts, pictures, [block.box for block in beside if block.kind != "figure"], body)
    return drafts + notes


def _bodies(pages: Sequence[Sequence[Row]]) -> list[float]:
    """Type size of the text, a page each: one for all text layers, for OCR each page's own, as scales differ."""
    exact = body_size([row for page in pages for row in page if row.text_layer])
    return [exact if not page or page[0].text_layer else body_size(page) for page in pages]


def _join_broken(drafts: Sequence[Draft]) -> None:
    """Tells which paragraphs go on after the end of their column or page, or after what stands in their midst."""
    text = [(i, draft) for i, draft in enumerate(drafts) if draft.kind not in ("caption", "footnote")]
    for (i, before), (j, after) in itertools.pairwise(text):
        after.continues = _continues(before, after, parted=j > i + 1)


def _continues(before: Draft, after: Draft, parted: bool) -> bool:
    """Whether the paragraph goes on in the next one; `parted`: a caption or footnotes stand between them."""
    last, first = before.rows[-1], after.rows[0]
    if last.region == first.region and last.yc <= first.yc and not parted:
        return False  # in the same column: cut_paragraphs has judged, unless a new page began
    if before.kind == "heading" or after.kind != "paragraph" or before.tabular or after.tabular:
        return False
    tolerance = 1.1 if first.text_layer else 1.4
    if max(last.size, first.size) > tolerance * min(last.size, first.size) or ends_sentence(last.text):
        return False
    if first.text[0].islower():
        return before.full or last.text[-1] in "-,\u2010" or last.weight >= 30
    return before.full and after.flush and last.weight >= 24 and first.text[0].isalnum()


def _page(reading: PageReading, rows: Sequence[Row], drafts: Sequence[Draft], parted: Sequence[Band]) -> Page:
    number = reading.page_number
    running: dict[str, list[Block]] = {"header": [], "footer": []}
    for row in sorted((row for row in rows if row.kind), key=lambda row: (row.yc, row.x0)):
        kind: Kind = "header" if row.kind == "header" else "footer"
        running[kind].append(Block(kind, number, (row.line,)))
    text: list[Block] = []
    for i, band in enumerate(parted):
        blocks = [_block(draft, number) for draft in drafts if draft.rows[0].band == i and draft.kind != "footnote"]
        figures = [block for block in band.inside if block.kind == "figure"]
        text += put_in_figures(put_in(blocks, [block for block in band.inside if block.kind == "table"]), figures)
        text += [band.below] if band.below else []
    text += [_block(draft, number) for draft in drafts if draft.kind == "footnote"]
    whole = (*running["header"], *text, *running["footer"])
    return Page(number, reading.width_pt, reading.height_pt, reading.source, reading.confidence, whole)


def _block(draft: Draft, page_number: int) -> Block:
    return Block(draft.kind, page_number, tuple(row.line for row in draft.rows), draft.level, draft.continues)


def _sample(drafts: Sequence[Draft], tables: Sequence[Block]) -> str:
    """Text from all over the document, about `_LANGUAGE_SAMPLE` characters of it."""
    total = sum(row.weight for draft in drafts for row in draft.rows)
    step = 1 + total // _LANGUAGE_SAMPLE
    texts = [row.text for draft in drafts[::step] for row in draft.rows]
    texts += [table.text for table in tables]
    return "\n".join(texts)[: 2 * _LANGUAGE_SAMPLE]
