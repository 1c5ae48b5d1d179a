"""One value, or a list of values, of a property that is no record."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.extract.fields.fill import shapes
from pipeline.extract.fields.fill.candidates import Candidate, beside
from pipeline.extract.fields.fill.page import Page
from pipeline.extract.fields.fill.phrases import Called
from pipeline.extract.fields.fill.sheet import Row
from pipeline.extract.fields.fill.typed import values_in
from pipeline.extract.fields.schema import Property
from pipeline.extract.fields.schema_values import canonical
from pipeline.extract.fields.text import Field, Span, whole

_MAX_VALUES = 500  # of one list
_SEPARATORS = re.compile(r"\s*(?:[,;、，；|·•]|\s/\s)\s*")
_BY_SHAPE = 0.62
_UNLABELLED_DATE, _UNLABELLED_TOTAL = 0.8, 0.4
_PATTERN_ALONE, _ENUM_ALONE = 0.55, 0.5
_WITHOUT_TAX = re.compile(r"\bexcl|\bbefore|\bw/o|without|不含|未税|未稅", re.I)
_MONEY = re.compile(r"(?<![\d.,])\d[\d,]*\.\d\d(?!\d)")


def one(wanted: Property, names: Called, page: Page, rows: range | None = None) -> Field | None:
    """The likeliest value.

    Args:
        rows: only candidates in these rows, if there are any.
    """
    candidates = list(_candidates(wanted, names, page))
    if rows is not None:
        candidates = [one for one in candidates if one.cell.row in rows] or ([] if len(names.weights) else candidates)
    if names.concept and names.concept.shape == "total" and wanted.kind == "number":
        candidates = _totals(candidates, page)
    best = max(candidates, key=lambda one: (round(one.confidence * one.value.share, 2), -one.cell.row), default=None)
    if best is not None:
        field = best.value.field(best.method, best.confidence)
        return _whole_address(field, best, page) if names.concept and names.concept.shape == "address" else field
    return _unlabelled(wanted, names, page) if rows is None else None


def _candidates(wanted: Property, names: Called, page: Page) -> Iterator[Candidate]:
    for run, weight in names.weights.items():
        for label in page.labelled(run):
            yield from beside(wanted, names.concept, weight, label, page.around)


def _totals(candidates: Sequence[Candidate], page: Page) -> list[Candidate]:
    """A total is printed last, and often twice; a row of several numbers under heads is a summary of something else."""
    kept = []
    counts = Counter(one.value.told for one in candidates)
    for one in candidates:
        row = page.sheet.rows[one.cell.row]
        numbers = len(_MONEY.findall(row.reads))
        confidence = one.confidence * (0.85 if numbers > 1 else 1.0) + 0.02 * min(counts[one.value.told] - 1, 2)
        confidence *= 0.7 if float(one.value.told) == 0 else 1.0
        confidence *= 0.7 if _WITHOUT_TAX.search(one.said) else 1.0
        kept.append(replace(one, confidence=min(confidence, 0.97)))
    best = max((round(one.confidence, 1) for one in kept), default=0.0)
    near = [one for one in kept if one.confidence >= best - 0.08]
    return sorted(near, key=lambda one: one.cell.row, reverse=True)[:1] if near else kept


def _whole_address(field: Field, best: Candidate, page: Page) -> Field:
    """An address goes on in the rows below, under its first."""
    parts, cell = [field], best.cell
    left = best.value.span.field("", 1.0)["box"]
    for _ in range(4):
        if left is None or cell.row + 1 >= len(page.sheet.rows):
            break
        row = page.sheet.rows[cell.row + 1]
        here = page.sheet.rows[cell.row]
        near = row.page_number == here.page_number and row.box.y0 - here.box.y1 < 1.1 * max(here.box.height, 1.0)
        under = (
            next((c for c in row.cells if abs(c.box.x0 - left[0]) < max(here.box.height, 6.0)), None) if near else None
        )
        if under is None or page.labels_of.get((under.row, under.place)) or not shapes.goes_on(under.reads, here.reads):
            break
        parts.append(under.span.field(best.method, best.confidence))
        cell = under
    return shapes.merged(parts)


def _unlabelled(wanted: Property, names: Called, page: Page) -> Field | None:
    """A value that no label names."""
    shape = names.concept.shape if names.concept else None
    pattern, exact = wanted.rules.get("pattern"), names.exact
    found: Field | None = None
    if wanted.enum:
        return _only(wanted, page, _ENUM_ALONE) if wanted.kind == "text" else None
    if wanted.kind == "number":
        return _largest(wanted, page) if shape == "total" else None
    if wanted.kind == "boolean":
        return None
    if wanted.kind == "date" or shape == "date":
        plain = names.concept is None or names.concept.name in ("date", "issue_date")
        return _date(wanted, names, page) if plain else None
    if wanted.format in ("email", "phone", "uri") or shape in ("email", "phone", "uri"):
        if names.concept is None or names.concept.name != "fax":
            return next(_all_values(wanted, names, page, _BY_SHAPE + 0.1), None)
        return None
    if pattern and (shape is None or shape in ("code", "text")):
        return _only(wanted, page, _PATTERN_ALONE)
    if names.concept and names.concept.name in ("seller", "employer", "issuer"):
        found = shapes.letterhead(page.sheet)
    elif shape == "address" and exact:
        found = shapes.address(page.sheet)
    elif shape == "title":
        found = shapes.title(page.sheet.document)
    elif names.concept and names.concept.name == "person" and page.resume:
        found = page.resume.get("name")
    elif shape == "currency":
        found = page.currency()
    if found is None or canonical(wanted, found["value"]) is None:
        return None
    return {**found, "value": canonical(wanted, found["value"])}


def _only(wanted: Property, page: Page, confidence: float) -> Field | None:
    """The one token of the document that keeps to the pattern, or is of the closed list."""
    found: dict[str, Field] = {}
    for span in shapes.tokens(page.sheet):
        held = canonical(wanted, span.reads)
        if held and held not in found:
            found[held] = span.field("pattern", confidence, held)
        if len(found) > 1:
            return None
    return next(iter(found.values()), None)


def _largest(wanted: Property, page: Page) -> Field | None:
    """The largest amount with two decimals, where no total is named."""
    best: tuple[float, Field] | None = None
    for row in page.sheet.rows:
        for found in _MONEY.finditer(row.reads):
            span = Span(row.text, found.start(), found.end())
            held = canonical(wanted, span.reads)
            if held and (best is None or float(held) > best[0]):
                best = float(held), span.field("largest_amount", _UNLABELLED_TOTAL, held)
    return best[1] if best else None


def _all_values(wanted: Property, names: Called, page: Page, confidence: float) -> Iterator[Field]:
    seen: set[str] = set()
    for row in page.sheet.rows:
        for value in values_in(wanted, names.concept, whole(row.text), page.habits):
            if value.told not in seen:
                seen.add(value.told)
                yield value.field("pattern", confidence)
                if len(seen) >= _MAX_VALUES:
                    return


def _date(wanted: Property, names: Called, page: Page) -> Field | None:
    """The first date that is known to the day, else the first of all."""
    found = list(itertools.islice(_all_values(wanted, names, page, _UNLABELLED_DATE), 50))
    return next((field for field in found if len(field["value"]) >= 10), found[0] if found else None)


def many(wanted: Property, names: Called, page: Page) -> list[Field]:
    """All values: of a type that is known by its form all there are, else what stands beside the label, cut up."""
    shape = names.concept.shape if names.concept else None
    limit = wanted.max_items or _MAX_VALUES
    if wanted.kind == "date" or wanted.format in ("email", "phone", "uri") or shape in ("email", "phone", "uri"):
        return list(_all_values(wanted, names, page, 0.85))[:limit]
    best: list[Field] = []
    for run, weight in names.weights.items():
        for label in page.labelled(run):
            values = _listed(wanted, names, page, label.cell.span.part(label.hit.end), weight)
            right = page.sheet.right_of(label.cell)
            if not values and right is not None:
                values = _listed(wanted, names, page, right.span, weight)
            if not values and label.first:
                values = _below(wanted, names, page, label.cell.row, weight)
            if len(values) > len(best) or (len(values) == len(best) and _sum(values) > _sum(best)):
                best = values
    return best[:limit]


def _apart(above: Row, under: Row) -> bool:
    """Whether more white than that between lines stands between two rows."""
    gap = under.box.y0 - above.box.y1
    return under.page_number == above.page_number and gap > 2.2 * max(above.box.height, 1.0)


def _sum(fields: Sequence[Field]) -> float:
    return sum((float(field["confidence"]) for field in fields), 0.0)


def _listed(wanted: Property, names: Called, page: Page, span: Span, weight: float) -> list[Field]:
    reads = span.reads
    span = span.part(len(reads) - len(reads.lstrip(" :：.-–")))
    found: dict[str, Field] = {}
    for part in span.split(_SEPARATORS):
        value = next(values_in(wanted, names.concept, part, page.habits), None)
        if value is not None:
            found.setdefault(value.told, value.field("label", 0.85 * weight))
    return list(found.values())


def _below(wanted: Property, names: Called, page: Page, row: int, weight: float) -> list[Field]:
    """The items under a heading, until the next label, heading or hole."""
    rows = page.sheet.rows
    found: dict[str, Field] = {}
    label = rows[row]
    for under in rows[row + 1 : row + 60]:
        above = rows[under.number - 1]
        if _apart(above, under) or page.is_label_row(under):
            break
        if under.size_pt > 1.1 * above.size_pt and under.size_pt >= label.size_pt:
            break
        for field in _listed(wanted, names, page, whole(under.text), weight * 0.9):
            found.setdefault(field["value"], field)
    return list(found.values())
