"""Schemas that users write: what is understood, what is refused and where, and values under them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import PermanentError
from pipeline.extract.fields import columns_of, missing_fields
from pipeline.extract.fields.schema import MAX_PROPERTIES, Property, check_schema, read_schema
from pipeline.extract.fields.schema_values import canonical

INVOICE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "title": "Invoice",
    "required": ["发票号码"],
    "additionalProperties": False,
    "properties": {
        "发票号码": {"type": "string", "title": "Invoice No.", "pattern": "^[0-9]{8,20}$"},
        "total": {"anyOf": [{"type": "number", "multipleOf": 0.01}, {"type": "null"}], "description": "With tax."},
        "date": {"type": ["string", "null"], "format": "date"},
        "seller": {"$ref": "#/$defs/party"},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}, "maxItems": 20},
        "terms": {"type": "array", "items": {"enum": ["cash", "credit", None]}},
        "paid": {"type": "boolean"},
        "gender": {"enum": ["male", "female"], "examples": ["male"]},
        "copies": {"type": "integer", "minimum": 1, "maximum": 9},
        "seen": {"type": "string", "format": "date-time"},
        "mail": {"type": "string", "format": "email", "maxLength": 20},
        "phone": {"type": "string", "format": "phone"},
    },
    "$defs": {
        "party": {"type": "object", "properties": {"name": {"type": "string"}, "since": {"$ref": "#/$defs/day"}}},
        "item": {"type": "object", "properties": {"what": {"type": "string"}, "price": {"type": "number"}}},
        "day": {"type": "string", "format": "date"},
    },
}
PROPERTIES: dict[str, Property] = {one.name: one for one in read_schema(INVOICE).properties}


def of(*properties: object, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict(zip("abcdef", properties, strict=False)), **more}


def nested(deep: int) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string"}
    for _ in range(deep):
        found = {"type": "array", "items": found}
    return found


def test_a_schema_is_read() -> None:
    assert check_schema(INVOICE) == INVOICE
    assert [(column.path, column.kind) for column in columns_of(INVOICE)] == [
        ("发票号码", "text"), ("total", "number"), ("date", "date"), ("seller.name", "text"), ("seller.since", "date"),
        ("items.what", "text"), ("items.price", "number"), ("terms", "text"), ("paid", "boolean"), ("gender", "text"),
        ("copies", "number"), ("seen", "date"), ("mail", "text"), ("phone", "text"),
    ]  # fmt: skip
    assert PROPERTIES["发票号码"].required and not PROPERTIES["total"].required
    assert PROPERTIES["total"].description == "With tax."
    assert PROPERTIES["items"].many and PROPERTIES["items"].max_items == 20 and not PROPERTIES["seller"].many
    assert PROPERTIES["terms"].enum == ("cash", "credit") and PROPERTIES["gender"].examples == ("male",)


@pytest.mark.parametrize(
    ("schema", "place", "says"),
    [
        (1, "", "JSON object"),
        ([], "", "JSON object"),
        ({}, "/type", '"type": "object"'),
        ({"type": "array"}, "/type", '"type": "object"'),
        ({"type": "object"}, "/properties", "no property"),
        (of(), "/properties", "no property"),
        (of(1), "/properties/a", "object"),
        (of({}), "/properties/a/type", "type of its values"),
        (of({"type": "strin"}), "/properties/a/type", "type of its values"),
        (of({"type": ["string", "number"]}), "/properties/a/type", "type of its values"),
        (of({"type": "string", "format": "ipv4"}), "/properties/a/format", "phone"),
        (of({"type": "string", "minimum": 1}), "/properties/a/minimum", "not understood"),
        (of({"type": "string", "not": {}}), "/properties/a/not", "not understood"),
        (of({"type": "string"}, patternProperties={}), "/patternProperties", "not understood"),
        (of({"type": "string", "maxLength": -1}), "/properties/a/maxLength", "minimum"),
        (of({"type": "string", "title": 5}), "/properties/a/title", "string"),
        (of({"type": "number", "minimum": float("nan")}), "", "finite"),
        (of({"type": "string", "pattern": "(?=x)"}), "/properties/a/pattern", "RE2"),
        (of({"type": "string", "pattern": "(x"}), "/properties/a/pattern", "RE2"),
        (of({"type": "string", "pattern": "(a{1000}){1000}"}), "/properties/a/pattern", "RE2"),
        (of({"type": "string", "pattern": "x" * 501}), "/properties/a/pattern", "500"),
        (of({"type": "integer", "enum": [1, "x"]}), "/properties/a/enum/1", "integer"),
        (of({"type": "integer", "enum": [True]}), "/properties/a/enum/0", "integer"),
        (of({"enum": [str(n) for n in range(600)]}), "/properties/a/enum", "500"),
        (of({"type": "array"}), "/properties/a", "items"),
        (of(nested(2)), "/properties/a/items", "no lists"),
        (of(nested(900)), "", "deep"),
        (of({"type": "object", "properties": {"b": nested(1)}}), "/properties/a/properties/b", "no lists"),
        (of({"type": "object", "properties": {"b": of({"type": "string"})}}), "/properties/a/properties/b", "records"),
        (of({"type": "object", "properties": {"value": {"type": "string"}}}), "/properties/a/properties/value", "tak"),
        (of({"type": "object", "additionalProperties": {}}), "/properties/a/additionalProperties", "names"),
        (of({"anyOf": [{"type": "string"}, {"type": "number"}]}), "/properties/a", "one type"),
        (of({"$ref": "https://example.com/schema.json"}), "/properties/a/$ref", "within the schema"),
        (of({"$ref": "file:///etc/passwd"}), "/properties/a/$ref", "within the schema"),
        (of({"$ref": "#/$defs/none"}), "/properties/a/$ref", "no $defs/none"),
        (of({"$ref": "#/$defs/x"}, **{"$defs": {"x": {"$ref": "#/$defs/x"}}}), "/properties/a", "without end"),
        (of({"type": "string"}, required=["b"]), "/required", "no such property"),
        (of({"type": "string", "description": "x" * 70_000}), "", "65,536"),
        ({"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(MAX_PROPERTIES + 1)}},
         f"/properties/p{MAX_PROPERTIES}", "more than 100"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_its_place(schema: object, place: str, says: str) -> None:
    with pytest.raises(PermanentError) as caught:
        check_schema(schema)
    assert caught.value.code == "schema_invalid"
    assert caught.value.detail == {"pointer": place} and says in caught.value.message


@pytest.mark.parametrize("name", ["", "a.b", "a:b", "a=1", "a>b", "a<b", "a!b", "-a", " a", "a  b", "tag", "language",
                                  "metadata", "x" * 65, "a\nb", "🙂"])  # fmt: skip
def test_names_that_a_filter_cannot_say_are_refused(name: str) -> None:
    with pytest.raises(PermanentError, match="schema, at /properties"):
        check_schema({"type": "object", "properties": {name: {"type": "string"}}})


@pytest.mark.parametrize("name", ["总金额", "Invoice No", "a-b", "_x", "naïve", "हिन्दी", "價稅合計_2"])
def test_names_of_any_script_are_taken(name: str) -> None:
    assert columns_of({"type": "object", "properties": {name: {"type": "string"}}})[0].path == name


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("发票号码", "12345678", "12345678"), ("发票号码", "1234", None),
        ("total", "RM 1,234.50", "1234.50"), ("total", 19.99, "19.99"), ("total", 1.234, None), ("total", None, None),
        ("total", "much", None), ("total", [1], None),
        ("date", "5 March 2024", "2024-03-05"), ("date", "2024年3月", "2024-03"), ("date", "soon", None),
        ("paid", True, "true"), ("paid", "否", "false"), ("paid", "perhaps", None),
        ("gender", "女", "female"), ("gender", "MALE", "male"), ("gender", "other", None),
        ("terms", "现金", "cash"),
        ("copies", 3, "3"), ("copies", 3.0, "3"), ("copies", 3.5, None), ("copies", 10, None),
        ("seen", "5 March 2024, 2:30 pm", "2024-03-05T14:30"), ("seen", "2024-03-05T10:00", "2024-03-05T10:00"),
        ("seen", "2024年3月5日", "2024-03-05"),
        ("mail", "A.B@Example.com", "a.b@example.com"), ("mail", "a.b at example", None),
        ("mail", "far.too.long.a.name@example.com", None), ("phone", "+86 (10) 6255-0199", "+861062550199"),
        ("phone", "12", None),
    ],
)  # fmt: skip
def test_values_are_kept_as_fields_hold_them_or_not_at_all(name: str, value: object, held: str | None) -> None:
    assert canonical(PROPERTIES[name], value) == held


def test_a_pattern_takes_time_in_proportion_whatever_it_is() -> None:
    """A backtracking engine would need 2^60 steps here."""
    wanted = read_schema(of({"type": "string", "pattern": "^(a|a)*(a|aa)+$"})).properties[0]
    assert canonical(wanted, "a" * 60 + "b") is None


_WORDS = ["type", "items", "properties", "a", "enum", "$ref", "anyOf", "required", "format", "$defs", "pattern"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(_JSON, _JSON)
@settings(max_examples=25, deadline=None)
def test_no_json_makes_it_raise_anything_else(one: Any, other: Any) -> None:
    for schema in (one, of(one, other), of(one, **{"$defs": other})):
        try:
            check_schema(schema)
        except PermanentError as error:
            assert error.code == "schema_invalid"


def test_what_a_schema_requires_and_is_not_found_is_told() -> None:
    party = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    schema = of({"type": "string"}, {"type": "array", "items": party}, party, required=["a", "b"])
    field = {"value": "x"}
    assert missing_fields("generic", {}) == []
    assert missing_fields(schema, {"a": field, "b": [{"name": field}], "c": {"name": field}}) == []
    (warning,) = missing_fields(schema, {"b": [{"name": field}, {"other": field}]})
    assert warning["code"] == "field_missing" and warning["page"] is None
    assert warning["detail"] == {"fields": ["a", "b.name"]} and "a, b.name" in warning["message"]
