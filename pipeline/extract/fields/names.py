"""The person's name without a label: what looks like one in the largest type, at the top, or in the e-mail address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.extract.fields.headings import heading_kind
from pipeline.extract.fields.lexicon import HAN_NAME_SPACED
from pipeline.extract.fields.places import place_score
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.text import Field, Span, joined, whole
from pipeline.extract.fields.wording import employer_score, title_score

_TOP_ROWS = 18
_MAX_ROW = 400  # letters
_CELLS = re.compile(r"\t|\s[|·•]\s|[|/,](?=\s?[\u3400-\u9fff])")
_PARTICLES = frozenset(
    ["de", "da", "del", "della", "der", "den", "di", "do", "du", "la", "las", "le", "los", "van", "von", "zu", "zur",
     "bin", "binti", "bint", "ibn", "al", "el", "y", "e", "dos", "das", "ten", "ter", "af", "av", "ap", "o'", "ua",
     "ní", "ni", "st.", "san", "abu"]
)  # fmt: skip
_TITLES = re.compile(r"^(?:(?:Dr|Prof(?:essor)?|Mr|Mrs|Ms|Mx|Miss|Sir|Dame|Rev|Hon|Eng)\.?\s+)+", re.I)
_CREDENTIAL = (
    r"(?:Ph\.?\s?D|D\.?Phil|M\.?B\.?A|M\.?D|J\.?D|Ed\.?D|M\.?Sc|B\.?Sc|M\.?S|M\.?A|B\.?A|B\.?S|M\.?Eng|B\.?Eng|LL\.?[BM]"
    r"|Esq|C\.?P\.?A|CFA|CFP|FRM|PMP|CSM|P\.?E|P\.?Eng|R\.?N|BSN|MSN|DNP|LCSW|SHRM-CP|SHRM-SCP|PHR|SPHR|CISSP|CISA|ACCA"
    r"|FCA|ACA|CIMA|MRICS|FRCS|DDS|DVM|PharmD|RIBA|AIA|LEED AP|MPH|MPA|MFA|MEd|[A-Z]{2,5}(?:-[A-Z]{1,3})?)\.?"
)
_CREDENTIALS = re.compile(rf"\s*(?:,\s*{_CREDENTIAL}|\s+(?:Ph\.?\s?D|M\.?D|MBA|CPA|CFA|PMP|RN|Esq)\.?)(?=[,\s]|$)")
_COMMA_SUFFIX = re.compile(r",\s(?:Jr|Sr|I{2,3}|IV)\b\.?")
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV|V", re.I)
_AROUND_HAN = re.compile(
    r"(?:的?\s*个\s*人\s*简\s*[历介]|的?\s*求?\s*职?\s*简\s*历|先生|女士|小姐|\s*resume|\s*cv)", re.I
)
NO_HAN_NAME = re.compile(
    r"简历|简介|信息|资料|经历|求职|应聘|教育|工作|技能|大学|学院|公司|工程|经理|本科|硕士|博士|市$|省$|区$|专业|时间"
    r"|单位|职位|男|女|汉族"
)
NO_NAME = re.compile(
    r"\b(?:resum[eé]|résumé|curriculum|vitae|cv|profile|summary|page|updated|street|road|avenue|university"
    r"|college|school|institute|company|inc|ltd|group|engineering|science|sciences|skills?|new york|united|los"
    r"|portfolio|confidential|personal|contact|january|february|march|april|june|july|august|september|october"
    r"|november|december|objective|development|marketing|management|sales|software|senior|junior|data|design|product"
    r"|project|business|research|of|and|for|the|at|in|phone|e-?mail|mobile|address|linkedin|github|experience"
    r"|education|employment|references|languages?|work|history|about|me|my)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: Span
    score: float
    largest: bool
    known: bool
    han: bool


def find_name(rows: Sequence[Row], email: str) -> Field | None:
    """The name of the person whom the resume is about.

    Args:
        rows: of the first page, in any order.
        email: the person's address, or nothing.
    """
    top = sorted((row for row in rows if len(row.reads) <= _MAX_ROW), key=lambda row: row.box.y0)[:_TOP_ROWS]
    ranked = sorted(_candidates(top, email), key=lambda candidate: -candidate.score)
    if not ranked or ranked[0].score < 0.9:
        return None
    best = ranked[0]
    printed = best.name.text.printed[best.name.start : best.name.end]
    value = "".join(printed.split()) if best.han and not printed.isascii() else None
    rival = next((one for one in ranked[1:] if one.name.reads.casefold() != best.name.reads.casefold()), None)
    close = rival is not None and best.score - rival.score < 0.5
    confidence = 0.95 if best.largest and best.known else 0.92 if best.largest or best.known else 0.7
    return best.name.field(
        "largest_type" if best.largest else "position", min(confidence, 0.75) if close else confidence, value
    )


def _candidates(top: Sequence[Row], email: str) -> Iterator[_Candidate]:
    largest = max((row.text.size_pt(0, len(row.reads)) for row in top), default=0.0)
    smallest = min((row.size_pt for row in top), default=0.0)
    stands_out = largest > 1.15 * smallest
    user = re.sub(r"[^a-z]", "", email.partition("@")[0].casefold())
    order = -1
    for row, span in _spans(top):
        order += 1
        name, han = _name_in(span)
        if name is None:
            continue
        size = name.text.size_pt(name.start, name.end)
        big = stands_out and size > 0.93 * largest
        parts = [part for part in re.findall(r"[^\W\d_]+", name.reads.casefold()) if len(part) > 2]
        known = any(part.isascii() and part in user for part in parts)
        score = 2.0 * big + (1.0 if order == 0 else 0.5 if order < 3 else 0.0) + 1.2 * known - 0.04 * order
        if stands_out and size < 0.6 * largest:
            score -= 0.6
        if not han:
            score -= 1.6 * (title_score(name.reads) >= 1.2 and not known)
            score -= 1.0 * (employer_score(name.reads) >= 1.5)
            score -= 1.0 * (place_score(name.reads) >= 0.8)
        if row.item:
            score -= 1.0
        yield _Candidate(name, score, big, known, han)


def _spans(top: Sequence[Row]) -> Iterator[tuple[Row, Span]]:
    """Cells of rows, and names that run over two rows of the same large type before their halves."""
    for n, row in enumerate(top):
        below = next((other for other in top[n + 1 :] if other.beside == row.beside), None)
        if below is not None and _goes_on(row, below):
            yield row, whole(joined([row.text, below.text]))
        for cell in whole(row.text).split(_CELLS)[:3]:
            yield row, cell
        if "\t" in row.reads:
            yield row, whole(row.text)  # of two Han characters set far apart


def _goes_on(row: Row, below: Row) -> bool:
    gap = below.box.y0 - row.box.y1
    words = row.reads.split() + below.reads.split()
    return (
        row.size_pt > 13 and abs(row.size_pt - below.size_pt) < 0.05 * row.size_pt and -2 < gap < 0.8 * row.size_pt
        and row.beside == below.beside and len(words) <= 5 and "\t" not in row.reads
    )  # fmt: skip


def _name_in(cell: Span) -> tuple[Span | None, bool]:
    text = cell.reads
    if heading_kind(text) or any(map(str.isdigit, text)) or "@" in text:
        return None, False
    around = _AROUND_HAN.search(text)
    if around and around.start() >= 2:
        cell = cell.part(0, around.start())
        text = cell.reads
    beside = re.match(r"([\u3400-\u9fff\s]{2,7})\s*\(?[A-Za-z][A-Za-z .'-]+\)?$", text)
    han = text if not beside else beside[1].strip()
    if HAN_NAME_SPACED.fullmatch(han) and not NO_HAN_NAME.search("".join(han.split())):
        return cell.part(0, len(han)), True
    return _latin_name(cell), False


def _latin_name(cell: Span) -> Span | None:
    text = cell.reads
    start = len(text) - len(text.lstrip(" |·,\uf000"))
    title = _TITLES.match(text, start)
    start = title.end() if title else start
    suffix = _COMMA_SUFFIX.search(text, start + 3)
    credentials = _CREDENTIALS.search(text, suffix.end() if suffix else start + 3)
    end = credentials.start() if credentials else len(text.rstrip(" |·,"))
    words = text[start:end].split()
    if not 2 <= len(words) <= 6 or not 5 <= end - start <= 45 or NO_NAME.search(text[start:end]):
        return None
    return cell.part(start, end) if all(map(_is_name_word, words)) and _is_name_word(words[0], True) else None


def _is_name_word(word: str, first: bool = False) -> bool:
    if not first and (word.casefold() in _PARTICLES or _SUFFIX.fullmatch(word.strip(","))):
        return True
    letters = re.sub(r"['’.\-()\"“”]|,$", "", word)
    return bool(letters) and letters.isalpha() and (word.strip("(\"“'’")[:1].isupper())
