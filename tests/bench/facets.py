"""What filters, facets and the table of fields take: `python -m tests.bench.facets [DOCUMENTS]`.

A knowledge base of made-up resumes, 40 values and 3 passages each, written straight into its tables. Told are
milliseconds of processor time, the best of five.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import text

from pipeline.extract.fields.columns import columns_of
from pipeline.settings import Settings, StorageSettings
from storage import clock, exports, field_table, fields, fulltext
from storage.catalog import KnowledgeBase, Storage
from storage.columns import Wanted
from storage.field_table import Choice, Order
from storage.filters import kinds_of, parse_filter
from storage.search.candidates import Source
from storage.search.counting import count_facets
from storage.search.query import parse

_KINDS = kinds_of(columns_of("resume"))
_WORDS = [f"word{number}" for number in range(3000)]
_FAMILY, _GIVEN = "李王张刘陈杨黄赵周吴徐孙马胡朱郭何罗高林闫覃佟", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"


def resume(number: int, chance: random.Random) -> dict[str, Any]:
    """Fields of a made-up resume: 40 values."""

    def field(value: str) -> dict[str, Any]:
        return {"value": value, "text": value, "page": 1, "box": None, "confidence": 0.9, "method": "label"}

    def day() -> str:
        return f"{chance.randrange(1990, 2026)}-{chance.randrange(1, 13):02}"

    name = chance.choice(_FAMILY) + chance.choice(_GIVEN) + chance.choice(_GIVEN)
    return {
        "name": field(name), "phone": field(f"1380{number:07}"), "email": field(f"p{number}@example.org"),
        "gender": field(chance.choice(["male", "female"])), "birth_date": field(day()),
        "location": field(f"city {chance.randrange(300)}"), "years": field(str(chance.randrange(35))),
        "education": [
            {"school": field(f"school {chance.randrange(800)}"), "degree": field(chance.choice(["本科", "硕士"])),
             "major": field(f"major {chance.randrange(100)}"), "start": field(day()), "end": field(day())}
            for _ in range(2)
        ],
        "work": [
            {"employer": field(f"employer {chance.randrange(5000)}"), "title": field(f"title {chance.randrange(900)}"),
             "start": field(day()), "end": field(day())}
            for _ in range(3)
        ],
        "skills": [field(f"skill {skill}") for skill in chance.sample(range(500), 9)],
        "languages": [field("English"), field("中文")],
    }  # fmt: skip


def fill(kb: KnowledgeBase, documents: int) -> None:
    """Published documents, as their last commit leaves them."""
    chance = random.Random(1)
    with kb.db.write() as connection:
        for number in range(documents):
            id_, key = clock.new_id(), {"wall": clock.wall()}
            connection.execute(
                text(
                    "INSERT INTO document (id, sha256, filename, kind, size_bytes, metadata, tags, batch, created_at,"
                    " run, published_run, version, language) VALUES (:id, :id, :name, 'pdf', 1, '{}', :tags, 'b',"
                    " :wall, 1, 1, :number, :language)"
                ),
                {
                    **key, "id": id_, "name": f"cv {number}.pdf", "number": number, "tags": f'["t{number % 7}"]',
                    "language": chance.choice(["en", "zh-Hans"]),
                },
            )  # fmt: skip
            connection.execute(
                text(
                    "INSERT INTO run (document, run, status, cause, settings, pages_total, created_at)"
                    " VALUES (:id, 1, 'done', 'upload', '{}', 2, :wall)"
                ),
                {**key, "id": id_},
            )
            fields.put(connection, id_, 1, resume(number, chance))
            for position in range(3):
                words = " ".join(chance.choices(_WORDS, k=60))
                seq = connection.execute(
                    text(
                        "INSERT INTO chunk (document, run, position, text, heading, spans, tokens, text_hash)"
                        " VALUES (:id, 1, :position, :words, '', '[]', 60, x'00') RETURNING seq"
                    ),
                    {"id": id_, "position": position, "words": words},
                ).scalar_one()
                fulltext.index(connection, [(seq, words)])
        connection.execute(text("UPDATE knowledge SET version = :documents"), {"documents": documents})


def touch(kb: KnowledgeBase) -> None:
    """A document has changed."""
    with kb.db.write() as connection:
        connection.execute(text("UPDATE knowledge SET version = version + 1"))
        connection.execute(
            text(
                "UPDATE document SET version = (SELECT version FROM knowledge)"
                " WHERE id = (SELECT max(id) FROM document)"
            )
        )


def timed(what: str, act: Callable[[], object], times: int = 5) -> None:
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        act()
        best = min(best, time.process_time() - began)
    print(f"{what:60} {best * 1000:8.1f} ms", flush=True)


def facets(
    storage: Storage, kb: KnowledgeBase, names: list[str], query: str, *given: str, mode: str = "keyword"
) -> Any:
    source = Source(kb, filters=[parse_filter(one, _KINDS) for one in given])
    wanted = [[Wanted(name, _KINDS.get(name, "text"), (name,) if name in _KINDS else ())] for name in names]
    return count_facets([source], wanted, parse(query), mode, storage.settings.search)  # type: ignore[arg-type]


def measures(storage: Storage, kb: KnowledgeBase) -> Iterator[tuple[str, Callable[[], object], int]]:
    """What is measured, and how often."""
    four = ["skills", "education.degree", "work.start", "tag"]

    def page(*given: str, sort: str | None = None, words: str | None = None, limit: int = 50) -> Any:
        column = None
        if sort is not None:
            column = Wanted(sort, _KINDS.get(sort, "text"), (sort,) if sort in _KINDS else ())
        choice = Choice([parse_filter(one, _KINDS) for one in given], words)
        return field_table.page(kb, choice, Order(column), limit)

    rare, common = "word7 word8 word9", " ".join(_WORDS[:40])
    yield "4 facets, nothing read yet", lambda: facets(storage, kb, four, rare), 1
    yield "4 facets, a query of 3 words", lambda: facets(storage, kb, four, rare), 5
    yield "4 facets, a query of 40 words (most documents)", lambda: facets(storage, kb, four, common), 5
    yield "4 facets, all documents (vectors)", lambda: facets(storage, kb, four, rare, mode="vector"), 5
    yield "4 facets, years>=5, all words", lambda: facets(storage, kb, four, rare, "years>=5", mode="vector"), 5
    yield "4 facets after a document changed", lambda: (touch(kb), facets(storage, kb, four, rare)), 5
    yield "facet of 10,000 e-mail addresses", lambda: facets(storage, kb, ["email"], rare, mode="vector"), 5
    for given in (["years>=5"], ["skills=skill 7"], ["skills:skill 7"], ["education:school 7"], ["work.start<2000"],
                  ["work.employer:employer 7", "work.title:title 7"], ["work.start>=2015", "work.start<2016"],
                  ["skills!=skill 7"], ["phone="], ["filename:cv 77"], ["tag:t1"]):  # fmt: skip
        yield f"page of the table, {' and '.join(given)}", lambda given=given: page(*given), 5
    for sort in ("years", "name", "work.start", "skills", "filename"):
        yield f"first page sorted by {sort}, column not read yet", lambda sort=sort: page(sort=sort), 1
        yield f"page sorted by {sort}", lambda sort=sort: page(sort=sort), 5
    yield "page of the table, 2 words of the text", lambda: page(words="word7 word8"), 5
    yield "the whole table as CSV", lambda: sum(map(len, exports.csv_lines(kb, list(_KINDS)))), 1


def main() -> None:
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(Settings(storage=StorageSettings(data=Path(folder))))
        storage.prepare()
        kb = storage.open(storage.create_knowledge_base("bench", ["en"], "auto", "resume")["id"])
        timed(f"{documents} documents written", lambda: fill(kb, documents), 1)
        print(f"{'database':60} {kb.db.path.stat().st_size / 1e6:8.1f} MB")
        for what, act, times in measures(storage, kb):
            timed(what, act, times)
        kb.db.close()
        storage.catalog.close()


if __name__ == "__main__":
    main()
