"""The form that a model is to fill: a user's schema, written in what every server's structured output understands.

Servers differ in the words of JSON Schema that they take, and refuse or ignore the others. So only types, names,
descriptions and lists of choices are sent, everything required and everything nullable (OpenAI's strict form wants it
so); what else a schema asks of a value is checked when it comes back. Where a value may be another word than the one
printed (a choice of a list, true or false), the words of the page that it follows from are asked for beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.extract.fields.schema import Property, UserSchema

VALUE, QUOTE = "value", "quote"
_MAX_EXAMPLES = 3
_HINTS = {
    "date": "a date", "date-time": "a date", "email": "an e-mail address", "uri": "a web address",
    "phone": "a telephone number",
}  # fmt: skip


def form_of(schema: UserSchema) -> dict[str, Any]:
    """The JSON Schema that is sent."""
    form = _object(schema.properties)
    told = _described(schema.title, schema.description)
    return {**form, "description": told} if told else form


def is_closed(prop: Property) -> bool:
    """Whether its value may be another word than the one printed."""
    return prop.kind == "boolean" or bool(prop.enum)


def _object(properties: Sequence[Property]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {prop.name: _property(prop) for prop in properties},
        "required": [prop.name for prop in properties],
        "additionalProperties": False,
    }


def _property(prop: Property) -> dict[str, Any]:
    form = _object(prop.properties) if prop.record else _scalar(prop)
    if prop.many:
        form = {"type": "array", "items": form}
    hints = [_HINTS[prop.format]] if prop.format else []
    if prop.examples and not prop.enum:
        hints.append("for example " + ", ".join(prop.examples[:_MAX_EXAMPLES]))
    told = _described(prop.title, prop.description, *hints)
    return {**form, "description": told} if told else form


def _scalar(prop: Property) -> dict[str, Any]:
    kinds = [prop.type] if prop.many and not is_closed(prop) else [prop.type, "null"]
    form: dict[str, Any] = {"type": kinds if len(kinds) > 1 else kinds[0]}
    if not is_closed(prop):
        return form
    if prop.enum:
        form = {"type": ["string", "null"], "enum": [*prop.enum, None]}
    return {
        "type": "object",
        "properties": {VALUE: form, QUOTE: {"type": ["string", "null"]}},
        "required": [VALUE, QUOTE],
        "additionalProperties": False,
    }


def _described(*parts: str) -> str:
    return "; ".join(part.strip().rstrip(".;") for part in parts if part.strip())
