"""Knowledge bases of any size, past the pages, and questions to them.

Passages in both languages are made of the words of the embedding model's own vocabulary as often as language uses them
(Zipf's law) and written as finished documents. Their vectors are those of some thousand passages that the model did
read, blended by threes: embedding 100,000 passages would take an hour, and blends lie among each other as real ones do.
Questions are parts of passages, read by the model as any question is.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sqlalchemy import text

from pipeline.embed.embedder import Embedder
from pipeline.settings import EmbedSettings
from storage import clock, fields, fulltext
from storage import values as compared
from storage.catalog import KnowledgeBase, Storage
from storage.chunks import ModelIdentity
from storage.vectors import Vectors, vector_id
from tests.stack import Stack

PER_DOCUMENT = 10
READ = 3000  # passages that the model does read
AT_ONCE = 500
SKILLS = ("Python", "Redis", "Go", "Rust", "SQL", "会计", "焊接", "英语")


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk to be: its text, and its vector (dimension,)."""

    text: str
    vector: Vectors


class Writer:
    """Makes passages; the same for the same seed.

    Args:
        embedder: reads the first passages, and gives its vocabulary.
    """

    def __init__(self, embedder: Embedder, seed: int = 7) -> None:
        self._random = np.random.default_rng(seed)
        words = _words(Path(EmbedSettings().model) / "tokenizer.json")
        self._words = {name: (found, _zipf(len(found))) for name, found in words.items()}
        self._read = embedder.passages([self.text(40) for _ in range(READ)])

    def text(self, words: int) -> str:
        """So many words of one language, in sentences."""
        name = "zh" if self._random.random() < 0.5 else "en"
        vocabulary, weights = self._words[name]
        chosen = [vocabulary[at] for at in np.searchsorted(weights, self._random.random(words))]
        ends = [chosen[at : at + 12] for at in range(0, words, 12)]
        return "。".join("".join(part) for part in ends) if name == "zh" else ". ".join(" ".join(p) for p in ends)

    def passage(self) -> Passage:
        """About 250 tokens and a vector among the others'."""
        a, b, c = self._read[self._random.integers(0, READ, 3)]
        vector = 0.6 * a + 0.3 * b + 0.1 * c + self._random.normal(0, 0.01, a.shape)
        return Passage(self.text(150), (vector / np.linalg.norm(vector)).astype(np.float32))


def _words(tokenizer: Path) -> dict[str, list[str]]:
    """The vocabulary's whole words by language, commonest first."""
    pieces = [piece for piece, _ in json.loads(tokenizer.read_text())["model"]["vocab"]]
    english = [p[1:] for p in pieces if p.startswith("▁") and p[1:].isascii() and p[1:].isalpha() and len(p) > 3]
    chinese = [p for p in pieces if len(p) in (2, 3) and all("\u4e00" <= c <= "\u9fff" for c in p)]
    return {"en": english, "zh": chinese}


def _zipf(count: int) -> Vectors:
    shares = 1 / (np.arange(count) + 10.0)
    cumulated = np.cumsum(shares)
    return np.asarray(cumulated / cumulated[-1])


def knowledge_bases(
    data: Path, sizes: Sequence[int], stack: Stack, storage: Storage, embedder: Embedder
) -> dict[str, dict[str, Any]]:
    """By size in chunks, the knowledge base's id and some of its texts; made where the data folder has none yet."""
    known = data / "built.json"
    built: dict[str, dict[str, Any]] = orjson.loads(known.read_bytes()) if known.exists() else {}
    missing = [size for size in sizes if str(size) not in built]
    identity = ModelIdentity(storage.settings.embed.model, embedder.fingerprint, embedder.dimension)
    writer = Writer(embedder) if missing else None
    for size in missing:
        assert writer is not None
        kb = storage.open(stack.create(f"{size} chunks"))
        built[str(size)] = {"kb": kb.id, "texts": fill(kb, writer, identity, size)}
        known.write_bytes(orjson.dumps(built))
    return built


