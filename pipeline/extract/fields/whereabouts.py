"""Where the person lives, by a label or among the contacts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.fields.entries import cells
from pipeline.extract.fields.places import POSTCODE, is_away, is_town, place_score, region_of
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.text import Field, Span, Text
from pipeline.extract.fields.wording import title_score

_CONTACT = re.compile(r"@|https?:|www\.|linkedin|github|\+?\d[\d ().-]{6,}\d", re.I)
_OTHER_CONTACT = re.compile(
    r"[^\s@]{1,64}@\S+|(?:https?://|www\.)\S+|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.(?:com|org|net|io|dev|me|edu|uk|de|in|co|ai)\b(?:/\S*)?"
    r"|(?<![\w.])[+(]?\d[\d()./ -]{7,}\d",
    re.I,
)
_LABEL = re.compile(
    r"^(?:(?:home |current |mailing )?address|(?:current )?location|residence|based in|city)\s*:?\s+", re.I
)
_NO_PLACE = re.compile(r"\d{3}|@|[:/]|https?|\.(?:com|org|net|io|dev|me)\b", re.I)
_LABEL_WORD = re.compile(
    r"^(?:home|cell|work|tel|mob|born|web|blog|name|address)$|\b(?:phone|telephone|mobile|cell|e-?mail|fax|website"
    r"|portfolio|linkedin|github|date of birth|nationality|gender|contact|details|summary|profile|resume"
    r"|curriculum vitae|updated|page)\b",
    re.I,
)
_MAX_ROW = 400  # letters
_COMMA = re.compile(r",\s*")
_SIGNS_BEHIND = re.compile(r"[^\w).]+$")
_SIGNS = re.compile(r"^[^\w(]+")


def find_location(rows: Sequence[Row], name: str) -> Field | None:
    """The place of the person as printed, a street left out.

    Args:
        rows: of the head and of sections of personal data.
        name: the person's, which is no place.
    """
    found: list[tuple[float, int, Field]] = []
    rows = [row for row in rows if len(row.reads) <= _MAX_ROW]
    for number, row in enumerate(rows):
        near = any(_CONTACT.search(other.reads) for other in rows[max(0, number - 2) : number + 3])
        for cell in cells(_without_contacts(row.text)):
            cell = cell.part(len(cell.reads) - len(_SIGNS.sub("", cell.reads)))
            cell = cell.part(0, len(_SIGNS_BEHIND.sub("", cell.reads)))
            label = _LABEL.match(cell.reads)
            if label:
                cell = cell.part(label.end())
            cell = _town(cell)
            reads = cell.reads
            if not reads or is_away(reads) or _NO_PLACE.search(POSTCODE.sub("", reads)) or _LABEL_WORD.search(reads):
                continue
            if name and name.casefold() in reads.casefold():
                continue
            score = place_score(reads)
            if label and reads[0].isupper():
                found.append((1.0, -number, cell.field("label", 0.95 if score >= 0.7 else 0.85)))
            elif score >= 0.7:
                found.append((score, -number, cell.field("pattern", 0.93 if score > 0.8 and near else 0.8)))
            elif score >= 0.3 and near and title_score(reads) < 0.7 and not row.heading and _among_contacts(row, rows):
                found.append((score, -number, cell.field("position", 0.7)))
    return max(found, key=lambda one: one[:2])[2] if found else None


def _without_contacts(text: Text) -> Text:
    """The row with holes for addresses of other kinds and numbers, which contacts are often set beside unparted."""
    for found in _OTHER_CONTACT.finditer(text.text):
        text = text.without(*found.span())
    return text


def country_of(location: str) -> str | None:
    """ISO code of the country that the location is in, where it says so."""
    return next((code for part in reversed(location.split(",")) if (code := region_of(part.strip()))), None)


def _town(cell: Span) -> Span:
    """Of an address with a street the town and what is behind it."""
    parts = cell.split(_COMMA)
    if len(parts) < 3 and not any(char.isdigit() for char in cell.reads):
        return cell
    for n in range(len(parts) - 1, -1, -1):
        part = parts[n]
        if n and region_of(part.reads) and not is_town(part.reads):
            continue
        start = len(part.reads) - len(re.sub(r"^(?:[A-Z]{1,2}-)?\d{4,6}\s+", "", part.reads))
        town = POSTCODE.sub("", part.reads[start:]).strip()
        if n < len(parts) - 1 and town and not any(map(str.isdigit, town)):
            return Span(cell.text, part.start + start, cell.end)
        if n == len(parts) - 1 and is_town(town):
            return Span(cell.text, part.start + start, cell.end)
        break
    return cell


def _among_contacts(row: Row, rows: Sequence[Row]) -> bool:
    """Whether the row is one of contacts, or the one right above or below such a row in the same type."""
    at = next(n for n, other in enumerate(rows) if other is row)
    if _CONTACT.search(row.reads):
        return True
    return any(
        _CONTACT.search(other.reads) and abs(other.size_pt - row.size_pt) < 0.6
        for other in rows[max(0, at - 1) : at + 2]
    )
