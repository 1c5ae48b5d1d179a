"""An index that an older folding wrote is brought up to date, in pieces, and searched both ways afterwards."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, text

from actors.sweep import Sweep
from storage import fields, fulltext, refold, search
from storage.catalog import KnowledgeBase, Storage
from storage.filters import Filter
from storage.search import Results
from tests.unit import builders
from tests.unit.test_storage_control import _Messages

TEXTS = ("陳大文住在臺北市二樓", "陈大文住在台北市三楼", "A report of 2024")


def published(kb: KnowledgeBase, texts: Sequence[str] = TEXTS, name: str = "陳大文") -> str:
    """A document of these passages, with a name among its fields."""
    document = builders.upload(kb, texts[0].encode()).id
    builders.render_all(kb, document, 1)
    builders.through_embed(kb, document, fields={"name": builders.field(name)}, texts=texts)
    builders.publish(kb, document)
    return document


def written_by_an_older_one(kb: KnowledgeBase) -> None:
    """Full text and fields as they were before characters were folded, and no word of a folding."""
    with kb.db.write() as connection:
        connection.execute(text("UPDATE knowledge SET folding = NULL"))
        connection.execute(text("UPDATE field SET terms = ' 陳 大 文 | 陳 大 文 '"))
        for seq, value in connection.execute(text("SELECT seq, text FROM chunk")).all():
            pairs = [value[i : i + 2] for i in range(len(value) - 1)] if not value.isascii() else value.lower().split()
            fulltext.put(connection, [(seq, " ".join(pairs))])


def found(kb: KnowledgeBase, storage: Storage, query: str, *filters: Filter) -> list[str]:
    """Passages with a word of the query."""
    return sorted(hit.text for hit in asked(kb, storage, query, *filters).hits)


def asked(kb: KnowledgeBase, storage: Storage, query: str, *filters: Filter) -> Results:
    rules = storage.settings.search
    return search.search(kb, query, vector=None, mode="keyword", limit=10, rules=rules, filters=filters)


def everything_is_found(kb: KnowledgeBase, storage: Storage) -> None:
    both = sorted(TEXTS[:2])
    for query in ("陳大文", "陈大文", "臺北", "台北", "檯北", "陈"):
        results = asked(kb, storage, query)
        assert sorted(hit.text for hit in results.hits) == both, query
        assert all(hit.highlights for hit in results.hits) and results.degraded == []
    assert found(kb, storage, "reports") == [TEXTS[2]]
    for name in ("陳大文", "陈大文"):
        assert found(kb, storage, "台北", Filter("name", name, paths=("name",))) == both


def test_traditional_and_simplified_find_each_other(kb: KnowledgeBase, storage: Storage) -> None:
    published(kb)
    everything_is_found(kb, storage)


def test_an_older_index_is_brought_up_to_date(kb: KnowledgeBase, storage: Storage) -> None:
    published(kb)
    written_by_an_older_one(kb)
    assert found(kb, storage, "臺北") == [TEXTS[1]], "what must be mended"
    [note] = asked(kb, storage, "陈大文").degraded
    assert "brought up to date" in note
    assert refold.bring_up_to_date(kb, time.monotonic() + 60)
    everything_is_found(kb, storage)


def test_a_stop_at_any_commit_loses_nothing(
    kb: KnowledgeBase, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refold, "_CHUNKS_AT_ONCE", 1)
    monkeypatch.setattr(refold, "_RUNS_AT_ONCE", 1)
    published(kb)
    published(kb, ["另一份文件裏"], "李四")
    remember, left = refold._remember, 0

    def killed(connection: Connection, state: refold._State) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt
        remember(connection, state)

    monkeypatch.setattr(refold, "_remember", killed)
    last = 8  # two runs, the turn to chunks, four chunks, the end
    for stop in range(1, last + 1):
        written_by_an_older_one(kb)
        left = stop
        with pytest.raises(KeyboardInterrupt):
            refold.bring_up_to_date(kb, time.monotonic() + 60)
        with kb.db.read() as connection:
            assert refold.progress(connection) is not None
        assert refold.bring_up_to_date(kb, time.monotonic() + 60)
        assert -left == last + 1 - stop, "it went on from the batch that was lost"
        everything_is_found(kb, storage)
        assert found(kb, storage, "里") == ["另一份文件裏"]


def test_it_stops_when_its_time_is_up(kb: KnowledgeBase) -> None:
    published(kb)
    written_by_an_older_one(kb)
    assert not refold.bring_up_to_date(kb, time.monotonic())
    with kb.db.read() as connection:
        assert refold.progress(connection) == 0.0


def test_what_is_up_to_date_already_is_not_written(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    published(kb)
    with kb.db.write() as connection:
        connection.execute(text("UPDATE knowledge SET folding = 'an older one'"))
    written: list[int] = []
    put = fulltext.put
    monkeypatch.setattr(fulltext, "put", lambda connection, rows: (written.append(len(rows)), put(connection, rows)))
    assert refold.bring_up_to_date(kb, time.monotonic() + 60)
    assert set(written) == {0}


def test_a_state_that_makes_no_sense_means_from_the_beginning(kb: KnowledgeBase, storage: Storage) -> None:
    published(kb)
    for state in ("nonsense", "{} chunks 99999999999999999999", "{} done too", "\x00", "[[[["):
        written_by_an_older_one(kb)
        with kb.db.write() as connection:
            written = state.format(refold.FINGERPRINT)
            connection.execute(text("UPDATE knowledge SET folding = :state"), {"state": written})
        assert refold.bring_up_to_date(kb, time.monotonic() + 60)
        everything_is_found(kb, storage)


def test_chunks_that_change_meanwhile_keep_what_they_have(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    document = published(kb)
    written_by_an_older_one(kb)
    indexed = fulltext.indexed

    def meanwhile(value: str) -> str:
        with kb.db.write() as connection:  # the row ids go to others: of another text, and of none yet
            connection.execute(text("UPDATE chunk SET text_hash = :hash WHERE position = 0"), {"hash": b"0"})
            connection.execute(
                text("DELETE FROM chunk WHERE document = :document AND position = 1"), {"document": document}
            )
        return indexed(value)

    monkeypatch.setattr(fulltext, "indexed", meanwhile)
    assert refold.bring_up_to_date(kb, time.monotonic() + 60)
    with kb.db.read() as connection:
        first = connection.execute(text("SELECT terms FROM chunk_fts ORDER BY rowid")).scalars().first()
    assert first is not None and first.startswith("陳大"), "it is left to whoever wrote the other text"


def test_the_sweep_does_it_and_then_rests(kb: KnowledgeBase, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    published(kb)
    written_by_an_older_one(kb)
    storage.rest(kb.id, dict(storage.active()).get(kb.id, 0))
    sweep = Sweep(storage.settings, storage, _Messages())
    monkeypatch.setattr("actors.sweep._REFOLDING_S", 0.0)
    sweep.round()
    assert kb.id in dict(storage.active()), "a full scan finds it; it is looked at each round from now on"
    monkeypatch.setattr("actors.sweep._REFOLDING_S", 60.0)
    sweep.round()
    everything_is_found(kb, storage)
    assert kb.id not in dict(storage.active())


def test_fields_of_an_older_one_are_found_by_filters(kb: KnowledgeBase, storage: Storage) -> None:
    document = published(kb)
    with kb.db.write() as connection:
        fields.index(connection, document, 1, {"name": builders.field("陳大文")})
        fields.index(connection, document, 1, {"name": builders.field("陳大文")})  # twice is once
    assert len(found(kb, storage, "台北", Filter("name", "陈大文", paths=("name",)))) == 2


def test_the_same_in_either_script_is_embedded_once(kb: KnowledgeBase) -> None:
    published(kb, ["後來的頭髮", "后来的头发"])
    with kb.db.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM embedding")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM chunk")).scalar() == 2


def test_quotes_narrow_a_search_to_what_holds_them(kb: KnowledgeBase, storage: Storage) -> None:
    published(kb)
    assert found(kb, storage, '"2024" 台北') == [TEXTS[2]]
    assert found(kb, storage, '"住在臺北" 2024') == sorted(TEXTS[:2])
    assert found(kb, storage, '"住在上海" 2024') == found(kb, storage, "住在上海 2024"), "nothing holds it"
    assert found(kb, storage, '"住在臺北"', Filter("name", "王五", paths=("name",))) == []
