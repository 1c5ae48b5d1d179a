"""CVs made by RenderCV: `x.pdf` beside the `x.yaml` that it was made from, whose every value is the truth.

The YAML's `cv` has a name, ways to reach the person, and sections of any name. An entry with an institution is one of
education, one with a company or a position is one of work, whatever its section is called; see RenderCV's schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from cli.evaluation.sets import TruthError

_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
_MARKS = re.compile(r"\*{1,3}|(?<!\w)_{1,2}(?=\S)|(?<=\S)_{1,2}(?!\w)|`")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-\d{1,2})?)?")
_NOW = {"present", "now", "ongoing", "current", "today"}
_MOST_BYTES = 1_000_000


def is_cv(path: Path) -> bool:
    """Whether a YAML file is a CV's, as far as a glance tells."""
    return re.search(r"^cv\s*:", path.read_text(encoding="utf-8-sig", errors="replace"), re.MULTILINE) is not None


def read_cv(path: Path) -> dict[str, Any]:
    """What stands on a CV, in the form of the fields of the schema `resume`.

    Raises:
        TruthError: the file is not of the form.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise TruthError(f"{path.name} is larger than {_MOST_BYTES} bytes.")
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TruthError(f"{path.name} is not YAML in UTF-8.") from error
    cv = value.get("cv") if isinstance(value, dict) else None
    if not isinstance(cv, dict):
        raise TruthError(f"{path.name} has no `cv`.")
    entries = list(_entries(cv.get("sections")))
    return {
        "name": _text(cv.get("name")),
        "email": _first(cv.get("email")),
        "phone": _phone(cv.get("phone")),
        "location": _text(cv.get("location")),
        "education": [_told(one, school="institution", degree="degree", major="area")
                      for one in entries if one.get("institution")],
        "work": [_told(one, employer="company", title="position")
                 for one in entries if not one.get("institution") and (one.get("company") or one.get("position"))],
    }  # fmt: skip


def _entries(sections: Any) -> Iterator[Mapping[str, Any]]:
    for section in sections.values() if isinstance(sections, dict) else ():
        for entry in section if isinstance(section, list) else ():
            if isinstance(entry, dict):
                yield entry


def _told(entry: Mapping[str, Any], **names: str) -> dict[str, str]:
    """A record: what the entry tells, by our names."""
    texts = {ours: _text(entry.get(theirs)) for ours, theirs in names.items()}
    return {name: text for name, text in {**texts, **_period(entry)}.items() if text}


def _period(entry: Mapping[str, Any]) -> dict[str, str | None]:
    """Start and end; `date` wins over both, and if it is no date (Fall 2023) it is not looked at."""
    if (alone := _date(entry.get("date"))) is not None or entry.get("date"):
        return {"end": alone}
    return {"start": _date(entry.get("start_date")), "end": _date(entry.get("end_date"))}


def _date(value: Any) -> str | None:
    """YYYY, YYYY-MM (RenderCV prints no days) or "present"; None for whatever else."""
    text = str(value if value is not None else "").strip()
    if text.casefold() in _NOW:
        return "present"
    found = _DATE.fullmatch(text)
    return None if found is None else found[1] + (f"-{int(found[2]):02d}" if found[2] else "")


def _text(value: Any) -> str | None:
    """A text without its Markdown; None where there is none."""
    text = _MARKS.sub("", _LINK.sub(r"\1", str(value))).strip() if value is not None else ""
    return text or None


def _first(value: Any) -> str | None:
    return _text(value[0] if isinstance(value, list) and value else value)


def _phone(value: Any) -> str | None:
    text = _first(value)
    return text.removeprefix("tel:") if text else None
