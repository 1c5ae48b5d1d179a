"""What requests may hold: bodies, queries and the form of an upload. Unknown names are refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from pipeline.extract.fields import SCHEMAS, columns_of
from pipeline.extract.fields.columns import Kind
from pipeline.settings import EngineName, Language
from storage.filters import OF_DOCUMENT, kinds_of
from storage.keys import Scope
from storage.review import CURSOR
from web.answers import Status
from web.schema_form import Schema


def _number(value: Any) -> Any:
    """30 and 30.0 are whole numbers in JSON; "30" and true are none."""
    if isinstance(value, str | bool):
        raise PydanticCustomError("whole_number", "Input should be a whole number")
    return value


StageName = Literal["render", "ocr", "extract", "embed", "store"]
RetentionDays = Annotated[
    int,
    Field(ge=1, le=36_500, description="Documents uploaded more days ago are deleted; null: they are kept."),
    BeforeValidator(_number),  # last: else the description knows no limits
]
Limit = Annotated[int, Field(ge=1, le=500)]
_KINDS = kinds_of(column for schema in SCHEMAS for column in columns_of(schema))
_LISTS = dict.fromkeys(path.partition(".")[0] for path in _KINDS if "." in path)
_FIELDS = "|".join(map(re.escape, [*_LISTS, *_KINDS]))
_METADATA = r"metadata\.[\p{L}\p{N}_][^:=<>!：＝≠≥＞≤＜]*"


def _any_of(*kinds: Kind) -> str:
    """A pattern of the names of these kinds, those of every document among them."""
    named = {**_KINDS, **OF_DOCUMENT}
    return "|".join(re.escape(name) for name, kind in named.items() if kind in kinds)


# Those of the built-in schemas: the names of a knowledge base's own schema are known to it alone.
_DATE = r"([12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?)?|present)"
_NUMBER = r"-?[0-9]{1,15}(\.[0-9]{1,9})?"
_FILTER = "|".join(
    [
        rf"({_METADATA}|tag|language|status|filename|{_FIELDS}):.*[\p{{L}}\p{{N}}].*",
        rf"({_METADATA}|{_any_of('text')})!?=.*",
        rf"({_METADATA}|{_any_of('number')})(!=|[<>]?=|[<>]){_NUMBER}",
        rf"({_METADATA}|{_any_of('date')})(!=|[<>]?=|[<>]){_DATE}",
    ]
)
Filters = Annotated[
    list[
        Annotated[
            str,
            Field(max_length=500, examples=["tag:2026-spring"], json_schema_extra={"pattern": f"^({_FILTER})$"}),
        ]
    ],
    Field(
        max_length=20,
        description="All must hold. `NAME:VALUE` (holds these words in a row), `NAME=VALUE` (exactly), `NAME!=VALUE`,"
        " and for numbers and dates `NAME>=VALUE`, `>`, `<=`, `<`. NAME is a field (`skills`, `education.degree`), a"
        " list of records (`education`: any of its fields), `tag`, `language`, `status`, `filename`, `pages`,"
        " `created_at` or `metadata.KEY`; the pattern names the fields of the built-in schemas, those of a knowledge"
        " base's own schema are taken too. Dates are compared as far as both are known; `present` is later than all."
        " `NAME=` finds documents without it, `NAME!=` those with it. Filters on fields of one list of records are met"
        " by one record, ranges of one field by one value; a name given twice with `:` or `=` may be met by two.",
    ),
]
_COLUMN = f"{_METADATA}|{_any_of('text', 'number', 'date', 'boolean')}"
Facets = Annotated[
    list[Annotated[str, Field(max_length=200, examples=["tag"], json_schema_extra={"pattern": f"^({_COLUMN})$"})]],
    Field(
        max_length=10,
        description="Names whose values are counted, as in filters: published documents that meet all filters (those on"
        " the name itself too) and, unless `mode` is `vector`, hold a passage that the words of the query find. Values"
        " that differ only as searches fold them are one. Text: the 20 values of most documents; dates: by year, or ten"
        " years where those would be over 20; numbers: each, or in about ten ranges.",
    ),
]
Version = Annotated[int, Field(ge=0, le=2**63 - 1)]


def _printed(but: str) -> dict[str, JsonValue]:
    """What 1 to 100 printed characters look like, without what a lookahead forbids.

    Without the rest of a block of marks that Unicode has not filled yet, too: some take them for marks already.
    """
    pattern = rf"^{but}(?![^\u20f1-\u20ff]*[\u20f1-\u20ff])[\p{{L}}\p{{M}}\p{{N}}\p{{P}}\p{{S}} ]+$"
    return {"type": "string", "minLength": 1, "maxLength": 100, "pattern": pattern}


# Normalised, a name has 1 to 100 characters; what only looks like one (a path, an id) is refused too.
Name = Annotated[str, WithJsonSchema(_printed(r"(?!\.{1,2}$|[0-9a-f]{32}$| +$)(?![^/]*/)"))]
KeyName = Annotated[str, WithJsonSchema(_printed("(?! +$)"))]
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
    schema_: Schema | None = Field(default=None, alias="schema")
    retention_days: RetentionDays | None = None


class KnowledgeBaseChange(Request):
    """What to change of a knowledge base; documents in work keep what they began with.

    Null leaves things as they are; of `retention_days` it means that documents are kept.
    """

    name: Name | None = None
    languages: Annotated[list[Language], Field(min_length=1)] | None = None
    engine: EngineName | None = None
    schema_: Schema | None = Field(default=None, alias="schema")
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


class TableQuery(ExportQuery):
    """Which documents stand in the table of fields, in which order and with which columns."""

    repeated: ClassVar[frozenset[str]] = ExportQuery.repeated | {"column"}

    q: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2000,
            description="Only documents with all of these words in their text, or with the whole in their file's name.",
        ),
    ] = None
    sort: Annotated[
        str | None,
        Field(
            max_length=200,
            json_schema_extra={"pattern": f"^-?({_COLUMN})$"},
            description="A name as in filters; `-NAME` descends. Numbers by size, dates by time, text by the alphabet"
            " and Chinese by pinyin; of several values the smallest counts, descending the greatest. Documents without"
            " one come last either way. Without `sort` the newest come first.",
        ),
    ] = None
    column: Annotated[
        list[
            Annotated[
                str,
                Field(
                    max_length=200,
                    examples=["name"],
                    json_schema_extra={"pattern": f"^({_FIELDS})$"},
                ),
            ]
        ],
        Field(
            max_length=200, description="Fields to show, in order; without it those of the schema and what was found."
        ),
    ] = Field(default_factory=list)


class FieldsQuery(TableQuery):
    """Which part of the table of fields."""

    limit: Limit = 50
    cursor: Annotated[str, Field(max_length=4000)] | None = None


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


PageNumber = Annotated[int, Field(ge=1, le=999_999_999)]
_Coordinate = Annotated[float, Field(ge=-20_000, le=20_000, allow_inf_nan=False)]


class PageText(Request):
    """The text of a page as it should be, a line a line."""

    page: PageNumber
    text: Annotated[str, Field(max_length=200_000)]


class PageConfirmed(Request):
    """A page whose text is right as it is."""

    page: PageNumber
    confirmed: Literal[True]


class FieldValue(Request):
    """The value of a field as it should be; null takes it away, the value that it has confirms it.

    Attributes:
        index: in a list of fields or records, its place in the list as it is shown; one past the end adds to it, and
            two who do so before either is shown add two. Null where there is one at most, as in lists for review.
        was: the value seen there: refused, or found elsewhere in the list, where another stands there by now.
        page, box: where it stands; without them the place of what it replaces, or where it is found on the pages.
    """

    path: Annotated[str, Field(min_length=1, max_length=200)]
    index: Annotated[int, Field(ge=0, le=100_000)] | None = None
    value: Annotated[str, Field(max_length=6_000)] | None
    was: Annotated[str, Field(max_length=6_000)] | None = None
    page: PageNumber | None = None
    box: Annotated[list[_Coordinate], Field(min_length=4, max_length=4)] | None = None


class Corrections(Request):
    """What to correct of a document: all of it is kept, or nothing."""

    pages: Annotated[list[PageText | PageConfirmed], Field(max_length=100)] = Field(default_factory=list)
    fields: Annotated[list[FieldValue], Field(max_length=100)] = Field(default_factory=list)


class ReviewQuery(Request):
    """What to list for review: pages or fields, of one document; all without these."""

    kind: Literal["page", "field"] | None = None
    document: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None
    limit: Limit = 50
    cursor: Annotated[str, Field(pattern=f"^{CURSOR}$")] | None = None


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
    """What to search for.

    Attributes:
        rerank: whether a cross-encoder orders the best hits anew; without it, where one is set (`search.reranker`).
    """

    repeated: ClassVar[frozenset[str]] = frozenset({"filter", "facet"})

    q: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description='Words; "words in a row" and prefix* are required, -word excludes.',
        ),
    ]
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    mode: Literal["hybrid", "vector", "keyword"] = "hybrid"
    filter: Filters = Field(default_factory=list)
    facet: Facets = Field(default_factory=list)
    rerank: Literal["true", "false"] | None = None


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
