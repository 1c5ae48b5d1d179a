"""Every setting, its type, limits and default; read from settings.toml, overridden by PAGEMILL_<SECTION>__<KEY>.

The defaults here and the values in settings.toml are the same (a test holds them together): this file says what is
allowed, settings.toml says it to the person who changes it. A wrong value or an unknown key is refused at start.

In one file, as settings.toml is: a class a section, in the same order, and behind them how they are read.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from pipeline import addresses

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PREFIX = "PAGEMILL_"
# Variables that steer the program rather than set a setting.
NOT_SETTINGS = {"PAGEMILL_SETTINGS", "PAGEMILL_URL", "PAGEMILL_KEY", "PAGEMILL_TEST_MODEL", "PAGEMILL_PROCESS",
                "PAGEMILL_PARENT", "PAGEMILL_PASSWORD"}  # fmt: skip

LLM_KEY = "PAGEMILL_EXTRACT__LLM_KEY"
"""The variable that holds the key of the language model's server; the settings file must not."""
DATABASE_URL = "PAGEMILL_STORAGE__DATABASE_URL"
"""The variable that holds the address of the database, and its password with it."""
FILES_KEYS = ("PAGEMILL_STORAGE__FILES_KEY_ID", "PAGEMILL_STORAGE__FILES_SECRET")
"""The variables that hold the key of the object store; the settings file must not."""
REDIS_PASSWORD = "PAGEMILL_QUEUE__REDIS_PASSWORD"
"""The variable that holds the password of the queue server."""
CHROMA_TOKEN = "PAGEMILL_STORAGE__CHROMA_TOKEN"
"""The variable that holds what Chroma, or who stands before it, wants to be shown."""
_OF_THE_ENVIRONMENT = {
    "extract.llm_key": LLM_KEY,
    "storage.files_key_id": FILES_KEYS[0],
    "storage.files_secret": FILES_KEYS[1],
    "storage.chroma_token": CHROMA_TOKEN,
    "queue.redis_password": REDIS_PASSWORD,
}
SECRETS = frozenset({
    *_OF_THE_ENVIRONMENT.values(), DATABASE_URL, "PGPASSWORD", "PAGEMILL_QUEUE__REDIS_URL",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
})  # fmt: skip
"""Variables that who opens strangers' files must not see."""
# A wrong one of these may hold a secret.
_NOT_REPEATED = {*_OF_THE_ENVIRONMENT, "extract.llm_url", "storage.database_url", "storage.files_url",
                 "storage.files_endpoint", "storage.chroma_url", "queue.redis_url"}  # fmt: skip
# What is a bucket's name: Amazon's rules; what is a key: `storage/file_store.py`.
_BUCKET_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[0-9A-Za-z_-][0-9A-Za-z_.-]*)*/?")

EngineName = Literal["auto", "tesseract", "tesserocr", "rapidocr", "got"]
Language = Literal["en", "zh-Hans", "zh-Hant"]
Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class SettingsError(Exception):
    """Settings are wrong; the message names every wrong key and what is allowed."""


