"""Cutting a document into chunks: passages of about the length that the embedding model takes in well.

blocks -> paragraphs (over columns and pages) -> atoms (whole paragraphs, or sentences of long ones)
       -> groups (atoms between headings and page ends; small ones joined) -> chunks of even length
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.extract.document import Block, Document, Line
from pipeline.extract.join import seam
from pipeline.extract.sentences import pieces
from pipeline.extract.tables import joined, row_texts
from pipeline.extract.tokens import estimate_tokens
from pipeline.types import Chunk, Span

_BETWEEN_CELLS = "; "
_SMALL = 0.5  # share of the target under which a group is joined with its neighbour over a heading or page end


@dataclass(slots=True)
class _Paragraph:
    """A paragraph of the whole document.

    Attributes:
        text: its lines joined.
        spans: where each line's text stands in it.
        path: the headings it stands under, outermost first; a heading's own last.
    """

    text: str
    spans: list[Span]
    starts: list[int]
    level: int
    path: tuple[str, ...]


@dataclass(slots=True)
class _Atom:
    """A stretch of a paragraph that no chunk divides."""

    paragraph: _Paragraph
    start: int
    end: int
    tokens: float

    @property
    def is_heading(self) -> bool:
        return self.paragraph.level > 0


def cut_chunks(document: Document, target_tokens: int = 300, max_tokens: int = 480) -> list[Chunk]:
    """The text of the document as chunks.

    Args:
        document: what `build_document` made.
        target_tokens: length to aim at, in estimated tokens of the embedding model.
        max_tokens: never more than this, but for a single unit of `tokens.units`.

    Returns:
        In reading order; every line of text is in exactly one chunk, or in two or more where a sentence ends in it.
    """
    max_tokens = max(1, max_tokens)
    target = float(max(1, min(target_tokens, max_tokens)))
    groups = _join_small(_groups(_paragraphs(document.text_blocks), target), target, max_tokens)
    chunks: list[Chunk] = []
    for group in groups:
        for atoms in _divide(group, target, max_tokens):
            chunk = _chunk(atoms, len(chunks))
            if chunk.text:
                chunks.append(chunk)
    return chunks


def _paragraphs(blocks: Sequence[Block]) -> list[_Paragraph]:
    """The blocks with their lines joined, broken paragraphs whole again."""
    paragraphs: list[_Paragraph] = []
    path: list[tuple[int, str]] = []
    texts: list[str] = []
    lines: list[tuple[Line, int]] = []

    for parts in _whole(blocks):
        block = parts[0]
        if block.table is not None:
            paragraphs += _table_rows(parts, tuple(title for _, title in path))
            continue
        lines = [(line, part.page_number) for part in parts for line in part.lines]
        if not lines:
            continue  # a picture without a word in it
        texts = [line.text for line, _ in lines]
        text, spans = _join_lines(texts, lines)
        level = block.level if block.kind == "heading" else 0
        if level:
            path = [(level, title) for level, title in path if level < block.level] + [(block.level, text)]
        paragraphs.append(
            _Paragraph(text, spans, [span.start for span in spans], level, tuple(title for _, title in path))
        )
    return paragraphs


def _whole(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks that a column or page broke, with what they go on with; running text goes on beyond what is aside."""
    groups: list[list[Block]] = []
    text: list[Block] | None = None
    table: list[Block] | None = None
    for block in blocks:
        if block.table is not None:
            if block.continues and table is not None:
                table.append(block)
            else:
                table = [block]
                groups.append(table)
        elif block.aside:
            groups.append([block])
        elif block.continues and text is not None:
            text.append(block)
        else:
            text = [block]
            groups.append(text)
    return groups


def _table_rows(parts: Sequence[Block], path: tuple[str, ...]) -> list[_Paragraph]:
    """A table's rows as paragraphs, each value after the name of its column so that a search finds it by both.

    The name counts to the value's span: whoever finds it is shown the cell.
    """
    whole = joined(parts)
    page_of = {id(cell): page for cell, page in zip(whole.table.cells, whole.pages, strict=True)}
    rows = []
    for _, texts in row_texts(whole.table):
        text = ""
        spans: list[Span] = []
        for told, cell in texts:
            text += _BETWEEN_CELLS if text else ""
            spans.append(Span(len(text), len(text) + len(told), page_of[id(cell)], cell.box))
            text += told
        rows.append(_Paragraph(text, spans, [span.start for span in spans], 0, path))
    return rows


def _join_lines(texts: Sequence[str], lines: Sequence[tuple[Line, int]]) -> tuple[str, list[Span]]:
    """As `join.join_texts`, with the place of every line."""
    parts: list[str] = []
    spans: list[Span] = []
    length = 0
    for text, (line, page_number) in zip(texts, lines, strict=True):
        if not text:
            continue
        if parts:
            drop, separator = seam(parts[-1], text)
            if drop:
                parts[-1] = parts[-1][:-drop]
                length -= drop
                spans[-1] = replace(spans[-1], end=length)
            if separator:
                parts.append(separator)
                length += len(separator)
        spans.append(Span(length, length + len(text), page_number, line.box))
        parts.append(text)
        length += len(text)
    return "".join(parts), spans


