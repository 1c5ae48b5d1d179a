"""Filters as people write them: NAME:VALUE, NAME=VALUE, NAME!=VALUE, NAME>=VALUE and so on.

`storage/conditions.py` makes SQL of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.errors import PermanentError
from pipeline.extract.fields.columns import Column, Kind
from storage import values

Operator = Literal[":", "=", "!=", ">=", ">", "<=", "<"]
RANGES: tuple[Operator, ...] = (">=", ">", "<=", "<")
OF_DOCUMENT: dict[str, Kind] = {
    "tag": "text", "language": "text", "status": "text", "filename": "text", "pages": "number", "created_at": "date",
}  # fmt: skip
"""What every document has beside its fields. A schema's own field of such a name comes first, but for `tag` and
`language`, which have always been the document's."""
METADATA = "metadata."
_ALWAYS = ("tag", "language")
# What an input method for Chinese types for the same.
_WIDE = {"：": ":", "＝": "=", "≠": "!=", "≥": ">=", "＞": ">", "≤": "<=", "＜": "<"}
_OPERATOR = re.compile(r"!=|>=|<=|[:=<>：＝≠≥＞≤＜]")
_KEY_IN_QUOTES = re.compile(rf'{re.escape(METADATA)}"((?:[^"]|"")+)"\s*')
_NAMES_TOLD = 40


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on documents.

    Attributes:
        name: a path of fields ("education.degree"), a list of records ("education"), "metadata.KEY" or one of
            `OF_DOCUMENT`.
        value: what to compare with: dates in ISO form; empty with "=" or "!=": there is none, there is one.
        kind: how values compare.
        paths: of the fields that may meet it; none where it is no field.
    """

    name: str
    value: str
    operator: Operator = ":"
    kind: Kind = "text"
    paths: tuple[str, ...] = ()

    @property
    def number(self) -> float:
        """The value of a filter of numbers."""
        number = values.number_of(self.value)
        assert number is not None, "checked when it was parsed"
        return number


def kinds_of(columns: Iterable[Column]) -> dict[str, Kind]:
    """Paths with their kinds; of a path that stands there twice the first counts."""
    kinds: dict[str, Kind] = {}
    for column in columns:
        kinds.setdefault(column.path, column.kind)
    return kinds


def parse_filter(given: str, known: Mapping[str, Kind]) -> Filter:
    """A filter as users write it.

    Args:
        known: paths of fields there can be; a record's name ("education") stands for all of its fields.

    Raises:
        PermanentError: `bad_request`.
    """
    name, operator, value = _parts(given, known)
    kind, paths = _resolve(name, known)
    if not value and operator not in ("=", "!="):
        raise _refused(f"“{given}” is not of the form NAME:VALUE; there is no value.")
    if operator in RANGES and kind in ("text", "boolean") and not name.startswith(METADATA):
        comparable = [path for path, held in known.items() if held in ("number", "date")]
        names = ", ".join([*comparable, "pages", "created_at"][:_NAMES_TOLD])
        words = {"text": "text", "boolean": "true or false"}[kind]
        raise _refused(f"“{name}” is {words}, and {operator} compares numbers and dates ({names}).")
    if operator == ":" and (paths or name == "filename"):  # words of the value, whatever its kind
        if not values.terms(value).strip():
            raise _refused(f"“{value}” holds no word to look for.")
        return Filter(name, value, operator, "text", paths)
    if name.startswith(METADATA):
        if operator in RANGES and values.number_of(value) is None and values.date_of(value) is None:
            raise _refused(f"{operator} compares numbers and dates, and “{value}” is neither.")
    elif value:
        value = _checked(name, operator, kind, value)
    return Filter(name, value, operator, kind, paths)


def find_name(name: str, known: Mapping[str, Kind], *, purpose: str) -> tuple[Kind, tuple[str, ...]]:
    """Kind and paths of what facets, sorting and columns name.

    Raises:
        PermanentError: `bad_request`.
    """
    return _resolve(name, known, purpose)


def written(name: str) -> str:
    """A name as a filter has it: a key of metadata in quotes where it could be read otherwise."""
    key = name.removeprefix(METADATA)
    if key == name or not (_OPERATOR.search(key) or '"' in key or "!" in key or key != key.strip()):
        return name
    return METADATA + '"' + key.replace('"', '""') + '"'


def _parts(given: str, known: Mapping[str, Kind]) -> tuple[str, Operator, str]:
    """Name, operator, value. A field's name may hold what looks like an operator: the longest one known wins."""
    text = given.strip()
    quoted = _KEY_IN_QUOTES.match(text)
    if quoted is not None and (found := _OPERATOR.match(text, quoted.end())) is not None:
        return METADATA + quoted[1].replace('""', '"'), _narrow(found[0]), text[found.end() :].strip()
    for name in sorted((path for path in _with_lists(known) if text.startswith(path)), key=len, reverse=True):
        found = _OPERATOR.match(text[len(name) :].lstrip())
        if found is not None:
            return name, _narrow(found[0]), text[len(name) :].lstrip()[found.end() :].strip()
    found = _OPERATOR.search(text)
    if found is None or quoted is not None or not text[: found.start()].strip():
        raise _refused(f"“{given}” is not of the form NAME:VALUE (or =, !=, >=, >, <=, < in the place of the colon).")
    return text[: found.start()].strip(), _narrow(found[0]), text[found.end() :].strip()


def _narrow(operator: str) -> Operator:
    narrow: Operator = _WIDE.get(operator, operator)  # type: ignore[assignment]
    return narrow


def _with_lists(known: Mapping[str, Kind]) -> set[str]:
    return {*known, *(path.partition(".")[0] for path in known), *OF_DOCUMENT}


def _resolve(name: str, known: Mapping[str, Kind], purpose: str = "filter") -> tuple[Kind, tuple[str, ...]]:
    if name in _ALWAYS or (name.startswith(METADATA) and name != METADATA):
        return "text", ()
    if name in known:
        return known[name], (name,)
    if inner := tuple(path for path in known if path.startswith(f"{name}.")):
        kinds = {known[path] for path in inner}
        return (kinds.pop() if len(kinds) == 1 else "text"), inner
    if name in OF_DOCUMENT:
        return OF_DOCUMENT[name], ()
    names = list(dict.fromkeys([*OF_DOCUMENT, f"{METADATA}KEY", *known]))
    more = f" and {len(names) - _NAMES_TOLD} more" if len(names) > _NAMES_TOLD else ""
    raise _refused(f"there is no field “{name}”; there are {', '.join(names[:_NAMES_TOLD])}{more}.", purpose)


def _checked(name: str, operator: Operator, kind: Kind, value: str) -> str:
    """The value in the form that is compared.

    Raises:
        PermanentError: `bad_request`: it is none of that kind.
    """
    if kind == "number" and values.number_of(value) is None:
        raise _refused(f"“{name}” is a number, and “{value}” is none; write {name}{operator}5, for instance.")
    if kind == "date":
        date = values.date_of(value)
        if date is None:
            raise _refused(
                f"“{name}” is a date, and “{value}” is none; write {name}{operator}2020, 2020-05, 2020-05-31 or"
                f" {values.PRESENT}."
            )
        return date
    if kind == "boolean" and values.folded(value) not in ("true", "false"):
        raise _refused(f"“{name}” is true or false; “{value}” is neither.")
    return value


def _refused(words: str, purpose: str = "filter") -> PermanentError:
    return PermanentError("bad_request", f"{purpose}: {words}")
