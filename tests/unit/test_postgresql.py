"""What is PostgreSQL's own: the way to the server, its lock, its clock, its full text beside SQLite's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select, text

from cli import doctor
from pipeline.errors import Refused, ServiceUnavailable
from pipeline.settings import Settings, StorageSettings
from storage import fields, fulltext, migrate, postgresql, schema, status, tsearch
from storage.catalog import KnowledgeBase, Storage
from storage.database import Missing, moment, scalar
from storage.databases import databases_of
from storage.dialect import Dialect
from storage.postgresql import Schema, Server
from storage.search.matching import matching
from storage.search.query import parse
from storage.search.scope import scope_of
from storage.search.terms import choose_terms
from storage.sqlite import SQLite
from tests.postgresql import PostgreSQL
from tests.unit import shelf
from tests.unit.backups import back_up, bring_back, published
from tests.unit.builders import done, field, upload

ENGINES = ["postgresql"]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Storage]:
    """The same over SQLite, to compare with."""
    storage = Storage(Settings(storage=StorageSettings(data=tmp_path / "files")))
    storage.prepare()
    yield storage
    storage.close()


def test_knowledge_bases_left_behind_in_files_are_told_with_the_way_here(settings: Settings) -> None:
    assert [(one.level, one.mend) for one in doctor._databases(settings)] == [("ok", "")]
    own = Storage(Settings(storage=StorageSettings(data=settings.data)))
    own.prepare()
    own.create_knowledge_base("left", ["en"], "auto")
    own.close()
    [found] = doctor._databases(settings)
    assert found.level == "note" and "1 knowledge bases lie in SQLite files" in found.found
    assert "PAGEMILL_STORAGE__DATABASE_URL= pagemill move --all" in found.mend


def test_the_schemas_are_what_the_code_expects(storage: Storage, kb: KnowledgeBase) -> None:
    for database, tables in ((storage.catalog, schema.catalog), (kb.db, schema.kb)):
        with database.read() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            found = [change for change in compare_metadata(context, tables) if not _own(change)]
        assert found == []


def _own(change: object) -> bool:
    """Whether it is of what PostgreSQL alone has, or has otherwise (`storage.schema.POSTGRESQL`)."""
    return any(name in str(change) for name in ("chunk_fts", "alembic_version", "unit_turn", "field_value"))


def test_it_is_made_once_by_whoever_comes_first(settings: Settings) -> None:
    both = [Storage(settings), Storage(settings)]
    threads = [threading.Thread(target=one.prepare) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.outdated() for one in both] == [False, False]
    assert both[0].knowledge_bases() == []
    both[0].close()


def test_newer_data_is_refused_and_older_brought_up_to_date(storage: Storage, kb: KnowledgeBase) -> None:
    with kb.db.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrate.NewerData, match=f"The schema kb_{kb.id} of PostgreSQL .* by a newer Pagemill"):
        storage.prepare()
    with kb.db.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert storage.outdated()


def test_what_one_writes_the_next_one_sees(kb: KnowledgeBase) -> None:
    """Read, then write, by several at once: the lock comes before the first look."""

    def count() -> None:
        for _ in range(25):
            with kb.db.write() as connection:
                seen = scalar(connection, "SELECT version FROM knowledge")
                connection.execute(text("UPDATE knowledge SET version = :next"), {"next": seen + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert status.version(kb) == 100


def test_a_read_sees_one_state(kb: KnowledgeBase) -> None:
    with kb.db.read() as connection:
        before = scalar(connection, "SELECT version FROM knowledge")
        with kb.db.write() as other:
            other.execute(text("UPDATE knowledge SET version = version + 1"))
        assert scalar(connection, "SELECT version FROM knowledge") == before


def test_who_waits_too_long_for_the_lock_tries_again_later(kb: KnowledgeBase, settings: Settings) -> None:
    quick = databases_of(settings, 0.05)
    with kb.db.write(), pytest.raises(ServiceUnavailable, match="lock timeout"), quick.of(kb.id).write():
        pytest.fail("two at once")
    quick.close()


def test_a_writer_that_falls_silent_loses_lock_and_writes(
    kb: KnowledgeBase, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its host is gone, or cut off: the server hears nothing of it."""
    monkeypatch.setattr(postgresql, "_IDLE_S", 1)
    silent = storage.databases.of(kb.id)
    with pytest.raises(ServiceUnavailable, match="idle-in-transaction"), silent.write() as connection:
        connection.execute(text("UPDATE knowledge SET version = 1000"))
        with kb.db.write() as other:  # waits for the lock until the server takes it from the first
            assert scalar(other, "SELECT version FROM knowledge") != 1000
        connection.execute(text("UPDATE knowledge SET version = 1001"))
    assert status.version(kb) < 1000


def test_a_server_that_was_started_anew_is_found_again(
    kb: KnowledgeBase, storage: Storage, postgresql: PostgreSQL
) -> None:
    document = upload(kb).id
    postgresql.stop()
    with pytest.raises(ServiceUnavailable, match="PostgreSQL at"):
        status.status(kb, document)
    with pytest.raises(ServiceUnavailable), kb.db.write():
        pytest.fail("no server")
    postgresql.start()
    assert status.status(kb, document)["status"] == "queued", "what was flushed is there"
    with kb.db.write() as connection:
        connection.execute(text("UPDATE knowledge SET version = version + 1"))


