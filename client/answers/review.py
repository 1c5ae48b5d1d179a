"""What people should look at, and what they corrected."""

from __future__ import annotations

from typing import Literal, TypedDict

from client.answers.documents import ReviewCounts


class Correction(TypedDict):
    """What a person corrected.

    Attributes:
        was: the value of a field before; None where there was none, and of pages.
        value: of a field; None where it was taken away.
        text: of a page.
        confirmed: it was right as it was.
        run: that it opened.
        stands: it is in force, neither replaced by a newer one nor taken back.
    """

    id: str
    kind: Literal["page", "field"]
    page: int | None
    path: str | None
    index: int | None
    was: str | None
    value: str | None
    text: str | None
    confirmed: bool
    author: str
    created_at: str
    run: int
    stands: bool
    taken_back_at: str | None


class ReviewPage(TypedDict):
    """A page that a person should look at.

    Attributes:
        why: the code of its error where it was not read; else `low_confidence`, `no_text`, `text_missed`, `vertical`,
            `page_damaged` or `other`.
        note: the same as a sentence.
    """

    kind: Literal["page"]
    document: str
    filename: str
    page: int
    confidence: float
    why: str
    note: str


class ReviewField(TypedDict):
    """A field that a person should look at.

    Attributes:
        index: its place in the list, of fields and of records in lists.
        why: `low_confidence`.
    """

    kind: Literal["field"]
    document: str
    filename: str
    page: int | None
    path: str
    index: int | None
    value: str
    text: str | None
    box: list[float] | None
    confidence: float
    why: str


class ReviewList(TypedDict):
    """What a person should look at, least sure first; `counts` are of all that there is, whatever is listed."""

    items: list[ReviewPage | ReviewField]
    counts: ReviewCounts
    next_cursor: str | None
