"""Packaged Chinese taggers beside our own rules: `python -m tests.bench.taggers FILE.bmes [FILE.bmes ...]`.

Runs those of jieba, THULAC, Jiagu and SnowNLP that are installed; none is a dependency. They tag
words (nr a person, nt or ni an organisation), so a mapping is needed, and two are shown:

- labels: a run of words with one label is an entity; nothing else is.
- helped: they get our tables too. A run of nouns is cut behind the last word that they label, or that we know, as the
  end of an organisation; what follows and ends in the head of a title is a title; words that are degrees, peoples and
  subjects before 专业 are those. This is more than any of them promises.

Exact text of a kind, as often as it stands in a profile; micro-averages over NAME, ORG, TITLE, EDU, PRO and RACE.
"""

from __future__ import annotations

import argparse
import importlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.evaluation.spans import COUNTED, Profile, read_bmes
from pipeline.extract.fields.han.lexicon import one_of
from pipeline.extract.fields.han.lexicon.organisations import FIRM_ENDS, OFFICE_ENDS, SCHOOL_ENDS, SCIENCE_ENDS
from pipeline.extract.fields.han.lexicon.peoples import PEOPLES
from pipeline.extract.fields.han.lexicon.titles import CHIEF_OF, TITLE_HEADS
from pipeline.extract.fields.han.schooling import DEGREE
from pipeline.extract.fields.han.tagger import Profile as Tagger
from pipeline.extract.fields.text import normalised

Words = list[tuple[str, str]]
Spans = Iterator[tuple[str, str]]
_LABELS = {"nr": "NAME", "nh": "NAME", "np": "NAME", "PER": "NAME", "nt": "ORG", "ni": "ORG", "ORG": "ORG"}
_ORG_END = re.compile(rf"{one_of(FIRM_ENDS, SCHOOL_ENDS, SCIENCE_ENDS, OFFICE_ENDS)}$")
_TITLE_END = re.compile(rf"(?:{one_of(TITLE_HEADS)}|[{CHIEF_OF}]长)$")
_PEOPLE = re.compile(rf"{one_of(PEOPLES)}族")
_OURS = {
    "name": "NAME", "organisation": "ORG", "title": "TITLE", "degree": "EDU", "major": "PRO", "ethnicity": "RACE",
}  # fmt: skip


def _jieba() -> Callable[[str], Words]:
    posseg = importlib.import_module("jieba.posseg")
    return lambda text: [(pair.word, pair.flag) for pair in posseg.cut(text)]


def _thulac() -> Callable[[str], Words]:
    tagger = importlib.import_module("thulac").thulac()
    return lambda text: [(word, flag) for word, flag in tagger.cut(text)]


def _jiagu() -> Callable[[str], Words]:
    jiagu = importlib.import_module("jiagu")

    def tag(text: str) -> Words:
        words = jiagu.seg(text)
        return list(zip(words, jiagu.pos(words), strict=True))

    return tag


def _jiagu_ner() -> Callable[[str], Words]:
    jiagu = importlib.import_module("jiagu")

    def tag(text: str) -> Words:
        found: Words = []
        words = jiagu.seg(text)
        for word, label in zip(words, jiagu.ner(words), strict=True):
            place, _, kind = label.partition("-")
            if place == "I" and found and found[-1][1] == kind:
                found[-1] = (found[-1][0] + word, kind)
            else:
                found.append((word, kind or "n"))
        return found

    return tag


def _snownlp() -> Callable[[str], Words]:
    made = importlib.import_module("snownlp").SnowNLP
    return lambda text: list(made(text).tags)


TAGGERS: dict[str, Callable[[], Callable[[str], Words]]] = {
    "jieba": _jieba, "THULAC": _thulac, "Jiagu, parts of speech": _jiagu, "Jiagu, entities": _jiagu_ner,
    "SnowNLP": _snownlp,
}  # fmt: skip


def labels(words: Words) -> Spans:
    """Entities by the tagger's own labels."""
    held, kind = "", None
    for word, flag in [*words, ("", "")]:
        this = _LABELS.get(flag) or _LABELS.get(flag[:2])
        if held and (this != kind or this == "NAME"):
            yield kind or "", held
            held = ""
        kind, held = this, held + word if this else ""


