"""Chinese profiles with marked spans: who, where, as what; and which fields of ours are spans of which kind.

Two forms of file:

- `x.bmes`: a character, a space and its tag a line (`B-NAME` begins, `M-` goes on, `E-` ends, `S-` is alone, `O` is
  nothing); an empty line ends a sentence. A sentence that names a person begins a profile: the sentences up to the
  next one are about the same person, and become one document, a paragraph a sentence.
- `entities.json` beside page images: a list of `{"image": "x.png", "entities": [["NAME", "..."], ...]}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from cli.evaluation.compare import Span
from cli.evaluation.sets import TruthError

KINDS: dict[str, tuple[str, ...]] = {
    "NAME": ("name",),
    "ORG": ("work.employer", "education.school", "organizations"),
    "TITLE": ("work.title", "titles"),
    "EDU": ("education.degree",),
    "PRO": ("education.major",),
    "RACE": ("ethnicity",),
    "CONT": ("nationality",),
    "LOC": ("native_place",),
}
"""Kinds of spans, and the fields whose text on the page is one."""

COUNTED = ("NAME", "ORG", "TITLE", "EDU", "PRO", "RACE")
"""The kinds that micro- and macro-F1 are made of; the others are shown beside."""

_TAG = re.compile(r"(?:[BMES]-([A-Z]+)|O)")
_NAME = "NAME"


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's sentences, and the spans in them in the order of the text."""

    sentences: tuple[str, ...]
    spans: tuple[Span, ...]


def read_bmes(path: Path) -> list[Profile]:
    """The profiles of a file.

    Raises:
        TruthError: it is not of the form.
    """
    profiles: list[Profile] = []
    for sentence, spans in _sentences(path):
        if not profiles or any(kind == _NAME for kind, _ in spans):
            profiles.append(Profile((sentence,), spans))
        else:
            last = profiles.pop()
            profiles.append(Profile((*last.sentences, sentence), (*last.spans, *spans)))
    return profiles


def _sentences(path: Path) -> Iterator[tuple[str, tuple[Span, ...]]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise TruthError(f"{path.name} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    tagged: list[tuple[str, str]] = []
    for number, line in enumerate([*lines, ""], 1):
        if not line.strip():
            if tagged:
                yield "".join(character for character, _ in tagged), tuple(_spans(tagged))
            tagged = []
            continue
        character, _, tag = line.rpartition(" ")
        if not character or not _TAG.fullmatch(tag):
            raise TruthError(f"{path.name}, line {number}: not a character, a space and a tag such as B-NAME or O.")
        tagged.append((character, tag))


def _spans(tagged: list[tuple[str, str]]) -> Iterator[Span]:
    """The spans of a sentence; one that does not end as it should ends where the next tag is of another kind."""
    kind, text = "", ""
    for character, tag in [*tagged, ("", "O")]:
        place, _, of = tag.partition("-")
        if text and (of != kind or place in "BS"):
            yield kind, text
            text = ""
        kind = of
        if of:
            text += character
            if place in "ES":
                yield kind, text
                text = ""


def read_entities(path: Path) -> list[tuple[Path, tuple[Span, ...]]]:
    """Page images and the spans on them.

    Raises:
        TruthError: the file is not of the form.
    """
    try:
        entries = orjson.loads(path.read_bytes())
        return [
            (
                path.with_name(Path(entry["image"]).name),
                tuple((str(kind), str(text)) for kind, text in entry["entities"]),
            )
            for entry in entries
        ]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise TruthError(f"{path.name} is not a list of images with their entities ({error}).") from error


def spans_of(fields: Mapping[str, Any]) -> list[Span]:
    """The spans that the fields of a document say there are: each place on the page once.

    Args:
        fields: as `extract_fields` gives them; what counts is the text on the page, not the value made of it.
    """
    found: dict[tuple[object, ...], Span] = {}
    for kind, paths in KINDS.items():
        for path in paths:
            for field in _at(fields, path.split(".")):
                text = field.get("text") or field["value"]
                place = (kind, field.get("page"), tuple(field.get("box") or ()), text)
                found.setdefault(place, (kind, str(text)))
    return list(found.values())


def _at(fields: Any, path: list[str]) -> Iterator[Mapping[str, Any]]:
    if isinstance(fields, list):
        for one in fields:
            yield from _at(one, path)
    elif not path:
        yield fields
    elif path[0] in fields:
        yield from _at(fields[path[0]], path[1:])
