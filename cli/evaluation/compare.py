"""Fields that were found against those that are true, value by value. Pure functions.

Two truths are known. A record truth is a table row as a person would fill it, in the form of the schema's own fields:
texts, lists of texts, and lists of records (entries of education and work), which are paired before their values are
compared. A span truth is a bag of texts by kind, as annotators mark them in a text.

Strict: a value is right or wrong. Folded are only compatibility forms (NFKC), case, white space (none counts beside
Chinese characters), kinds of dashes and quotes, zeros behind a number's point; of telephone numbers all but the digits,
and a country code that only one side gives.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cli.evaluation.scores import Tally

FOLDING = (
    "fields: right or wrong, after NFKC, case, white space, kinds of dashes and quotes, 9.0 as 9; of telephones "
    "the digits, with or without country code; dates as YYYY-MM"
)
WHOLE = " (whole)"
"""Ends the name of the kind that counts records of which every value is right."""
_PLAIN = str.maketrans({**dict.fromkeys("‐‑‒–—―−﹣", "-"), **dict.fromkeys("‘’ʼ`´", "'"), **dict.fromkeys("“”„", '"')})
_CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")
_NUMBER = re.compile(r"-?\d{1,15}\.\d{1,6}|-?\d{1,15}")
_LEAST_DIGITS = 7  # of a telephone number without its country code (E.164: codes have 1 to 3 digits)
_MOST_CODE = 4  # digits of a country code, or the 0 that stands in its place

Truth = Mapping[str, Any]
"""Field names to a text, a list of texts, or a list of records; a name with None or [] says that there is none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A value that is true, was found, or both.

    Attributes:
        kind: path of the field, or kind of the span.
        expected: the true value, or None where there is none.
        found: what was found in its place, or None.
        right: they are the same.
    """

    kind: str
    expected: str | None
    found: str | None
    right: bool

    @property
    def tally(self) -> Tally:
        """A wrong value is both found in vain and missed."""
        return Tally(int(self.right), int(self.found is not None), int(self.expected is not None))


def folded(text: str, kind: str = "") -> str:
    """A value in the form in which values are compared."""
    text = unicodedata.normalize("NFKC", text).translate(_PLAIN).casefold()
    if kind == "phone":
        return "".join(filter(str.isdigit, text))
    return _BESIDE_CJK.sub("", " ".join(text.split())).strip(" ,;.·|")


def same(kind: str, expected: str, found: str) -> bool:
    """Whether a value found is the true one."""
    one, other = sorted((folded(expected, kind), folded(found, kind)), key=len)
    if one == other:
        return True
    if kind != "phone":
        return (
            _NUMBER.fullmatch(one) is not None and _NUMBER.fullmatch(other) is not None and float(one) == float(other)
        )
    short = one.removeprefix("0")
    return len(short) >= _LEAST_DIGITS and len(other) - len(short) <= _MOST_CODE and other.endswith(short)


def plain(found: Any) -> Any:
    """Fields as `extract_fields` gives them, values alone."""
    if isinstance(found, list):
        return [plain(one) for one in found]
    return found["value"] if "method" in found else {name: plain(one) for name, one in found.items()}


def compare_records(truth: Truth, found: Truth) -> list[Verdict]:
    """Every value of the fields that the truth names; what it does not name is not looked at.

    Args:
        truth: `{"education": [{"school": ..., "start": ...}], "name": ...}`; a record's absent values are not told.
        found: values alone, as `plain` gives them.
    """
    verdicts: list[Verdict] = []
    for name, expected in truth.items():
        got = found.get(name)
        if isinstance(expected, Mapping):
            inner = got if isinstance(got, Mapping) else {}
            verdicts += [replace(one, kind=f"{name}.{one.kind}") for one in compare_records(expected, inner)]
        elif isinstance(expected, list):
            listed = got if isinstance(got, list) else []
            if any(isinstance(one, Mapping) for one in (*expected, *listed)):
                verdicts += _records(name, expected, listed)
            else:
                verdicts += _texts(name, expected, listed)
        else:
            verdicts += _single(name, expected, None if got is None else str(got))
    return verdicts


def _single(kind: str, expected: str | None, found: str | None) -> list[Verdict]:
    if expected is None and found is None:
        return []
    right = expected is not None and found is not None and same(kind.rpartition(".")[2], expected, found)
    return [Verdict(kind, expected, found, right)]


def _texts(kind: str, expected: Sequence[str], found: Sequence[str]) -> list[Verdict]:
    """A list of texts as a set."""
    wanted = {folded(one): one for one in expected}
    got = {folded(str(one)): str(one) for one in found}
    return [
        Verdict(kind, wanted.get(key), got.get(key), key in wanted and key in got)
        for key in [*wanted, *(key for key in got if key not in wanted)]
    ]


def _records(name: str, expected: Sequence[Truth], found: Sequence[Truth]) -> list[Verdict]:
    """Records paired by how many of their values agree, then value by value, then each as a whole."""
    told = {key for record in expected for key in record}
    verdicts: list[Verdict] = []
    for wanted, got in paired(expected, found):
        keys = [*(wanted or {}), *(key for key in got or {} if key not in (wanted or {}) and (not told or key in told))]
        parts = [
            verdict
            for key in keys
            for verdict in _single(f"{name}.{key}", _text((wanted or {}).get(key)), _text((got or {}).get(key)))
        ]
        whole = wanted is not None and got is not None and all(part.right for part in parts)
        verdicts += parts
        verdicts.append(Verdict(name + WHOLE, _line(wanted), _line(got), whole))
    return verdicts


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _line(record: Truth | None) -> str | None:
    return None if record is None else " | ".join(str(value) for value in record.values() if value is not None)


def paired(expected: Sequence[Truth], found: Sequence[Truth]) -> list[tuple[Truth | None, Truth | None]]:
    """True records beside the found ones most like them, best pairs first; each is used once, some stay alone."""
    likeness = sorted(
        (
            (-_likeness(wanted, got), abs(place - other), place, other)
            for place, wanted in enumerate(expected)
            for other, got in enumerate(found)
        ),
    )
    partner: dict[int, int] = {}
    for agreeing, _, place, other in likeness:
        if agreeing < 0 and place not in partner and other not in partner.values():
            partner[place] = other
    alone = [got for other, got in enumerate(found) if other not in partner.values()]
    pairs: list[tuple[Truth | None, Truth | None]] = [
        (wanted, found[partner[place]] if place in partner else None) for place, wanted in enumerate(expected)
    ]
    return [*pairs, *((None, got) for got in alone)]


def _likeness(wanted: Truth, got: Truth) -> int:
    return sum(
        value is not None and got.get(key) is not None and same(key, str(value), str(got[key]))
        for key, value in wanted.items()
    )


Span = tuple[str, str]
"""A kind, and the text that was marked."""


def compare_spans(expected: Iterable[Span], found: Iterable[Span]) -> list[Verdict]:
    """Spans as a bag: as often as a text was marked it must have been found.

    Args:
        expected: every marking, in the order of the text.
        found: every finding; the same place twice is the caller's to leave out.
    """
    wanted, got = _bag(expected), _bag(found)
    verdicts = []
    for key in [*wanted, *(key for key in got if key not in wanted)]:
        kind, text = key
        for place in range(max(wanted[key], got[key])):
            told, seen = place < wanted[key], place < got[key]
            verdicts.append(Verdict(kind, text if told else None, text if seen else None, told and seen))
    return verdicts


def _bag(spans: Iterable[Span]) -> Counter[Span]:
    return Counter((kind, text) for kind, raw in spans if (text := "".join(folded(raw).split())))


def distinct(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Span verdicts of one document with every text of a kind counted once, however often it was marked or found."""
    merged: dict[Span, Verdict] = {}
    for one in verdicts:
        key = (one.kind, one.expected or one.found or "")
        before = merged.get(key)
        expected = one.expected or (before.expected if before else None)
        found = one.found or (before.found if before else None)
        merged[key] = Verdict(one.kind, expected, found, expected is not None and found is not None)
    return list(merged.values())


def tallies(verdicts: Iterable[Verdict]) -> dict[str, Tally]:
    """By kind, in the order in which kinds first come."""
    counted: dict[str, Tally] = {}
    for verdict in verdicts:
        counted[verdict.kind] = counted.get(verdict.kind, Tally()) + verdict.tally
    return counted
