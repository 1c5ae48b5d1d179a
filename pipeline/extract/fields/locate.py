"""Where a value stands in a document: what is not on a page is not a field.

A value that was told by something else than our rules (a language model) is looked up in what was read. White space,
line ends, case, width, Traditional and Simplified, accents and quotation marks make no difference; numbers and dates
are compared by what they mean, so "1,234.50" is 1234.5 and "2024年3月5日" is 2024-03-05. Every step is linear in the
length of the document and looks at so many places at most.

    text = DocumentText(document)                      # once a document
    field = locate(text, "1234.5", "number", Near(page=2, quote="Total due 1,234.50"))
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from pipeline.extract.document import Document
from pipeline.extract.fields.calendar import find_any_dates
from pipeline.extract.fields.kinds import Kind
from pipeline.extract.fields.numbers import find_han_numbers, find_numbers, parse_number, plain_number
from pipeline.extract.fields.text import Field, Piece, Text, paragraphs
from pipeline.folding import fold
from pipeline.wide import is_wide

_MAX_CHARACTERS = 2_000_000  # of a document; what stands behind them is not looked at
_MAX_VALUE = 2_000  # characters: what is longer is no field
_MAX_PLACES = 2_000  # looked at for one value
_LOOSE, _PART_OF_WORD, _ELSEWHERE, _UNLIKELY = 0.95, 0.7, 0.9, 0.85  # what less certain finds keep of a confidence
_MIN_PART_OF_WORD = 6  # characters that may stand within a longer word: OCR loses spaces
_KEPT_MARKS = frozenset("+#%$€£¥&@")
_SAME = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−~～", "-"), **dict.fromkeys("‘’ʼ`´", "'"), **dict.fromkeys("“”„«»「」『』", '"'),
        "。": ".", "、": ",", "•": "·", "・": "·", "【": "[", "】": "]",
    }
)  # fmt: skip
_WORTH_A_LOOK = re.compile(r"[\d一二三四五六七八九壹贰貳叁肆伍陆柒捌玖拾]")


@dataclass(frozen=True, slots=True)
class Near:
    """Where a value is said to stand.

    Attributes:
        page: number of the page, from 1; another page is searched after it.
        quote: words of the page that the value was read from.
        closed: the value is one of a closed list ("female"), so that a quote stands for it ("女") where it is not
            printed itself; likewise of true and false.
    """

    page: int | None = None
    quote: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A stretch of the text that may be the value, and how much of the confidence it keeps."""

    start: int
    end: int
    share: float


class _Folding(dict[str, str]):
    """What becomes of a character before it is compared; marks that combine and white space go."""

    def __missing__(self, character: str) -> str:
        parts = unicodedata.normalize("NFD", fold(character.translate(_SAME)).translate(_SAME))
        kept = "".join(c for c in parts if not c.isspace() and unicodedata.category(c)[0] not in "MC")
        self[character] = kept
        return kept


_FOLDED = _Folding()


@dataclass(frozen=True, slots=True)
class _Squeezed:
    """Folded text without white space, and where each of its characters comes from."""

    text: str
    origins: Sequence[int]

    def spans(self, wanted: str) -> Iterator[tuple[int, int]]:
        """Where it stands in the original; a bounded number."""
        at, seen = self.text.find(wanted) if wanted else -1, 0
        while at >= 0 and seen < _MAX_PLACES:
            yield self.origins[at], self.origins[at + len(wanted) - 1] + 1
            at, seen = self.text.find(wanted, at + 1), seen + 1


def _squeeze(text: str) -> _Squeezed:
    parts: list[str] = []
    origins = array("I")
    for at, character in enumerate(text):
        folded = _FOLDED[character]
        parts.append(folded)
        for _ in folded:
            origins.append(at)
    return _Squeezed("".join(parts), origins)


