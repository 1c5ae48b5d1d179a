"""What is labelled in some folders: pages, fields and questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Container
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cli.evaluation import questions
from cli.evaluation.questions import Collection, QuestionSet
from cli.evaluation.sets import LabelledSet, TruthError, find_sets, folders

if TYPE_CHECKING:
    from cli.evaluation.field_sets import FieldSet


class Part(StrEnum):
    """What is measured."""

    PAGES = "pages"
    FIELDS = "fields"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Found:
    """The sets of some folders.

    Attributes:
        problems: sentences about files of questions that cannot take part.
    """

    pages: tuple[LabelledSet, ...] = ()
    fields: tuple[FieldSet, ...] = ()
    questions: tuple[QuestionSet, ...] = ()
    problems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pages or self.fields or self.questions or self.problems)


def find(
    roots: Sequence[Path], parts: Container[Part], limit: int | None, scans: int, asked: int | None = None
) -> Found:
    """Look through folders and the folders in them.

    Args:
        parts: what is wanted.
        limit: so many files, documents or paragraphs of each set, spread evenly.
        scans: so many typeset sentences of each set are scanned too.
        asked: so many questions of each set are put, spread evenly.
    """
    from cli.evaluation.field_sets import find_field_sets  # it draws, and no other command waits for what that takes

    fields = [one for root in roots for one in find_field_sets(root)] if {Part.PAGES, Part.FIELDS} & {*parts} else []
    taken = frozenset(path for one in fields for path in one.files)
    pages = [_without(one, taken) for root in roots for one in find_sets(root)] if Part.PAGES in parts else []
    known, problems = _questions(roots) if Part.SEARCH in parts else ([], [])
    return Found(
        tuple(one.limited(limit) for one in pages if one.items or one.problems),
        tuple(one.limited(limit).scanned(scans) for one in fields) if Part.FIELDS in parts else (),
        tuple(one.limited(limit).asking(asked) for one in known),
        tuple(problems),
    )


def _without(pages: LabelledSet, taken: frozenset[Path]) -> LabelledSet:
    """The set without files whose fields are known and whose text is not: nobody wants their text measured."""
    return replace(pages, items=tuple(one for one in pages.items if one.truth is not None or one.path not in taken))


def _questions(roots: Sequence[Path]) -> tuple[list[QuestionSet], list[str]]:
    """The sets of questions, those of one folder put together where they ask the same; what could not be read."""
    together: dict[Path, list[Collection]] = defaultdict(list)
    problems = []
    for root in roots:
        for directory in folders(root):
            for path in sorted(directory.glob("*.json")):
                if path.name.startswith(".") or not path.is_file() or not questions.is_questions(path):
                    continue
                try:
                    together[directory].append(questions.read_questions(path))
                except (TruthError, OSError) as error:
                    problems.append(f"{path.name}: not measured: {error}")
    return [one for group in together.values() for one in questions.grouped(group)], problems
