"""Tables: found on pages, joined across pages, told as Markdown, HTML and text to search."""

from pipeline.extract.tables.find import PageTables, find_tables, rest_of
from pipeline.extract.tables.join import joined, mark_continued
from pipeline.extract.tables.place import Band, bands, put_in
from pipeline.extract.tables.render import row_texts, table_html, table_markdown

__all__ = [
    "Band",
    "PageTables",
    "bands",
    "find_tables",
    "joined",
    "mark_continued",
    "put_in",
    "rest_of",
    "row_texts",
    "table_html",
    "table_markdown",
]
