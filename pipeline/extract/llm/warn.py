"""What people are told where a model filled less than it should have: a code, what happened, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.extract.llm.errors import NoAnswer

_AGAIN = "Then reprocess the document from extract on."


@dataclass(slots=True)
class Trouble:
    """What went wrong on a document's trip.

    Attributes:
        unanswered: why the model gave nothing, at last.
        unsent: pages that its tokens did not suffice for.
        cut, refused, useless: answers that were cut off, declined, or no JSON.
        unfit: values that the schema does not allow.
        found, dropped: values that stand on their pages, and that do not.
    """

    unanswered: NoAnswer | None = None
    unsent: list[int] = field(default_factory=list)
    cut: int = 0
    refused: int = 0
    useless: int = 0
    unfit: int = 0
    found: int = 0
    dropped: int = 0

    def warnings(self, pages: int) -> list[dict[str, Any]]:
        """One for each kind of trouble there was; values and names from the page are in none.

        Args:
            pages: of the document.
        """
        told: list[dict[str, Any]] = []
        if self.unanswered is not None:
            message = f"Rules filled the fields, or those of the later pages. {self.unanswered.message} {_AGAIN}"
            told.append(_warning("llm_unavailable", message, why=self.unanswered.why))
        if self.unsent:
            message = (
                f"The language model was not shown {_pages(self.unsent, pages)}: more would take over"
                f" extract.llm_document_tokens. Rules filled the fields there. Raise it if they matter. {_AGAIN}"
            )
            told.append(_warning("llm_truncated", message, pages=self.unsent[:1000]))
        if self.cut:
            message = (
                "The language model's answer was cut off; rules filled what is missing. Raise extract.llm_tokens, give"
                f" the model's server a longer context, or lower extract.llm_input_tokens. {_AGAIN}"
            )
            told.append(_warning("llm_truncated", message, answers=self.cut))
        if self.refused or self.useless:
            word = "declined to answer" if self.refused else "did not answer in JSON, asked twice"
            message = f"The language model {word}; rules filled the fields. Try another model (extract.llm_model)."
            told.append(_warning("llm_invalid", message, refused=self.refused, useless=self.useless))
        if self.unfit or self.dropped:
            given = self.found + self.dropped + self.unfit
            message = (
                f"Of {given} values that the language model told, {self.dropped + self.unfit} were left out:"
                f" {self.dropped} not on the pages, {self.unfit} not of the schema."
            )
            told.append(_warning("llm_dropped", message, found=self.found, dropped=self.dropped, unfit=self.unfit))
        return told


def _warning(code: str, message: str, **detail: Any) -> dict[str, Any]:
    return {"page": None, "code": code, "message": message, "detail": detail}


def _pages(numbers: Sequence[int], total: int) -> str:
    first, last = numbers[0], numbers[-1]
    return f"page {first}" if first == last else f"pages {first} to {last} of {total}"
