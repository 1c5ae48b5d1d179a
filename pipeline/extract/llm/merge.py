"""Fields of several answers, and of model and rules, as one document's fields."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

from pipeline.extract.fields.text import Field
from pipeline.folding import fold

Fields = dict[str, Any]


def join(parts: Iterable[Fields]) -> Fields:
    """The fields of a document's parts, in order: of single fields the first counts, lists are put together."""
    joined: Fields = {}
    for fields in parts:
        for name, held in fields.items():
            if isinstance(held, list):
                joined[name] = _without_doubles([*joined.get(name, []), *held])
            elif _is_record(held):
                joined[name] = {**held, **joined.get(name, {})}
            else:
                joined.setdefault(name, held)
    return joined


def fill_in(told: Fields, ruled: Fields, unseen: Set[int], names: Iterable[str]) -> Fields:
    """A model's fields, and those of the rules where it told none; likewise within a record that there is one of.

    A list is the model's where it told one; from pages that it did not see, the rules' items come after.

    Args:
        unseen: numbers of pages that the model did not see, or of which its answer was cut off.
        names: of the schema, in the order people see them.
    """
    filled: Fields = {}
    for name in dict.fromkeys([*names, *ruled, *told]):
        if name not in told:
            if name in ruled:
                filled[name] = ruled[name]
        elif isinstance(told[name], list):
            others = [item for item in ruled.get(name, []) if _pages(item) & unseen]
            filled[name] = _without_doubles([*told[name], *others])
        elif _is_record(told[name]):
            filled[name] = {**ruled.get(name, {}), **told[name]}
        else:
            filled[name] = told[name]
    return filled


def _is_record(held: dict[str, Any]) -> bool:
    return "value" not in held


def _without_doubles(items: list[Any]) -> list[Any]:
    """Each value once, where it stands first."""
    by_value: dict[tuple[tuple[str, str], ...], Any] = {}
    for item in items:
        by_value.setdefault(_key(item), item)
    return list(by_value.values())


def _key(item: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if "value" in item:
        return (("", fold(item["value"])),)
    return tuple(sorted((name, fold(field["value"])) for name, field in item.items()))


def _pages(item: dict[str, Any]) -> set[int]:
    fields: list[Field] = [item] if "value" in item else list(item.values())
    return {field["page"] for field in fields if field["page"] is not None}
