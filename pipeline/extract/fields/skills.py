"""Skills as the resume lists them, and languages of people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pipeline.extract.fields.lexicon import LANGUAGES
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.text import Field, Span, Text, joined, whole
from pipeline.extract.join import han_count
from pipeline.extract.markers import list_marker

_ITEM = re.compile(
    r"[,;、。|·•\t]+(?![^()]*\))|\s/\s|(?<=[a-z]{4})/(?=[A-Za-z][a-z]{3})"
    r"|(?<=[\u3400-\u9fff]{2})/(?=[\u3400-\u9fff]{2})|\.\s+(?=[A-Z])|\s[–—-]\s(?=[A-Z])"
)
_SPOKEN = re.compile(r"[,;:、。|·\t/\n]|\sand\s|和|(?<=[语话文])\s|\)\s")
_LABEL = re.compile(r"^\s*[^:,;、]{1,34}:\s*")
_LEAD = re.compile(
    r"^(?:(?:熟练|能熟练|能够熟练|可熟练|可以熟练)?(?:掌握|使用|运用|操作|应用)|熟悉|精通|了解|擅长|熟知|会使用|会"
    r"|具有|具备|良好的|较强的|有|和|以及|及|与|等)+\s*"
    r"|^(?:(?:highly |very )?(?:proficient|experienced|skilled|fluent|expert|competent) (?:in|with|at)|(?:working "
    r"|good |strong |basic )?knowledge of"
    r"|familiar(?:ity)? with|experience (?:in|with|of)|(?:good|strong|excellent) (?=\w)|and |advanced (?=\w)|expert )",
    re.I,
)
_LEVEL = re.compile(
    r"\s*(?:[(:–—-]\s*)?(?:\b(?:advanced|expert|intermediate|basics?|proficient|beginner|fluent|native|good|strong"
    r"|working knowledge|\d+\+?\s?(?:years?|yrs?))|精通|熟练|熟悉|了解|掌握|良好|一般|\d+年(?:经验)?)\s*\)?$"
    r"|(?:等(?:语言|工具|技术|软件|框架|组件|系统|数据库)?|\s*etc\.?)$",
    re.I,
)
_NO_SKILL = re.compile(
    r"能够|可以|曾|从而|并且|我|他|她|\b(?:I|my|we|was|were|have|has|is|are|which|that|who)\b|^\W*$|@|https?:|^\d+$"
)
_MAX_WEIGHT = 36  # letters; a Han character counts as two
_MAX_WORDS = 5


def read_skills(rows: Sequence[Row]) -> tuple[list[Field], list[Field]]:
    """Skills of a section, and the languages among them."""
    skills: list[Field] = []
    languages: list[Field] = []
    for text in _items(rows):
        span = whole(text)
        label = _LABEL.match(span.reads)
        spoken = list(find_languages([text], 0.85)) if _speaks(span.reads, label) else []
        if spoken:
            languages += spoken
            continue
        skills += split_skills(span.part(label.end()) if label else span, "heading", 0.85)
    return skills, languages


def _speaks(reads: str, label: re.Match[str] | None) -> bool:
    """Whether an item of a skills section is about languages that people speak."""
    parts = [part for part in re.split(r"[,;、|·]", reads[label.end() :] if label else reads) if part.strip()]
    spoken = sum(bool(LANGUAGES.match(part.strip())) for part in parts)
    return bool(parts) and spoken > 0 and 2 * spoken >= len(parts)


def _items(rows: Sequence[Row]) -> Iterator[Text]:
    """The section's list items, or lines; a line that only goes on with the one before is joined to it."""
    group: list[Text] = []
    paragraph = -1
    for row in rows:
        marker = list_marker(row.reads.strip())
        goes_on = (
            group and not marker and row.paragraph == paragraph and not row.opens and not _LABEL.match(row.reads)
            and not re.search(r"[。;.]\s*$", group[-1].text)
        )  # fmt: skip
        if not goes_on and group:
            yield joined(group)
            group = []
        start = len(row.reads) - len(row.reads.lstrip())
        group.append(row.text.within(start + len(marker)) if marker else row.text)
        paragraph = row.paragraph
    if group:
        yield joined(group)


def split_skills(span: Span, method: str, confidence: float) -> Iterator[Field]:
    """The skills of a list; sentences are left out."""
    parts = span.split(_ITEM)
    for n, part in enumerate(parts):
        pair = re.fullmatch(r"([\w.+#/-]+) (?:and|&) ([\w.+#/-]+)", part.reads)
        if pair and n and n == len(parts) - 1:
            yield from (one.field(method, confidence) for one in (part.part(*pair.span(1)), part.part(*pair.span(2))))
            continue
        han_pair = re.fullmatch(r"([A-Za-z][\w.+#]*)\s*[和与及]\s*([A-Za-z][\w.+#]*)", part.part(_lead(part)).reads)
        if han_pair:
            bare = part.part(_lead(part))
            yield from (
                one.field(method, confidence) for one in (bare.part(*han_pair.span(1)), bare.part(*han_pair.span(2)))
            )
            continue
        skill = _bared(part)
        if skill is not None:
            yield skill.field(method, confidence)


def _lead(part: Span) -> int:
    found = _LEAD.match(part.reads)
    return found.end() if found else 0


def _bared(part: Span) -> Span | None:
    label = re.match(r"^[^:]{1,24}:\s*(?=\S)", part.reads)
    part = part.part(label.end()) if label and not _LEVEL.fullmatch(part.reads[label.end() - 1 :]) else part
    part = part.part(_lead(part))
    level = _LEVEL.search(part.reads)
    if level and level.start() > 0:
        part = part.part(0, level.start())
    part = part.part(0, len(part.reads.rstrip(" .:;,-")))
    reads = part.reads
    weight = len(reads) + han_count(reads)
    if weight < 1 or weight > _MAX_WEIGHT or len(reads.split()) > _MAX_WORDS or _NO_SKILL.search(reads):
        return None
    if reads.count("(") != reads.count(")"):
        return None
    return part


def find_languages(texts: Iterable[Text], confidence: float = 0.9) -> Iterator[Field]:
    """Names of languages; "英语六级" and "German (B2)" without their levels."""
    for text in texts:
        for part in whole(text).split(_SPOKEN):
            found = LANGUAGES.search(part.reads)
            if found and found.start() <= (14 if found.group().isascii() else 1):  # later it is a sentence's object
                yield part.part(*found.span()).field("dictionary", confidence)
