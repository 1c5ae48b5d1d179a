"""Questions and the paragraphs that answer them: JSON in the form of SQuAD (XQuAD and CMRC 2018 have it too).

`{"data": [{"paragraphs": [{"context": "...", "qas": [{"id": "...", "question": "..."}]}]}]}`. Every paragraph becomes a
document of its own, as if a person had filed it: which one answers is then beyond doubt, and how texts are cut into
chunks cannot help a search. Files of one folder with the same question ids are one text in several languages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from cli.evaluation.sets import TruthError

_MOST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """A question.

    Attributes:
        paragraph: index of the one that answers it.
    """

    id: str
    text: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class Collection:
    """The paragraphs of a file, each once, and the questions about them."""

    name: str
    paragraphs: tuple[str, ...]
    questions: tuple[Question, ...]

    def limited(self, chosen: Sequence[int]) -> Collection:
        """The collection with these paragraphs alone, and the questions about them."""
        places = {old: new for new, old in enumerate(chosen)}
        kept = [Question(one.id, one.text, places[one.paragraph]) for one in self.questions if one.paragraph in places]
        return Collection(self.name, tuple(self.paragraphs[old] for old in chosen), tuple(kept))


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """One collection, or the same one in several languages: paragraph n of each says the same."""

    name: str
    collections: tuple[Collection, ...]

    @property
    def paragraphs(self) -> int:
        """How many each collection has."""
        return len(self.collections[0].paragraphs)

    def limited(self, paragraphs: int | None) -> QuestionSet:
        """The set with so many paragraphs, spread evenly, the same ones in every language."""
        total = self.paragraphs
        if paragraphs is None or paragraphs >= total:
            return self
        chosen = [index * total // paragraphs for index in range(paragraphs)]
        return QuestionSet(self.name, tuple(one.limited(chosen) for one in self.collections))

    def asking(self, questions: int | None) -> QuestionSet:
        """The set with so many questions, spread evenly, the same ones in every language; all paragraphs stay."""
        total = len(self.collections[0].questions)
        if questions is None or questions >= total:
            return self
        chosen = [index * total // questions for index in range(questions)]
        return QuestionSet(
            self.name,
            tuple(replace(one, questions=tuple(one.questions[i] for i in chosen)) for one in self.collections),
        )


def is_questions(path: Path) -> bool:
    """Whether a JSON file has the form, as far as its beginning tells."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    return b'"data"' in head and (b'"paragraphs"' in head or b'"context"' in head or b'"qas"' in head)


def read_questions(path: Path) -> Collection:
    """The collection of a file.

    Raises:
        TruthError: it is not of the form.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise TruthError(f"{path.name} is larger than {_MOST_BYTES} bytes.")
    try:
        return _collection(path.name.removesuffix(".json"), orjson.loads(path.read_bytes()))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise TruthError(f"{path.name} is not JSON in SQuAD's form ({error}).") from error


def _collection(name: str, value: Any) -> Collection:
    places: dict[str, int] = {}
    questions: dict[str, Question] = {}
    for article in value["data"]:
        for paragraph in article["paragraphs"]:
            place = places.setdefault(str(paragraph["context"]), len(places))
            for entry in paragraph["qas"]:
                questions.setdefault(str(entry["id"]), Question(str(entry["id"]), str(entry["question"]), place))
    return Collection(name, tuple(places), tuple(questions.values()))


def grouped(collections: Sequence[Collection]) -> list[QuestionSet]:
    """Sets: collections that ask the same about the same paragraphs belong together."""
    together: dict[tuple[Any, ...], list[Collection]] = defaultdict(list)
    for one in collections:
        together[len(one.paragraphs), tuple((q.id, q.paragraph) for q in one.questions)].append(one)
    return [QuestionSet(_common_name([one.name for one in group]), tuple(group)) for group in together.values()]


def _common_name(names: Sequence[str]) -> str:
    """`set` for `set.en` and `set.zh`."""
    if len(names) == 1:
        return names[0]
    stems = {name.rpartition(".")[0] for name in names}
    return stems.pop() if len(stems) == 1 and "" not in stems else "+".join(names)