def fill(kb: KnowledgeBase, writer: Writer, identity: ModelIdentity, chunks: int) -> list[str]:
    """Write `chunks` passages as published documents. Some of their texts, to ask for."""
    asked: list[str] = []
    numbers = itertools.count()
    with kb.db.write() as connection:
        connection.execute(
            text("UPDATE knowledge SET model = :name, model_fingerprint = :print, dimension = :dimension"),
            {"name": identity.name, "print": identity.fingerprint, "dimension": identity.dimension},
        )
    for start in range(0, chunks, AT_ONCE):
        passages = [writer.passage() for _ in range(min(AT_ONCE, chunks - start))]
        asked.extend(passage.text for passage in passages[:: max(1, chunks // 500)])
        rows = _rows(passages, numbers)
        kb.vectors.put([vector_id(row["document"], 1, row["position"]) for row in rows],
                       np.stack([passage.vector for passage in passages]))  # fmt: skip
        _insert(kb, rows)
    return asked


def _rows(passages: Sequence[Passage], numbers: Iterator[int]) -> list[dict[str, Any]]:
    rows = []
    for group in itertools.batched(passages, PER_DOCUMENT) if hasattr(itertools, "batched") else _groups(passages):
        document = clock.new_id()
        for position, passage in enumerate(group):
            rows.append({
                "document": document, "position": position, "text": passage.text, "tokens": 250,
                "spans": orjson.dumps([[0, len(passage.text), 1, 50, 50, 500, 700]]),
                "hash": f"{document}{position}".encode(), "vector": passage.vector.tobytes(), "number": next(numbers),
            })  # fmt: skip
    return rows


def _groups(passages: Sequence[Passage]) -> Iterator[Sequence[Passage]]:
    for at in range(0, len(passages), PER_DOCUMENT):
        yield passages[at : at + PER_DOCUMENT]


def _insert(kb: KnowledgeBase, rows: list[dict[str, Any]]) -> None:
    wall = clock.wall()
    with kb.db.write() as connection:
        for row in rows:
            if row["position"] == 0:
                _insert_document(kb, connection, row, wall)
        connection.execute(
            text("INSERT INTO chunk (document, run, position, text, heading, spans, tokens, text_hash)"
                 " VALUES (:document, 1, :position, :text, '', :spans, :tokens, :hash)"), rows)  # fmt: skip
        connection.execute(text("INSERT INTO embedding (text_hash, vector) VALUES (:hash, :vector)"), rows)
        found = connection.execute(
            text("SELECT seq, text FROM chunk ORDER BY seq DESC LIMIT :limit"), {"limit": len(rows)}
        )
        fulltext.index(connection, [(row.seq, row.text) for row in found])


def _insert_document(kb: KnowledgeBase, connection: Any, row: dict[str, Any], wall: str) -> None:
    number = row["number"] // PER_DOCUMENT
    name = f"{number}.pdf"
    values = {
        "id": row["document"], "name": name, "wall": wall, "folded": compared.folded(name),
        "terms": compared.terms(name),
    }  # fmt: skip
    connection.execute(
        text("INSERT INTO document (id, sha256, filename, kind, size_bytes, metadata, tags, batch, created_at, run,"
             " published_run, version, language, filename_folded, filename_terms) VALUES (:id, :id, :name, 'pdf', 1,"
             " '{}', '[]', 'b', :wall, 1, 1, 1, 'en', :folded, :terms)"), values)  # fmt: skip
    connection.execute(
        text("INSERT INTO run (document, run, status, cause, settings, pages_total, created_at, finished_at)"
             " VALUES (:id, 1, 'done', 'upload', '{}', 1, :wall, :wall)"), values)  # fmt: skip
    told = {
        "name": _field(f"Person {number}"), "years": _field(str(number % 30)),
        "skills": [_field(SKILLS[number % len(SKILLS)]), _field(SKILLS[number * 7 % len(SKILLS)])],
    }  # fmt: skip
    fields.put(connection, row["document"], 1, told)


def _field(value: str) -> dict[str, Any]:
    return {"value": value, "text": value, "page": 1, "box": [1, 1, 9, 9], "confidence": 0.9, "method": "label"}


def recall(kb: KnowledgeBase, questions: Sequence[Vectors], limit: int = 10) -> float:
    """How much of the best `limit` by exact comparison the index finds."""
    with kb.db.read() as connection:
        rows = connection.execute(
            text("SELECT document, position, vector FROM chunk JOIN embedding USING (text_hash)")
        ).all()
    ids = [vector_id(row.document, 1, row.position) for row in rows]
    stored = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(len(rows), -1)
    shares = []
    for question in questions:
        exact = {ids[at] for at in np.argpartition(-(stored @ question), limit)[:limit]}
        shares.append(len(exact & {id_ for id_, _ in kb.vectors.nearest(question, limit)}) / limit)
    return float(np.mean(shares))


def questions(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """Parts of passages, each once: none was asked before, so that no cache answers."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        passage = texts[number % len(texts)]
        words = passage.split() if " " in passage else list(passage)
        length = int(random.integers(5, 12)) if " " in passage else int(random.integers(8, 24))
        at = int(random.integers(0, max(1, len(words) - length)))
        made.append((" " if " " in passage else "").join(words[at : at + length]).replace(".", ""))
    return made
