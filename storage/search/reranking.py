"""The best few in a second order: by what has read query and passage together, where there is such."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Key = TypeVar("Key")
Rerank = Callable[[str, Sequence[str]], Sequence[float]]
"""From a query and passages to numbers 0..1, higher is better; raises `TransientError` where it cannot."""


def reranked(
    rerank: Rerank, query: str, ranked: Sequence[Key], scores: dict[Key, float], texts: Sequence[str]
) -> tuple[list[Key], dict[Key, float]]:
    """The passages in their new order, with scores that fall with it.

    Those that were not read keep their order behind the others, with scores of 0 and less.

    Args:
        ranked: best first.
        scores: of all of them.
        texts: of the first few, those to be read.

    Raises:
        TransientError: as `rerank`.
    """
    given = rerank(query, texts)
    order = sorted(range(len(texts)), key=lambda place: -given[place])
    rest = ranked[len(texts) :]
    new = {ranked[place]: given[place] for place in order}
    return [*(ranked[place] for place in order), *rest], new | {key: scores[key] - scores[rest[0]] for key in rest}
