"""The built-in schemas as a model is told them; the names and kinds are those of `fields.columns`."""

from __future__ import annotations

from functools import cache
from typing import Any

from pipeline.extract.fields.schema import UserSchema, read_schema


def _text(description: str = "") -> dict[str, Any]:
    return {"type": "string", "description": description}


def _date(description: str) -> dict[str, Any]:
    return {"type": "string", "format": "date", "description": description}


def _list(items: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": items, "description": description}


def _record(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_SCHEMAS: dict[str, dict[str, Any]] = {
    # A detector tells the language, which stands on no page; amounts have a form of their own (currency, decimal).
    "generic": {
        "title": "Any document",
        "type": "object",
        "properties": {
            "title": _text("Title of the document"),
            "dates": _list(_date(""), "Dates that the document speaks of"),
            "emails": _list(_text(), "E-mail addresses"),
            "phones": _list(_text(), "Telephone numbers"),
        },
    },
    "resume": {
        "title": "Resume, or profile of a person",
        "type": "object",
        "properties": {
            "name": _text("Full name of the person"),
            "phone": _text("Telephone number of the person"),
            "email": _text("E-mail address of the person"),
            "gender": _text("Sex or gender"),
            "birth_date": _date("Date, month or year of birth"),
            "ethnicity": _text("Ethnic group, such as 汉族"),
            "nationality": _text("Nationality"),
            "native_place": _text("Native place (籍贯)"),
            "location": _text("Where the person lives"),
            "years": {
                "type": "integer",
                "description": "Whole years of work experience, where the document tells them",
            },
            "education": _list(
                _record(
                    school=_text("School or university"),
                    degree=_text("Degree"),
                    major=_text("Subject"),
                    start=_date("Begin"),
                    end=_date("End"),
                ),
                "Every education entry",
            ),
            "work": _list(
                _record(
                    employer=_text("Company or institution"),
                    title=_text("Position"),
                    start=_date("Begin"),
                    end=_date("End"),
                ),
                "Every job, in the order of the document",
            ),
            "titles": _list(_text(), "Ranks and memberships beside an employment"),
            "organizations": _list(_text(), "Other organizations that are named"),
            "skills": _list(_text(), "Skills, one each"),
            "languages": _list(_text(), "Languages that the person speaks"),
        },
    },
}


@cache
def built_in(name: str) -> UserSchema:
    """A built-in schema, by its name."""
    return read_schema(_SCHEMAS[name])