def _loosen(squeezed: _Squeezed) -> _Squeezed:
    """The same without marks, but for those between digits and those that make another word of one (C++)."""
    text, parts, origins = squeezed.text, [], array("I")
    last = len(text) - 1
    for at, character in enumerate(text):
        between = 0 < at < last and text[at - 1].isdigit() and text[at + 1].isdigit()
        if character.isalnum() or character in _KEPT_MARKS or between:
            parts.append(character)
            origins.append(squeezed.origins[at])
    return _Squeezed("".join(parts), origins)


class DocumentText:
    """All that was read of a document, to look values up in; make it once, it costs some time a page."""

    def __init__(self, document: Document) -> None:
        running = [block for page in document.pages for block in page.blocks if block.running]
        texts: list[Text] = []
        length = 0
        for text in paragraphs(document.text_blocks) + paragraphs(running):
            if length + len(text.text) > _MAX_CHARACTERS:
                break
            texts.append(text)
            length += len(text.text) + 1
        pieces: list[Piece] = []
        at = 0
        for text in texts:
            pieces += [Piece(p.start + at, p.end + at, p.line, p.page_number) for p in text.pieces]
            at += len(text.text) + 1
        self._starts = [piece.start for piece in pieces]
        self._text = Text("\n".join(t.text for t in texts), "\n".join(t.printed for t in texts), tuple(pieces))

    @property
    def text(self) -> str:
        """What was read, half-width, a paragraph or line of a table a line; footers and headers at the end."""
        return self._text.text

    def field(self, start: int, end: int, method: str, confidence: float, value: str) -> Field:
        """The field of the characters start..end of `text`."""
        first = max(bisect.bisect_right(self._starts, start) - 1, 0)
        last = bisect.bisect_left(self._starts, end)
        here = Text(self._text.text, self._text.printed, self._text.pieces[first:last])
        return here.field(start, end, method, confidence, value)

    def page_at(self, at: int) -> int | None:
        """Number of the page that a character stands on."""
        n = bisect.bisect_right(self._starts, at) - 1
        return self._text.pieces[n].page_number if n >= 0 else None

    @cached_property
    def squeezed(self) -> _Squeezed:
        """The text as values are compared with it."""
        return _squeeze(self._text.text)

    @cached_property
    def loosened(self) -> _Squeezed:
        """And without marks."""
        return _loosen(self.squeezed)

    @cached_property
    def numbers(self) -> dict[Decimal, list[_Place]]:
        """Numbers by their value."""
        found: dict[Decimal, list[_Place]] = {}
        for at, line in self._lines():
            for share, finder in ((1.0, find_numbers), (_UNLIKELY, find_han_numbers)):
                for number in finder(line):
                    for rank, value in enumerate(number.readings):
                        place = _Place(number.start + at, number.end + at, share if rank == 0 else _UNLIKELY)
                        found.setdefault(value, []).append(place)
        return found

    @cached_property
    def dates(self) -> list[tuple[str, _Place]]:
        """Dates in ISO, each in every way that it may be read."""
        return [
            (date.value, _Place(date.start + at, date.end + at, 1.0 if date.certain else _UNLIKELY))
            for at, line in self._lines()
            for date in find_any_dates(line)
        ]

    def _lines(self) -> Iterator[tuple[int, str]]:
        at = 0
        for line in self._text.text.split("\n"):
            if _WORTH_A_LOOK.search(line):
                yield at, line
            at += len(line) + 1


