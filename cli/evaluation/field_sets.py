"""Labelled sets of fields: which documents of a folder have a truth about their fields, and how each is to be read.

- `x.pdf` (or an image) and `x.fields.json`: `{"schema": "resume", "fields": {...}}`, values in the schema's own form;
- `x.pdf` and `x.yaml`: a CV made by RenderCV, see `cvs`;
- `img/x.jpg` and `key/x.json`: a receipt of SROIE's, see `receipts`;
- `x.bmes` and `entities.json`: marked spans, see `spans`.

PDFs are read as they are and as page images; marked sentences are typeset, and some of them scanned too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from cli.evaluation import cvs, receipts, spans, typeset
from cli.evaluation.compare import Span
from cli.evaluation.sets import TruthError, folders, kind_of, read_truth
from cli.samples import scan
from pipeline.render.kinds import SUPPORTED

TRUTH_SUFFIX = ".fields.json"
AS_IT_IS, TEXT, SCAN, IMAGES = "as it is", "text", "scan", "page images"
RASTER_DPI = (200, 300)
_ENTITIES = "entities.json"
_MOST_MEGAPIXELS = 100


@dataclass(frozen=True, slots=True)
class Labelled:
    """A document whose fields are known.

    Attributes:
        ways: by name, what gives the bytes of the document as it is to be read that way.
        truth: fields by name, or None where spans are known instead.
        spans: in the order of the text.
    """

    name: str
    ways: dict[str, Callable[[], bytes]]
    truth: dict[str, Any] | None = None
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSet:
    """The documents of a folder, or of a file of sentences.

    Attributes:
        schema: by which their fields are found.
        problems: sentences about files that cannot take part.
        files: those that this set has taken; they are no pages without truth.
    """

    name: str
    schema: Any
    items: tuple[Labelled, ...]
    problems: tuple[str, ...] = ()
    files: frozenset[Path] = frozenset()

    def limited(self, documents: int | None) -> FieldSet:
        """The set with so many of its documents, spread evenly."""
        if documents is None or documents >= len(self.items):
            return self
        return replace(self, items=tuple(spread(list(self.items), documents)))

    def scanned(self, documents: int) -> FieldSet:
        """The set with only so many of its sentences scanned too, spread evenly."""
        able = [index for index, item in enumerate(self.items) if SCAN in item.ways]
        kept = set(spread(able, documents))
        items = tuple(
            item if index in kept else replace(item, ways={way: made for way, made in item.ways.items() if way != SCAN})
            for index, item in enumerate(self.items)
        )
        return replace(self, items=items)

    @property
    def ways(self) -> tuple[str, ...]:
        """All ways in which some document is read, in a fixed order."""
        return tuple(dict.fromkeys(way for item in self.items for way in item.ways))

    @property
    def readings(self) -> int:
        """How many readings there are to do."""
        return sum(len(item.ways) for item in self.items)


def spread(items: list[Any], count: int) -> list[Any]:
    """So many of a list, spread evenly."""
    count = max(0, min(count, len(items)))
    return [items[index * len(items) // count] for index in range(count)]


@dataclass(slots=True)
class _Found:
    """A set being put together; documents of one folder may be of several schemas."""

    items: list[Labelled] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    files: set[Path] = field(default_factory=set)

    def as_set(self, name: str, schema: Any) -> FieldSet:
        return FieldSet(name, schema, tuple(self.items), tuple(self.problems), frozenset(self.files))


def find_field_sets(root: Path) -> list[FieldSet]:
    """The sets of a folder and of the folders in it, by name."""
    sets: list[FieldSet] = []
    for directory in folders(root):
        home = directory.parent if receipts.holds(directory) and directory != root else directory
        name = root.absolute().name if home == root else home.relative_to(root).as_posix()
        files = sorted(path for path in directory.iterdir() if path.is_file() and not path.name.startswith("."))
        sets += _documents(name, files)
        for path in files:
            if path.name.endswith(".bmes"):
                sets.append(_sentences(f"{name}/{path.name}", path))
            elif path.name == _ENTITIES:
                sets.append(_page_images(name, path))
    return sets


def _documents(name: str, files: list[Path]) -> Iterator[FieldSet]:
    """Documents with a file beside each that says what their fields are."""
    found: dict[bytes, tuple[Any, _Found]] = {}
    for path in files:
        truth = next((one for one in _truths(path) if one.is_file()), None)
        if truth is None or kind_of(path) not in SUPPORTED:
            continue
        schema: Any = "resume"
        problem = None
        values: dict[str, Any] = {}
        try:
            if truth.name.endswith(TRUTH_SUFFIX):
                schema, values = read_fields(truth)
            elif truth.parent.name == receipts.KEYS:
                schema, values = receipts.SCHEMA, dict(receipts.read_key(truth))
            else:
                values = cvs.read_cv(truth)
        except (TruthError, OSError) as error:
            problem = f"{path.name}: not measured: {error}"
        _, one = found.setdefault(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS), (schema, _Found()))
        one.files.add(path)
        if problem is not None:
            one.problems.append(problem)
        else:
            one.items.append(Labelled(path.name, _ways(path), values))
    for number, (schema, one) in enumerate(found.values(), 1):
        yield one.as_set(name if number == 1 else f"{name} ({number})", schema)


def _truths(path: Path) -> Iterator[Path]:
    """Where the truth about a document's fields may stand."""
    yield path.with_name(path.stem + TRUTH_SUFFIX)
    for suffix in (".yaml", ".yml"):
        beside = path.with_suffix(suffix)
        if beside.is_file() and cvs.is_cv(beside):
            yield beside
    if receipts.holds(path.parent):
        yield path.parent.parent / receipts.KEYS / f"{path.stem}.json"


