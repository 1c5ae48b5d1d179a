"""A model's words, read as an answer: JSON out of whatever stands around it, and values that fit the schema.

Nothing here trusts the words: they may have been dictated by the page. What a schema does not name is passed over,
what is of another type is put right where that is beyond doubt and left out where not, lists are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson
import pydantic_core

from pipeline.extract.fields.kinds import Kind
from pipeline.extract.fields.schema import Property, UserSchema
from pipeline.extract.fields.schema_values import MAX_LETTERS, canonical
from pipeline.extract.llm.form import QUOTE, VALUE, is_closed

MAX_ITEMS = 500  # of one list, as the rules have it
_MAX_PROBLEMS = 10
_LARGEST = 1e18


@dataclass(frozen=True, slots=True)
class Told:
    """A value that a model told, not yet looked up.

    Attributes:
        prop: what it is a value of.
        value: as fields hold it.
        quote: the words that it is said to follow from.
    """

    prop: Property
    value: str
    quote: str | None = None

    @property
    def kind(self) -> Kind:
        """How it compares."""
        return self.prop.kind

    @property
    def closed(self) -> bool:
        """Whether it may be another word than the one printed."""
        return is_closed(self.prop)


Record = dict[str, Told]
Values = dict[str, "Told | Record | list[Told] | list[Record]"]


@dataclass(slots=True)
class Checked:
    """What of an answer fits the schema.

    Attributes:
        values: by name; what was null or empty is not there.
        problems: what does not fit, by the schema's own names, a sentence each; a bounded number.
        unfit: how many values do not fit.
        extra: how many names the schema does not have.
    """

    values: Values = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    unfit: int = 0
    extra: int = 0

    def does_not_fit(self, path: str, why: str) -> None:
        """Note a value that is left out."""
        self.unfit += 1
        sentence = f"“{path}” {why}."
        if len(self.problems) < _MAX_PROBLEMS and sentence not in self.problems:
            self.problems.append(sentence)


def parse(text: str, *, cut: bool) -> dict[str, Any] | None:
    """The JSON object in a model's words; None where there is none.

    Thoughts before it, fences around it and words beside it are passed over. Of an answer that was cut off, what was
    complete is taken: a value that is followed by a comma.
    """
    for candidate in _candidates(text.strip()):
        try:
            found = orjson.loads(candidate)
        except orjson.JSONDecodeError:
            continue
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if isinstance(found, dict):
            return found
    if not cut:
        return None
    begin = text[text.find("{") :] if "{" in text else ""
    try:
        found = pydantic_core.from_json(begin[: begin.rfind(",") + 1].rstrip(","), allow_partial=True)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _candidates(text: str) -> Iterator[str]:
    yield text
    said = text.rpartition("</think>")[2]
    if "```" in said:
        fenced = said[said.find("```") + 3 : said.rfind("```")]
        yield fenced.strip().removeprefix("json")
    yield said[said.find("{") : said.rfind("}") + 1]


def check(schema: UserSchema, answer: Mapping[str, Any]) -> Checked:
    """The values of an answer that fit a schema."""
    checked = Checked(extra=len(answer.keys() - {prop.name for prop in schema.properties}))
    for prop in schema.properties:
        given = answer.get(prop.name)
        if given is None:
            continue
        if prop.many:
            held: Any = _list(prop, given if isinstance(given, list) else [given], checked)
        else:
            held = _one(prop, given[0] if isinstance(given, list) and len(given) == 1 else given, prop.name, checked)
        if held:
            checked.values[prop.name] = held
    return checked


def _list(prop: Property, given: Sequence[Any], checked: Checked) -> list[Any]:
    most = min(prop.max_items or MAX_ITEMS, MAX_ITEMS)
    if len(given) > most:
        checked.does_not_fit(prop.name, f"has more than {most} items")
        checked.unfit += len(given) - most - 1
    items = (_one(prop, item, prop.name, checked) for item in given[:most] if item is not None)
    return [item for item in items if item]


def _one(prop: Property, given: Any, path: str, checked: Checked) -> Told | Record | None:
    if not prop.record:
        return _scalar(prop, given, path, checked)
    if not isinstance(given, dict):
        checked.does_not_fit(path, "must be an object")
        return None
    checked.extra += len(given.keys() - {inner.name for inner in prop.properties})
    record: Record = {}
    for inner in prop.properties:
        told = _scalar(inner, given.get(inner.name), f"{path}.{inner.name}", checked)
        if told is not None:
            record[inner.name] = told
    return record or None


def _scalar(prop: Property, given: Any, path: str, checked: Checked) -> Told | None:
    quote = None
    if isinstance(given, dict) and VALUE in given:
        quote = given.get(QUOTE)
        given = given[VALUE]
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    value = canonical(prop, _plain(given) if isinstance(given, float) else given)
    if value is None:
        kind = "one of the values listed" if prop.enum else f"of type {prop.type}"
        checked.does_not_fit(path, f"must be {kind} and follow its other rules")
        return None
    quote = quote if isinstance(quote, str) and 0 < len(quote) <= MAX_LETTERS else None
    return Told(prop, value, quote)


def _plain(given: float) -> str | None:
    """A number without exponent and without noughts that nobody printed; None where it is beyond all use."""
    if not abs(given) < _LARGEST:
        return None
    return str(int(given)) if given.is_integer() else f"{Decimal(repr(given)):f}"