def locate(
    text: DocumentText,
    value: str,
    kind: Kind,
    near: Near | None = None,
    *,
    method: str = "located",
    confidence: float = 0.9,
) -> Field | None:
    """The field of a value, where it stands on a page; None where it does not.

    Args:
        text: of the document.
        value: a text; a number in any form; a date as ISO or in any form ("present" too); "true" or "false".
        kind: what it is compared as.
        near: where it is said to stand; of several places the one nearest to it is taken, else the first.
        method: of the field.
        confidence: of who told the value, 0..1; uncertain places keep less of it, that of the words is multiplied in.

    Returns:
        A field whose `value` is the one given, white space evened out (numbers as plain decimals, dates as ISO), and
        whose `text` is what is printed.
    """
    near = near or Near()
    value = " ".join(value.split())
    if not value or len(value) > _MAX_VALUE:
        return None
    quoted = _quoted(text, near)
    told = value
    if kind == "number":
        number = parse_number(value) if not _is_decimal(value) else Decimal(value)
        places = text.numbers.get(number, []) if number is not None else []
        told = plain_number(number) if number is not None else value
    elif kind == "date":
        told = _iso(value) or ""
        places = [place for date, place in text.dates if told and (date == told or date.startswith(f"{told}-"))]
    elif kind == "boolean":
        places = []
    else:
        places = _text_places(text, value)
    best = _nearest(text, places[:_MAX_PLACES], near.page, quoted)
    if best is None and quoted and (near.closed or kind == "boolean"):
        best = _Place(*quoted, _UNLIKELY)
    return None if best is None else text.field(best.start, best.end, method, confidence * best.share, told)


def _text_places(text: DocumentText, value: str) -> list[_Place]:
    strict = _squeeze(value)
    places = [_judged(text.text, span, 1.0) for span in text.squeezed.spans(strict.text)]
    if not any(place and place.share > _PART_OF_WORD for place in places):
        loose = _loosen(strict).text
        places += [_judged(text.text, span, _LOOSE) for span in text.loosened.spans(loose)]
    return [place for place in places if place]


def _judged(text: str, span: tuple[int, int], share: float) -> _Place | None:
    """A place where the value stands as words of its own, or is long enough to stand within one."""
    start, end = span
    if any(text[at - 1 : at].isdigit() and text[at : at + 1].isdigit() for at in (start, end)):
        return None
    if _cuts(text, start) or _cuts(text, end):
        digits = sum(map(str.isdigit, text[start:end]))
        if end - start < _MIN_PART_OF_WORD or 2 * digits > end - start:
            return None
        share *= _PART_OF_WORD
    return _Place(start, end, share)


def _cuts(text: str, at: int) -> bool:
    """Whether a word or number goes on across an offset."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isalnum() and after in "+#":
        return True  # C is not C++
    if before.isalnum() and after.isalnum():
        return not (is_wide(before) or is_wide(after))
    if before in ".,":
        return after.isdigit() and text[at - 2 : at - 1].isdigit()
    return after in ".," and before.isdigit() and text[at + 1 : at + 2].isdigit()


def _quoted(text: DocumentText, near: Near) -> tuple[int, int] | None:
    """Where the words quoted stand, on the page given if they do."""
    quote = " ".join((near.quote or "").split())
    if not quote or len(quote) > _MAX_VALUE:
        return None
    best = _nearest(text, _text_places(text, quote), near.page, None)
    return (best.start, best.end) if best else None


def _nearest(
    text: DocumentText, places: Sequence[_Place], page: int | None, quoted: tuple[int, int] | None
) -> _Place | None:
    """The place within the quoted words or nearest to them, else on the page, else the surest and first."""

    def distance(place: _Place) -> tuple[int, bool, float, int]:
        apart = 0
        if quoted:
            apart = max(quoted[0] - place.end + 1, place.start - quoted[1], -1) + 1  # rather behind than before it
        away = page is not None and text.page_at(place.start) != page
        return (apart, away, -place.share, place.start)

    if not places:
        return None
    best = min(places, key=distance)
    if page is not None and text.page_at(best.start) != page:
        return _Place(best.start, best.end, best.share * _ELSEWHERE)
    return best


def _is_decimal(value: str) -> bool:
    return re.fullmatch(r"-?\d{1,40}(?:\.\d{1,40})?", value) is not None


def _iso(value: str) -> str | None:
    """The date as ISO."""
    if value.lower() == "present" or re.fullmatch(r"\d{4}(?:-\d\d){0,2}", value):
        return value.lower()
    date = next(iter(sorted(find_any_dates(value), key=lambda date: date.start - date.end)), None)
    return date.value if date and 2 * (date.end - date.start) >= len(value) else None
