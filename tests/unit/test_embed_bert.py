"""OpenVINO and torch give the same vectors; what OpenVINO must not compute goes to torch."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.embed import bert
from pipeline.embed.embedder import Embedder
from pipeline.embed.model_folder import bert_folder
from pipeline.errors import PermanentError
from tests.unit.test_embed_embedder import MODEL, needs_model

TEXTS = [
    "The glacier melts in summer.",
    "加入两个鸡蛋并搅拌。",
    "",
    "河流。" * 120,
    "a longer text about rivers and mills " * 20,
    "a text that is cut off " * 120,
    "A mixed 混合 line, with “marks” and 1,234.5 numbers.",
]


@pytest.fixture(scope="module")
def torch_embedder() -> Embedder:
    return Embedder(str(MODEL), engine="torch", precision="float32")


@pytest.mark.parametrize(("precision", "least"), [("float32", 0.999999), ("bfloat16", 0.9999)])
@needs_model
def test_either_engine_gives_the_same_vectors(torch_embedder, precision, least):
    pytest.importorskip("openvino")
    ours = Embedder(str(MODEL), engine="openvino", precision=precision)
    assert (ours.engine, ours.precision) == ("openvino", precision)
    assert np.sum(ours.passages(TEXTS) * torch_embedder.passages(TEXTS), axis=1).min() > least
    for text in TEXTS:
        assert float(ours.query(text) @ torch_embedder.query(text)) > least


@needs_model
def test_either_engine_tells_the_same_fingerprint(torch_embedder):
    pytest.importorskip("openvino")
    assert Embedder(str(MODEL), engine="openvino", precision="float32").fingerprint == torch_embedder.fingerprint


def shown_as(folder: Path, name: str, change: dict) -> str:
    """A folder like the model's, of which one file says something else."""
    for path in MODEL.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(MODEL)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    (folder / name).unlink()
    (folder / name).write_text(json.dumps(json.loads((MODEL / name).read_text()) | change))
    return str(folder)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("config.json", {"model_type": "xlm-roberta"}),
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"num_hidden_layers": 11}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("1_Pooling/config.json", {"pooling_mode": "cls"}),
        ("1_Pooling/config.json", {"include_prompt": False}),
        ("sentence_bert_config.json", {"do_lower_case": True}),
        ("tokenizer_config.json", {"tokenizer_class": "XLMRobertaTokenizer"}),
    ],
)
@needs_model
def test_a_model_of_another_form_is_not_taken_for_ours(tmp_path, name, change):
    assert bert_folder(str(MODEL)) is not None
    assert bert_folder(shown_as(tmp_path, name, change)) is None


@needs_model
def test_a_model_with_one_more_module_is_not_taken_for_ours(tmp_path):
    folder = Path(shown_as(tmp_path, "config.json", {}))
    modules = json.loads((MODEL / "modules.json").read_text())
    (folder / "modules.json").unlink()
    (folder / "modules.json").write_text(
        json.dumps([*modules, {"idx": 3, "type": "sentence_transformers.models.Dense"}])
    )
    assert bert_folder(str(folder)) is None


def test_what_is_no_folder_is_not_taken_for_ours(tmp_path):
    assert bert_folder("intfloat/multilingual-e5-small") is None
    assert bert_folder(str(tmp_path)) is None


@pytest.mark.parametrize("kept", [0, 4, 100, 100_000, -1])
@needs_model
def test_weights_that_are_cut_off_are_not_taken_for_ours(tmp_path, kept):
    folder = Path(shown_as(tmp_path, "config.json", {}))
    content = (MODEL / "model.safetensors").read_bytes()[:kept]
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").write_bytes(content)
    assert bert_folder(str(folder)) is None


@needs_model
def test_where_openvino_fails_torch_computes_unless_openvino_was_asked_for(monkeypatch):
    pytest.importorskip("openvino")

    def failing(*_, **__):
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(bert, "_compiled", failing)
    assert Embedder(str(MODEL), precision="float32").engine == "torch"
    with pytest.raises(PermanentError) as told:
        Embedder(str(MODEL), engine="openvino", precision="float32")
    assert told.value.code == "engine_missing" and "no such instruction" in told.value.detail["reason"]


@needs_model
def test_openvino_is_not_asked_in_vain(tmp_path):
    with pytest.raises(PermanentError, match="OpenVINO cannot compute"):
        Embedder(shown_as(tmp_path, "config.json", {"hidden_act": "relu"}), engine="openvino")
