"""The one error tree of Pagemill.

A stage raises one of these and nothing else on purpose. `PermanentError` carries a stable code and a sentence
that tells the person who uploaded the file what to do; `TransientError` means that the same work may succeed later.
`CODES` lists every code that can reach a user, over HTTP or in a document's status.
"""

from __future__ import annotations

from typing import Any

CODES: dict[str, str] = {
    # documents and pages
    "empty_file": "The file has no bytes.",
    "unsupported_kind": "The file is of a kind that Pagemill does not read.",
    "damaged": "The file is damaged and cannot be opened.",
    "encrypted": "The file is protected by a password.",
    "no_pages": "The file holds no pages.",
    "too_many_pages": "The file has more pages than this server reads.",
    "page_damaged": "The page cannot be drawn.",
    "page_too_large": "The page is larger than this server draws.",
    "page_timeout": "Work on the page took longer than allowed, three times.",
    "page_crashed": "Work on the page crashed its reader, three times.",
    "page_memory": "Work on the page needed more memory than allowed, three times.",
    "worker_lost": "Its worker vanished ten times.",
    "no_page_read": "No page of the document could be read.",
    "stage_failed": "A step failed three times.",
    "model_mismatch": "The knowledge base was built with another embedding model.",
    "engine_missing": "The reading engine asked for is not installed.",
    # warnings of a language model
    "llm_unavailable": "The language model gave no answer; rules filled the fields.",
    "llm_invalid": "The language model's answer could not be used; rules filled the fields.",
    "llm_truncated": "The language model did not see all of the document, or its answer was cut off.",
    "llm_dropped": "The language model told values that do not stand on the pages or do not fit the schema.",
    "field_missing": "A field that the schema requires was not found.",
    # requests
    "bad_request": "The request is not of the form described in the API.",
    "schema_invalid": "The schema of fields is not one that Pagemill understands.",
    "not_found": "There is no such thing.",
    "method_not_allowed": "The address does not answer this method.",
    "name_taken": "A knowledge base of this name exists.",
    "unauthorized": "The request carries no valid key.",
    "forbidden": "The key does not allow this, or the request is not of this server's own page.",
    "too_many_failures": "Too many wrong keys came from this address.",
    "too_many_waiting": "The knowledge base has as many documents in work as this server allows.",
    "too_slow": "The request arrived too slowly.",
    "too_large": "The file is larger than this server takes, or unpacks to more.",
    "upload_cut": "The upload ended before the whole file had arrived.",
    "not_ready": "The result is not there yet.",
    "conflict": "The document is in a state that does not allow this.",
    "unavailable": "A part that the request needs is out of reach.",
    "internal": "Something went wrong inside Pagemill.",
}


class Refused(Exception):
    """What a command asks for cannot be done; the message says why and what to do. Never a document's fault."""


class PagemillError(Exception):
    """Root of the tree."""


class TransientError(PagemillError):
    """The same work may succeed later; counts one of a unit's three errors."""


class ServiceUnavailable(TransientError):
    """A service is out of reach or a disk is full: the unit waits and tries again, and nothing is counted."""


class ChildFailed(PagemillError):
    """The child process that did the work died, overran its time or its memory; counts one of a unit's three crashes.

    Attributes:
        code: `page_crashed`, `page_timeout` or `page_memory`.
        killed: somebody else killed it (an operator, the system short of memory). No page can do that by itself, so
            it counts as if the worker had vanished: one of ten.
    """

    def __init__(self, code: str, message: str, *, killed: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.killed = killed


class LeaseLost(PagemillError):
    """The unit belongs to somebody else now (expired, cancelled or deleted): drop the work, write nothing."""


class PermanentError(PagemillError):
    """Never tried again.

    Attributes:
        code: a key of `CODES`.
        message: what happened and what to do, for the person who sees it.
        detail: facts for programs, JSON-serialisable.
    """

    def __init__(self, code: str, message: str, detail: Any = None) -> None:
        if code not in CODES:
            raise ValueError(f"unknown error code {code!r}")
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail

    def as_dict(self) -> dict[str, Any]:
        """The error as the API shows it."""
        return {"code": self.code, "message": self.message, "detail": self.detail}
