"""Schools, degrees and majors of English entries, told by all entries of a section together.

A degree says what it is. A school mostly does ("University", "Institute"); where it does not, it is the cell that
stands where the other entries have theirs, or the one that is left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.extract.fields.heads import Cell, head_cells
from pipeline.extract.fields.lexicon import DEGREE, ENGLISH_SCHOOL, FIELD_OF_STUDY
from pipeline.extract.fields.places import place_score, region_of
from pipeline.extract.fields.text import Field, Span, Text

Record = dict[str, Field]
_MORE_SCHOOLS = re.compile(
    r"\b(?:Universi\w+|Coll[eè]ge|[ÉE]cole|Escuela|Escola|Scuola|Instituto?|Institut|Istituto|Politecnico|Polit[eé]cnica"
    r"|Polytechni\w+|Facult\w+|Akademi\w*|Academi\w+|Hoch?schule|Fachhochschule|Schule|Lyceum|Liceo|Liceu|Seminar\w*"
    r"|Conservator\w+|Bootcamp|Tech|State|Madrasa\w*|UC [A-Z]\w+|SUNY|CUNY|Sorbonne|Sciences Po|Le Cordon Bleu)\b"
    r"|^(?:[A-Z]{3,6})$|\bHigh$"
)
_FACULTY = re.compile(r"^(?:School|Department|Dept\.?|Faculty|College|Division|Graduate School|Institute) (?:of|for)\b")
_NOTE = re.compile(
    r"^(?:(?:cumulative |major |overall )?C?GPA|grades?|thesis|dissertation|advis[eo]rs?|supervis(?:or|ed)|relevant"
    r"|course ?work|courses|modules|honou?rs|dean'?s list|graduated|with (?:honou?rs|distinction)|(?:summa|magna)? ?cum"
    r" laude|first[- ]class|second[- ]class|upper second|distinction|awards?|scholarships?|activities|societies|minors?"
    r"|class of|rank(?:ed)?|percentage|score|ects|credits|valedictorian|exchange|concentration|focus|emphasis"
    r"|specialization|recipient|member|president|captain|study abroad|final)\b|\d\.\d|\b[A-Za-z]+ed\b.*\b(?:by|with)\b",
    re.I,
)
_MINOR = re.compile(r"\s*[,;(&]?\s*(?:and\s|with\s(?:a\s)?)?(?:double )?minor\b.*", re.I)
_LINK = re.compile(
    r"\s*(?:,\s*)?(?:\((?:Hons|Honours|with Honours|Honors)\.?\)\s*)?(?:degree\s|Degree\s)?(?:in|of|,|:|–|-|•|·)\s+"
    r"|\s*\(\s*|\s+", re.I
)  # fmt: skip
_MAJOR_END = re.compile(
    r",|\(|\)|;|\s(?:with|at|from|summa|magna|cum)\s|\sGPA|\s[-–—|]\s|\s&\s?$|\sHonours|\sHons", re.I
)
_SCHOOL_LINK = re.compile(r"\s*(?:,\s|(?<=[a-z]{3})\.\s|\sat\s|\sfrom\s|\s@\s)\s*")
_IN = re.compile(r"in\s+(?=[A-Z])")
_OTHER_DEGREE = re.compile(r"\s*(?:/|&|and|\+|,)\s*")
_MAX_MAJOR = 70


@dataclass
class _Parts:
    """What an entry was found to hold: spans with how they were found and how surely."""

    found: dict[str, tuple[Span, str, float]] = field(default_factory=dict)
    left: list[tuple[Cell, Span]] = field(default_factory=list)  # nobody's, in order
    school_cell: int | None = None  # index of the cell that the school stands in


def read_studies(entries: Sequence[Sequence[Text]]) -> list[Record]:
    """`school`, `degree` and `major` of each entry, as far as they can be told.

    Args:
        entries: the naming rows of each entry, dates blanked.
    """
    all_cells = [head_cells(heads)[:8] for heads in entries]
    parts = [_read(cells) for cells in all_cells]
    usual = Counter(one.school_cell for one in parts if one.school_cell is not None).most_common(1)
    for cells, one in zip(all_cells, parts, strict=True):
        _fill(one, cells, usual[0][0] if usual else None)
    return [
        {
            name: span.field(method, confidence)
            for name in ("school", "degree", "major")
            if name in one.found
            for span, method, confidence in [one.found[name]]
        }
        for one in parts
    ]


def _read(cells: Sequence[Cell]) -> _Parts:
    parts = _Parts()
    for number, cell in enumerate(cells):
        if _NOTE.search(cell.reads) and not _names_school(cell.reads) and not DEGREE.match(cell.reads):
            continue
        for piece in _pieces(cell):
            of_place = place_score(piece.reads) >= 0.85 or region_of(piece.reads)
            if of_place and not DEGREE.fullmatch(piece.reads):
                continue
            if not piece.reads or (_NOTE.match(piece.reads) and not _names_school(piece.reads)):
                continue
            if _take_degree(piece, parts):
                continue
            if _names_school(piece.reads) and "school" not in parts.found:
                parts.found["school"] = piece, "dictionary", 0.93
                parts.school_cell = number
            elif not _FACULTY.match(piece.reads):
                lead = _IN.match(piece.reads)  # "in Data Science": a degree was left out before it
                parts.left.append((cell, piece.part(lead.end()) if lead else piece))
    return parts


def _pieces(cell: Cell) -> list[Span]:
    """The cell parted where a school stands beside something else; a comma inside a school's name stays."""
    span = cell.span
    if cell.seam:
        return [_bare(span.part(0, cell.seam)), _bare(span.part(cell.seam))]
    if not _SCHOOL_LINK.search(span.reads):
        return [span]
    pieces = span.split(_SCHOOL_LINK)
    schools = [piece for piece in pieces if _names_school(piece.reads) and not _FACULTY.match(piece.reads)]
    if not schools:
        return _joined_majors(pieces, span)
    joined: list[Span] = []
    for piece in pieces:
        # "University of California, Berkeley": a bare name of a place behind a school is of it.
        if joined and joined[-1] is schools[0] and _is_campus(piece):
            joined[-1] = schools[0] = Span(span.text, joined[-1].start, piece.end)
        else:
            joined.append(piece)
    return joined


