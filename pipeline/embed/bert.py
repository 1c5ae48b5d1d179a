"""A BERT encoder on OpenVINO: the same vectors as sentence-transformers, without torch.

The default model's vectors take half the processor time so for a question and three quarters for a passage, and a
process that holds it half the memory and a third of the time to load. OpenVINO computes its layers alone. The vectors
of tokens, four fifths of a multilingual model's weights, stay in the file, which the system keeps in memory once for
all processes; those of a text's tokens are read from there.
openvino and tokenizers are imported when a `BertEncoder` is made.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.embed.fingerprint import Tensor
from pipeline.embed.model_folder import BertFolder, Stored, widened

Precision = Literal["auto", "float32", "bfloat16"]
Computed = Literal["float32", "bfloat16"]

_HINTS: dict[Computed, str] = {"float32": "f32", "bfloat16": "bf16"}
_FAR = -1e4  # added to the attention that padding would get; far below all others, and a number of every precision
_TRIAL_TOKENS = 120  # half a chunk
# Lengths are rounded up to it: OpenVINO keeps what it prepared for each shape, so there had better be few.
_STEP = 16


class BertEncoder:
    """One loaded model; for one thread at a time.

    Attributes:
        dimension: length of a vector.
        precision: what is computed in.
        prompts: of the model's own configuration.
    """

    def __init__(self, folder: BertFolder, *, threads: int, precision: Precision, max_tokens: int) -> None:
        """Load it.

        Args:
            threads: CPU threads that it may use.
            precision: "auto" takes bfloat16 where a trial run is faster with it.
            max_tokens: what goes beyond is cut off, or beyond what the model was made for.
        """
        from tokenizers import Tokenizer

        self._folder = folder
        self._tokenizer: Any = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._max_tokens = min(max_tokens, folder.max_tokens)
        self._words = _Rows(folder.stored["embeddings.word_embeddings.weight"])
        self._places = (
            folder.weights("embeddings.position_embeddings.weight")
            + folder.weights("embeddings.token_type_embeddings.weight")[0]
        )
        self.dimension = folder.width
        self.prompts = folder.prompts
        self.precision, self._request = _compiled(folder, threads, precision)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens texts have."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def tokens(self, text: str) -> list[int]:
        """The ids of a text's tokens."""
        return list(self._tokenizer.encode(text).ids)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, all at once: float32, shape (len(texts), dimension), of any length."""
        rows = [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        longest = max(map(len, rows))
        padded = min(-(-longest // _STEP) * _STEP, self._max_tokens)
        vectors = np.zeros((len(rows), padded, self.dimension), np.float32)
        mask = np.zeros((len(rows), padded), np.float32)
        for place, ids in enumerate(rows):
            vectors[place, : len(ids)] = self._words.of(ids) + self._places[: len(ids)]
            mask[place, : len(ids)] = 1.0
        return np.array(self._request.infer([vectors, mask], share_inputs=True)[0], np.float32)

    def tensors(self) -> dict[str, Tensor]:
        """All weights, under the names that torch gives them."""
        return {name: Tensor(stored.shape, stored.run) for name, stored in self._folder.named().items()}

    def _cut(self, ids: list[int]) -> list[int]:
        """At most so many tokens; the last one closes the text."""
        return ids if len(ids) <= self._max_tokens else [*ids[: self._max_tokens - 1], ids[-1]]


class _Rows:
    """Rows of a table that stays in its file."""

    def __init__(self, table: Stored) -> None:
        self._offset, self._kind, self._width = table.offset, table.kind, table.shape[1]
        self._file = os.open(table.path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def of(self, numbers: Sequence[int]) -> NDArray[np.float32]:
        """Rows by their numbers: shape (len(numbers), width)."""
        size = self._width * self._kind.itemsize
        read = b"".join(os.pread(self._file, size, self._offset + number * size) for number in numbers)
        return widened(np.frombuffer(read, self._kind).reshape(len(numbers), self._width))


def _compiled(folder: BertFolder, threads: int, asked: Precision) -> tuple[Computed, Any]:
    """The precision to compute in and what computes: (batch, tokens, width) and mask (batch, tokens) to vectors."""
    import openvino

    core = openvino.Core()
    choice: list[Computed] = ["float32", "bfloat16"] if asked == "auto" else [asked]
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") and len(choice) > 1:
        choice = ["float32"]
    best: tuple[float, Computed, Any] | None = None
    for precision in choice:
        properties = {
            "INFERENCE_PRECISION_HINT": _HINTS[precision], "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,  # other processes share the cores
        }  # fmt: skip
        request = core.compile_model(_graph(folder), "CPU", properties).create_infer_request()
        seconds = _trial_s(request, folder.width) if len(choice) > 1 else 0.0
        if best is None or seconds < best[0]:
            best = seconds, precision, request
    assert best is not None
    return best[1], best[2]


def _trial_s(request: Any, width: int) -> float:
    """Seconds of a run on four texts; the first run lays out weights."""
    trial = [np.full((4, _TRIAL_TOKENS, width), 0.01, np.float32), np.ones((4, _TRIAL_TOKENS), np.float32)]
    request.infer(trial)
    start = time.perf_counter()
    request.infer(trial)
    return time.perf_counter() - start


def _graph(folder: BertFolder) -> Any:
    """Devlin et al. 2018 from the sums of word, place and type on, with the mean over all tokens at the end."""
    import openvino
    from openvino import opset13 as ops

    size = folder.width // folder.heads
    split = ops.constant(np.array([0, 0, folder.heads, size], np.int64))
    joined = ops.constant(np.array([0, 0, folder.width], np.int64))
    swapped = ops.constant(np.array([0, 2, 1, 3], np.int64))
    last, tokens = ops.constant(np.array([-1], np.int64)), ops.constant(np.array([1], np.int64))
    scale = ops.constant(np.float32(size**-0.5))

    def norm(x: Any, name: str) -> Any:
        levelled = ops.mvn(x, last, True, folder.epsilon, "inside_sqrt")
        return ops.add(ops.multiply(levelled, weight(f"{name}.weight")), weight(f"{name}.bias"))

    def dense(x: Any, name: str) -> Any:
        return ops.add(ops.matmul(x, weight(f"{name}.weight"), False, True), weight(f"{name}.bias"))

    def weight(name: str) -> Any:
        return ops.constant(folder.weights(name))

    def heads(x: Any) -> Any:
        return ops.transpose(ops.reshape(x, split, True), swapped)

    rows = ops.parameter([-1, -1, folder.width], np.float32, name="rows")
    mask = ops.parameter([-1, -1], np.float32, name="mask")
    hidden = ops.multiply(ops.subtract(ops.constant(np.float32(1)), mask), ops.constant(np.float32(_FAR)))
    hidden = ops.unsqueeze(hidden, ops.constant(np.array([1, 2], np.int64)))
    x = norm(rows, "embeddings.LayerNorm")
    for layer in range(folder.layers):
        of = f"encoder.layer.{layer}."
        query, key, value = (heads(dense(x, f"{of}attention.self.{name}")) for name in ("query", "key", "value"))
        likeness = ops.add(ops.multiply(ops.matmul(query, key, False, True), scale), hidden)
        seen = ops.matmul(ops.softmax(likeness, -1), value, False, False)
        seen = ops.reshape(ops.transpose(seen, swapped), joined, True)
        x = norm(ops.add(x, dense(seen, of + "attention.output.dense")), of + "attention.output.LayerNorm")
        wide = ops.gelu(dense(x, of + "intermediate.dense"), "erf")
        x = norm(ops.add(x, dense(wide, of + "output.dense")), of + "output.LayerNorm")
    counted = ops.unsqueeze(mask, ops.constant(np.array([2], np.int64)))
    total = ops.reduce_sum(ops.multiply(x, counted), tokens, False)
    mean = ops.divide(total, ops.reduce_sum(counted, tokens, False))
    return openvino.Model([ops.result(mean)], [rows, mask], "bert")
