"""Fields of a knowledge base as a table: page by page, and as a file for spreadsheets."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from storage import exports, field_table
from storage.catalog import KnowledgeBase
from storage.field_table import Choice, Order, Row
from web import inputs, search_answers
from web.names import Names
from web.state import State, answer, query, state
from web.threads import in_thread


async def fields_table(request: Request) -> Response:
    """GET .../fields: a row a document, with the fields of its published run."""
    wanted = query(request, inputs.FieldsQuery)
    return answer(await in_thread(_table, state(request), request, wanted))


def _table(parts: State, request: Request, wanted: inputs.FieldsQuery) -> search_answers.FieldTable:
    record, kb = parts.knowledge_base(request)
    names = Names(record, [kb])
    page = field_table.page(kb, _choice(names, wanted), _order(names, wanted), wanted.limit, wanted.cursor)
    columns = _columns(names, kb, wanted)
    lists = {column.partition(".")[0] for column in columns} if wanted.column else None
    items = []
    for row in page.rows:
        chosen = {name: value for name, value in row.fields.items() if lists is None or name in lists}
        items.append(search_answers.TableRow.model_validate({**_of_document(row), "fields": chosen}))
    filled = set(exports.held_paths(kb))
    shown = [
        search_answers.TableColumn(name=path, kind=names.known.get(path, "text"), filled=path in filled)
        for path in columns
    ]
    return search_answers.FieldTable(columns=shown, items=items, total=page.total, next_cursor=page.cursor)


def _of_document(row: Row) -> dict[str, Any]:
    return {
        "document": row.document, "filename": row.filename, "created_at": row.created_at, "status": row.status,
        "language": row.language, "pages": row.pages, "tags": row.tags,
    }  # fmt: skip


async def fields_csv(request: Request) -> Response:
    """GET .../fields.csv: a row a document."""
    wanted = query(request, inputs.TableQuery)
    rows = await in_thread(_rows, state(request), request, wanted)
    headers = {"Content-Disposition": 'attachment; filename="fields.csv"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


def _rows(parts: State, request: Request, wanted: inputs.TableQuery) -> exports.Lines:
    record, kb = parts.knowledge_base(request)
    names = Names(record, [kb])
    return exports.csv_lines(kb, _columns(names, kb, wanted), _choice(names, wanted), _order(names, wanted))


def _choice(names: Names, wanted: inputs.TableQuery) -> Choice:
    return Choice(names.filters(wanted.filter), wanted.q, wanted.status, wanted.batch, wanted.tag)


def _order(names: Names, wanted: inputs.TableQuery) -> Order:
    if wanted.sort is None:
        return Order()
    descending = wanted.sort.startswith("-")
    return Order(names.column(wanted.sort.removeprefix("-"), "sort"), descending)


def _columns(names: Names, kb: KnowledgeBase, wanted: inputs.TableQuery) -> list[str]:
    """Paths of the fields to show: as asked for; else the schema's, and what documents hold beside them."""
    if not wanted.column:
        return list(dict.fromkeys([*names.schema, *exports.held_paths(kb)]))
    return list(dict.fromkeys(path for name in wanted.column for path in names.paths(name, "column")))
