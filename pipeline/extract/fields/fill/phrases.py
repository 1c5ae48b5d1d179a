"""What a property may be called on a page: its name, its title, what its description says, what its meaning is called.

Phrases are compared as runs of words without the white between them, so that "Invoice No.", "InvoiceNo" and "invoice
number" are one; a Chinese character is a word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.extract.fields.fill.concepts import CONCEPTS, Concept
from pipeline.extract.fields.schema import Property
from pipeline.folding import CJK, fold

_TOKEN = re.compile(rf"[{CJK}]|[^\W\d_{CJK}]+|\d+|#")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SAME_WORD = {
    "number": "no", "num": "no", "nr": "no", "nos": "no", "#": "no", "amt": "amount", "qty": "quantity",
    "tel": "phone", "telephone": "phone", "addr": "address", "nett": "net", "organisation": "organization",
    "licence": "license", "telp": "phone", "inv": "invoice",
}  # fmt: skip
_SKIPPED = frozenset({"the", "a", "an", "of", "your", "our"})
_NUMBER_ENDINGS = ("号码", "编号", "号")
_CALLED = re.compile(
    r"(?:also (?:called|known as|labell?ed)|a\.?k\.?a\.?|labell?ed(?: as)?|printed as|synonyms?|or"
    r"|又称|也称|又叫|亦称|或称|别名|标签|标为|印为|也叫)\s*[:：]?\s*(?P<words>[^.。;；\n]{1,200})",
    re.I,
)
_QUOTED = re.compile(r"[“\"「『‘'](?P<words>[^”\"」』’'\n]{1,40})[”\"」』’']")
_COMMAS = re.compile(r"\s*(?:[,，、/|]|\bor\b|\band\b|或者?|和)\s*")
_MAX_WORDS = 8
_MAX_PHRASES = 60


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text run together.

    Attributes:
        run: the words without anything between.
        starts, ends: offsets in `run` where words begin and end, and where those stand in the text.
    """

    run: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    text_starts: tuple[int, ...]
    text_ends: tuple[int, ...]

    def runs(self, limit: int = _MAX_WORDS * 2) -> Iterator[tuple[str, int, int]]:
        """Every run of words that could be a label: how it reads, and where it stands in the text."""
        for i, start in enumerate(self.starts):
            for j in range(i, min(i + limit, len(self.ends))):
                yield self.run[start : self.ends[j]], self.text_starts[i], self.text_ends[j]


def words_of(text: str, most: int = 120) -> Words:
    """The words of a text, folded."""
    run: list[str] = []
    starts, ends, text_starts, text_ends = [], [], [], []
    length = 0
    for found in _TOKEN.finditer(text):
        word = fold(found.group())
        word = _SAME_WORD.get(word, word)
        if word in _SKIPPED:
            continue
        starts.append(length)
        length += len(word)
        ends.append(length)
        run.append(word)
        text_starts.append(found.start())
        text_ends.append(found.end())
        if len(run) >= most:
            break
    return Words("".join(run), tuple(starts), tuple(ends), tuple(text_starts), tuple(text_ends))


@dataclass(slots=True)
class Called:
    """What a property may be called.

    Attributes:
        weights: phrases, and how much the name says that the property is meant, 0..1.
        concept: what it is taken for, or None.
        exact: its own name is that of the concept, rather than ending in it ("seller address").
    """

    weights: dict[str, float] = field(default_factory=dict)
    concept: Concept | None = None
    exact: bool = False

    def add(self, phrase: str, weight: float) -> None:
        """One more; of two weights the greater stands."""
        for run in _variants(words_of(phrase).run):
            if run and len(self.weights) < _MAX_PHRASES:
                self.weights[run] = max(weight, self.weights.get(run, 0.0))


