"""What a folder of a sentence-transformers model holds, read without torch: for models of the plainest form alone.

That form is BERT with mean pooling, as the default model has it; whatever says, or holds, anything else is none of it,
and sentence-transformers loads it.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

_MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_BERT = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False}
# Classes that take tokenizer.json as it stands; others make a tokenizer of their own from its vocabulary.
_TOKENIZERS = ("PreTrainedTokenizerFast", "TokenizersBackend")
_KINDS: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
# Below the transformer: torch's names of weights in a state_dict begin so.
_PREFIX = "0.model."


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor as it lies in a file.

    Attributes:
        path: of the file.
        offset: bytes before it.
        kind: of its numbers; bfloat16 as uint16.
        shape: of it.
    """

    path: Path
    offset: int
    kind: np.dtype[Any]
    shape: tuple[int, ...]

    def run(self, start: int, end: int) -> NDArray[np.float32]:
        """Its flat values from one offset to another."""
        at = self.offset + start * self.kind.itemsize
        return widened(np.fromfile(self.path, self.kind, end - start, offset=at))

    def values(self) -> NDArray[np.float32]:
        """All of it."""
        return self.run(0, math.prod(self.shape)).reshape(self.shape)


@dataclass(frozen=True, slots=True)
class BertFolder:
    """A BERT model's folder.

    Attributes:
        path: of the folder.
        layers, heads, width: of the transformer; its vectors have `width` numbers.
        epsilon: what keeps its norms from dividing by zero.
        max_tokens: most that it was made for.
        prompts: by their names.
        stored: weights by their names.
    """

    path: Path
    layers: int
    heads: int
    width: int
    epsilon: float
    max_tokens: int
    prompts: dict[str, str]
    stored: dict[str, Stored]

    def weights(self, name: str) -> NDArray[np.float32]:
        """A weight in float32."""
        return self.stored[name].values()

    def named(self) -> dict[str, Stored]:
        """All weights under the names that torch gives them."""
        return {_PREFIX + name: values for name, values in self.stored.items()}


def widened(stored: NDArray[Any]) -> NDArray[np.float32]:
    """Float32 of what is stored: exact, whatever it is stored in."""
    if stored.dtype == np.uint16:  # bfloat16 is the upper half of a float32
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32)


def bert_folder(model: str) -> BertFolder | None:
    """The folder's content if it is of the known form, else None: a file missing, a module or a weight more."""
    path = Path(model)
    try:
        config = _json(path / "config.json")
        limits, pooling = _json(path / "sentence_bert_config.json"), _json(path / "1_Pooling" / "config.json")
        modules = [module["type"].rpartition(".")[2] for module in _json(path / "modules.json")]
        tokenizer = _json(path / "tokenizer_config.json")
        prompts = _json(path / "config_sentence_transformers.json").get("prompts", {})
        stored = _stored(path / "model.safetensors")
        found = BertFolder(
            path, config["num_hidden_layers"], config["num_attention_heads"], config["hidden_size"],
            config["layer_norm_eps"], min(limits["max_seq_length"], config["max_position_embeddings"]),
            {name: prompt or "" for name, prompt in prompts.items()}, stored,
        )  # fmt: skip
    except (OSError, KeyError, TypeError, ValueError, AttributeError, struct.error):
        return None
    plain = (
        all(config.get(name, value) == value for name, value in _BERT.items())
        and config.get("model_type") == "bert"
        and modules in _MODULES
        and (pooling.get("pooling_mode") == "mean" or _old_mean(pooling))
        and pooling.get("include_prompt", True)
        and not limits.get("do_lower_case")
        and tokenizer.get("tokenizer_class") in _TOKENIZERS
        and (path / "tokenizer.json").is_file()
        and {name for name in stored if not name.startswith("pooler.")} == _names(found.layers)
    )
    return found if plain else None


def _json(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def _old_mean(pooling: dict[str, Any]) -> bool:
    """Whether a configuration of older libraries, a flag a mode, asks for the mean alone."""
    return [name for name, on in pooling.items() if name.startswith("pooling_mode_") and on] == [
        "pooling_mode_mean_tokens"
    ]


def _stored(path: Path) -> dict[str, Stored]:
    """The tensors of a safetensors file: 8 bytes that tell the length of a JSON header, it, and then the numbers.

    Raises:
        KeyError: it holds numbers of another kind.
        ValueError, struct.error: it was cut off.
    """
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = orjson.loads(file.read(length))
    found = {
        name: Stored(path, 8 + length + tensor["data_offsets"][0], _KINDS[tensor["dtype"]], tuple(tensor["shape"]))
        for name, tensor in header.items()
        if name != "__metadata__"
    }
    size = path.stat().st_size
    if any(stored.offset + math.prod(stored.shape) * stored.kind.itemsize > size for stored in found.values()):
        raise ValueError("cut off")
    return found


def _names(layers: int) -> set[str]:
    """The weights of a BERT of so many layers, without its pooler, which mean pooling does not ask."""
    dense = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
             "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm")  # fmt: skip
    tables = {f"embeddings.{name}_embeddings.weight" for name in ("word", "position", "token_type")}
    pairs = ["embeddings.LayerNorm", *(f"encoder.layer.{layer}.{name}" for layer in range(layers) for name in dense)]
    return tables | {f"{name}.{kind}" for name in pairs for kind in ("weight", "bias")}
