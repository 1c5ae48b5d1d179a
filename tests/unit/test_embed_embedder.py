"""The embedder with the real model; skipped where no model folder is at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from pipeline.embed.embedder import Embedder
from pipeline.errors import PermanentError

ROOT = Path(__file__).parents[2]
MODEL = Path(os.environ.get("PAGEMILL_TEST_MODEL") or ROOT / "models" / "multilingual-e5-small")

needs_model = pytest.mark.skipif(
    not (MODEL / "modules.json").exists(),
    reason="no embedding model: run `make setup`, or set PAGEMILL_TEST_MODEL to a model folder",
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(str(MODEL))


@needs_model
def test_translations_are_closer_than_strangers(embedder):
    english = ["The glacier melts in summer.", "He studied law in Berlin.", "Add two eggs and stir."]
    chinese = ["冰川在夏天融化。", "他在柏林学习法律。", "加入两个鸡蛋并搅拌。"]
    similarity = embedder.passages(english) @ embedder.passages(chinese).T
    pairs = similarity.diagonal()
    strangers = similarity[~np.eye(3, dtype=bool)]
    assert pairs.min() > strangers.max() + 0.03


@needs_model
def test_a_question_finds_its_passage_in_the_other_language(embedder):
    english = ["The tea is fermented for forty days.", "The invoice is due in May.", "The bridge was built in 1902."]
    chinese = ["茶叶需要发酵四十天。", "发票应在五月付清。", "会议在下午三点开始。"]
    assert int(np.argmax(embedder.passages(english) @ embedder.query("茶要发酵多久？"))) == 0
    assert int(np.argmax(embedder.passages(chinese) @ embedder.query("When does the meeting start?"))) == 2


@needs_model
def test_the_script_of_chinese_makes_no_difference(embedder):
    traditional, simplified = "頭髮與發展，後來的臺灣。", "头发与发展，后来的台湾。"
    assert np.array_equal(embedder.passages([traditional]), embedder.passages([simplified]))
    assert np.array_equal(embedder.query(traditional), embedder.query(simplified))


@needs_model
def test_batch_and_single_agree_in_the_order_given(embedder):
    texts = ["短", "a much longer text about rivers " * 12, "mid 长度 text", "", "河流。" * 120] * 3
    together = embedder.passages(texts)
    alone = np.vstack([embedder.passages([text]) for text in texts[:5]])
    assert together.shape == (15, embedder.dimension)
    assert together.dtype == np.float32
    cosine = np.sum(together * np.vstack([alone] * 3), axis=1)
    assert cosine.min() > 0.9999


@needs_model
def test_vectors_have_length_one(embedder):
    vectors = np.vstack([embedder.passages(["one", "二"]), embedder.query("three")[None]])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


@needs_model
def test_no_texts_give_no_rows(embedder):
    assert embedder.passages([]).shape == (0, embedder.dimension)


@needs_model
def test_text_beyond_the_limit_is_cut_off(embedder):
    start = "The river rises in spring. " * 120
    first, second = embedder.passages([start, start + "An unrelated ending. " * 2000])
    assert float(first @ second) > 0.9999


@needs_model
def test_query_and_passage_prompts_differ(embedder):
    assert float(embedder.query("river") @ embedder.passages(["river"])[0]) < 0.999


@needs_model
def test_bfloat16_agrees_and_has_the_same_fingerprint(embedder):
    other = Embedder(str(MODEL), precision="bfloat16", engine="torch")
    texts = ["The glacier melts in summer.", "加入两个鸡蛋并搅拌。"]
    assert other.precision == "bfloat16"
    assert other.fingerprint == embedder.fingerprint
    assert np.sum(other.passages(texts) * embedder.passages(texts), axis=1).min() > 0.999


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(PermanentError) as caught:
        Embedder(str(tmp_path / "nowhere"))
    assert caught.value.code == "engine_missing"
    assert "nowhere" in caught.value.message
