"""The papers tell the truth: codes, settings, commands, addresses, limits and links are those of the program."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.routing import Mount, Route, WebSocketRoute

from cli.main import app
from pipeline.errors import CODES
from pipeline.extract.fields import SCHEMAS, columns_of
from pipeline.render.kinds import SUPPORTED
from pipeline.settings import PROJECT_ROOT, Settings
from web.app import ROUTES

ENGLISH, CHINESE = PROJECT_ROOT / "README.md", PROJECT_ROOT / "README.zh-CN.md"
READMES = (ENGLISH, CHINESE)
PAPERS = (
    *READMES,
    PROJECT_ROOT / "CHANGELOG.md",
    PROJECT_ROOT / "docs/architecture.md",
    PROJECT_ROOT / "docs/client.md",
    PROJECT_ROOT / "docs/operating.md",
    PROJECT_ROOT / "docs/reading.md",
    PROJECT_ROOT / "docs/scaling.md",
    PROJECT_ROOT / "docker/README.md",
)
_LINK = re.compile(r"^(?![a-z]+:)")
_COMMENT = re.compile(r"(^|\s+)#.*$", re.MULTILINE)
_SETTING = re.compile(rf"({'|'.join(Settings.model_fields)})\.([a-z_]+)")
_VARIABLE = re.compile(r"PAGEMILL_([A-Z]+)__([A-Z_]+)")
_OF_THE_ENVIRONMENT = {"extract.llm_key", "queue.redis_password", "storage.chroma_token", "storage.files_key_id",
                       "storage.files_secret"}  # never in a file  # fmt: skip
_COMMAND = re.compile(r"^(?:PAGEMILL_\S+ )*(?:\.venv/bin/)?pagemill ([a-z]+)", re.MULTILINE)


@cache
def tokens(path: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))


def inline(path: Path) -> list[Token]:
    """Code, links and images in running text and tables."""
    return [inner for token in tokens(path) for inner in token.children or []]


def codes(path: Path) -> list[str]:
    return [token.content for token in inline(path) if token.type == "code_inline"]


def fences(path: Path) -> list[Token]:
    return [token for token in tokens(path) if token.type in ("fence", "code_block")]


def rows(path: Path) -> list[list[str]]:
    """The cells of every row of every table, as written."""
    found: list[list[str]] = []
    for token, following in zip(tokens(path), tokens(path)[1:], strict=False):
        if token.type == "tr_open":
            found.append([])
        elif token.type in ("td_open", "th_open"):
            found[-1].append(following.content)
    return found


def targets(path: Path) -> list[str]:
    found = [token.attrGet("href") or token.attrGet("src") for token in inline(path)]
    return [str(target) for target in found if target and _LINK.match(str(target))]


def anchors(path: Path) -> set[str]:
    """What links to headings of a file are called."""
    found = zip(tokens(path), tokens(path)[1:], strict=False)
    titles = [following.content for token, following in found if token.type == "heading_open"]
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


def defaults() -> dict[str, object]:
    sections = tomllib.loads((PROJECT_ROOT / "settings.toml").read_text(encoding="utf-8"))
    return {f"{section}.{key}": value for section, held in sections.items() for key, value in held.items()}


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: str(path.relative_to(PROJECT_ROOT)))
def test_every_local_link_and_image_is_there(path: Path) -> None:
    missing = []
    for target in targets(path):
        file, _, heading = target.partition("#")
        there = path.parent / file if file else path
        if not there.exists() or (heading and unquote(heading) not in anchors(there)):
            missing.append(target)
    assert missing == []


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: str(path.relative_to(PROJECT_ROOT)))
def test_every_setting_named_exists(path: Path) -> None:
    held = [code for code in codes(path) if _SETTING.fullmatch(code)]
    text = path.read_text(encoding="utf-8")
    held += [f"{section}.{key}".lower() for section, key in _VARIABLE.findall(text)]
    held = [name for name in held if name not in _OF_THE_ENVIRONMENT]
    assert [name for name in held if name not in defaults()] == []


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: str(path.relative_to(PROJECT_ROOT)))
def test_every_command_named_exists(path: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = {name for text in (*codes(path), *(f.content for f in fences(path))) for name in _COMMAND.findall(text)}
    assert named <= commands.keys()
    if path in READMES:
        assert {name for name, command in commands.items() if not command.hidden} <= named


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_defaults_are_those_of_settings_toml(path: Path) -> None:
    told = {row[0].strip("`"): row[1] for row in rows(path) if _SETTING.fullmatch(row[0].strip("`"))}
    assert len(told) >= 15
    wrong = {
        name: cell
        for name, cell in told.items()
        if tomllib.loads(f"x = {cell.strip('`')}")["x"] != defaults().get(name)
    }
    assert wrong == {}


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_limits_are_those_of_settings_toml(path: Path) -> None:
    told = [row for row in rows(path) if len(row) == 3 and _SETTING.match(row[2].strip("`"))]
    assert len(told) >= 9
    for what, limit, names in told:
        value = float(defaults()[names.split("`")[1]])  # type: ignore[arg-type]
        number = float(re.findall(r"\d+", limit)[0]) * (100 if "亿" in limit else 1)
        assert number == value, what


def sentences(path: Path) -> dict[str, str]:
    return {row[0].strip("`"): row[1] for row in rows(path) if row[0].strip("`") in CODES and len(row) == 2}


def test_error_sentences_are_those_of_the_program() -> None:
    assert sentences(ENGLISH) == CODES


def test_chinese_error_sentences_are_those_of_the_page() -> None:
    page = (PROJECT_ROOT / "web/static/js/i18n/zh.js").read_text(encoding="utf-8")
    said = {code: json.loads(text) for code, text in re.findall(r'"error\.(\w+)": ("[^"\n]*")', page)}
    assert sentences(CHINESE) == {code: said[code] for code in CODES}


def addresses() -> set[tuple[str, str]]:
    """Method and address under /api/v1 of all that the app serves."""
    [api] = [route for route in ROUTES if isinstance(route, Mount)]
    found: set[tuple[str, str]] = set()
    for route in api.routes:
        plain = re.sub(r":\w+\}", "}", route.path)  # type: ignore[attr-defined]
        path = plain.replace("{document}", "{id}").replace("{page}", "{n}").replace("{key}", "{id}")
        if isinstance(route, WebSocketRoute):
            found.add(("WS", path))
        elif isinstance(route, Route):
            found |= {(method, path) for method in route.methods or () if method != "HEAD"}
    return found


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_every_address_is_told_and_no_other(path: Path) -> None:
    told = {
        (method.strip("`"), row[1].strip("`"))
        for row in rows(path)
        if row[0].strip("`").split("`")[0] in ("GET", "POST", "WS", "PATCH", "DELETE")
        for method in row[0].split()
    }
    assert told == addresses()


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_kinds_schemas_and_fields_are_told(path: Path) -> None:
    text = path.read_text(encoding="utf-8").casefold()
    assert [kind for kind in SUPPORTED if kind not in text] == []
    names = {part for schema in SCHEMAS for column in columns_of(schema) for part in (schema, *column.path.split("."))}
    assert names <= set(codes(path))


def test_both_languages_have_the_same_content() -> None:
    def shape(path: Path) -> list[str]:
        kinds = ("heading_open", "table_open", "tr_open", "fence", "list_item_open")
        return [token.tag or token.type for token in tokens(path) if token.type in kinds]

    assert shape(ENGLISH) == shape(CHINESE)
    assert sorted(set(codes(ENGLISH)) ^ set(codes(CHINESE))) == []


def test_code_is_the_same_in_both_languages() -> None:
    def plain(path: Path) -> list[tuple[str, str]]:
        return [(token.info, _COMMENT.sub("", token.content)) for token in fences(path)]

    assert plain(ENGLISH) == plain(CHINESE)


def test_screenshots_are_of_the_readers_language() -> None:
    for path, other in ((ENGLISH, "-zh.png"), (CHINESE, "-en.png")):
        shown = [str(token.attrGet("src")) for token in inline(path) if token.type == "image"]
        assert len(shown) >= 3
        assert not any(image.endswith(other) for image in shown)
        assert all(token.content for token in inline(path) if token.type == "image"), "an image without a text"
