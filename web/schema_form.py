"""The schema of fields in requests: a name, or a JSON Schema of the kinds of fields there are.

What the API's description says of it is what `pipeline.extract.fields.schema` takes, but for what takes words: local
references, `anyOf` with null.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import JsonValue, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from pipeline.extract.fields import SCHEMAS, check_schema
from pipeline.extract.fields.schema import MAX_NAME, MAX_PROPERTIES, NAME_PATTERN, RESERVED

_WORDS = {
    "title": {"type": "string"},
    "description": {"type": "string", "description": "Further labels: “also called: …”."},
}
_TEXTS = {"type": "array", "items": {"type": "string", "maxLength": 200}, "minItems": 1, "maxItems": 500}
_NUMBER = {"type": "number", "minimum": -1e12, "maximum": 1e12}
_LENGTH = {"type": "integer", "minimum": 0, "maximum": 1_000_000}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


_SCALAR = {
    "anyOf": [
        _object(
            ["type"], type={"enum": ["string", ["string", "null"]]}, **_WORDS, enum={**_TEXTS, "uniqueItems": True},
            format={"enum": ["date", "date-time", "email", "uri", "phone"]}, minLength=_LENGTH, maxLength=_LENGTH,
            pattern={"type": "string", "maxLength": 500, "format": "regex",
                     "description": "As RE2 knows it: no look-around, no back-references."},
        ),
        _object(
            ["type"], type={"enum": ["number", "integer", ["number", "null"], ["integer", "null"]]}, **_WORDS,
            minimum=_NUMBER, maximum=_NUMBER, exclusiveMinimum=_NUMBER, exclusiveMaximum=_NUMBER,
            multipleOf={"type": "number", "minimum": 0.0001, "maximum": 1e12},
        ),
        _object(["type"], type={"enum": ["boolean", ["boolean", "null"]]}, **_WORDS),
    ]
}  # fmt: skip


def _named(inner: dict[str, Any], taken: frozenset[str]) -> dict[str, Any]:
    names = {"maxLength": MAX_NAME, "pattern": NAME_PATTERN, "not": {"enum": sorted(taken)}}
    limits = {"minProperties": 1, "maxProperties": MAX_PROPERTIES}
    return {"type": "object", "propertyNames": names, "additionalProperties": inner, **limits}


_RECORD = _object(["type", "properties"], type={"const": "object"}, **_WORDS,
                  properties=_named(_SCALAR, frozenset({"value"})))  # fmt: skip
_LIST = _object(
    ["type", "items"], type={"enum": ["array", ["array", "null"]]}, **_WORDS,
    items={"anyOf": [*_SCALAR["anyOf"], _RECORD]}, minItems=_LENGTH, maxItems=_LENGTH,
)  # fmt: skip
_JSON_SCHEMA = {
    **_object(["type", "properties"], type={"const": "object"}, **_WORDS,
              properties=_named({"anyOf": [*_SCALAR["anyOf"], _LIST, _RECORD]}, RESERVED)),
    "description": f"A JSON Schema: at most {MAX_PROPERTIES} properties, those of records counted; `required`,"
    " `examples`, `$defs` with local references and `anyOf` with null are understood too.",
}  # fmt: skip


def _understood(given: object) -> str | dict[str, JsonValue]:
    if isinstance(given, dict):
        return check_schema(given)
    if isinstance(given, str) and given in SCHEMAS:
        return given
    names = ", ".join(f"'{name}'" for name in SCHEMAS)
    raise PydanticCustomError("schema", f"Input should be {names} or a JSON Schema object")


Schema = Annotated[
    str | dict[str, JsonValue],
    PlainValidator(_understood),
    WithJsonSchema({"anyOf": [{"type": "string", "enum": list(SCHEMAS)}, _JSON_SCHEMA]}),
]
"""The fields to look for; one that is not understood is refused with `schema_invalid` and its place."""
