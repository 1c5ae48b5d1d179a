"""Figures of fields and searches, worked out by hand."""

from __future__ import annotations

import pytest

from cli.evaluation.retrieval import percentile, rank_of
from cli.evaluation.scores import Ranking, Tally, macro_f1, micro


def test_precision_recall_and_f1() -> None:
    tally = Tally(right=6, found=8, true=12)
    assert (tally.precision, tally.recall) == (0.75, 0.5)
    assert tally.f1 == pytest.approx(0.6)


def test_nothing_found_and_nothing_true() -> None:
    assert (Tally(0, 0, 3).precision, Tally(0, 0, 3).recall, Tally(0, 0, 3).f1) == (1.0, 0.0, 0.0)
    assert (Tally(0, 2, 0).precision, Tally(0, 2, 0).recall, Tally(0, 2, 0).f1) == (0.0, 1.0, 0.0)
    assert Tally().f1 == 1.0


def test_over_all_kinds() -> None:
    kinds = [Tally(9, 10, 10), Tally(0, 0, 2), Tally()]
    assert micro(kinds) == Tally(9, 10, 12)
    assert macro_f1(kinds) == pytest.approx((0.9 + 0.0) / 2), "a kind that nobody knows of does not count"
    assert macro_f1([Tally()]) is None


def test_recall_at_a_depth_and_reciprocal_ranks() -> None:
    ranking = Ranking.of([1, 1, 2, 6, None])
    assert ranking.recall == {1: 0.4, 5: 0.6, 10: 0.8}
    assert ranking.mrr == pytest.approx((1 + 1 + 1 / 2 + 1 / 6) / 5)
    assert Ranking.of([]).recall[1] == 0.0


def test_the_rank_is_that_of_the_first_hit_in_the_right_paragraph() -> None:
    hits = [{"document": "b"}, {"document": "a"}, {"document": "a2"}]
    assert rank_of(hits, {"a": 0, "a2": 0, "b": 1}, 0) == 2
    assert rank_of(hits, {"a": 0, "b": 1}, 7) is None
    assert rank_of([{"document": "of somebody else"}], {}, 0) is None


def test_percentiles() -> None:
    assert percentile([], 50) is None
    assert percentile([7.0], 99) == 7.0
    assert percentile([float(n) for n in range(101)], 99) == pytest.approx(99.0)
