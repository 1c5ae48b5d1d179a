"""What of a document is sent: all of it in one request where it fits, else parts of whole pages, in order.

A page longer than a part is cut between paragraphs, a paragraph between lines. What goes beyond the tokens that a
document may take is not sent, and its pages are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.extract.document import Document, Page
from pipeline.extract.tokens import estimate_tokens


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive pages, or some lines of one.

    Attributes:
        texts: page number and text, each page once.
        tokens: estimated, of the texts.
    """

    texts: tuple[tuple[int, str], ...]
    tokens: int

    @property
    def pages(self) -> list[int]:
        """Numbers of its pages."""
        return [number for number, _ in self.texts]


def cut_parts(document: Document, most_tokens: int) -> list[Part]:
    """The document in parts of at most so many tokens (of the embedding model, by estimate); empty pages are none."""
    parts: list[Part] = []
    texts: list[tuple[int, str]] = []
    tokens = 0
    for number, text, cost in _pieces(document, most_tokens):
        if texts and (tokens + cost > most_tokens or texts[-1][0] == number):
            parts.append(Part(tuple(texts), tokens))
            texts, tokens = [], 0
        texts.append((number, text))
        tokens += cost
    if texts:
        parts.append(Part(tuple(texts), tokens))
    return parts


def _pieces(document: Document, most_tokens: int) -> Iterator[tuple[int, str, int]]:
    """Pages, those too long in several pieces, with their tokens."""
    running: set[str] = set()
    for page in document.pages:
        lines = _lines(page, running, most_tokens)
        costs = [estimate_tokens(line) for line in lines]
        start = cost = 0
        for end, line_cost in enumerate(costs):
            if cost and cost + line_cost > most_tokens:
                yield page.page_number, "\n".join(lines[start:end]), cost
                start, cost = end, 0
            cost += line_cost
        if cost:
            yield page.page_number, "\n".join(lines[start:]), cost


def _lines(page: Page, running: set[str], most_tokens: int) -> list[str]:
    """A page's text, a paragraph or a row of a table a line; headers and footers that stood before are left out."""
    lines: list[str] = []
    for block in page.blocks:
        text = block.text.replace("\t", " | ")
        if block.running:
            if text in running:
                continue
            running.add(text)
        if estimate_tokens(text) > most_tokens and block.table is None:
            text = "\n".join(line.text for line in block.lines)
        for line in text.split("\n"):
            # A character is hardly ever more than a token.
            step = most_tokens if estimate_tokens(line) > most_tokens else len(line) or 1
            lines += [line[at : at + step] for at in range(0, len(line), step)]
    return lines
