"""Tables: found on pages, joined across pages, told as Markdown, HTML and text to search."""

from pipeline.extract.tables.find import PageTables, find_tables, rest_of

__all__ = ["PageTables", "find_tables", "rest_of"]
