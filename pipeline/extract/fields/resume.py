"""Fields of a resume: labels first, then sections, then sentences; what is not there is left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from pipeline.extract.document import Document
from pipeline.extract.fields.asides import lift_asides
from pipeline.extract.fields.contacts import find_emails, find_own_phone, find_phones
from pipeline.extract.fields.education import labelled_education, read_education
from pipeline.extract.fields.han.particulars import labelled_particulars, standing_particulars
from pipeline.extract.fields.han.profile import read_profile
from pipeline.extract.fields.labels import labelled
from pipeline.extract.fields.names import find_name
from pipeline.extract.fields.person import find_birth, find_gender, labelled_person, prose_person
from pipeline.extract.fields.rows import Row, resume_rows
from pipeline.extract.fields.sections import Section, cut_sections
from pipeline.extract.fields.skills import find_languages, read_skills, split_skills
from pipeline.extract.fields.text import Field, Span, Text, joined, line_text, paragraphs
from pipeline.extract.fields.whereabouts import country_of, find_location
from pipeline.extract.fields.work import read_work
from pipeline.extract.fields.years import years_of_work

Record = dict[str, Field]
_MAX_PERSON_ROWS = 60  # labels of the person stand near the top


def resume_fields(document: Document, today: date | None = None) -> dict[str, object]:
    """All resume fields.

    Args:
        document: of one person.
        today: what "present" means where years are counted.
    """
    rows = lift_asides(resume_rows(document))
    sections = cut_sections(rows)
    running = [
        line_text(line, block.page_number)
        for page in document.pages[:1] for block in page.blocks if block.running for line in block.lines
    ]  # fmt: skip
    told = paragraphs(document.text_blocks)
    fields: dict[str, object] = {}
    near = [row.text for row in _person_rows(sections)]
    email = next((field for text in near + running + told for field in find_emails(text)), None)
    fields.update(_person(sections, rows, told, email["value"] if email else ""))
    for name, field in labelled_particulars(labelled(near)).items():
        fields.setdefault(name, field)
    location = find_location(_person_rows(sections), _value(fields, "name"))
    if location:
        fields.setdefault("location", location)
    for name, field in standing_particulars(near).items():
        fields.setdefault(name, field)
    phone = find_own_phone(near + running, country_of(_value(fields, "location"))) or next(
        (field for text in told for field in find_phones(text)), None
    )
    if phone:
        fields["phone"] = phone
    if email:
        fields["email"] = email
    has_work = any(section.kind == "work" for section in sections)
    has_education = any(section.kind == "education" for section in sections)
    labels = labelled(row.text for row in _person_rows(sections))
    education = [
        record for section in sections if section.kind == "education" for record in read_education(section.rows)
    ]
    if not education:
        label_record = labelled_education(labels)
        education = [label_record] if label_record else []
    work = [record for section in sections if section.kind == "work" for record in read_work(section.rows)]
    prose, person = read_profile(told if not has_work and not has_education else _told_in(sections, work, education))
    for name, field in person.items():
        fields.setdefault(name, field)
    fields["education"] = education or prose.education
    fields["work"] = work or prose.work
    years = years_of_work(work or prose.work, [row.text for row in rows], today)
    if years:
        fields["years"] = years
    fields |= {"titles": prose.titles} if prose.titles else {}
    fields |= {"organizations": prose.organizations} if prose.organizations else {}
    fields["skills"], fields["languages"] = _skills(sections, labels)
    order = (
        "name", "phone", "email", "gender", "birth_date", "ethnicity", "nationality", "native_place",
        "location", "years", "education", "work", "titles", "organizations", "skills", "languages",
    )  # fmt: skip
    return {name: fields[name] for name in order if name in fields}


def _told_in(sections: list[Section], work: list[Record], education: list[Record]) -> list[Text]:
    """The paragraphs of sections whose entries are sentences."""
    kinds = {kind for kind, records in (("work", work), ("education", education)) if not records}
    rows = [row for section in sections if section.kind in kinds for row in section.rows]
    return [joined([row.text for row in group]) for _, group in groupby(rows, key=lambda row: row.paragraph)]


def _value(fields: dict[str, object], name: str) -> str:
    field = fields.get(name)
    return str(field["value"]) if isinstance(field, dict) else ""


def _person_rows(sections: list[Section]) -> list[Row]:
    """Rows that may tell of the person: the head, and sections of personal data or of nothing known."""
    return [row for section in sections if section.kind in ("head", "person") for row in section.rows][
        :_MAX_PERSON_ROWS
    ]


def _person(sections: list[Section], rows: list[Row], told: list[Text], email: str) -> dict[str, Field]:
    near = _person_rows(sections)
    found = labelled_person(labelled(row.text for row in near))
    for name, told_field in prose_person(told):
        found.setdefault(name, told_field)
    head = [row for row in rows if row.page_number == rows[0].page_number] if rows else []
    if "name" not in found and head:
        name_field = find_name(head, email)
        if name_field:
            found["name"] = name_field
    gender = None if "gender" in found else find_gender([row.text for row in near])
    if gender:
        found["gender"] = gender
    if "birth_date" not in found:
        birth = next((field for text in told[:40] if (field := find_birth(text))), None)
        if birth:
            found["birth_date"] = birth
    return found


def _skills(sections: list[Section], labels: list[tuple[str, Span]]) -> tuple[list[Field], list[Field]]:
    skills: list[Field] = []
    languages: list[Field] = []
    for section in sections:
        if section.kind == "skills":
            more, spoken = read_skills(section.rows)
            skills += more
            languages += spoken
        elif section.kind == "languages":
            languages += find_languages(row.text for row in section.rows)
    for kind, value in labels:
        if kind == "languages":
            languages += find_languages([value.text.within(value.start, value.end)], 0.93)
        elif kind == "skills":
            skills += split_skills(value, "label", 0.85)
    return _unique(skills), _unique(languages)


def _unique(fields: Iterable[Field]) -> list[Field]:
    by_value: dict[str, Field] = {}
    for field in fields:
        by_value.setdefault(field["value"].casefold(), field)
    return list(by_value.values())
