"""extract: the readings of a document's pages joined into one text, cut into chunks to be found.

    lines -> layout -> running, paragraphs -> headings -> document -> markdown, JSON, chunks

Pure functions on `pipeline.types`; knows nothing of files, engines, databases or models.
"""

from pipeline.extract.build import build_document
from pipeline.extract.chunks import cut_chunks
from pipeline.extract.document import Block, Document, Line, Page
from pipeline.extract.join import join_texts
from pipeline.extract.json_form import to_json
from pipeline.extract.language import detect_language
from pipeline.extract.markdown import to_markdown
from pipeline.extract.tokens import estimate_tokens

__all__ = [
    "Block",
    "Document",
    "Line",
    "Page",
    "build_document",
    "cut_chunks",
    "detect_language",
    "estimate_tokens",
    "join_texts",
    "to_json",
    "to_markdown",
]