class Section(BaseModel):
    """A table of settings.toml; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StorageSettings(Section):
    """Where data lies."""

    data: Path = Path("data")
    database_url: SecretStr = SecretStr("")
    chroma_url: str = ""
    chroma_ca: str = ""
    chroma_header: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")] = "Authorization"
    busy_timeout_s: Seconds = 30.0
    backups: Positive = 3
    files_url: str = ""
    files_endpoint: str = ""
    files_region: str = "us-east-1"
    files_ca: str = ""
    files_cache_mb: Positive = 2000
    # Of the environment alone, as `extract.llm_key`; empty: AWS_* variables, or the machine's own role.
    files_key_id: SecretStr = Field(default=SecretStr(""), exclude=True)
    files_secret: SecretStr = Field(default=SecretStr(""), exclude=True)
    chroma_token: SecretStr = Field(default=SecretStr(""), exclude=True)  # of the environment alone

    @field_validator("files_url")
    @classmethod
    def _bucket_url(cls, value: str) -> str:
        if value and not _BUCKET_URL.fullmatch(value):
            raise ValueError("must be s3://BUCKET or s3://BUCKET/PREFIX; keys belong into " + " and ".join(FILES_KEYS))
        return value.rstrip("/")

    @field_validator("files_endpoint")
    @classmethod
    def _plain_endpoint(cls, value: str) -> str:
        if value and urlsplit(value).path.strip("/"):
            raise ValueError("must be http://HOST:PORT or https://HOST:PORT")
        return addresses.plain(value, " and ".join(FILES_KEYS))

    @property
    def bucket(self) -> tuple[str, str]:
        """The bucket that `files_url` names, and what keys in it begin with."""
        bucket, _, prefix = self.files_url.removeprefix("s3://").partition("/")
        return bucket, prefix

    @field_validator("chroma_url")
    @classmethod
    def _plain_chroma_url(cls, value: str) -> str:
        return addresses.plain(value, CHROMA_TOKEN)

    @field_validator("chroma_token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        return addresses.printable(value)


class QueueSettings(Section):
    """The queue server."""

    redis_url: str = Field(default="", repr=False)
    redis_ca: str = ""
    poll_ms: Annotated[int, Field(ge=5, le=3000)] = 2000
    heartbeat_timeout_s: Annotated[int, Field(ge=5, le=600)] = 15
    min_outstanding: Positive = 1
    redis_password: SecretStr = Field(default=SecretStr(""), exclude=True)  # of the environment alone

    @field_validator("redis_url")
    @classmethod
    def _a_redis_url(cls, value: str) -> str:
        """One from before there was a variable for the password may hold it, and is never shown."""
        return addresses.redis(value, REDIS_PASSWORD)


class LedgerSettings(Section):
    """Leases and the three counters of a unit."""

    lease_s: Seconds = 12.0
    renew_s: Seconds = 2.0
    max_crashes: Positive = 3
    max_losses: Positive = 10
    max_errors: Positive = 3
    retry_delay_s: Seconds = 2.0


class WorkerSettings(Section):
    """Every worker process, of whichever stage."""

    drain_s: Annotated[float, Field(ge=0, le=86_400)] = 5.0
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] = 0


class SweepSettings(Section):
    """The repairs."""

    interval_s: Seconds = 1.0
    full_scan_s: Seconds = 30.0
    orphan_age_s: Seconds = 3600.0


class WebSettings(Section):
    """The HTTP server."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    keys: Literal["auto", "always"] = "auto"
    hosts: list[str] = []
    proxies: list[str] = ["127.0.0.1", "::1"]
    session_hours: Annotated[float, Field(gt=0, le=8760)] = 12.0
    max_upload_mb: Positive = 500
    max_files: Positive = 1000
    max_request_mb: Positive = 2000
    max_waiting: Positive = 10_000
    max_connections: Positive = 1000
    header_s: Seconds = 10.0
    idle_s: Seconds = 30.0
    busy_timeout_s: Seconds = 5.0
    query_threads: Positive = 1
    preview_processes: Positive = 1
    preview_seconds: Seconds = 30.0
    cache_mb: Positive = 500

    @property
    def needs_keys(self) -> bool:
        """Whether who asks must show a key: always where others than this machine's people can ask."""
        return self.keys == "always" or not is_loopback(self.host)


