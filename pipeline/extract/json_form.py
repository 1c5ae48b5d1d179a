"""The document as plain JSON; boxes are `[x0, y0, x1, y1]` in points of the upright page."""

from __future__ import annotations

from typing import Any

from pipeline.extract.document import Block, Document, Table
from pipeline.extract.tables.render import table_html


def to_json(document: Document) -> dict[str, Any]:
    """Plain JSON form of pages, blocks and lines; a table has its cells and its HTML beside."""
    return {
        "language": document.language,
        "pages": [
            {
                "page_number": page.page_number,
                "width_pt": round(page.width_pt, 2),
                "height_pt": round(page.height_pt, 2),
                "source": page.source,
                "confidence": round(page.confidence, 4),
                "blocks": [_block_json(block) for block in page.blocks],
            }
            for page in document.pages
        ],
    }


def _block_json(block: Block) -> dict[str, Any]:
    form: dict[str, Any] = {
        "kind": block.kind,
        "level": block.level,
        "continues": block.continues,
        "text": block.text,
        "box": block.box.rounded(),
        "lines": [{"text": line.text, "box": line.box.rounded()} for line in block.lines],
    }
    if block.table is not None:
        form["table"] = _table_json(block.table)
        form["html"] = table_html(block.table)
    return form


def _table_json(table: Table) -> dict[str, Any]:
    return {
        "rows": table.rows,
        "columns": table.columns,
        "cells": [
            {
                "row": cell.row,
                "column": cell.column,
                "row_span": cell.row_span,
                "column_span": cell.column_span,
                "header": cell.header,
                "text": cell.text,
                "box": cell.box.rounded(),
            }
            for cell in table.cells
        ],
    }
