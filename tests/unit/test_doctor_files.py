"""What `pagemill doctor` says of where files lie."""

from __future__ import annotations

from pathlib import Path

from cli import doctor
from pipeline.settings import Settings, StorageSettings
from storage import clock
from tests.object_server import SECRET, ObjectServer


def _settings(server: ObjectServer, data: Path, **more: str) -> Settings:
    return Settings(storage=StorageSettings(data=data, **server.settings(clock.new_id(), **more)))


def test_files_in_the_data_folder_are_told_with_it(tmp_path: Path) -> None:
    assert doctor._files(Settings(storage=StorageSettings(data=tmp_path))) == []


def test_a_bucket_is_written_read_and_left_as_it_was(object_server: ObjectServer, tmp_path: Path) -> None:
    settings = _settings(object_server, tmp_path)
    [found] = doctor._files(settings)
    assert (found.level, found.found) == ("ok", settings.storage.files_url)
    assert doctor.open_store(settings).listing.keys("check", None, 10) == []  # type: ignore[union-attr]


def test_what_to_mend_is_told_and_no_secret(object_server: ObjectServer, tmp_path: Path) -> None:
    for wrong in ({"files_url": "s3://another-bucket"}, {"files_endpoint": "http://127.0.0.1:1"}):
        [found] = doctor._files(_settings(object_server, tmp_path, **wrong))
        assert found.level == "missing" and "object store" in found.found and "storage.files_url" in found.mend
        assert SECRET not in f"{found}"


def test_files_that_were_left_behind_are_told(object_server: ObjectServer, tmp_path: Path) -> None:
    (tmp_path / "kb" / "1" / "documents" / "2").mkdir(parents=True)
    [found] = doctor._files(_settings(object_server, tmp_path))
    assert found.level == "note" and "files of 1 documents lie in" in found.found
