"""A table as Markdown or HTML. What stands in the cells is somebody else's text: all of it is escaped."""

from __future__ import annotations

import html
from collections.abc import Callable

from pipeline.extract.document import Cell, Table
from pipeline.extract.tables.heads import head_count


def table_markdown(table: Table, escape: Callable[[str], str]) -> str:
    """A pipe table where one can say it, else HTML, which Markdown lets stand.

    Args:
        table: whole, see `join.joined`.
        escape: makes a line of text plain in Markdown.
    """
    if any(cell.row_span > 1 or cell.column_span > 1 for cell in table.cells):
        return table_html(table)
    heads = head_count(table.cells, table.rows)
    if heads > 1:
        return table_html(table)
    rows: list[list[str]] = [["" for _ in range(table.columns)] for _ in range(table.rows)]
    for cell in table.cells:
        rows[cell.row][cell.column] = _piped(cell.text, escape)
    if not heads:
        rows.insert(0, [""] * table.columns)  # a pipe table must have a head
    rows.insert(1, ["---"] * table.columns)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _piped(text: str, escape: Callable[[str], str]) -> str:
    # A pipe ends a cell wherever it stands, in code and after a backslash too.
    return "<br>".join(escape(line).replace("|", "\\|") for line in text.splitlines())


def table_html(table: Table) -> str:
    """The table as an HTML element, one row a line and no empty line, so that Markdown takes it for one block."""
    lines = ["<table>"]
    heads = head_count(table.cells, table.rows)
    if heads:
        lines.append("<thead>")
    by_row: list[list[Cell]] = [[] for _ in range(table.rows)]
    for cell in table.cells:
        by_row[cell.row].append(cell)
    for number, row in enumerate(by_row):
        if number == heads and number:
            lines.append("</thead>")
        if number == heads:
            lines.append("<tbody>")
        lines.append("<tr>" + "".join(map(_element, row)) + "</tr>")
    lines.append("</thead>" if heads == table.rows and heads else "</tbody>")
    lines.append("</table>")
    return "\n".join(lines)


def _element(cell: Cell) -> str:
    name = "th" if cell.header else "td"
    spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    text = "<br>".join(html.escape(line) for line in cell.text.split("\n"))
    return f"<{name}{spans}>{text}</{name}>"


def row_texts(table: Table) -> list[tuple[int, list[tuple[str, Cell]]]]:
    """Rows as people would say them, for search: each value after the names of its columns.

    Returns:
        For each row that has text its number, and the texts of its cells with the cells. Rows of the head come alone
        only where there is nothing else.
    """
    heads = head_count(table.cells, table.rows)
    names = [""] * table.columns
    for cell in table.cells:
        if cell.row < heads and cell.text:
            for column in range(cell.column, cell.column + cell.column_span):
                names[column] = f"{names[column]} {_flat(cell.text)}".strip()
    found = []
    for row in range(heads if heads < table.rows else 0, table.rows):
        texts = []
        for cell in table.cells:
            if cell.row != row or not cell.text:
                continue
            name = names[cell.column] if cell.column_span == 1 and row >= heads else ""
            texts.append((f"{name}: {_flat(cell.text)}" if name else _flat(cell.text), cell))
        if texts:
            found.append((row, texts))
    return found


def _flat(text: str) -> str:
    return " ".join(text.split())
