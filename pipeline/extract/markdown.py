"""The document as Markdown (CommonMark): headings, paragraphs, lists; running headers and footers left out."""

from __future__ import annotations

import re

from pipeline.extract.document import Document
from pipeline.extract.join import seam
from pipeline.extract.markers import BULLET

_ANYWHERE = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])|`|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])|~~|<(?=[A-Za-z/!?])|&(?=#?\w+;)"
)
_LINK = re.compile(r"\[(?=[^\]]*\](?:\(|\[|:))|(?<=!)\[")
_LEADING = re.compile(r"^(?:#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|(?:=+|-+|~{3,}|\+)$|(?:[-*_]\s*){3,}$|~{3,})")
_LEADING_NUMBER = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_ORDERED = re.compile(r"^(\d{1,9})[.)]\s+")


def escape_markdown(text: str) -> str:
    """The one-line text so that Markdown shows it as it is, with as few backslashes as that takes."""
    text = _escape_inline(text)
    text = _LEADING_NUMBER.sub(r"\1\\\2", text)
    return _LEADING.sub(lambda found: "\\" + found.group(), text)


def _escape_inline(text: str) -> str:
    text = _ANYWHERE.sub(lambda found: "\\" + found.group(), text)
    return _LINK.sub(r"\\[", text)


def to_markdown(document: Document) -> str:
    """The whole text, paragraphs broken by a column or page joined again; ends in a newline unless empty."""
    parts: list[tuple[str, int, str]] = []  # kind, level, text
    for block in document.text_blocks:
        if block.continues and parts:
            kind, level, text = parts[-1]
            drop, separator = seam(text, block.text)
            parts[-1] = (kind, level, (text[:-drop] if drop else text) + separator + block.text)
        else:
            parts.append((block.kind, block.level, block.text))
    out: list[str] = []
    before = ""
    for kind, level, text in parts:
        if out:
            out.append("\n" if kind == before == "list_item" else "\n\n")
        out.append(_render(kind, level, text))
        before = kind
    return "".join(out) + "\n" if out else ""


def _render(kind: str, level: int, text: str) -> str:
    if kind == "heading":
        # A closing run of # would be taken for decoration.
        return "#" * level + " " + re.sub(r"(^|\s)(#+)$", r"\1\\\2", _escape_inline(text))
    if kind == "list_item":
        number = _ORDERED.match(text)
        if number:
            return f"{number.group().strip()} {escape_markdown(text[number.end() :])}"
        return "- " + escape_markdown(BULLET.sub("", text, count=1))
    return escape_markdown(text)