def test_a_connection_that_broke_in_the_pool_is_not_told_to_anybody(kb: KnowledgeBase, postgresql: PostgreSQL) -> None:
    version = status.version(kb)
    postgresql.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pagemill'")
    assert status.version(kb) == version


@pytest.mark.parametrize(
    ("busy_s", "said", "expected"),
    [(5.0, "", ("5", "5000")), (30.0, "", ("10", "20000")), (0.5, "", ("2", "2000")),
     (5.0, "&connect_timeout=7&tcp_user_timeout=9000", ("7", "9000"))],
)  # fmt: skip
def test_a_server_that_does_not_answer_is_given_up_in_the_time_that_one_has(
    postgresql: PostgreSQL, busy_s: float, said: str, expected: tuple[str, str]
) -> None:
    server = Server(postgresql.url + said, busy_s)
    try:
        with server.transaction("BEGIN; SELECT 1") as (connection, _):
            raw: Any = connection.connection.dbapi_connection
            told = raw.info.get_parameters()
    finally:
        server.close()
    assert (told["connect_timeout"], told["tcp_user_timeout"]) == expected
    assert told["keepalives"] == "1"


def test_of_a_dropped_one_nothing_comes_back(storage: Storage, kb: KnowledgeBase) -> None:
    storage.databases.drop(kb.id)
    assert not kb.db.exists()
    for transaction in (kb.db.read, kb.db.write):
        with pytest.raises(Missing), transaction():
            pytest.fail("it is gone")
    storage.databases.drop(kb.id)
    with pytest.raises(ValueError, match="no id"):
        storage.databases.of('x"; DROP SCHEMA catalog; --')


