"""Ten resumes that tests draw themselves: invented people, five layouts, each in English and in Chinese.

Born digital, A4, one page; Latin type in Helvetica, Chinese in the font that PyMuPDF brings, embedded as subsets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pymupdf

from tests import resume_texts as texts
from tests.resume_texts import Person

_WIDTH, _HEIGHT = 595.0, 842.0
_LEFT, _RIGHT = 56.0, 539.0
_BLUE, _GREY, _PALE = (0.12, 0.29, 0.49), (0.35, 0.35, 0.38), (0.91, 0.94, 0.97)
_BLACK = (0.0, 0.0, 0.0)
_RUNS = re.compile(r"[ -~\u00a0-\u024f–—’•]+|[^ -~\u00a0-\u024f–—’•]+")

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Resume:
    """A drawn resume.

    Attributes:
        expected: values by field name, records as dicts, in the order in which the page tells them.
    """

    name: str
    language: str
    layout: str
    pdf: bytes
    expected: dict[str, Any]


@dataclass
class Sheet:
    """A page and the height at which the next line goes."""

    page: pymupdf.Page
    y: float = 60.0
    fonts: dict[str, pymupdf.Font] = field(
        default_factory=lambda: {name: pymupdf.Font(name) for name in ("helv", "hebo", "china-s")}
    )

    def width(self, text: str, size: float, bold: bool = False) -> float:
        return sum(font.text_length(run, size) for run, font in self._runs(text, bold))

    def put(self, x: float, y: float, text: str, size: float = 10, bold: bool = False, colour: Colour = _BLACK) -> None:
        """One line of text from x on, its foot at y."""
        writer = pymupdf.TextWriter(self.page.rect, color=colour)
        for run, font in self._runs(text, bold):
            writer.append((x, y), run, font=font, fontsize=size)
            x += font.text_length(run, size)
        writer.write_text(self.page)

    def right(self, x: float, y: float, text: str, size: float = 10, colour: Colour = _GREY) -> None:
        self.put(x - self.width(text, size), y, text, size, colour=colour)

    def centre(self, y: float, text: str, size: float, bold: bool = False, colour: Colour = _BLACK) -> None:
        self.put((_WIDTH - self.width(text, size, bold)) / 2, y, text, size, bold, colour)

    def rule(self, x0: float, x1: float, y: float, colour: Colour = _BLUE, width: float = 0.8) -> None:
        self.page.draw_line((x0, y), (x1, y), color=colour, width=width)

    def cell(self, box: tuple[float, float, float, float], text: str, fill: Colour | None = None) -> None:
        """A ruled box with a line of text in it."""
        self.page.draw_rect(pymupdf.Rect(box), color=_GREY, fill=fill, width=0.6)
        self.put(box[0] + 5, (box[1] + box[3]) / 2 + 3.5, text, 9.5)

    def down(self, by: float) -> float:
        self.y += by
        return self.y

    def _runs(self, text: str, bold: bool) -> list[tuple[str, pymupdf.Font]]:
        latin = self.fonts["hebo" if bold else "helv"]
        return [
            (run, latin if run[0] < "\u0250" or run[0] in "–—’•" else self.fonts["china-s"])
            for run in _RUNS.findall(text)
        ]


def _heading(sheet: Sheet, text: str, x0: float = _LEFT, x1: float = _RIGHT) -> None:
    sheet.put(x0, sheet.down(26), text, 13, True, _BLUE)
    sheet.rule(x0, x1, sheet.y + 4)
    sheet.down(5)


def _bullets(sheet: Sheet, points: Sequence[str], x: float = _LEFT + 8) -> None:
    for point in points:
        sheet.put(x, sheet.down(14.5), f"• {point}")


def _skills(sheet: Sheet, person: Person, x: float = _LEFT) -> None:
    mark, comma = ("：", "、") if person.chinese else (": ", ", ")
    for label, items in person.skills:
        sheet.put(x, sheet.down(16), f"{label}{mark}{comma.join(items)}")


def _languages(sheet: Sheet, person: Person) -> None:
    comma = "，" if person.chinese else ", "
    sheet.put(_LEFT, sheet.down(16), comma.join(f"{name}{level}" for name, level in person.languages))


def _plain(sheet: Sheet, person: Person) -> None:
    """One column, all flush left, dates at the right."""
    words = person.words
    sheet.put(_LEFT, sheet.down(10), person.name, 22, True)
    sheet.put(_LEFT, sheet.down(20), f"{words.phone}{person.phone}    {words.email}{person.email}")
    sheet.put(_LEFT, sheet.down(15), f"{words.gender}{person.gender}    {words.birth}{person.birth}")
    _heading(sheet, words.education)
    for study in person.education:
        line = (
            f"{study.school}  {study.major}  {study.degree}"
            if person.chinese
            else f"{study.degree} in {study.major}, {study.school}"
        )
        sheet.put(_LEFT, sheet.down(17), line)
        sheet.right(_RIGHT, sheet.y, study.period)
    _heading(sheet, words.work)
    for job in person.work:
        line = f"{job.employer}  {job.title}" if person.chinese else f"{job.title}, {job.employer}"
        sheet.put(_LEFT, sheet.down(18), line, bold=True)
        sheet.right(_RIGHT, sheet.y, job.period)
        _bullets(sheet, job.points)
    _heading(sheet, words.skills)
    _skills(sheet, person)
    _heading(sheet, words.languages)
    _languages(sheet, person)


def _centred(sheet: Sheet, person: Person) -> None:
    """The name in the middle, entries of two lines."""
    words = person.words
    sheet.centre(sheet.down(14), person.name, 24, True, _BLUE)
    sheet.centre(sheet.down(20), f"{person.place} | {person.phone} | {person.email}", 10, colour=_GREY)
    sheet.rule(_LEFT, _RIGHT, sheet.down(10))
    _heading(sheet, words.work)
    for job in person.work:
        sheet.put(_LEFT, sheet.down(19), job.employer, 11, True)
        sheet.right(_RIGHT, sheet.y, job.period)
        sheet.put(_LEFT, sheet.down(15), job.title, colour=_GREY)
        _bullets(sheet, job.points)
    _heading(sheet, words.education)
    for study in person.education:
        sheet.put(_LEFT, sheet.down(19), study.school, 11, True)
        sheet.right(_RIGHT, sheet.y, study.period)
        sheet.put(_LEFT, sheet.down(15), study.subject, colour=_GREY)
    _heading(sheet, words.skills)
    _skills(sheet, person)
    _heading(sheet, words.languages)
    _languages(sheet, person)


def _sidebar(sheet: Sheet, person: Person) -> None:
    """A coloured column with contacts, skills and languages beside the career."""
    words = person.words
    sheet.page.draw_rect(pymupdf.Rect(0, 0, 190, _HEIGHT), color=None, fill=_PALE)
    sheet.put(24, sheet.down(10), person.name, 20, True, _BLUE)
    _heading(sheet, words.contact, 24, 172)
    for line in (person.phone, person.email, person.place):
        sheet.put(24, sheet.down(16), line, 9)
    _heading(sheet, words.skills, 24, 172)
    for _, items in person.skills:
        for item in items:
            sheet.put(24, sheet.down(15), f"• {item}", 9.5)
    _heading(sheet, words.languages, 24, 172)
    for name, level in person.languages:
        sheet.put(24, sheet.down(15), f"{name}{level}", 9.5)
    sheet.y = 44
    _heading(sheet, words.work, 214)
    for job in person.work:
        sheet.put(214, sheet.down(19), job.title, 11, True)
        sheet.put(214, sheet.down(15), f"{job.employer} | {job.period}", 9.5, colour=_GREY)
        _bullets(sheet, job.points, 220)
    _heading(sheet, words.education, 214)
    for study in person.education:
        sheet.put(214, sheet.down(19), study.subject, 11, True)
        sheet.put(214, sheet.down(15), f"{study.school} | {study.period}", 9.5, colour=_GREY)


def _table(sheet: Sheet, person: Person) -> None:
    """A form: ruled cells, labels at the left of their values, tables with a row of heads."""
    words = person.words
    sheet.centre(sheet.down(4), words.form, 18, True)
    sheet.down(16)
    _grid(sheet, (70, 170, 70, 173), [
        (words.cells[0], person.name, words.cells[1], person.gender),
        (words.cells[2], person.birth, words.cells[3], person.phone),
        (words.cells[4], person.email, words.cells[5], person.place),
    ], labels=(0, 2))  # fmt: skip
    for heading, heads, rows in (
        (words.education, words.cells[6:10], [(s.period, s.school, s.major, s.degree) for s in person.education]),
        (words.work, words.cells[10:13], [(j.period, j.employer, j.title) for j in person.work]),
    ):
        sheet.put(_LEFT, sheet.down(26), heading, 12, True, _BLUE)
        sheet.down(8)
        _grid(sheet, (118, 160, 105, 100) if len(heads) == 4 else (118, 195, 170), [tuple(heads), *rows], head=True)
    sheet.put(_LEFT, sheet.down(26), words.skills, 12, True, _BLUE)
    _skills(sheet, person)
    sheet.put(_LEFT, sheet.down(26), words.languages, 12, True, _BLUE)
    _languages(sheet, person)


def _grid(
    sheet: Sheet, widths: Sequence[float], rows: Sequence[Sequence[str]], labels: Sequence[int] = (), head: bool = False
) -> None:
    for n, row in enumerate(rows):
        x = _LEFT
        for column, (width, text) in enumerate(zip(widths, row, strict=True)):
            shaded = column in labels or (head and n == 0)
            sheet.cell((x, sheet.y, x + width, sheet.y + 22), text, _PALE if shaded else None)
            x += width
        sheet.down(22)


def _timeline(sheet: Sheet, person: Person) -> None:
    """Dates in a column at the left, what happened at the right of them."""
    words = person.words
    x = _LEFT + 118
    sheet.put(_LEFT, sheet.down(12), person.name, 22, True, _BLUE)
    sheet.put(_LEFT, sheet.down(18), f"{person.email}    {person.phone}", colour=_GREY)
    _heading(sheet, words.work)
    for job in person.work:
        sheet.put(_LEFT, sheet.down(19), job.period, 9.5, colour=_BLUE)
        sheet.put(x, sheet.y, job.employer, 10.5, True)
        sheet.put(x, sheet.down(15), job.title)
        _bullets(sheet, job.points, x)
    _heading(sheet, words.education)
    for study in person.education:
        sheet.put(_LEFT, sheet.down(19), study.period, 9.5, colour=_BLUE)
        sheet.put(x, sheet.y, study.school, 10.5, True)
        sheet.put(x, sheet.down(15), study.subject)
    _heading(sheet, words.skills)
    _skills(sheet, person)
    _heading(sheet, words.languages)
    _languages(sheet, person)


_LAYOUTS: dict[str, Callable[[Sheet, Person], None]] = {
    "plain": _plain, "centred": _centred, "sidebar": _sidebar, "table": _table, "timeline": _timeline,
}  # fmt: skip


def resumes() -> list[Resume]:
    """All ten, English first."""
    return [_drawn(person) for person in texts.PEOPLE]


def _drawn(person: Person) -> Resume:
    with pymupdf.open() as document:
        sheet = Sheet(document.new_page(width=_WIDTH, height=_HEIGHT))
        _LAYOUTS[person.layout](sheet, person)
        document.subset_fonts()
        pdf: bytes = document.tobytes(garbage=3, deflate=True, no_new_id=True)
    language = "zh-Hans" if person.chinese else "en"
    return Resume(person.slug, language, person.layout, pdf, _expected(person))


def _expected(person: Person) -> dict[str, Any]:
    expected: dict[str, Any] = {
        "name": person.name,
        "phone": re.sub(r"[^\d+]", "", person.phone),
        "email": person.email,
    }
    if person.layout in ("plain", "table"):
        expected |= {"gender": texts.GENDERS[person.gender], "birth_date": person.birth_iso}
    if person.layout in ("centred", "sidebar", "table"):
        expected["location"] = person.place
    expected["education"] = [
        {"school": s.school, "degree": s.degree, "major": s.major, "start": s.start, "end": s.end}
        for s in person.education
    ]
    expected["work"] = [{"employer": j.employer, "title": j.title, "start": j.start, "end": j.end} for j in person.work]
    expected["skills"] = [item for _, items in person.skills for item in items]
    expected["languages"] = [name for name, _ in person.languages]
    return expected
