"""Mentions put together: who employed the person as what and when, where they studied what.

A sentence is walked from left to right with its organisations and times held until a title or the sentence's end.
What belongs to no appointment and no study is kept apart: ranks and memberships, organisations named in passing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.extract.fields.dates import Period, find_periods
from pipeline.extract.fields.han.tagger import Mention
from pipeline.extract.fields.text import Field, Text

Record = dict[str, Field]

_SENTENCE_END = re.compile(r"[。\n]")
_APPOINTED = re.compile(r"任(?!期|务|职资格)|担任|聘|当选|选为|升|从事|现为|历任|职务")
_NOW = re.compile(r"现任|目前任|现在任|现为|现担任|现兼任|现就职|现是|目前担任|现并?任|现同时")
_PAST = re.compile(r"曾|历任|先后")
_STUDY = re.compile(r"毕业|就读|学习|进修|深造|攻读|考入|学历|学位|修读|获|取得|结业|肄业|在读")
_PLACED = re.compile(
    r"(?:在|于|加入|加盟|进入|入职|任职于?|就职于?|供职于?|服务于|工作于|分配[到至在]|调[入到至]|到|至|创[办立]|创建|赴|曾任|历任|现任|[先曾]后任)\s*$"
)
_JOINED = re.compile(r"\s*(?:[、/]|和|与|及|以及|兼|并|暨)\s*")
_CLOSE = re.compile(
    r"\s*(?:[、/,:;]|和|与|及|以及|兼|并|暨|等|的|之|原|时任|先后|历任|现任|曾任|担任|任|为|职务|至今|同时|还|又|也|工作|期间|,|\(|\)|\"|“|”|《|》)*\s*"
)
_NO_PERIOD = re.compile(r"\s*(?:日|号)?(?:出生|生(?!产|态|物)|参加工作|入党|参军|退休)")
_GRADUATED = re.compile(r"\s*(?:毕业(?!后)|获|取得)")
_BARE = {"major": re.compile(r"专业$"), "degree": re.compile(r"(?:学历|学位|文化程度|文化|毕业|学力)+$")}
_GAINED = re.compile(r"获|取得|授予|,")
_MAX_GAP = 16  # characters between an employer and the title held there


@dataclass(slots=True)
class Told:
    """What a profile tells; records in the order of the text."""

    work: list[Record] = field(default_factory=list)
    education: list[Record] = field(default_factory=list)
    titles: list[Field] = field(default_factory=list)
    organizations: list[Field] = field(default_factory=list)


@dataclass(slots=True)
class _Sentence:
    """What is held while a sentence is walked."""

    employers: list[Mention] = field(default_factory=list)  # of the titles that follow
    waiting: list[Mention] = field(default_factory=list)  # organisations without a title so far
    study: Record = field(default_factory=dict)
    appointed: bool = False


def tell(text: Text, mentions: list[Mention], told: Told) -> None:
    """Adds what a paragraph tells.

    Args:
        text: of the paragraph.
        mentions: in it, in order.
        told: is added to.
    """
    reads = text.text
    periods = [p for p in find_periods(reads) if p.first and not _NO_PERIOD.match(reads, p.end)]
    begin = 0
    for end in [*(found.end() for found in _SENTENCE_END.finditer(reads)), len(reads)]:
        inside = [m for m in mentions if begin <= m.start < end]
        if inside:
            _Walk(text, [p for p in periods if begin <= p.start < end], begin, end, told).sentence(inside)
        begin = end


@dataclass(slots=True)
class _Walk:
    """One sentence."""

    text: Text
    periods: list[Period]
    begin: int
    end: int
    told: Told
    employers: list[Mention] = field(default_factory=list)
    waiting: list[Mention] = field(default_factory=list)
    appointed: bool = False
    last: int = 0

    def sentence(self, mentions: list[Mention]) -> None:
        self.last = self.begin
        for i, mention in enumerate(mentions):
            gap = self.text.text[self.last : mention.start]
            self.appointed = self.appointed or bool(_APPOINTED.search(gap))
            if ";" in gap:
                self._flush()
            if mention.kind == "organisation":
                self._organisation(mention, gap, mentions[i + 1 : i + 3])
            elif mention.kind == "title":
                self._title(mention, gap)
            elif mention.kind in ("degree", "major"):
                self._study(mention.kind, mention, gap)
            self.last = mention.end
        self._flush()

    def _organisation(self, mention: Mention, gap: str, following: list[Mention]) -> None:
        if mention.school or self._studied_at(mention, following):
            self._flush()
            self._study("school", mention, gap)
            return
        if self.waiting and not _JOINED.fullmatch(gap):
            self._flush()
        self.waiting.append(mention)

    def _studied_at(self, mention: Mention, following: list[Mention]) -> bool:
        """A school with a subject or degree behind it, or with the words of study around it."""
        reads = self.text.text
        if following and following[0].kind in ("major", "degree") and following[0].start - mention.end <= 2:
            return True
        before = reads[max(self.begin, mention.start - 6) : mention.start]
        after = reads[mention.end : mention.end + 6]
        return bool(
            re.search(r"毕业于|就读[于在]?$|考入$|结业于|深造", before)
            or re.match(r"[^,。;任]{0,4}(?:毕业|学习|进修|就读|深造|攻读)", after)
        )

    def _title(self, mention: Mention, gap: str) -> None:
        field_ = self.text.field(mention.start, mention.end, "prose", mention.confidence)
        if self.waiting and len(gap) <= _MAX_GAP:
            self.employers, self.waiting = self.waiting, []
        elif self.waiting:
            self._flush()
        elif self.employers and not _CLOSE.fullmatch(gap) and not self.appointed:
            self.employers = []
        time = self._time(mention.start)
        if not self.employers:
            if self.appointed:
                self.told.work.append({"title": field_, **time})
            else:
                self.told.titles.append(field_)
            return
        for employer in self.employers:
            self.told.work.append({"employer": self._field(employer), "title": field_, **time})

    def _flush(self) -> None:
        """Organisations that no title follows: places of work if the words before say so."""
        if not self.waiting:
            return
        first = self.waiting[0].start
        placed = _PLACED.search(self.text.text[max(self.begin, first - 6) : first])
        for mention in self.waiting:
            if placed:
                self.told.work.append({"employer": self._field(mention), **self._time(mention.start)})
            else:
                self.told.organizations.append(self._field(mention))
        self.waiting = []

    def _study(self, name: str, mention: Mention, gap: str) -> None:
        value = self._field(mention)
        bare = _BARE[name].sub("", value["value"]) if name in _BARE else ""
        value["value"] = bare if len(bare) > 1 else value["value"]
        records = self.told.education
        current = records[-1] if records else None
        if (
            current is None
            or name in current
            or (name == "school" and current)
            or (name == "major" and "degree" in current)
        ):
            current = {}
            records.append(current)
        current[name] = value
        if name == "degree" and "school" not in current and len(records) > 1 and _GAINED.search(self._before(mention)):
            self._of_school(records[-2], value)
        period = self._period(mention.start, study=True)
        if period and period.first and name == "school":
            if period.last:
                current["start"] = self._date(period.first)
                current["end"] = self._date(period.last)
            elif re.search(r"毕业|获|取得", self.text.text[period.end : mention.end + 30]):
                current["end"] = self._date(period.first)

    def _of_school(self, record: Record, degree: Field) -> None:
        # As in "…大学财务管理专业,获管理学学士学位".
        if "school" in record and "degree" not in record:
            record["degree"] = degree

    def _before(self, mention: Mention) -> str:
        return self.text.text[max(self.begin, mention.start - 20) : mention.start]

    def _field(self, mention: Mention) -> Field:
        return self.text.field(mention.start, mention.end, "prose", mention.confidence)

    def _date(self, found: object) -> Field:
        return self.text.field(found.start, found.end, "prose", 0.85, found.value)  # type: ignore[attr-defined]

    def _period(self, at: int, study: bool = False) -> Period | None:
        before = [p for p in self.periods if p.start <= at and (study or not _GRADUATED.match(self.text.text, p.end))]
        return before[-1] if before else None

    def _time(self, at: int) -> Record:
        """The period that governs a place in the sentence, or that it is now."""
        period = self._period(at)
        since = period.end if period else self.begin
        between = self.text.text[since:at]
        now = next(iter(reversed([*_NOW.finditer(between)])), None)
        past = [found.start() for found in _PAST.finditer(between)]
        if now is not None and (not past or past[-1] < now.start()):
            fresh = period is not None and now.start() <= 4 and period.last is None
            fields: Record = {"start": self._date(period.first)} if fresh and period and period.first else {}
            fields["end"] = self.text.field(since + now.start(), since + now.end(), "prose", 0.8, "present")
            return fields
        if period is None:
            return {}
        if past and past[-1] > 6 and period.last is None:
            return {}  # "1990年加入A公司, ..., 曾任B公司经理": the year is not of what comes after
        fields = {}
        if period.first:
            fields["start"] = self._date(period.first)
        if period.last:
            fields["end"] = self._date(period.last)
        return fields
