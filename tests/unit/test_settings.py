from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cli.up import worker_programs
from pipeline import settings
from pipeline.settings import PROJECT_ROOT, Settings, SettingsError


@pytest.fixture(autouse=True)
def _fresh() -> None:
    settings.load.cache_clear()


def test_the_file_says_what_the_code_defaults_to() -> None:
    in_file = tomllib.loads((PROJECT_ROOT / "settings.toml").read_text())
    in_code = {
        section: field.annotation().model_dump(mode="json")  # type: ignore[misc]
        for section, field in Settings.model_fields.items()
    }
    assert in_file == in_code


def test_every_setting_has_a_comment() -> None:
    for line in (PROJECT_ROOT / "settings.toml").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            assert "# " in line, line


def test_the_environment_overrides_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGEMILL_OCR__ENGINE", "tesseract")
    monkeypatch.setenv("PAGEMILL_RENDER__WINDOW", "7")
    loaded = settings.load()
    assert (loaded.ocr.engine, loaded.render.window) == ("tesseract", 7)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        (
            "PAGEMILL_OCR__ENGINE",
            "abbyy",
            ["ocr.engine", "'auto', 'tesseract', 'tesserocr', 'rapidocr' or 'got'", "abbyy"],
        ),
        ("PAGEMILL_RENDER__WINDOW", "0", ["render.window", "greater than or equal to 1"]),
        ("PAGEMILL_OCR__COLOUR", "red", ["ocr.colour", "no such setting", "engine"]),
        ("PAGEMILL_OCRR__ENGINE", "auto", ["PAGEMILL_OCRR__ENGINE", "sections: storage"]),
        ("PAGEMILL_ENGINE", "auto", ["PAGEMILL_ENGINE", "PAGEMILL_<SECTION>__<KEY>"]),
        ("PAGEMILL_LEDGER__RENEW_S", "11", ["ledger.renew_s", "a third of ledger.lease_s"]),
    ],
)
def test_a_wrong_variable_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: list[str]
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        settings.load()
    assert all(word in str(refused.value) for word in says)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[ocr]\nengin = 'auto'\n", "ocr.engin: no such setting"),
        ("[optics]\n", "optics: no such section"),
        ("[ocr\n", "not valid TOML"),
        ("[ocr]\nlanguages = ['de']\n", "ocr.languages.0"),
    ],
)
def test_a_wrong_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(content)
    monkeypatch.setenv("PAGEMILL_SETTINGS", str(file))
    with pytest.raises(SettingsError, match=says):
        settings.load()


def test_relative_data_counts_from_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[storage]\ndata = 'here'\n")
    monkeypatch.setenv("PAGEMILL_SETTINGS", str(tmp_path / "settings.toml"))
    assert settings.load().data == tmp_path / "here"


@pytest.mark.parametrize("key", ["sk-abc123", "12345", "true", '{"a":1}', "[1]"])
def test_the_key_of_a_language_model_comes_from_the_environment_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("PAGEMILL_EXTRACT__LLM_KEY", key)
    loaded = settings.load()
    assert loaded.extract.llm_key.get_secret_value() == key
    assert key not in f"{loaded!r} {loaded}" and "llm_key" not in str(loaded.model_dump())


def test_the_key_of_a_language_model_is_refused_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[extract]\nllm_key = 'sk-secret'\n")
    monkeypatch.setenv("PAGEMILL_SETTINGS", str(file))
    with pytest.raises(SettingsError, match="PAGEMILL_EXTRACT__LLM_KEY in the environment") as refused:
        settings.load()
    assert "sk-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("LLM_URL", "127.0.0.1:8080", "http://HOST"),
        ("LLM_URL", "ftp://example.org", "http://HOST"),
        ("LLM_URL", "http://", "http://HOST"),
        ("LLM_URL", "https://me:sk-secret@example.org/v1", "no user"),
        ("LLM_URL", "https://example.org/v1?key=sk-secret", "query"),
        ("LLM_URL", "http://[sk-secret", "llm_url"),
        ("LLM_KEY", "sk-secret with a blank", "printable"),
        ("LLM_KEY", "sk-secret\nX-Evil: 1", "printable"),
        ("LLM_KEY", "sk-secretü", "printable"),
        ("LLM_URL", "https://example.org/v1", "llm_model"),
        ("LLM_FILLS", '["everything"]', "llm_fills"),
    ],
)
def test_a_wrong_endpoint_is_refused_and_no_secret_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"PAGEMILL_EXTRACT__{variable}", value)
    with pytest.raises(SettingsError, match=says) as refused:
        settings.load()
    assert "sk-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"FILES_URL": "/somewhere"}, "s3://BUCKET"),
        ({"FILES_URL": "s3://"}, "s3://BUCKET"),
        ({"FILES_URL": "s3://sk-secret:x@bucket"}, "s3://BUCKET"),
        ({"FILES_URL": "s3://bucket/../sk-secret"}, "s3://BUCKET"),
        ({"FILES_URL": "https://bucket/sk-secret"}, "s3://BUCKET"),
        ({"FILES_ENDPOINT": "127.0.0.1:9000"}, "https://HOST"),
        ({"FILES_ENDPOINT": "https://me:sk-secret@example.org"}, "no user"),
        ({"FILES_ENDPOINT": "https://example.org/bucket"}, "https://HOST"),
        ({"FILES_SECRET": "sk-secret"}, "set both"),
        ({"FILES_CA": "no-such-file.pem"}, "there is no file .*no-such-file.pem"),
        ({"FILES_CACHE_MB": "0"}, "storage.files_cache_mb"),
    ],
)
def test_a_wrong_place_of_files_is_refused_and_no_secret_repeated(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"PAGEMILL_STORAGE__{name}", value)
    with pytest.raises(SettingsError, match=says) as refused:
        settings.load()
    assert "sk-secret" not in str(refused.value)


