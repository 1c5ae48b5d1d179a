"""One score from meaning and words.

z(cosine) + w * BM25 / (sum of the query's inverse document frequencies): the first term tells how far a passage stands
out for meaning, the second what share of the query's weight its words carry. A weighted sum keeps cross-language hits,
where no word can match; reciprocal rank fusion loses them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

import numpy as np

Key = TypeVar("Key", bound=Hashable)


def fuse(similar: dict[Key, float], shares: dict[Key, float], keyword_weight: float) -> dict[Key, float]:
    """Scores of all chunks that either way found, higher is better.

    Args:
        similar: cosines.
        shares: BM25, positive, by the sum of the inverse document frequencies of what was asked for in words.
        keyword_weight: of the words beside the vectors.
    """
    if not similar:
        return dict(shares)
    values = np.array(list(similar.values()))
    mean, deviation = float(values.mean()), float(values.std()) or 1.0
    scores = {key: (cosine - mean) / deviation for key, cosine in similar.items()}
    for key, share in shares.items():
        scores[key] = scores.get(key, 0.0) + keyword_weight * share
    return scores
