"""The client that is awaited: the operations as they are written."""

from __future__ import annotations

from client.operations.documents import Documents
from client.operations.finding import Finding
from client.operations.knowledge_bases import KnowledgeBases
from client.operations.pipeline import Pipeline
from client.operations.results import Results
from client.operations.review import Review
from client.operations.server import ServerOperations
from client.operations.uploads import Uploads
from client.operations.watching import Watching


class AsyncPagemill(KnowledgeBases, Uploads, Documents, Watching, Results, Finding, Review, Pipeline, ServerOperations):
    """A Pagemill server, awaited: `async with AsyncPagemill(url) as pagemill: ...`.

    Tasks may share it. Methods that return a list too long for one answer are asynchronous iterators.
    """