def _joined_majors(pieces: list[Span], span: Span) -> list[Span]:
    """Without a school in the cell the commas may be those of a list: "BA, History, Politics and Law"."""
    if len(pieces) > 1 and DEGREE.match(pieces[0].reads):
        return [pieces[0], *pieces[1:]] if DEGREE.fullmatch(pieces[0].reads) else [span]
    return pieces


def _is_campus(piece: Span) -> bool:
    reads = piece.reads
    return bool(re.fullmatch(r"[A-Z][a-z]+(?: [A-Z][a-z]+)?", reads)) and place_score(reads) >= 0.3 and not (
        FIELD_OF_STUDY.search(reads) or DEGREE.search(reads)
    )  # fmt: skip


def _names_school(text: str) -> bool:
    return bool(ENGLISH_SCHOOL.search(text) or _MORE_SCHOOLS.search(text)) and not re.fullmatch(
        r"(?:High|Secondary|Middle) School(?: Diploma)?|MIT License|State|Tech", text
    )


def _bare(span: Span) -> Span:
    reads = span.reads
    return span.part(len(reads) - len(reads.lstrip(" ,;:|–-")), len(reads.rstrip(" ,;:|–-")))


def _take_degree(piece: Span, parts: _Parts) -> bool:
    """Degree and major of a piece that opens with a degree, or that names one before a school."""
    reads = piece.reads
    found = DEGREE.match(reads) or (None if _names_school(reads) else DEGREE.search(reads))
    if found is None or found.start() > 40:
        return False
    if "degree" in parts.found:
        if found.start() == 0 and "major" not in parts.found:
            _take_major(piece, found.end(), parts)
        return found.start() == 0
    end = found.end()
    dot = reads[end : end + 1] == "." and "." in found.group()
    parts.found["degree"] = piece.part(found.start(), end + dot), "dictionary", 0.93
    if found.start() > 2:  # "Computer Science, BSc" in one piece: "Computer Science BSc", "Economics (BA)"
        before = _bare(piece.part(0, len(reads[: found.start()].rstrip(" ("))))
        if before.reads and "major" not in parts.found and FIELD_OF_STUDY.search(before.reads):
            parts.found["major"] = before, "pattern", 0.85
            return True
    _take_major(piece, end + dot, parts)
    return True


def _take_major(piece: Span, at: int, parts: _Parts) -> None:
    """What follows the degree: "in Computer Science", ", Physics", or the bare subject."""
    reads = piece.reads
    more = _OTHER_DEGREE.match(reads, at)
    second = DEGREE.match(reads, more.end()) if more else None
    if second:  # "BA/MA", "MSc and PhD in Physics"
        at = second.end()
    link = _LINK.match(reads, at)
    if link is None:
        return
    ended = _MAJOR_END.search(reads, link.end())
    end = ended.start() if ended else len(reads)
    subject = _bare(piece.part(link.end(), end))
    minor = _MINOR.search(subject.reads)
    if minor and minor.start():
        subject = _bare(subject.part(0, minor.start()))
    text = subject.reads
    school = re.search(r"\s(?:at|from)\s|,\s", text)
    if not 2 < len(text) <= _MAX_MAJOR or not text[0].isupper() or "major" in parts.found or school:
        return
    if _names_school(text) and not FIELD_OF_STUDY.search(text):
        if "school" not in parts.found:
            parts.found["school"] = subject, "dictionary", 0.88
        return
    if any(map(str.isdigit, text)) or _NOTE.match(text):
        return
    said = bool(re.search(r"in|of|:", link.group()))
    parts.found["major"] = subject, "pattern", 0.93 if said or FIELD_OF_STUDY.search(text) else 0.8


def _fill(parts: _Parts, cells: Sequence[Cell], usual: int | None) -> None:
    """School and major from what is left: by where others have them, by the subject's ending, by order."""
    left = [(cell, piece) for cell, piece in parts.left if 2 < len(piece.reads) <= 80 and piece.reads[0].isalnum()]
    if "school" not in parts.found and left:
        at_usual = [one for one in left if usual is not None and usual < len(cells) and one[0] is cells[usual]]
        no_subject = [one for one in left if not FIELD_OF_STUDY.search(one[1].reads)]
        chosen = next(iter([*at_usual, *no_subject, *left]))
        if "degree" in parts.found or at_usual or len(left) > 1 or "major" in parts.found:
            parts.found["school"] = chosen[1], "position", 0.82 if chosen in at_usual and chosen in no_subject else 0.72
            left.remove(chosen)
    if "major" not in parts.found:
        subjects = [piece for _, piece in left if FIELD_OF_STUDY.search(piece.reads)]
        if subjects:
            parts.found["major"] = subjects[0], "dictionary", 0.85
        elif left and "degree" in parts.found and left[0][1].reads[0].isupper() and len(left[0][1].reads) <= _MAX_MAJOR:
            parts.found["major"] = left[0][1], "position", 0.68
