"""One score from meaning and words.

z(cosine) + w * BM25 / (sum of the query's inverse document frequencies): the first term tells how far a passage stands
out for meaning, the second what share of the query's weight its words carry. A weighted sum keeps cross-language hits,
where no word can match; reciprocal rank fusion loses them.
"""

from __future__ import annotations

import numpy as np


def fuse(
    similar: dict[int, float], matched: dict[int, float], weight: float, keyword_weight: float
) -> dict[int, float]:
    """Scores of all chunks that either way found: row ids to numbers, higher is better.

    Args:
        similar: cosines.
        matched: BM25, positive.
        weight: sum of the inverse document frequencies of what was asked for in words.
        keyword_weight: of the words beside the vectors.
    """
    if not similar:
        return {seq: score / weight for seq, score in matched.items()} if weight else {}
    values = np.array(list(similar.values()))
    mean, deviation = float(values.mean()), float(values.std()) or 1.0
    scores = {seq: (cosine - mean) / deviation for seq, cosine in similar.items()}
    if weight:
        for seq, score in matched.items():
            scores[seq] = scores.get(seq, 0.0) + keyword_weight * score / weight
    return scores