def _ways(path: Path) -> dict[str, Callable[[], bytes]]:
    ways: dict[str, Callable[[], bytes]] = {AS_IT_IS: path.read_bytes}
    if kind_of(path) == "pdf":
        ways |= {f"OCR, {dpi} dpi": partial(_rasterised, path, dpi) for dpi in RASTER_DPI}
    return ways


def _rasterised(path: Path, dpi: int) -> bytes:
    return typeset.rasterised(path.read_bytes(), dpi, _MOST_MEGAPIXELS)


def read_fields(path: Path) -> tuple[Any, dict[str, Any]]:
    """The schema and the fields of a truth file.

    Raises:
        TruthError: it is not of the form.
    """
    try:
        value = orjson.loads(path.read_bytes())
        schema, fields = value.get("schema", "resume"), value["fields"]
    except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
        raise TruthError(f'{path.name} is not JSON of the form {{"schema": ..., "fields": {{...}}}}.') from error
    if not isinstance(fields, dict):
        raise TruthError(f"{path.name}: `fields` is not an object.")
    return schema, fields


def _sentences(name: str, path: Path) -> FieldSet:
    try:
        profiles = spans.read_bmes(path)
    except (TruthError, OSError) as error:
        return FieldSet(name, "resume", (), (f"{path.name}: not measured: {error}",))
    items = [
        Labelled(
            f"profile {number}",
            {TEXT: partial(_typeset, one.sentences), SCAN: partial(_scanned, one.sentences, number)},
            spans=one.spans,
        )
        for number, one in enumerate(profiles, 1)
    ]
    return FieldSet(name, "resume", tuple(items))


def _typeset(sentences: tuple[str, ...]) -> bytes:
    return typeset.text_pdf([sentences])


def _scanned(sentences: tuple[str, ...], seed: int) -> bytes:
    return scan(_typeset(sentences), seed=seed)


def _page_images(name: str, path: Path) -> FieldSet:
    """Page images with marked spans; where their text lies beside them they are typeset too, to compare."""
    try:
        entries = spans.read_entities(path)
    except (TruthError, OSError) as error:
        return FieldSet(name, "resume", (), (f"{path.name}: not measured: {error}",))
    items, problems = [], []
    for image, marked in entries:
        if not image.is_file():
            problems.append(f"{image.name}: the image is not there.")
            continue
        ways: dict[str, Callable[[], bytes]] = {IMAGES: image.read_bytes}
        text = image.with_suffix(".txt")
        if text.is_file():
            ways = {TEXT: partial(_typeset_of, text), **ways}
        items.append(Labelled(image.name, ways, spans=marked))
    return FieldSet(name, "resume", tuple(items), tuple(problems), frozenset(image for image, _ in entries))


def _typeset_of(path: Path) -> bytes:
    return typeset.text_pdf([page.splitlines() for page in read_truth(path)])
