"""Search as a knowledge base grows: `python -m tests.bench.search_scale [--chunks 1000 10000 100000]`.

Passages in both languages, made of the words of the embedding model's own vocabulary as often as language uses them
(Zipf's law), are written as finished documents into a knowledge base a size, past the pages. Their vectors are those of
some thousand passages that the model did read, blended by threes: embedding 100,000 passages would take an hour, and
blends lie among each other as real ones do. Questions are parts of passages, read by the model as any question is.

Then, over HTTP: the latency of one client after another, of 16 clients at once that ask `--rate` questions a second
together, by mode and with a filter; and how much of an exact search's best ten the vector index finds. `--data FOLDER`
keeps what was built for the next time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import psutil
from sqlalchemy import text

from pipeline.embed.embedder import Embedder
from pipeline.settings import EmbedSettings, Settings, StorageSettings
from storage import clock, fields, fulltext
from storage.catalog import KnowledgeBase, Storage
from storage.chunks import ModelIdentity
from storage.vectors import Vectors, vector_id
from tests.stack import Stack, running

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
    values = {"id": row["document"], "name": f"{number}.pdf", "wall": wall}
    connection.execute(
        text("INSERT INTO document (id, sha256, filename, kind, size_bytes, metadata, tags, batch, created_at, run,"
             " published_run, version, language) VALUES (:id, :id, :name, 'pdf', 1, '{}', '[]', 'b', :wall, 1, 1, 1,"
             " 'en')"), values)  # fmt: skip
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


class Asking:
    """Asks a knowledge base over HTTP, and remembers how long answers took."""

    def __init__(self, stack: Stack, kb: str, questions: Sequence[str], **params: str) -> None:
        self._url = f"{stack.url}/api/v1/knowledge-bases/{kb}/search"
        self._questions = questions
        self._params = params
        self.times_ms: list[float] = []

    def _ask(self, client: httpx.Client, question: str) -> None:
        answer = client.get(self._url, params={"q": question, **self._params})
        answer.raise_for_status()
        if answer.json()["degraded"]:
            raise SystemExit(f"degraded: {answer.json()['degraded']}")

    def one_by_one(self) -> None:
        """One client that asks again as soon as it has its answer."""
        with httpx.Client(trust_env=False, timeout=60) as client:
            for question in self._questions:
                began = time.perf_counter()
                self._ask(client, question)
                self.times_ms.append((time.perf_counter() - began) * 1000)

    def at_a_rate(self, rate: float, clients: int) -> float:
        """Clients that together ask so often a second, whether or not answers came: late ones count from their turn.

        Returns:
            Answers a second.
        """
        turns = iter(list(enumerate(self._questions)))
        lock, began = threading.Lock(), time.perf_counter()

        def work() -> None:
            with httpx.Client(trust_env=False, timeout=60) as client:
                while True:
                    with lock:
                        turn = next(turns, None)
                    if turn is None:
                        return
                    due = began + turn[0] / rate
                    time.sleep(max(0.0, due - time.perf_counter()))
                    self._ask(client, turn[1])
                    with lock:
                        self.times_ms.append((time.perf_counter() - due) * 1000)

        threads = [threading.Thread(target=work) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(self.times_ms) / (time.perf_counter() - began)

    def __str__(self) -> str:
        p50, p90, p99 = np.percentile(self.times_ms, (50, 90, 99))
        return f"p50 {p50:6.1f}  p90 {p90:6.1f}  p99 {p99:6.1f} ms"


def _questions(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """Parts of passages, each once: none was asked before, so that no cache answers."""
    random = np.random.default_rng(seed)
    questions = []
    for number in range(count):
        passage = texts[number % len(texts)]
        words = passage.split() if " " in passage else list(passage)
        length = int(random.integers(5, 12)) if " " in passage else int(random.integers(8, 24))
        at = int(random.integers(0, max(1, len(words) - length)))
        questions.append((" " if " " in passage else "").join(words[at : at + length]).replace(".", ""))
    return questions


def _cpu_s(stack: Stack) -> float:
    processes = [psutil.Process(stack.process.pid), *psutil.Process(stack.process.pid).children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _build(data: Path, sizes: Sequence[int], stack: Stack) -> None:
    settings = Settings(storage=StorageSettings(data=data))
    built: dict[str, Any] = {}
    embedder = Embedder(str(settings.embed_model), threads=1)
    identity = ModelIdentity(settings.embed.model, embedder.fingerprint, embedder.dimension)
    known = data / "built.json"
    if known.exists():
        built = orjson.loads(known.read_bytes())
    storage = Storage(settings, stack.chroma_url)
    writer = Writer(embedder)
    for size in sizes:
        if str(size) in built:
            continue
        began = time.perf_counter()
        kb = storage.open(stack.create(f"{size} chunks"))
        built[str(size)] = {"kb": kb.id, "texts": fill(kb, writer, identity, size)}
        known.write_bytes(orjson.dumps(built))
        print(f"{size} chunks written in {time.perf_counter() - began:.0f} s", flush=True)


def _measure(data: Path, sizes: Sequence[int], stack: Stack, count: int, rate: float, clients: int) -> None:
    built = orjson.loads((data / "built.json").read_bytes())
    settings = Settings(storage=StorageSettings(data=data))
    embedder = Embedder(str(settings.embed_model), threads=1)
    with closing(Storage(settings, stack.chroma_url).catalog):
        for size in sizes:
            kb, texts = built[str(size)]["kb"], built[str(size)]["texts"]
            stack.wait_for_vectors(kb)
            handle = Storage(settings, stack.chroma_url).open(kb)
            vectors = [embedder.query(question) for question in _questions(texts, 100, 1)]
            print(f"{size} chunks: recall of the index at 10: {recall(handle, vectors):.4f}", flush=True)
            for seed, (what, params) in enumerate(
                [
                    ("hybrid", {}), ("vector", {"mode": "vector"}), ("keyword", {"mode": "keyword"}),
                    ("hybrid, 1 in 8", {"filter": "skills:Redis"}),
                ]
            ):  # fmt: skip
                asking = Asking(stack, kb, _questions(texts, count, 10 + seed), **params)
                before = _cpu_s(stack)
                asking.one_by_one()
                spent = (_cpu_s(stack) - before) / count * 1000
                print(f"  {what:16} one client    {asking}  {spent:.1f} ms of CPU each", flush=True)
            crowd = Asking(stack, kb, _questions(texts, max(count, int(rate * 10)), 20))
            reached = crowd.at_a_rate(rate, clients)
            print(f"  {'hybrid':16} {clients} clients    {crowd}  {reached:.1f} a second of {rate:g} asked", flush=True)


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rate", type=float, default=40.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        data: Path = given.data or Path(temporary) / "data"
        with running(data) as stack:
            _build(data, given.chunks, stack)
            _measure(data, given.chunks, stack, given.questions, given.rate, given.clients)


if __name__ == "__main__":
    main()
