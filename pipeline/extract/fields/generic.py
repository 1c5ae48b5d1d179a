"""Fields that any document may have: title, language, dates, e-mail addresses, telephone numbers, amounts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.extract.document import Block, Document
from pipeline.extract.fields.amounts import Currencies, find_amounts
from pipeline.extract.fields.contacts import find_emails, find_phones
from pipeline.extract.fields.dates import Order, date_order, find_dates
from pipeline.extract.fields.text import Field, Text, joined, line_text, normalised, paragraphs
from pipeline.extract.markers import LEADERS

_WORTH_A_LOOK = re.compile(r"[\d@＠]|年")
_CURRENCY_PAGES = 50
_MAX_VALUES = 500  # of one list: beyond this it is an index, not fields
_MAX_TITLE_LETTERS = 200
_MAX_FIRST_LINE_LETTERS = 80
_LARGER = 1.1  # a title's type over that of other lines


def generic_fields(document: Document) -> dict[str, object]:
    """All generic fields; a value that stands in several places is told once, where it stands first."""
    blocks = document.text_blocks
    worth = [block for page in document.pages for block in page.blocks if _WORTH_A_LOOK.search(block.text)]
    texts = paragraphs(worth)
    whole = "\n".join(text.text for text in texts)
    every = "\n".join(block.text for page in document.pages[:_CURRENCY_PAGES] for block in page.blocks)
    currencies = Currencies(normalised(every), document.language)
    order = date_order(whole) or usual_order(currencies)
    fields: dict[str, object] = {}
    title = find_title(blocks)
    if title:
        fields["title"] = title
    if document.language:
        fields["language"] = {
            "value": document.language, "text": document.language, "page": None, "box": None, "confidence": 0.9,
            "method": "language_detector",
        }  # fmt: skip
    fields["dates"] = _unique(field for text in texts for field in _dates(text, order))
    fields["emails"] = _unique(field for text in texts for field in find_emails(text))
    fields["phones"] = _unique(field for text in texts for field in find_phones(text))
    fields["amounts"] = _unique(field for text in texts for field in find_amounts(text, currencies))
    return fields


def find_title(blocks: list[Block]) -> Field | None:
    """The largest heading or type on the first page with text, else the first heading, else a short first line."""
    first_page = [block for block in blocks if block.page_number == blocks[0].page_number] if blocks else []
    named = [block for block in first_page if _names(block)]
    if named:
        sizes = sorted(max(line.size_pt for line in block.lines) for block in named)
        largest = max(named, key=lambda block: max(line.size_pt for line in block.lines))
        size = max(line.size_pt for line in largest.lines)
        if largest.kind == "heading" and (size > _LARGER * sizes[0] or len(named) == 1):
            return _title(largest, "heading", 0.85)
        if len(sizes) > 2 and size > 1.3 * sizes[len(sizes) // 2] and largest.kind == "paragraph":
            return _title(largest, "largest_type", 0.7)
    for block in blocks:
        if block.kind == "heading" and _names(block):
            return _title(block, "heading", 0.7)
    if named and len(named[0].lines[0].text) <= _MAX_FIRST_LINE_LETTERS and named[0] is first_page[0]:
        return _title(Block("paragraph", named[0].page_number, named[0].lines[:1]), "position", 0.4)
    return None


def _names(block: Block) -> bool:
    """Whether the block could name a document: letters, not too many, no line of a table of contents."""
    text = block.text
    letters = sum(map(str.isalpha, text[: 2 * _MAX_TITLE_LETTERS]))
    if block.table is not None or not block.lines or letters < 2 or len(text) > _MAX_TITLE_LETTERS:
        return False
    if 2 * letters < len(text.replace(" ", "")) or LEADERS.search(text):
        return False
    return not any(2 * (date.end - date.start) > len(text) for date in find_dates(text, None))


def _title(block: Block, method: str, confidence: float) -> Field:
    text = joined([line_text(line, block.page_number) for line in block.lines])
    return text.field(0, len(text.text), method, confidence)


def _dates(text: Text, order: Order | None) -> Iterable[Field]:
    for found in find_dates(text.text, order):
        yield text.field(found.start, found.end, "pattern", 0.9 if len(found.value) > 4 else 0.7, found.value)


def usual_order(currencies: Currencies) -> Order | None:
    """How the country of the only currency writes dates."""
    if currencies.only in ("GBP", "EUR", "MYR", "SGD", "AUD", "NZD", "INR", "CHF"):
        return "dmy"
    return "mdy" if currencies.only == "USD" else None


def _unique(fields: Iterable[Field]) -> list[Field]:
    by_value: dict[str, Field] = {}
    for field in fields:
        by_value.setdefault(field["value"], field)
        if len(by_value) >= _MAX_VALUES:
            break
    return list(by_value.values())
