from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

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