def helped(words: Words) -> Spans:
    """Entities with the help of our tables."""
    run: Words = []
    for word, flag in [*_degrees_joined(words), ("", "w")]:
        if _LABELS.get(flag[:2]) == "NAME" and not run:
            yield "NAME", word
        elif DEGREE.fullmatch(word):
            yield from _of_run(run)
            yield "EDU", word
            run = []
        elif _PEOPLE.fullmatch(word):
            yield "RACE", word
            run = []
        elif word == "专业" and run:
            yield "PRO", run.pop()[0] + word
            yield from _of_run(run)
            run = []
        elif (flag[:1] in "njbvaqmgi" and flag not in ("v", "m", "vd", "vshi", "vyou")) or flag in ("ORG", "LOC", "id"):
            run.append((word, flag))
        else:
            yield from _of_run(run)
            run = []


def _degrees_joined(words: Words) -> Words:
    """The words, those that together are a degree as one."""
    joined: Words = []
    at = 0
    while at < len(words):
        end = next(
            (e for e in range(min(len(words), at + 4), at, -1) if DEGREE.fullmatch("".join(w for w, _ in words[at:e]))),
            at + 1,
        )
        joined.append(("".join(word for word, _ in words[at:end]), words[at][1]))
        at = end
    return joined


def _of_run(run: Words) -> Spans:
    ends = [i for i, (word, flag) in enumerate(run) if _LABELS.get(flag[:2]) == "ORG" or _ORG_END.search(word)]
    cut = ends[-1] + 1 if ends else 0
    if cut:
        yield "ORG", "".join(word for word, _ in run[:cut])
    rest = "".join(word for word, _ in run[cut:])
    if _TITLE_END.search(rest):
        yield "TITLE", rest


def _own(profile: Profile) -> Counter[tuple[str, str]]:
    tagger = Tagger()
    return Counter(
        (_OURS[m.kind], text[m.start : m.end])
        for text in profile.sentences for m in tagger.tag(normalised(text)) if m.kind in _OURS
    )  # fmt: skip


def _theirs(tag: Callable[[str], Words], reading: Callable[[Words], Spans]) -> Callable[[Profile], Counter[Any]]:
    return lambda profile: Counter(span for text in profile.sentences for span in reading(tag(text)))


def measure(profiles: list[Profile], tag: Callable[[Profile], Counter[Any]]) -> tuple[dict[str, list[int]], float]:
    """True, found and right by kind, and CPU milliseconds a profile."""
    sums = {kind: [0, 0, 0] for kind in COUNTED}
    started = time.process_time()
    for profile in profiles:
        found, true = tag(profile), Counter(profile.spans)
        for kind, counts in sums.items():
            counts[0] += sum(n for (k, _), n in true.items() if k == kind)
            counts[1] += sum(n for (k, _), n in found.items() if k == kind)
            counts[2] += sum(min(n, found[key]) for key, n in true.items() if key[0] == kind)
    return sums, 1000 * (time.process_time() - started) / len(profiles)


def f1(true: int, found: int, right: int) -> float:
    """Harmonic mean of precision and recall."""
    return 2 * right / (true + found) if true + found else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.taggers")
    parser.add_argument("files", nargs="+", type=Path)
    for path in parser.parse_args().files:
        profiles = read_bmes(path)
        table = Table(title=f"{path.name}: {len(profiles)} profiles, F1")
        for column in ("tagger", *COUNTED, "micro", "CPU ms a profile"):
            table.add_column(column)
        rows: list[tuple[str, Callable[[Profile], Counter[Any]]]] = [("our rules", _own)]
        for name, load in TAGGERS.items():
            try:
                tag = load()
            except ImportError as error:
                print(f"{name}: not installed ({error})")
                continue
            rows += [(f"{name}: labels", _theirs(tag, labels)), (f"{name}: helped", _theirs(tag, helped))]
        for name, run in rows:
            sums, ms = measure(profiles, run)
            total = [sum(counts[i] for counts in sums.values()) for i in range(3)]
            table.add_row(name, *(f"{f1(*sums[kind]):.3f}" for kind in COUNTED), f"{f1(*total):.3f}", f"{ms:.2f}")
        Console(width=130).print(table)


if __name__ == "__main__":
    main()
