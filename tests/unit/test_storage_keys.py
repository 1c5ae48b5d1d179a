"""Keys and sessions in the catalogue."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from pipeline.errors import PermanentError
from pipeline.settings import WebSettings
from storage import clock, keys
from storage.catalog import Storage


def test_a_key_is_told_once_and_kept_as_a_hash(storage: Storage) -> None:
    made, presented = keys.make(storage.catalog, " scanner ", "write", ["a" * 32])
    assert presented.startswith(f"pm_{made.id}_") and len(presented.rpartition(f"{made.id}_")[2]) >= 43
    found = keys.find(storage.catalog, presented)
    assert found == made and found.name == "scanner" and found.covers("a" * 32) and not found.covers("b" * 32)
    secret = presented.rpartition(f"{made.id}_")[2].encode()
    storage.catalog.close()
    for path in storage.data.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), path


def test_only_the_very_key_is_found(storage: Storage) -> None:
    made, presented = keys.make(storage.catalog, "one", "read")
    _, other = keys.make(storage.catalog, "two", "admin")
    mixed = f"pm_{made.id}_{other[-43:]}"
    for wrong in (
        presented[:-1],
        presented + "x",
        presented.upper(),
        mixed,
        f" {presented}",
        made.id,
        "",
        "pm__",
        "\udcff",
    ):
        assert keys.find(storage.catalog, wrong) is None, wrong
    assert keys.find(storage.catalog, presented) == made


@pytest.mark.parametrize(
    ("scope", "allowed"), [("read", ["read"]), ("write", ["read", "write"]), ("admin", ["read", "write", "admin"])]
)
def test_a_scope_holds_those_before_it(storage: Storage, scope: keys.Scope, allowed: list[str]) -> None:
    made, _ = keys.make(storage.catalog, "k", scope)
    assert [one for one in keys.SCOPES if made.allows(one)] == allowed and made.covers("anything")


def test_revoking_ends_the_key_and_its_sessions(storage: Storage) -> None:
    made, presented = keys.make(storage.catalog, "k", "read")
    token = keys.open_session(storage.catalog, made.id, 60)
    assert keys.find_session(storage.catalog, token) == made
    assert keys.any_active(storage.catalog)
    keys.revoke(storage.catalog, made.id)
    keys.revoke(storage.catalog, made.id)
    assert keys.find(storage.catalog, presented) is None and keys.find_session(storage.catalog, token) is None
    assert keys.any_made(storage.catalog) and not keys.any_active(storage.catalog)
    assert keys.listing(storage.catalog)[0].revoked_at is not None
    late = keys.open_session(storage.catalog, made.id, 60)  # found just before it was revoked
    assert keys.find_session(storage.catalog, late) is None
    with pytest.raises(PermanentError):
        keys.revoke(storage.catalog, "0" * 32)


def test_sessions_end_by_the_clock_that_cannot_jump(
    storage: Storage, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = keys.make(storage.catalog, "k", "read")
    token, other = (keys.open_session(storage.catalog, made.id, 60) for _ in range(2))
    keys.close_session(storage.catalog, other)
    assert keys.find_session(storage.catalog, other) is None
    monkeypatch.setattr(clock, "wall", lambda: "2099-01-01T00:00:00.000Z")
    assert keys.find_session(storage.catalog, token) == made
    later = clock.now_s() + 61
    monkeypatch.setattr(clock, "now_s", lambda: later)
    assert keys.find_session(storage.catalog, token) is None
    fresh = keys.open_session(storage.catalog, made.id, 60)
    assert keys.find_session(storage.catalog, fresh) == made
    if engine == "postgresql":
        return
    monkeypatch.setattr(clock, "boot_id", lambda: "another")
    assert keys.find_session(storage.catalog, fresh) is None
    keys.open_session(storage.catalog, made.id, 60)
    with storage.catalog.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM session")).scalar() == 1, "expired ones are removed"


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb", "a\x00"])
def test_names_of_keys(storage: Storage, name: str) -> None:
    with pytest.raises(PermanentError):
        keys.make(storage.catalog, name, "read")


@pytest.mark.parametrize(
    ("host", "needed"),
    [
        ("127.0.0.1", False), ("127.8.9.1", False), ("::1", False), ("localhost", False), ("LOCALHOST", False),
        ("0.0.0.0", True), ("::", True), ("192.168.1.5", True), ("localhost.example", True),
        ("mill.example", True), ("", True),
    ],
)  # fmt: skip
def test_keys_are_needed_unless_only_this_machine_can_ask(host: str, needed: bool) -> None:
    assert WebSettings(host=host).needs_keys == needed
    assert WebSettings(host=host, keys="always").needs_keys
