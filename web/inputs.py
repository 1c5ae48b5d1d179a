"""What requests may hold: bodies, queries and the form of an upload. Unknown names are refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from pipeline.extract.fields import SCHEMAS, columns_of
from pipeline.settings import EngineName, Language
from storage.keys import Scope
from web.answers import Status


def _number(value: Any) -> Any:
    """30 and 30.0 are whole numbers in JSON; "30" and true are none."""
    if isinstance(value, str | bool):
        raise PydanticCustomError("whole_number", "Input should be a whole number")
    return value


SchemaName = Literal["generic", "resume"]
StageName = Literal["render", "ocr", "extract", "embed", "store"]
RetentionDays = Annotated[
    int,
    Field(ge=1, le=36_500, description="Documents uploaded more days ago are deleted; null: they are kept."),
    BeforeValidator(_number),  # last: else the description knows no limits
]
Limit = Annotated[int, Field(ge=1, le=500)]
_COLUMNS = (column.path for schema in SCHEMAS for column in columns_of(schema))
_PATHS = (name for path in _COLUMNS for name in (path.partition(".")[0], path))
_FIELDS = "|".join(re.escape(name) for name in dict.fromkeys(["tag", "language", *_PATHS]))
_FILTER = rf"^(metadata\.[\p{{L}}\p{{N}}_][^:]*|{_FIELDS}):.*[\p{{L}}\p{{N}}]"
Filters = Annotated[
    list[Annotated[str, Field(max_length=500, examples=["tag:2026-spring"], json_schema_extra={"pattern": _FILTER})]],
    Field(max_length=20, description="NAME:VALUE: `tag`, `language`, `metadata.KEY` or a field; all must hold."),
]
Version = Annotated[int, Field(ge=0, le=2**63 - 1)]
# Normalised, a name has 1 to 100 characters; what only looks like one (a path, an id) is refused too.
Name = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string", "minLength": 1, "maxLength": 100,
            "pattern": r"^(?!\.{1,2}$|[0-9a-f]{32}$| +$)(?![^/]*/)[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$",
        }
    ),
]  # fmt: skip
KeyName = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": 100, "pattern": r"^(?! +$)[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$"}
    ),
]
# PDF allows 127 bytes; what is longer opens nothing.
Password = Annotated[SecretStr, Field(min_length=1, max_length=500)]
# How an upload looks on the wire: a field is text, also where it holds JSON, and files stand beside the fields.
_JSON_OBJECT = {"type": "string", "contentMediaType": "application/json", "contentSchema": {"type": "object"}}
_FILES = {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}


def _with_files(schema: dict[str, Any]) -> None:
    schema["required"] = ["files"]
    schema["properties"] = {"files": _FILES, **schema["properties"]}


class Request(BaseModel):
    """Bodies and queries: unknown names are refused, so that no wish is silently ignored.

    Attributes:
        repeated: names that a query may hold several times.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    repeated: ClassVar[frozenset[str]] = frozenset()


class NewKnowledgeBase(Request):
    """A knowledge base to make."""

    name: Name
    languages: Annotated[list[Language], Field(min_length=1)] | None = None
    engine: EngineName | None = None
    schema_: SchemaName | None = Field(default=None, alias="schema")
    retention_days: RetentionDays | None = None


class KnowledgeBaseChange(Request):
    """What to change of a knowledge base; documents in work keep what they began with.

    Null leaves things as they are; of `retention_days` it means that documents are kept.
    """

    name: Name | None = None
    languages: Annotated[list[Language], Field(min_length=1)] | None = None
    engine: EngineName | None = None
    schema_: SchemaName | None = Field(default=None, alias="schema")
    retention_days: RetentionDays | None = None


class SignIn(Request):
    """A key to sign in with."""

    key: Annotated[str, Field(min_length=1, max_length=200)]


class NewKey(Request):
    """A key to make; `knowledge_bases` are names or ids, null for all."""

    name: KeyName
    scope: Scope
    knowledge_bases: Annotated[list[Name], Field(min_length=1, max_length=1000)] | None = None


class ExportQuery(Request):
    """Which documents to export the fields of."""

    repeated: ClassVar[frozenset[str]] = frozenset({"filter"})

    status: Status | None = None
    batch: str | None = None
    tag: str | None = None
    filter: Filters = Field(default_factory=list)


class DocumentQuery(ExportQuery):
    """Which documents to list."""

    limit: Limit = 50
    cursor: str | None = None


class WaitQuery(Request):
    """How long to wait for a version greater than `since`; without `since`, than the present one."""

    wait: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 0.0
    since: Version | None = None


class EventsQuery(Request):
    """From which version on to tell what changed; without it, from now on."""

    since: Version | None = None


class ReprocessQuery(Request):
    """From which stage on to do a document anew."""

    from_: Annotated[StageName, Field(alias="from")]


class ReprocessAllQuery(ReprocessQuery):
    """Which documents to do anew: of a status, a tag, or with a page that an engine read; all without any of these."""

    status: Status | None = None
    engine: Literal["tesseract", "tesserocr", "rapidocr", "got", "text_layer"] | None = None
    tag: str | None = None


class FailureChoice(Request):
    """Of which knowledge base (name or id) and document; of all without."""

    kb: str | None = None
    document: str | None = None


class FailureQuery(FailureChoice):
    """Which failed units to list."""

    limit: Limit = 50
    cursor: Annotated[str, Field(pattern=r"^[0-9a-f]{32}-[0-9a-f]{32}-[0-9]{1,9}-[0-9]{1,9}$")] | None = None


class ImageQuery(Request):
    """How wide a page image should be, pixels; it may come wider.

    Attributes:
        rotation: degrees clockwise by which to turn the page, as the lists of pages have it. Without one the page is
            turned so that the boxes of hits fit.
    """

    width: Annotated[int, Field(ge=1, le=2400)] = 960
    rotation: Literal["0", "90", "180", "270"] | None = None


class ListQuery(Request):
    """Which part of a list."""

    limit: Limit = 50
    cursor: str | None = None


class SearchQuery(Request):
    """What to search for."""

    repeated: ClassVar[frozenset[str]] = frozenset({"filter"})

    q: Annotated[str, Field(min_length=1, max_length=2000)]
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    mode: Literal["hybrid", "vector", "keyword"] = "hybrid"
    filter: Filters = Field(default_factory=list)


class SearchAllQuery(SearchQuery):
    """What to search for, and in which knowledge bases (names or ids)."""

    repeated: ClassVar[frozenset[str]] = SearchQuery.repeated | {"kb"}

    kb: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=20)]


class Unlock(Request):
    """The password of an original that is protected by one; it is kept encrypted and erased once the file was read."""

    password: Password | None = None

    @property
    def clear(self) -> str | None:
        """The password as it was given."""
        return self.password.get_secret_value() if self.password else None


class UploadForm(BaseModel):
    """The fields beside the files: `metadata` is a JSON object, `tags` may be repeated or separated by commas.

    `password` opens those of the files that are protected by one; it is kept encrypted and erased once they were read.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra=_with_files)

    metadata: Annotated[dict[str, JsonValue], WithJsonSchema(_JSON_OBJECT)] = Field(default_factory=dict)
    tags: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=50)] = Field(default_factory=list)
    password: Password | None = None
