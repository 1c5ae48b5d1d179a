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
_LINK = re.compile(r"\[(?=[^\]]*\](?:\(|\[|:))|(?<=!)\[")
_LEADING = re.compile(r"^(?:#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|(?:=+|-+|~{3,}|\+)$|(?:[-*_]\s*){3,}$|~{3,})")
_LEADING_NUMBER = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_ORDERED = re.compile(r"^(\d{1,9})[.)]\s+")


def escape_markdown(text: str) -> str:
    """The one-line text so that Markdown shows it as it is, with as few backslashes as that takes."""
    text = escape_inline(text)
    text = _LEADING_NUMBER.sub(r"\1\\\2", text)
    return _LEADING.sub(lambda found: "\\" + found.group(), text)


def escape_inline(text: str) -> str:
    """The text so that nothing within it is markup; marks at the start of a line are not looked at."""
    text = _ANYWHERE.sub(lambda found: "\\" + found.group(), text)
    return _LINK.sub(r"\\[", text)


def to_markdown(document: Document) -> str:
    """The whole text, paragraphs and tables broken by a column or page joined again; ends in a newline unless empty."""
    parts: list[tuple[str, int, str]] = []  # kind, level, text
    running = -1  # the last part that is running text: a paragraph goes on with it also beyond a table
    tables: dict[int, list[Block]] = {}
    for block in document.text_blocks:
        if block.table is not None:
            if block.continues and parts and parts[-1][0] == "table":
                tables[len(parts) - 1].append(block)
                continue
            tables[len(parts)] = [block]
            parts.append(("table", 0, ""))
        elif block.continues and running >= 0:
            kind, level, text = parts[running]
            drop, separator = seam(text, block.text)
            parts[running] = (kind, level, (text[:-drop] if drop else text) + separator + block.text)
        else:
            running = len(parts)
            parts.append((block.kind, block.level, block.text))
    out: list[str] = []
    before = ""
    for number, (kind, level, text) in enumerate(parts):
        if out:
            out.append("\n" if kind == before == "list_item" else "\n\n")
        if number in tables:
            out.append(table_markdown(joined(tables[number]).table, escape_inline))
        else:
            out.append(_render(kind, level, text))
        before = kind
    return "".join(out) + "\n" if out else ""


def _render(kind: str, level: int, text: str) -> str:
    if kind == "heading":
        # A closing run of # would be taken for decoration.
        return "#" * level + " " + re.sub(r"(^|\s)(#+)$", r"\1\\\2", escape_inline(text))
    if kind == "list_item":
        number = _ORDERED.match(text)
        if number:
            return f"{number.group().strip()} {escape_markdown(text[number.end() :])}"
        return "- " + escape_markdown(BULLET.sub("", text, count=1))
    return escape_markdown(text)