def called(wanted: Property, owner: Property | None = None) -> Called:
    """All that a property may be called, and what it means.

    Args:
        owner: the record that it is of; "seller" and "name" make "seller name" too.
    """
    found = Called()
    own = [_CAMEL.sub(" ", wanted.name).replace("_", " "), wanted.title]
    own = [phrase for phrase in dict.fromkeys(own) if phrase]
    outer = [_CAMEL.sub(" ", owner.name).replace("_", " "), owner.title] if owner and not owner.many else []
    for before in filter(None, outer):
        for phrase in own:
            found.add(f"{before} {phrase}", 1.0)
    for phrase in own:
        found.add(phrase, 0.8 if outer else 1.0)
    for phrase in _described(wanted.description):
        found.add(phrase, 0.97)
    found.concept, found.exact = _concept_of(own, wanted.description)
    if found.concept:
        for rank, label in enumerate(found.concept.labels):
            found.add(label, (0.95 if found.exact else 0.75) - min(rank, 30) * 0.002)
    return found


def _described(description: str) -> Iterator[str]:
    for found in (*_CALLED.finditer(description), *_QUOTED.finditer(description)):
        for phrase in _COMMAS.split(found["words"])[:12]:
            if phrase.count(")") + phrase.count("）") > phrase.count("(") + phrase.count("（"):
                phrase = re.split("[)）]", phrase)[0]  # the description stands in brackets itself
            phrase = phrase.strip(" .:“”\"'「」『』")
            if 1 < len(phrase) <= 40 and len(phrase.split()) <= _MAX_WORDS - 3:
                yield phrase


def _concept_of(own: Iterable[str], description: str) -> tuple[Concept | None, bool]:
    for phrase in own:
        concept = _EXACT.get(words_of(phrase).run)
        if concept:
            return concept, True
    best: tuple[int, Concept] | None = None
    for phrase in own:
        words = words_of(phrase)
        for start in words.starts[1:]:  # "seller address" is an address; "date of delivery" is no date of anything else
            concept = _EXACT.get(words.run[start:])
            if concept and (best is None or len(words.run) - start > best[0]):
                best = len(words.run) - start, concept
        for end in words.ends[:-1]:
            concept = _EXACT.get(words.run[:end])
            if concept and best is None:
                best = end, concept
    if best is None and description:
        inside = [(len(run), _EXACT[run]) for run, _, _ in words_of(description, 40).runs() if run in _EXACT]
        best = max(inside, key=lambda pair: pair[0], default=None)
        return (best[1], False) if best and best[0] >= 4 else (None, False)
    return (best[1], False) if best else (None, False)


def _variants(run: str) -> set[str]:
    """发票号, 发票号码 and 发票编号 are one."""
    for ending in _NUMBER_ENDINGS:
        if run.endswith(ending) and len(run) > len(ending):
            return {run.removesuffix(ending) + other for other in _NUMBER_ENDINGS}
    return {run}


def _exact() -> dict[str, Concept]:
    found: dict[str, Concept] = {}
    for concept in CONCEPTS:
        for label in (concept.name.replace("_", " "), *concept.labels):
            for run in _variants(words_of(label).run):
                found.setdefault(run, concept)
    return found


_EXACT = _exact()
OTHER_LABELS: frozenset[str] = frozenset(_EXACT)
"""Every label of every concept, folded."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A label in a text.

    Attributes:
        run: the phrase, folded.
        start, end: where it stands in the text.
    """

    run: str
    start: int
    end: int


def find_labels(text: str, vocabulary: frozenset[str]) -> list[Hit]:
    """Labels in a text, the longest where several stand at one place, in order."""
    hits = [Hit(run, start, end) for run, start, end in words_of(text).runs() if run in vocabulary]
    hits.sort(key=lambda hit: (hit.start - hit.end, hit.start))
    kept: list[Hit] = []
    for hit in hits:
        at = bisect_left(kept, hit.start, key=lambda other: other.start)
        before = kept[at - 1].end > hit.start if at else False
        after = at < len(kept) and kept[at].start < hit.end
        if not before and not after:
            kept.insert(at, hit)
    return kept