def test_the_key_of_an_object_store_is_of_the_environment_and_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PAGEMILL_STORAGE__FILES_URL", "s3://bucket/a/b/")
    for name in settings.FILES_KEYS:
        monkeypatch.setenv(name, "sk-secret")
    loaded = settings.load()
    assert loaded.storage.bucket == ("bucket", "a/b")
    assert loaded.storage.files_secret.get_secret_value() == "sk-secret"
    assert "sk-secret" not in f"{loaded!r} {loaded} {loaded.model_dump()} {loaded.model_dump_json()}"
    settings.load.cache_clear()
    file = tmp_path / "settings.toml"
    file.write_text("[storage]\nfiles_secret = 'sk-secret'\n")
    monkeypatch.setenv("PAGEMILL_SETTINGS", str(file))
    with pytest.raises(SettingsError, match="PAGEMILL_STORAGE__FILES_SECRET in the environment") as refused:
        settings.load()
    assert "sk-secret" not in str(refused.value)


def test_a_key_reaches_extract_workers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.LLM_KEY, "sk-secret")
    loaded = settings.load()
    for stage in ("render", "ocr", "extract", "embed", "store"):
        for program in worker_programs(loaded, stage, {}):
            assert program.env[settings.LLM_KEY] == ("sk-secret" if stage == "extract" else "")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("QUEUE__REDIS_URL", "http://me:s3cret@redis:6379", "redis://HOST"),
        ("QUEUE__REDIS_URL", "redis://me:s3/cret@redis:6379/0", "REDIS_PASSWORD"),
        ("QUEUE__REDIS_URL", "rediss://", "rediss:// with TLS"),
        ("QUEUE__REDIS_CA", "no-such-ca.pem", f"there is no file {PROJECT_ROOT}"),
        ("QUEUE__REDIS_CA", "/no/such/ca.pem", "there is no file"),
        ("STORAGE__CHROMA_URL", "https://me:s3cret@chroma", "no user"),
        ("STORAGE__CHROMA_URL", "grpc://chroma", "https://HOST"),
        ("STORAGE__CHROMA_CA", "/no/such/ca.pem", "there is no file"),
        ("STORAGE__CHROMA_HEADER", "X Y: s", "chroma_header"),
        ("STORAGE__CHROMA_TOKEN", "s3cret\nX-Evil: 1", "printable"),
    ],
)
def test_a_wrong_way_to_a_server_is_refused_without_repeating_a_secret(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"PAGEMILL_{variable}", value)
    with pytest.raises(SettingsError) as refused:
        settings.load()
    assert says in str(refused.value) and "s3" not in str(refused.value)


def test_certificates_count_from_the_settings_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    (tmp_path / "settings.toml").write_text(
        "[storage]\nfiles_ca = 'ca.pem'\nchroma_ca = 'ca.pem'\n[queue]\nredis_ca = 'ca.pem'\n"
    )
    monkeypatch.setenv("PAGEMILL_SETTINGS", str(tmp_path / "settings.toml"))
    loaded = settings.load()
    found = {loaded.storage.files_ca, loaded.storage.chroma_ca, loaded.queue.redis_ca}
    assert found == {str(tmp_path / "ca.pem")}


@pytest.mark.parametrize(
    ("section", "address", "ca", "mend"),
    [
        ("QUEUE", ("REDIS_URL", "redis://pagemill@redis.example:6379/0"), "REDIS_CA", "rediss:"),
        ("STORAGE", ("CHROMA_URL", "http://chroma.example"), "CHROMA_CA", "https:"),
        ("STORAGE", ("FILES_ENDPOINT", "http://objects.example"), "FILES_CA", "https:"),
    ],
)
def test_certificates_for_an_address_in_clear_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    section: str,
    address: tuple[str, str],
    ca: str,
    mend: str,
) -> None:
    """Whoever names them believes that nobody listens. What `pagemill up` starts on this machine is not meant."""
    (tmp_path / "ca.pem").write_text("")
    name, url = address
    monkeypatch.setenv(f"PAGEMILL_{section}__{ca}", str(tmp_path / "ca.pem"))
    monkeypatch.setenv(f"PAGEMILL_{section}__{name}", url)
    with pytest.raises(SettingsError, match=f"{section}.{ca}".lower() + f".*in clear.*{mend}"):
        settings.load()
    monkeypatch.setenv(f"PAGEMILL_{section}__{name}", url.split("://")[0] + "://127.0.0.1:1")
    settings.load.cache_clear()
    settings.load()


def test_passwords_of_servers_come_from_the_environment_and_are_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PAGEMILL_QUEUE__REDIS_PASSWORD", "s3cret")
    monkeypatch.setenv("PAGEMILL_QUEUE__REDIS_URL", "rediss://:s3cret@redis:6379/0")
    monkeypatch.setenv("PAGEMILL_STORAGE__CHROMA_TOKEN", "s3cret")
    loaded = settings.load()
    assert loaded.queue.redis_password.get_secret_value() == loaded.storage.chroma_token.get_secret_value() == "s3cret"
    assert "s3cret" not in f"{loaded!r} {loaded}"
    (tmp_path / "settings.toml").write_text("[queue]\nredis_password = 's3cret'\n")
    monkeypatch.setenv("PAGEMILL_SETTINGS", str(tmp_path / "settings.toml"))
    settings.load.cache_clear()
    with pytest.raises(SettingsError, match="PAGEMILL_QUEUE__REDIS_PASSWORD in the environment") as refused:
        settings.load()
    assert "s3cret" not in str(refused.value)
