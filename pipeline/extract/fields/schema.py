"""Schemas of fields that people write: what of JSON Schema is understood, read into properties, and what is refused.

A schema is a JSON Schema object, draft 2020-12 or one that reads alike:

    {"type": "object", "properties": {NAME: PROPERTY, ...}, "required"?, "title"?, "description"?, "$defs"?}

A property is a scalar, a list of scalars, a list of records, or one record; a record holds scalars only.

    string    format date, date-time, email, uri or phone; enum, const, pattern, minLength, maxLength
    number, integer    enum, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf
    boolean
    array     items; minItems, maxItems, uniqueItems
    object    properties, required

Each may have title, description, examples and default; each may be null besides ("type": [T, "null"], or anyOf with
{"type": "null"}); a local reference (#/$defs/NAME) stands for what it names. Everything else is refused with the place
where it stands: a word that nobody heeds would be a wish silently ignored. All of it is bounded, as it comes from
anybody who may make a knowledge base.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast

import orjson
import re2

from pipeline.errors import PermanentError
from pipeline.extract.fields.kinds import Kind

if TYPE_CHECKING:
    from jsonschema.exceptions import SchemaError

Format = Literal["date", "date-time", "email", "uri", "phone"]

MAX_BYTES = 65_536
MAX_PROPERTIES = 100
MAX_NAME = 64
_MAX_DEPTH = 16  # of what is written; what it means is never deeper than a list of records
_MAX_ENUM, _MAX_ENUM_LETTERS = 500, 200
_MAX_PATTERN = 500
# What keywords that hold a number may hold.
_BOUNDS = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), (-1e12, 1e12)),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), (0, 1_000_000)),
    "multipleOf": (0.0001, 1e12),
}
_MAX_REFERENCES = 8  # one to the next
_PATTERN_BYTES = 1 << 20  # a compiled pattern takes no more
RESERVED = frozenset({"tag", "language", "metadata", "document", "filename", "created_at"})
"""Names that filters and tables have for documents themselves."""
_RESERVED_INSIDE = frozenset({"value"})  # by it a field is told from a record

NAME_PATTERN = r"^[\p{L}\p{M}\p{N}_](?:[ -]?[\p{L}\p{M}\p{N}_])*$"
"""Of a property: what a filter's name may hold."""
_NAME = re2.compile(NAME_PATTERN)
_ANNOTATIONS = frozenset({"title", "description", "examples", "default", "$comment", "deprecated", "readOnly"})
_OF_TYPE: dict[str, frozenset[str]] = {
    "string": frozenset({"format", "enum", "const", "pattern", "minLength", "maxLength"}),
    "number": frozenset({"enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "boolean": frozenset({"const"}),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset({"properties", "required", "additionalProperties"}),
}
_OF_TYPE["integer"] = _OF_TYPE["number"]
_TOP = frozenset({"type", "$schema", "$id", "$defs", "definitions"})
_FORMATS: tuple[str, ...] = ("date", "date-time", "email", "uri", "phone")
_SCALARS = "string, number, integer or boolean"
_NO_TYPE = "write the type of its values: string, number, integer, boolean, array or object (and null beside it)"


@dataclass(frozen=True, slots=True)
class Property:
    """What is to be found of one name.

    Attributes:
        name: of the field.
        kind: how its values sort; of lists and records that hold several kinds "text".
        type: JSON Schema's, of the values of a list too; "object" where they are records.
        many: it is a list.
        format, title, description, examples: as written; empty where not.
        enum: the values there may be, as fields hold them.
        required: its absence is worth a word.
        properties: of a record.
        rules: JSON Schema of one value, local references put in, without null.
        max_items: of a list, or None.
    """

    name: str
    kind: Kind = "text"
    type: str = "string"
    many: bool = False
    format: Format | None = None
    title: str = ""
    description: str = ""
    examples: tuple[str, ...] = ()
    enum: tuple[str, ...] = ()
    required: bool = False
    properties: tuple[Property, ...] = ()
    rules: Mapping[str, Any] = field(default_factory=dict)
    max_items: int | None = None

    @property
    def record(self) -> bool:
        """Whether its values are records of named fields."""
        return bool(self.properties)


@dataclass(frozen=True, slots=True)
class UserSchema:
    """A schema that was understood."""

    properties: tuple[Property, ...]
    title: str = ""
    description: str = ""


def check_schema(given: object) -> dict[str, Any]:
    """The schema as it was given, if it is understood.

    Raises:
        PermanentError: `schema_invalid`; `detail` holds `pointer`, a JSON pointer to what is wrong.
    """
    read_schema(given)
    return dict(cast("dict[str, Any]", given))


def read_schema(given: object) -> UserSchema:
    """The properties of a schema.

    Raises:
        PermanentError: `schema_invalid`.
    """
    if not isinstance(given, dict):
        _refuse(
            "", 'a schema is a JSON object, such as {"type": "object", "properties": {"total": {"type": "number"}}}'
        )
    _require_bounded(given)
    _require_metaschema(given)
    return _Reader(given).schema()


class _Reader:
    """Reads one schema; counts its properties."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._count = 0

    def schema(self) -> UserSchema:
        given = self._given
        if given.get("type") != "object":
            _refuse("/type", 'a schema describes an object: write "type": "object"')
        _require_known(given, _TOP | _OF_TYPE["object"] | _ANNOTATIONS, "")
        properties = self._properties(given, "", inside=False)
        return UserSchema(properties, given.get("title", ""), given.get("description", ""))

    def _properties(self, owner: dict[str, Any], place: str, *, inside: bool) -> tuple[Property, ...]:
        held = owner.get("properties")
        if not held:
            _refuse(place + "/properties", "there is no property: name at least one field to look for")
        found = []
        for name, given in held.items():
            at = f"{place}/properties/{_escaped(name)}"
            self._count += 1
            if self._count > MAX_PROPERTIES:
                _refuse(at, f"there are more than {MAX_PROPERTIES} properties; leave some out")
            _require_name(name, at, inside=inside)
            found.append(self._property(name, given, at, name in owner.get("required", ()), inside=inside))
        missing = sorted(set(owner.get("required", ())) - set(held))
        if missing:
            _refuse(place + "/required", f"“{missing[0]}” is required, but there is no such property")
        return tuple(found)

    def _property(self, name: str, given: object, place: str, required: bool, *, inside: bool) -> Property:
        shape, type_ = self._shape(given, place)
        many = type_ == "array"
        title, description = shape.get("title", ""), shape.get("description", "")
        examples = shape.get("examples", [])
        max_items = None
        if many:
            if inside:
                _refuse(place, f"a record holds no lists: make it {_SCALARS}, or a property of its own")
            if "items" not in shape:
                _refuse(place, 'say what the list holds, such as "items": {"type": "string"}')
            max_items = shape.get("maxItems")
            place += "/items"
            shape, type_ = self._shape(shape["items"], place)
            if type_ == "array":
                _refuse(place, f"a list holds no lists: make its items {_SCALARS} or object")
            description = description or shape.get("description", "")
            examples = [*examples, *shape.get("examples", [])]
        plain = [one for example in examples for one in (example if isinstance(example, list) else [example])]
        told: dict[str, Any] = {
            "name": name, "type": type_, "many": many, "title": title, "description": description,
            "required": required, "max_items": max_items,
            "examples": tuple(as_text(one) for one in plain if isinstance(one, str | int | float))[:20],
        }  # fmt: skip
        if type_ == "object":
            if inside:
                _refuse(place, f"a record holds no records: make it {_SCALARS}, or a property of its own")
            return Property(properties=self._properties(shape, place, inside=True), rules=shape, **told)
        return _scalar(shape, place, told)

    def _shape(self, given: object, place: str) -> tuple[dict[str, Any], str]:
        """A property's own schema, references and null resolved, and its type."""
        for _ in range(_MAX_REFERENCES):
            if not isinstance(given, dict):
                _refuse(place, "a property is a JSON object")
            given = cast("dict[str, Any]", given)
            if "$ref" in given:
                given = {**self._referred(given["$ref"], place), **{k: v for k, v in given.items() if k != "$ref"}}
            elif "anyOf" in given or "oneOf" in given or "allOf" in given:
                given = _one_of(given, place)
            else:
                return _typed(given, place)
        _refuse(place, "its references lead to further ones without end")

    def _referred(self, reference: object, place: str) -> dict[str, Any]:
        at = place + "/$ref"
        parts = reference.split("/") if isinstance(reference, str) else []
        if len(parts) != 3 or parts[0] != "#" or parts[1] not in ("$defs", "definitions"):
            _refuse(at, "only references within the schema are followed, such as #/$defs/address")
        found = self._given.get(parts[1], {}).get(parts[2].replace("~1", "/").replace("~0", "~"))
        if not isinstance(found, dict):
            _refuse(at, f"there is no {'/'.join(parts[1:])}")
        return found


def _one_of(given: dict[str, Any], place: str) -> dict[str, Any]:
    """The only choice beside null, as many programs write what may be missing."""
    words = [word for word in ("anyOf", "oneOf", "allOf") if word in given]
    choices = [one for one in given[words[0]] if one != {"type": "null"}] if len(words) == 1 else []
    if len(choices) != 1 or not isinstance(choices[0], dict):
        _refuse(place, "a property has one type: of anyOf, oneOf and allOf only one choice beside null is understood")
    return {**choices[0], **{key: value for key, value in given.items() if key != words[0]}}


def _typed(given: dict[str, Any], place: str) -> tuple[dict[str, Any], str]:
    types = given.get("type", _type_of_choices(given))
    types = [one for one in (types if isinstance(types, list) else [types]) if one != "null"]
    if len(types) != 1 or types[0] not in _OF_TYPE:
        _refuse(place + "/type", _NO_TYPE)
    type_ = types[0]
    _require_known(given, _OF_TYPE[type_] | _ANNOTATIONS | {"type"}, place)
    for word, (least, most) in _BOUNDS.items():
        if word in given and not least <= given[word] <= most:
            _refuse(f"{place}/{word}", f"it is not from {least:g} to {most:g}")
    if type_ == "object" and isinstance(given.get("additionalProperties", False), dict):
        _refuse(place + "/additionalProperties", "fields have names: list them as properties")
    return {**given, "type": type_}, type_


def _type_of_choices(given: dict[str, Any]) -> str | None:
    """What an enum without a type holds."""
    values = [one for one in given.get("enum", [given.get("const")]) if one is not None]
    if values and all(isinstance(one, str) for one in values):
        return "string"
    return "object" if "properties" in given else None


def _scalar(shape: dict[str, Any], place: str, told: dict[str, Any]) -> Property:
    type_ = shape["type"]
    if type_ == "string" and shape.get("format", "date") not in _FORMATS:
        _refuse(place + "/format", f"formats are {', '.join(_FORMATS)}; leave it out for any other text")
    if "pattern" in shape:
        compile_pattern(shape["pattern"], place + "/pattern")
    enum: list[Any] = (
        [shape["const"]] if "const" in shape else [one for one in shape.get("enum", []) if one is not None]
    )
    fitting: Any = {"string": str, "number": int | float, "integer": int, "boolean": bool}[type_]
    for n, one in enumerate(enum):
        if not isinstance(one, fitting) or (isinstance(one, bool) and type_ != "boolean"):
            _refuse(f"{place}/enum/{n}", f"its values are of type {type_}; this one is not")
        if len(as_text(one)) > _MAX_ENUM_LETTERS:
            _refuse(f"{place}/enum/{n}", f"it is longer than {_MAX_ENUM_LETTERS} characters")
    if len(enum) > _MAX_ENUM:
        _refuse(f"{place}/enum", f"it lists more than {_MAX_ENUM} values")
    if "enum" in shape:
        shape = {**shape, "enum": enum}
    format_: Format | None = shape.get("format") if type_ == "string" else None
    kinds: dict[str, Kind] = {"number": "number", "integer": "number", "boolean": "boolean"}
    kind: Kind = "date" if format_ in ("date", "date-time") else kinds.get(type_, "text")
    return Property(kind=kind, format=format_, enum=tuple(map(as_text, enum)), rules=shape, **told)


def compile_pattern(pattern: str, place: str = "") -> Any:
    """A pattern compiled by RE2, which takes time in proportion to the text whatever the pattern.

    Raises:
        PermanentError: `schema_invalid`.
    """
    if len(pattern) > _MAX_PATTERN:
        _refuse(place, f"it is longer than {_MAX_PATTERN} characters")
    options = re2.Options()
    options.max_mem, options.log_errors = _PATTERN_BYTES, False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if error.args and isinstance(error.args[0], bytes) else "unclear"
        _refuse(place, f"it is no pattern that RE2 knows ({why}); it has neither look-around nor back-references")


def as_text(value: str | int | float | bool) -> str:
    """A value of JSON as fields hold it: true as "true", 5.0 as "5"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _require_bounded(given: dict[str, Any]) -> None:
    """Not too large and not too deep: everything after this may walk it by recursion."""
    level: Sequence[Any] = [given]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
        ]
        if any(isinstance(one, float) and not math.isfinite(one) for one in level):
            _refuse("", "it holds a number that is not finite, which JSON does not know")
        if not level:
            break
    else:
        _refuse("", f"it is nested more than {_MAX_DEPTH} deep")
    try:
        size = len(orjson.dumps(given))
    except (TypeError, orjson.JSONEncodeError):
        _refuse("", "it holds something that is not JSON")
    if size > MAX_BYTES:
        _refuse("", f"it takes {size:,} bytes; {MAX_BYTES:,} are allowed")


def _require_metaschema(given: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    checker = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    error = cast("SchemaError | None", best_match(checker.iter_errors(given)))
    if error is not None:
        why = _NO_TYPE if error.absolute_path and error.absolute_path[-1] == "type" else _shortened(error.message)
        _refuse("".join(f"/{_escaped(part)}" for part in error.absolute_path), why)


def _require_known(given: dict[str, Any], known: frozenset[str], place: str) -> None:
    for word in given:
        if word not in known:
            _refuse(f"{place}/{_escaped(word)}", f"“{_shortened(word)}” is not understood here; leave it out")


def _require_name(name: str, place: str, *, inside: bool) -> None:
    if not 1 <= len(name) <= MAX_NAME:
        _refuse(place, f"a name has 1 to {MAX_NAME} characters")
    if not _NAME.fullmatch(name):
        _refuse(place, "a name holds letters, digits and “_”, and between them single spaces or “-”")
    if name in _RESERVED_INSIDE or (not inside and name in RESERVED):
        _refuse(place, f"the name “{name}” is taken; call it something like “{name}_of_document”" if not inside
                else f"the name “{name}” is taken inside records; call it something like “amount”")  # fmt: skip


def _refuse(place: str, why: str) -> NoReturn:
    raise PermanentError("schema_invalid", f"schema, at {place or '/'}: {why}.", {"pointer": place})


def _escaped(part: object) -> str:
    return _shortened(str(part)).replace("~", "~0").replace("/", "~1")


def _shortened(text: str, length: int = 200) -> str:
    return text if len(text) <= length else f"{text[:length]}…"
