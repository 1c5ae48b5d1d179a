"""Figures of what was found: precision, recall and F1; recall at k and reciprocal ranks. Pure functions.

Terms as in the field: precision is the share of what was found that is right, recall the share of what is right that
was found, F1 their harmonic mean; micro-F1 counts all kinds together, macro-F1 is the mean of the kinds' F1. Recall at
k is the share of questions whose answer is among the first k hits; MRR the mean of 1 over the rank of the first right
hit, 0 where there is none (Voorhees, "The TREC-8 Question Answering Track Report", 1999).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

DEPTHS = (1, 5, 10)
DEPTH = max(DEPTHS)
"""How many hits are asked for; a right one below counts as not found."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one kind.

    Attributes:
        right: found, and true.
        found: all that was found.
        true: all that is true.
    """

    right: int = 0
    found: int = 0
    true: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Of both together."""
        return Tally(self.right + other.right, self.found + other.found, self.true + other.true)

    @property
    def precision(self) -> float:
        """0..1; 1 where nothing was found: nothing of it is wrong."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """0..1; 1 where there is nothing to be found."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """0..1; 1 where nothing was to be found and nothing was."""
        return 2 * self.right / (self.found + self.true) if self.found + self.true else 1.0

    def as_dict(self) -> dict[str, float]:
        """Counts and figures."""
        return {
            "right": self.right, "found": self.found, "true": self.true,
            "precision": self.precision, "recall": self.recall, "f1": self.f1,
        }  # fmt: skip


def micro(tallies: Iterable[Tally]) -> Tally:
    """All kinds counted together."""
    return sum(tallies, Tally())


def macro_f1(tallies: Iterable[Tally]) -> float | None:
    """Mean F1 of the kinds that are true or were found at all; None where there are none."""
    known = [one.f1 for one in tallies if one.found or one.true]
    return fmean(known) if known else None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Where the right hit stood, over questions.

    Attributes:
        questions: how many were asked.
        recall: by depth, 0..1.
        mrr: mean reciprocal rank within `DEPTH`, 0..1.
    """

    questions: int
    recall: dict[int, float]
    mrr: float

    @classmethod
    def of(cls, ranks: Sequence[int | None]) -> Ranking:
        """From the rank of the first right hit of each question, from 1; None where it was not among the hits."""
        count = len(ranks) or 1
        within = {depth: sum(rank is not None and rank <= depth for rank in ranks) / count for depth in DEPTHS}
        return cls(len(ranks), within, sum(1.0 / rank for rank in ranks if rank) / count)

    def as_dict(self) -> dict[str, float]:
        """Plain JSON form."""
        return {"asked": self.questions, **{f"recall_at_{k}": share for k, share in self.recall.items()},
                "mrr": self.mrr}  # fmt: skip