def _groups(paragraphs: Sequence[_Paragraph], target: float) -> list[list[_Atom]]:
    """Atoms in runs that end before a heading and at the end of a page."""
    groups: list[list[_Atom]] = []
    before: _Paragraph | None = None
    for paragraph in paragraphs:
        turns = before is not None and (
            (paragraph.level > 0 and before.level == 0)
            or paragraph.spans[0].page_number != before.spans[-1].page_number
        )
        if not groups or turns:
            groups.append([])
        groups[-1] += _atoms(paragraph, target)
        before = paragraph
    return groups


def _atoms(paragraph: _Paragraph, target: float) -> list[_Atom]:
    parts = [_Atom(paragraph, start, end, tokens) for start, end, tokens in pieces(paragraph.text, target)]
    tokens = sum(part.tokens for part in parts)
    if tokens <= target:
        return [_Atom(paragraph, 0, len(paragraph.text), tokens)]
    return parts


def _tokens(atoms: Sequence[_Atom]) -> float:
    return sum(atom.tokens for atom in atoms)


def _join_small(groups: Sequence[list[_Atom]], target: float, max_tokens: float) -> list[list[_Atom]]:
    """Small groups joined with a neighbour; a group of headings alone always with what follows."""
    joined: list[list[_Atom]] = []
    size = 0.0  # tokens of the last one
    for group in groups:
        tokens = _tokens(group)
        if joined:
            last = joined[-1]
            both = size + tokens
            small = min(size, tokens) < _SMALL * target
            # A short rest goes into a chunk with what is before it unless it opens a section of its own.
            room = target if group[0].is_heading or size < _SMALL * target else min(1.3 * target, max_tokens)
            # Headings at the end of a page wait for what follows them.
            waits = all(atom.is_heading for atom in group) and group is not groups[-1]
            if all(atom.is_heading for atom in last) or (small and both <= room and not waits):
                last += group
                size = both
                continue
        joined.append(list(group))
        size = tokens
    return joined


def _divide(atoms: Sequence[_Atom], target: float, max_tokens: float) -> list[list[_Atom]]:
    """A group as chunks of even length; no chunk ends in a heading while what follows still fits."""
    rest = _tokens(atoms)
    count = max(1, round(rest / target + 0.2))
    parts: list[list[_Atom]] = [[]]
    size = 0.0
    for atom in atoms:
        part = parts[-1]
        if part:
            aim = (size + rest) / max(1, count - len(parts) + 1)
            # Cut where that brings this part nearer to the aim than taking the atom in would.
            enough = size + atom.tokens / 2 > aim or (atom.is_heading and size > _SMALL * target)
            if size + atom.tokens > max_tokens or (enough and len(parts) < count and not part[-1].is_heading):
                moved: list[_Atom] = []
                while len(part) > 1 and part[-1].is_heading and _tokens([part[-1], *moved, atom]) <= max_tokens:
                    moved.insert(0, part.pop())
                parts.append(moved)
                size = _tokens(moved)
        parts[-1].append(atom)
        size += atom.tokens
        rest -= atom.tokens
    return [part for part in parts if part]


def _chunk(atoms: Sequence[_Atom], position: int) -> Chunk:
    """The atoms as one text with the place of every line in it."""
    text = ""
    spans: list[Span] = []
    previous: _Atom | None = None
    for atom in atoms:
        start, end = atom.start, atom.end
        source = atom.paragraph.text
        follows = previous is not None and previous.paragraph is atom.paragraph
        if not follows:
            while start < end and source[start].isspace():
                start += 1
            if text:
                text = text.rstrip() + "\n"
        shift = len(text) - start
        text += source[start:end]
        spans += _cut_spans(atom.paragraph, start, end, shift, spans)
        previous = atom
    text = text.rstrip()
    spans = [
        span if span.end <= len(text) else replace(span, end=len(text)) for span in spans if span.start < len(text)
    ]
    path = _path(atoms)
    return Chunk(position, text, " > ".join(path), tuple(spans), estimate_tokens(text))


def _cut_spans(paragraph: _Paragraph, start: int, end: int, shift: int, before: list[Span]) -> list[Span]:
    """The paragraph's spans within [start, end), moved by `shift`; one that goes on takes up the last of `before`."""
    found: list[Span] = []
    for i in range(max(0, bisect_right(paragraph.starts, start) - 1), len(paragraph.spans)):
        span = paragraph.spans[i]
        if span.start >= end:
            break
        low, high = max(span.start, start), min(span.end, end)
        if low >= high:
            continue
        moved = Span(low + shift, high + shift, span.page_number, span.box)
        if low > span.start and before and before[-1].end == moved.start and before[-1].box == span.box:
            moved = replace(moved, start=before.pop().start)
        found.append(moved)
    return found


def _path(atoms: Sequence[_Atom]) -> tuple[str, ...]:
    """The headings a chunk stands under: those of its first text, or of its first heading where it has no text."""
    for atom in atoms:
        if not atom.is_heading:
            return atom.paragraph.path
    return atoms[0].paragraph.path