class LogSettings(Section):
    """Logs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    rotate_mb: Positive = 20
    keep: Positive = 5


class StageSettings(Section):
    """What every stage has: its worker group."""

    processes: Annotated[int, Field(ge=0, le=256)] = 1
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    nice: Annotated[int, Field(ge=0, le=19)] = 15
    recycle_units: Annotated[int, Field(ge=0)] = 5000
    recycle_mb: Annotated[int, Field(ge=0)] = 1500


class RenderSettings(StageSettings):
    """Pages of an original to text or images."""

    pages_per_unit: Positive = 2
    window: Positive = 4
    dpi: Annotated[int, Field(ge=100, le=600)] = 300
    max_pages: Positive = 5000
    max_megapixels: Positive = 100
    max_side_pt: Positive = 14_400
    page_seconds: Seconds = 60.0
    memory_mb: Positive = 1500


class OcrSettings(StageSettings):
    """Page images to words."""

    processes: Annotated[int, Field(ge=0, le=256)] = 0
    nice: Annotated[int, Field(ge=0, le=19)] = 19
    recycle_units: Annotated[int, Field(ge=0)] = 2000
    engine: EngineName = "auto"
    got_model: str = ""
    languages: Annotated[list[Language], Field(min_length=1)] = ["en", "zh-Hans"]
    pages_per_unit: Positive = 1
    review_confidence: Annotated[float, Field(ge=0, le=1)] = 0.8
    page_seconds: Seconds = 120.0
    memory_mb: Positive = 2500


class ExtractSettings(StageSettings):
    """Pages to Markdown, JSON and chunks."""

    chunk_tokens: Annotated[int, Field(ge=50, le=450)] = 300
    review_confidence: Annotated[float, Field(ge=0, le=1)] = 0.7
    llm_url: str = ""
    llm_model: str = ""
    llm_fills: list[Literal["schema", "resume", "generic"]] = ["schema", "resume"]
    llm_timeout_s: Annotated[float, Field(ge=0.1, le=3600)] = 120.0
    llm_retries: Annotated[int, Field(ge=0, le=10)] = 2
    llm_tokens: Annotated[int, Field(ge=16, le=100_000)] = 2000
    llm_input_tokens: Annotated[int, Field(ge=100, le=1_000_000)] = 4000
    llm_document_tokens: Annotated[int, Field(ge=100, le=100_000_000)] = 60_000
    llm_key: SecretStr = Field(default=SecretStr(""), exclude=True)  # of the environment alone; never written anywhere

    @field_validator("llm_url")
    @classmethod
    def _plain_url(cls, value: str) -> str:
        """An address that may stand in logs and databases: a key has a variable of its own."""
        return addresses.plain(value, LLM_KEY, " with what stands before /chat/completions")

    @field_validator("llm_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        return addresses.printable(value)


class EmbedSettings(StageSettings):
    """Chunks to vectors."""

    model: str = "models/multilingual-e5-small"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    engine: Literal["auto", "openvino", "torch"] = "auto"
    compute_threads: Positive = 1
    chunks_per_unit: Positive = 16
    batch: Positive = 1
    recycle_mb: Annotated[int, Field(ge=0)] = 2500


class StoreSettings(StageSettings):
    """Chunks, full text and vectors to where search finds them."""

    nice: Annotated[int, Field(ge=0, le=19)] = 5
    vectors_per_batch: Annotated[int, Field(ge=1, le=5000)] = 500
    rows_per_batch: Positive = 200


class SearchSettings(Section):
    """Ranking."""

    keyword_weight: Annotated[float, Field(ge=0)] = 4.0
    common_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    candidates: Annotated[int, Field(ge=10, le=1000)] = 100
    ef_search: Annotated[int, Field(ge=10, le=2000)] = 400
    reranker: str = ""
    rerank_candidates: Annotated[int, Field(ge=1, le=200)] = 30


class Settings(BaseSettings):
    """All settings. Get them from `load()`."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter="__", case_sensitive=False
    )
    _root: Path = PrivateAttr(default=PROJECT_ROOT)

    storage: StorageSettings = StorageSettings()
    queue: QueueSettings = QueueSettings()
    ledger: LedgerSettings = LedgerSettings()
    worker: WorkerSettings = WorkerSettings()
    sweep: SweepSettings = SweepSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    render: RenderSettings = RenderSettings()
    ocr: OcrSettings = OcrSettings()
    extract: ExtractSettings = ExtractSettings()
    embed: EmbedSettings = EmbedSettings()
    store: StoreSettings = StoreSettings()
    search: SearchSettings = SearchSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over file over defaults; no .env and no secrets folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, settings_path())

    @property
    def data(self) -> Path:
        """The data folder, absolute; a relative one counts from the folder of settings.toml."""
        return self._root / self.storage.data

    @property
    def embed_model(self) -> str:
        """The model as a path where one lies there, else as it was given (a hub id)."""
        path = self._root / self.embed.model
        return str(path) if path.is_dir() else self.embed.model

    @property
    def reranker_model(self) -> str:
        """The cross-encoder as a path where one lies there, else as it was given (a hub id, or empty)."""
        path = self._root / self.search.reranker
        return str(path) if self.search.reranker and path.is_dir() else self.search.reranker

    @property
    def got_model(self) -> str:
        """The weights of GOT-OCR 2 as a path where they lie there, else as it was given (a hub id, or empty)."""
        path = self._root / self.ocr.got_model
        return str(path) if self.ocr.got_model and path.is_dir() else self.ocr.got_model

    def stage(self, name: str) -> StageSettings:
        """The section of a stage."""
        section: StageSettings = getattr(self, name)
        return section

    def processes(self, stage: str) -> int:
        """Worker processes of a stage; 0 in the settings means one a core."""
        return self.stage(stage).processes or os.cpu_count() or 1


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own and no other's. Names are not looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def settings_path() -> Path:
    """The settings file: the one PAGEMILL_SETTINGS names, else the project's own."""
    return Path(os.environ.get("PAGEMILL_SETTINGS") or PROJECT_ROOT / "settings.toml").resolve()


