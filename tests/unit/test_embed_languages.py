from __future__ import annotations

import numpy as np
import pytest

from pipeline.embed.languages import Vector, language_axis, language_of, without_language


class Biased:
    """A model whose first dimension is the language and whose others are noise."""

    def passages(self, texts: list[str]) -> Vector:
        rows = [
            [1.0 if text.isascii() else -1.0, *np.random.default_rng(len(text)).normal(0, 0.1, 3)] for text in texts
        ]
        return np.array(rows, dtype=np.float32)


def test_the_axis_is_what_tells_the_languages_apart() -> None:
    axis = language_axis(Biased())
    assert abs(axis[0]) > 0.98 and np.isclose(np.linalg.norm(axis), 1, atol=1e-6)


def test_a_question_without_its_language_keeps_its_meaning() -> None:
    axis = np.array([1, 0, 0], dtype=np.float32)
    question = np.array([0.8, 0.6, 0.0], dtype=np.float32)
    fair = without_language(question, axis)
    assert np.allclose(fair, [0, 1, 0])
    english, chinese = np.array([0.6, 0.8, 0]), np.array([-0.6, 0.8, 0])
    assert question @ english > question @ chinese and np.isclose(fair @ english, fair @ chinese)


@pytest.mark.parametrize(
    ("question", "language"),
    [("When was it built?", "en"), ("它建于何时？", "zh"), ("iPhone 的价格", "zh"), ("2019 – 42 %", None), ("", None)],
)
def test_the_language_of_a_question(question: str, language: str | None) -> None:
    assert language_of(question) == language