def test_leases_are_measured_by_the_servers_clock(
    storage: Storage, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.postgresql.server_time", lambda told: told)
    with psycopg.connect(postgresql.url) as connection:
        [before] = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone() or [0.0]
    with storage.catalog.write() as connection:
        boot, now_s = moment(connection)
        later = moment(connection)
        row = connection.execute(text("SELECT extract(epoch FROM clock_timestamp()) AS now_s")).one()
    assert boot == later.boot == "postgresql" and before <= now_s <= later.now_s <= float(row.now_s)


def test_text_that_it_cannot_hold_is_held_as_far_as_it_can(kb: KnowledgeBase) -> None:
    with kb.db.write() as connection:
        connection.execute(text("UPDATE knowledge SET model = :model"), {"model": "a\0b' \\ %s :x"})
        assert scalar(connection, "SELECT model FROM knowledge") == "a\ufffdb' \\ %s :x"


@pytest.mark.parametrize("url", ["mysql://u:xyzzy@h/d", "postgresql://u:xyzzy@h:port/d", "postgresql://u:xyzzy@h"])
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    settings = Settings(storage=StorageSettings(database_url=SecretStr(url)))
    with pytest.raises(Refused, match="no address of a PostgreSQL database") as refused:
        databases_of(settings)
    assert "xyzzy" not in str(refused.value) + repr(settings)


def test_a_password_is_told_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = "postgresql://somebody:xyzzy@127.0.0.1:1/nothing?sslmode=disable&sslpassword=xyzzy2"
    settings = Settings(storage=StorageSettings(data=tmp_path, database_url=SecretStr(url)))
    with pytest.raises(ServiceUnavailable) as failed:
        Storage(settings).prepare()
    told = f"{failed.value} {failed.value.__cause__} {settings!r} {settings.model_dump_json()} {caplog.text}"
    assert "PostgreSQL at 127.0.0.1:1, database nothing" in told
    assert "xyzzy" not in told


def test_what_was_backed_up_over_one_engine_is_restored_over_the_other(
    storage: Storage, files: Storage, tmp_path: Path
) -> None:
    home = files.open(files.create_knowledge_base("home", ["en"], "auto")["id"])
    document = published(home, b"a", "first.pdf")
    with home.db.write() as connection:  # fields of a run, texts that have to be quoted, and JSON that is none
        fields.put(connection, document, 1, {"title": field("A \"标题\" 'b'"), "amount": [field("12.5"), field("7")]})
        connection.execute(text("UPDATE document SET tags = :tags"), {"tags": '["x", "ü%s"]'})
        connection.execute(text("UPDATE run SET warnings = 'null'"))
    moved = _moved(home, files, storage, tmp_path / "one.tar")
    again = _moved(moved, storage, files, tmp_path / "two.tar")
    assert isinstance(moved.db, Schema) and isinstance(again.db, SQLite)
    assert status.status(moved, document)["fields"] == status.status(home, document)["fields"]
    assert not (moved.folder / "kb.sqlite3").exists()
    held = [_rows(kb) for kb in (home, moved, again)]
    assert held[0] == held[1] == held[2] and all(held[0].values())
    done(moved, b"another", "third.pdf")  # rows are numbered on behind those that came


def _moved(kb: KnowledgeBase, source: Storage, target: Storage, file: Path) -> KnowledgeBase:
    assert back_up(source, kb, file).left_out == []
    return target.open(bring_back(target, file, f"from {file.name}").id)


def _rows(kb: KnowledgeBase) -> dict[str, list[dict[str, object]]]:
    """All rows of what a restore leaves as it is."""
    found = {}
    with kb.db.read() as connection:
        for name in ("document", "field", "page", "reading", "chunk", "embedding"):
            table = schema.kb.tables[name]
            columns = [column for column in table.c if column.name != "version"]
            rows = connection.execute(select(*columns).order_by(*table.primary_key.columns))
            found[name] = [dict(row) for row in rows.mappings()]
        terms = connection.execute(text("SELECT rowid, terms FROM chunk_fts ORDER BY rowid"))
        found["chunk_fts"] = [dict(row) for row in terms.mappings()]
    return found


PASSAGES = [
    "The quick brown fox jumps over the lazy dog",
    "Foxes jumped; a fox jumps. The fox! fox fox",
    "organization of organizations, organised by the organizer",
    "熊猫吃竹子，熊猫睡觉", "竹子 bamboo 和 panda 熊猫", "Ein Bär, naïve café résumé", "running runner runs ran",
    "C++ and C# and 3.5 5,000 foo-bar a_b it's", "nothing here", "the the the the dog", "dog " * 60, "猫",
    "universities university universal", "a relational database; conditional rational", "", "中 文 简 历 表",
]  # fmt: skip
QUESTIONS = [
    "fox", "the fox", "quick fox dog", "熊猫", "熊猫 竹子", "猫", "organizations", "running dog", "bar naive cafe",
    "resumes", "C++ 5,000", "foo-bar", "university rational", '"fox jumps"', '"lazy dog" fox', "organ*", "uni*",
    "简历", "database 数据库", "dog -fox", '"the the"', "中",
]  # fmt: skip


@pytest.fixture
def twins(storage: Storage, files: Storage) -> list[KnowledgeBase]:
    made = []
    for one in (files, storage):
        kb = one.open(one.create_knowledge_base("twin", ["en"], "auto")["id"])
        for number, passage in enumerate(PASSAGES):
            shelf.put(kb, f"{number}.pdf", {}, passages=(passage,))
        made.append(kb)
    return made


def test_both_engines_rank_alike(twins: list[KnowledgeBase]) -> None:
    for question in QUESTIONS:
        ranked = [_ranked(kb, question) for kb in twins]
        assert ranked[0] == pytest.approx(ranked[1], rel=1e-9), question
    assert any(len(_ranked(twins[0], question)) > 2 for question in QUESTIONS)


def _ranked(kb: KnowledgeBase, question: str) -> dict[int, float]:
    with kb.db.read() as connection:
        chosen = choose_terms(connection, parse(question), 0.5)
        return matching(connection, chosen.matches, 10, scope_of([], kb.db.dialect))


WORDS = st.sampled_from(
    ["the", "fox", "foxes", "jumps", "lazy", "dog", "熊猫", "竹子", "猫", "organizations", "café", "running", "5"]
)


@tries(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, min_size=1, max_size=3), st.booleans())
def test_both_engines_find_the_same_rows_of_words(twins: list[KnowledgeBase], words: list[str], begins: bool) -> None:
    row = fulltext.row(" ".join(words), prefix=begins)
    for wanted in [*(fulltext.phrase(term) for term in fulltext.terms(" ".join(words))), *([row.match] if row else [])]:
        assert _found(twins[0], wanted) == _found(twins[1], wanted), wanted


def _found(kb: KnowledgeBase, wanted: str) -> set[int]:
    engine: Dialect = kb.db.dialect
    with kb.db.read() as connection:
        rows = connection.execute(
            text(f"SELECT rowid FROM chunk_fts WHERE {engine.matches(':wanted')}"), {"wanted": engine.match(wanted)}
        )
        return set(rows.scalars())


def test_its_totals_follow_the_rows(kb: KnowledgeBase) -> None:
    def totals() -> list[int]:
        with kb.db.read() as connection:
            kept = connection.execute(text("SELECT chunks, terms FROM chunk_fts_total")).one()
            counted = connection.execute(text("SELECT count(*), coalesce(sum(length), 0) FROM chunk_fts")).one()
        assert tuple(kept) == tuple(counted)
        return [*kept]

    with kb.db.write() as connection:
        fulltext.index(connection, [(1, "one two"), (2, "three")])
        fulltext.index(connection, [(2, "three four five"), (3, "")])
    assert totals() == [3, 5]
    with kb.db.write() as connection:
        fulltext.remove(connection, [1, 7])
    assert totals() == [2, 3]


@pytest.mark.parametrize("wanted", ['"a', "a", '"a" NEAR "b"', '"a" ; DROP'])
def test_nothing_but_what_is_asked_in_our_terms_becomes_a_query(wanted: str) -> None:
    with pytest.raises(ValueError, match="no query"):
        tsearch.tsquery(wanted)