@cache
def load() -> Settings:
    """Read and check the settings once.

    Raises:
        SettingsError: with one line a wrong key.
    """
    path = settings_path()
    if not path.is_file():
        raise SettingsError(f"{path}: no such settings file; unset PAGEMILL_SETTINGS or point it at one")
    problems = _unknown_variables() + _secrets_in(path)
    if problems:
        raise SettingsError("\n".join(problems))
    try:
        settings = Settings()
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(problem) for problem in error.errors())) from error
    settings._root = path.parent
    if settings.ledger.renew_s * 3 > settings.ledger.lease_s:
        raise SettingsError("ledger.renew_s: must be at most a third of ledger.lease_s, or leases expire under work")
    if settings.extract.llm_url and not settings.extract.llm_model:
        raise SettingsError("extract.llm_model: must name the model that extract.llm_url serves")
    place = settings.storage
    if bool(place.files_key_id.get_secret_value()) != bool(place.files_secret.get_secret_value()):
        raise SettingsError(f"{' and '.join(FILES_KEYS)}: set both, or neither")
    storage = _certificates(
        "storage", place, {"files_ca": place.files_endpoint, "chroma_ca": place.chroma_url}, path.parent
    )
    queue = _certificates("queue", settings.queue, {"redis_ca": settings.queue.redis_url}, path.parent)
    return settings.model_copy(update={"storage": storage, "queue": queue})


_S = TypeVar("_S", bound=Section)


def _certificates(name: str, section: _S, servers: dict[str, str], root: Path) -> _S:
    """A section with its files of certificates as absolute paths: they count from the folder of the settings file.

    Args:
        servers: by key, the address of the server that is checked with them; empty: one that needs no address.
    """
    given = {key: root / getattr(section, key) for key in servers if getattr(section, key)}
    for key, file in given.items():
        if not file.is_file():
            raise SettingsError(f"{name}.{key}: there is no file {file}")
        server = urlsplit(servers[key])
        # To this machine's own, `pagemill up` speaks in clear whatever is said of others.
        if server.scheme in ("http", "redis") and not is_loopback(server.hostname or ""):
            tls = {"http": "https", "redis": "rediss"}[server.scheme]
            raise SettingsError(f"{name}.{key}: the address says {server.scheme}:, which is in clear; write {tls}:")
    return section.model_copy(update={key: str(file) for key, file in given.items()})


def _secrets_in(path: Path) -> list[str]:
    """What a settings file must not hold: it is copied, shown and backed up."""
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return []  # told by whoever reads it next
    lines = []
    for name, variable in _OF_THE_ENVIRONMENT.items():
        section, _, key = name.partition(".")
        held = sections.get(section)
        if isinstance(held, dict) and key in held:
            lines.append(f"{name}: a key must not stand in {path.name}; set {variable} in the environment")
    return lines


def _unknown_variables() -> list[str]:
    """Environment variables of ours that name no setting; pydantic-settings would pass over them in silence."""
    lines = []
    for variable in sorted(os.environ):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        section = variable.removeprefix(PREFIX).lower().partition("__")[0]
        if section not in Settings.model_fields or "__" not in variable:
            lines.append(f"{variable}: no such setting; name it {PREFIX}<SECTION>__<KEY>, sections: {_sections()}")
    return lines


def _sections() -> str:
    return ", ".join(Settings.model_fields)


def _sentence(problem: Any) -> str:
    """One pydantic error as a line: key, what is wrong, what is allowed, and what was given."""
    place = [str(part) for part in problem["loc"]]
    key = ".".join(place)
    if problem["type"] == "extra_forbidden":
        field = Settings.model_fields.get(place[0])
        if len(place) > 1 and field is not None and isinstance(field.annotation, type):
            allowed = ", ".join(field.annotation.model_fields)
            return f"{key}: no such setting; {place[0]} has: {allowed}"
        return f"{key}: no such section; sections: {_sections()}"
    if key in _NOT_REPEATED:
        return f"{key}: {problem['msg']}"
    return f"{key}: {problem['msg']} (given: {problem['input']!r})"
