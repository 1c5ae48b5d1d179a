"""Fields of a knowledge base as a table."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipeline.extract.fields import columns_of
from storage import exports
from web import inputs
from web.endpoints.documents import filters
from web.state import State, query, state
from web.threads import in_thread


async def fields_csv(request: Request) -> Response:
    """GET .../fields.csv: a row a document."""
    wanted = query(request, inputs.ExportQuery)
    rows = await in_thread(_rows, state(request), request, wanted)
    headers = {"Content-Disposition": 'attachment; filename="fields.csv"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


def _rows(parts: State, request: Request, wanted: inputs.ExportQuery) -> exports.Lines:
    record, kb = parts.knowledge_base(request)
    chosen = {"status": wanted.status, "batch": wanted.batch, "tag": wanted.tag}
    columns = [column.path for column in columns_of(record["schema"])]
    return exports.csv_lines(kb, columns, filters=filters(record, wanted.filter), **chosen)
