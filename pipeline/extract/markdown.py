"""The document as Markdown (CommonMark): headings, paragraphs, lists, tables; running headers and footers left out."""

from __future__ import annotations

import re

from pipeline.extract.document import Block, Document
from pipeline.extract.join import seam
from pipeline.extract.markers import BULLET
from pipeline.extract.tables import joined, table_markdown

_ANYWHERE = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])|`|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])|~~|<(?=[A-Za-z/!?])|&(?=#?\w+;)"
)
# What every link has in it, in one line: the bracket that opens it may stand in a line above.
_LINK = re.compile(r"\](?=[(\[:])|(?<=!)\[")
_LEADING = re.compile(r"^(?:#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|(?:=+|-+|~{3,}|\+)$|(?:[-*_]\s*){3,}$|~{3,})")
_LEADING_NUMBER = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_ORDERED = re.compile(r"^(\d{1,9})[.)](?:\s+|(?=[\u4e00-\u9fff]))")


def escape_markdown(text: str) -> str:
    """The one-line text so that Markdown shows it as it is, with as few backslashes as that takes."""
    text = escape_inline(text)
    text = _LEADING_NUMBER.sub(r"\1\\\2", text)
    return _LEADING.sub(lambda found: "\\" + found.group(), text)


def escape_inline(text: str) -> str:
    """The text so that nothing within it is markup; marks at the start of a line are not looked at."""
    text = _ANYWHERE.sub(lambda found: "\\" + found.group(), text)
    return _LINK.sub(lambda found: "\\" + found.group(), text)


def to_markdown(document: Document) -> str:
    """The whole text, paragraphs and tables broken by a column or page joined again; ends in a newline unless empty."""
    parts: list[tuple[str, int, str]] = []  # kind, level, text
    running = -1  # the last part that is running text: a paragraph goes on with it also beyond a table
    tables: dict[int, list[Block]] = {}
    for block in document.text_blocks:
        if block.table is not None:
            if block.continues and tables:
                tables[max(tables)].append(block)
                continue
            tables[len(parts)] = [block]
            parts.append(("table", 0, ""))
        elif block.aside:
            parts.append((block.kind, 0, block.text))
        elif block.continues and running >= 0:
            kind, level, text = parts[running]
            drop, separator = seam(text, block.text)
            parts[running] = (kind, level, (text[:-drop] if drop else text) + separator + block.text)
        else:
            running = len(parts)
            parts.append((block.kind, block.level, block.text))
    out: list[str] = []
    before = ""
    indents: list[int] = []  # of the list items that are open, outermost first
    for number, (kind, level, text) in enumerate(parts):
        if kind == "figure" and not text:
            continue
        if out:
            out.append("\n" if kind == before == "list_item" else "\n\n")
        if kind == "list_item":
            indents = indents[:level] if before == "list_item" else []
            out.append(" " * (indents[-1] if indents else 0) + _item(text))
            indents.append((indents[-1] if indents else 0) + len(_mark(text)))
        elif number in tables:
            out.append(table_markdown(joined(tables[number]).table, escape_inline))
        else:
            out.append(_render(kind, level, text))
        before = kind
    return "".join(out) + "\n" if out else ""


def _render(kind: str, level: int, text: str) -> str:
    if kind == "heading":
        # A closing run of # would be taken for decoration.
        return "#" * level + " " + re.sub(r"(^|\s)(#+)$", r"\1\\\2", escape_inline(text))
    if kind == "caption":
        return f"*{escape_inline(text)}*"
    if kind == "figure":
        # Labels of a chart: kept for whoever searches or reads the source, no part of the text that is shown.
        return f"<!-- figure: {text.replace('--', '- -').replace('>', ' ')} -->"
    return escape_markdown(text)


def _item(text: str) -> str:
    """A list item with a mark that Markdown knows."""
    number = _ORDERED.match(text)
    rest = text[number.end() :] if number else BULLET.sub("", text, count=1)
    return _mark(text) + escape_markdown(rest)


def _mark(text: str) -> str:
    number = _ORDERED.match(text)
    return f"{number.group().strip()} " if number else "- "
