"""The mentions of a profile: names, organisations, titles, degrees, subjects, peoples, countries, places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.extract.fields.han.lexicon import one_of
from pipeline.extract.fields.han.lexicon.cues import APPOINTED, EMPLOYED, LISTED, PLACED, STUDIED, WORKED
from pipeline.extract.fields.han.lexicon.peoples import COUNTRIES, PEOPLES, PROVINCES
from pipeline.extract.fields.han.organisations import anaphora
from pipeline.extract.fields.han.persons import head_name, later_names
from pipeline.extract.fields.han.posts import LEAD, read_post
from pipeline.extract.fields.han.schooling import read_study
from pipeline.extract.fields.han.segments import COUNTRY, HAN, Segment, segments

Kind = Literal["name", "organisation", "title", "degree", "major", "ethnicity", "nationality", "native_place"]

_PEOPLE = re.compile(rf"{one_of(PEOPLES)}族(?:人)?|汉")
_NATION = re.compile(rf"(?:{COUNTRY}(?:国籍|籍|公民)|国籍:?{COUNTRY})")
_PLACE = re.compile(rf"(?:籍贯)?{one_of(PROVINCES)}省?[{HAN}]{{0,8}}?(?<![个法责始伙表起集荐持资候办])人")
_POLITE = re.compile("先生|女士|小姐|同志")
_PLACED = frozenset(PLACED.split())
_STUDIED = frozenset(STUDIED.split())
_TRAIL = re.compile(r"(?:(?<=[师员授律计])(?:职称|资格|称号)|职务|之职)$")
# Sentences that every prospectus has: no shares, no ties, no fines.
_SAID = re.compile(
    r"关联关系|未受过|没有受过|受到过?.{0,20}(?:处罚|处分)|处罚|惩戒|未持有|没有持有|不存在|特殊津贴|特别津贴|政府津贴"
)
_MAX_KNOWN = 80  # organisations remembered of a profile
_APPOINTED = frozenset(APPOINTED.split())
_EMPLOYED = frozenset(EMPLOYED.split())
_WORKED = frozenset(WORKED.split())
# What may name an employer although no ending tells; "香港" and "管理方面" do not.
_UNKNOWN = re.compile(
    rf"(?!(?:{one_of(PROVINCES, COUNTRIES)})[省市]?$)"
    rf"(?!.*(?:方面|领域|行业|期间|上市|多家|该|[工业].作|市$|省$|县$))[{HAN}A-Za-z()·]{{2,20}}"
)
_LISTED = frozenset(LISTED.split())


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of a paragraph that names something.

    Attributes:
        school: an organisation that the words around it make a place of study.
    """

    kind: Kind
    start: int
    end: int
    confidence: float
    school: bool = False


class Profile:
    """Tags the paragraphs of one document, remembering whom and which organisations it has named."""

    def __init__(self) -> None:
        self.name = ""
        self.organisations: frozenset[str] = frozenset()

    def tag(self, text: str) -> list[Mention]:
        """All mentions of a paragraph in order.

        Args:
            text: half-width.
        """
        found: list[Mention] = []
        start = 0
        head = head_name(text)
        if head:
            found.append(Mention("name", *head, 0.95))
            self.name = text[slice(*head)]
            start = head[1]
        names = [*later_names(text, self.name, start)]
        found += [Mention("name", a, b, 0.8) for a, b in names]
        blanked, at = [], 0
        for a, b in [(0, start), *sorted(names)]:
            b += 2 if _POLITE.match(text, b) else 0
            if b > at:
                blanked += [text[at:a], "," * (b - max(a, at))]
                at = b
        reads = "".join([*blanked, text[at:]])
        clause, said = -1, False
        for segment in segments(reads):
            if segment.clause_start != clause:
                clause = segment.clause_start
                said = bool(_SAID.search(reads, clause, segment.clause_end))
            if not said:
                found += self._read(reads, segment)
        return sorted(found, key=lambda mention: mention.start)

    def _read(self, text: str, segment: Segment) -> Iterator[Mention]:
        start, end = segment.start, segment.end
        lead = LEAD.match(text, start, end)
        if lead:
            start = lead.end()
        while start < end and text[start] == " ":
            start += 1
        reads = text[start:end]
        trail = _TRAIL.search(reads)
        if trail:
            end, reads = start + trail.start(), reads[: trail.start()]
        if len(reads) < 2 and reads != "汉":
            return
        if _PEOPLE.fullmatch(reads):
            yield Mention("ethnicity", start, end, 0.97)
            return
        if _NATION.fullmatch(reads):
            yield Mention("nationality", start, end, 0.97)
            return
        if _PLACE.fullmatch(reads) and len(reads) > 3:
            yield Mention("native_place", start, end, 0.9)
            return
        study = read_study(reads, segment.cue in _STUDIED)
        if study:
            for kind, (a, b) in (("organisation", study.school), ("major", study.major), ("degree", study.degree)):
                if b > a:
                    yield Mention(kind, start + a, start + b, 0.9, kind == "organisation")  # type: ignore[arg-type]
            return
        post = read_post(
            reads, segment.cue in _LISTED, segment.cue in _PLACED, segment.cue in _APPOINTED, self.organisations
        )
        a, b = post.organisation
        if b > a:
            if b - a > 3 and len(self.organisations) < _MAX_KNOWN:
                self.organisations |= {reads[a:b]}
            yield Mention("organisation", start + a, start + b, post.of_name)
        a, b = post.title
        if b > a:
            yield Mention("title", start + a, start + b, post.of_title)
        if post.organisation == post.title == (0, 0):
            pointed = anaphora(reads)
            if pointed:
                yield Mention("organisation", start, start + pointed, 0.5)
            elif _UNKNOWN.fullmatch(reads) and (
                segment.cue in _EMPLOYED or (segment.cue in _PLACED and segment.after in _WORKED)
            ):
                yield Mention("organisation", start, end, 0.65)
