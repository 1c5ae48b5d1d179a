"""Fields by a language model: the order of it all, and what is told where it goes less well than it should.

    parts -> prompt -> client -> answer (once more with what was wrong) -> place -> merge

Nothing a model or its server does makes this raise, but for work that was taken away: what it did not fill, rules fill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.extract.document import Document, Page
from pipeline.extract.fields.schema import UserSchema
from pipeline.extract.llm import merge
from pipeline.extract.llm.answer import Checked, check, parse
from pipeline.extract.llm.breaker import Breaker
from pipeline.extract.llm.client import Client
from pipeline.extract.llm.errors import NoAnswer, Why
from pipeline.extract.llm.form import form_of
from pipeline.extract.llm.parts import Part, cut_parts
from pipeline.extract.llm.place import Placed
from pipeline.extract.llm.prompt import Messages, messages, repair
from pipeline.extract.llm.reply import Reply
from pipeline.extract.llm.warn import Trouble
from pipeline.extract.tokens import estimate_tokens

_LASTING: frozenset[Why] = frozenset({"unauthorized", "no_model", "redirected"})
_OF_ONE_DOCUMENT: frozenset[Why] = frozenset({"rejected"})  # says nothing of the server's health


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a document is sent.

    Attributes:
        input_tokens: of its text, in one request.
        document_tokens: in all requests and answers.
    """

    input_tokens: int = 4000
    document_tokens: int = 60_000


@dataclass(slots=True)
class Usage:
    """What was asked and taken.

    Attributes:
        estimated: the server did not count, so we did.
        outcomes: requests by how they ended: "ok", "invalid", "cut", "refused", or a `Why`.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.prompt_tokens + self.completion_tokens

    def count(self, asked: Messages, reply: Reply) -> None:
        """Add a reply's tokens."""
        prompt, completion = reply.prompt_tokens, reply.completion_tokens
        self.estimated |= prompt is None or completion is None
        self.prompt_tokens += _tokens(asked) if prompt is None else prompt
        self.completion_tokens += estimate_tokens(reply.text) if completion is None else completion


@dataclass(slots=True)
class Filled:
    """What came of a document.

    Attributes:
        fields: that the model told and that stand on its pages.
        unseen: pages that it did not see, or whose answer was cut off.
        warnings: `{"page", "code", "message", "detail"}` each.
    """

    fields: dict[str, Any]
    unseen: set[int]
    usage: Usage
    warnings: list[dict[str, Any]]


class Filler:
    """Asks one model. Threads may share it."""

    def __init__(self, client: Client, limits: Limits, breaker: Breaker | None = None) -> None:
        self._client = client
        self._limits = limits
        self._breaker = breaker or Breaker()

    def fill(self, document: Document, schema: UserSchema, taken: Callable[[], bool]) -> Filled:
        """The fields of a document.

        Raises:
            Taken: the work was taken away.
        """
        return _Filling(self._client, self._limits, self._breaker, document, schema, taken).run()

    def close(self) -> None:
        """Close connections."""
        self._client.close()


class _Filling:
    """One document's trip."""

    def __init__(
        self,
        client: Client,
        limits: Limits,
        breaker: Breaker,
        document: Document,
        schema: UserSchema,
        taken: Callable[[], bool],
    ) -> None:
        self._client, self._limits, self._breaker = client, limits, breaker
        self._pages = {page.page_number: page for page in document.pages}
        self._parts = cut_parts(document, limits.input_tokens)
        self._language = document.language
        self._schema, self._form, self._taken = schema, form_of(schema), taken
        self._usage, self._trouble = Usage(), Trouble()

    def run(self) -> Filled:
        placed: list[dict[str, Any]] = []
        unseen: set[int] = set()
        left = list(self._parts)
        while left and not self._complete(merge.join(placed)):
            part = left[0]
            asked = messages(self._form, part)
            if self._usage.tokens + _tokens(asked) + self._client.endpoint.answer_tokens > self._limits.document_tokens:
                self._trouble.unsent = sorted({page for rest in left for page in rest.pages})
                break
            try:
                checked, cut = self._ask(asked)
            except NoAnswer as error:
                self._trouble.unanswered = error
                break
            left.pop(0)
            if cut or checked is None:
                unseen.update(part.pages)
            if checked is not None:
                placed.append(self._place(part, checked))
        if self._trouble.unsent or self._trouble.unanswered:
            unseen.update(page for rest in left for page in rest.pages)
        return Filled(merge.join(placed), unseen, self._usage, self._trouble.warnings(len(self._pages)))

    def _complete(self, fields: dict[str, Any]) -> bool:
        """Whether further pages could add nothing: every field is there, and none is a list."""
        return all(
            not prop.many and prop.name in fields and all(inner.name in fields[prop.name] for inner in prop.properties)
            for prop in self._schema.properties
        )

    def _ask(self, asked: Messages) -> tuple[Checked | None, bool]:
        """What of the model's answer fits, and whether it was cut off. An answer of no use is asked for once more."""
        reply = self._call(asked)
        checked = self._read(reply)
        if reply.cut or reply.refused or (checked is not None and not checked.problems):
            self._note(reply, checked)
            return checked, reply.cut
        problem = " ".join(checked.problems) if checked else "it is not one JSON object."
        try:
            second = self._call(repair(asked, reply.text, problem))
        except NoAnswer:
            if checked is None:
                raise
            self._note(reply, checked)
            return checked, False
        again = self._read(second)
        if again is None or (checked is not None and again.unfit > checked.unfit):
            second, again = reply, checked
        self._note(second, again)
        return again, second.cut

    def _call(self, asked: Messages) -> Reply:
        if not self._breaker.allows():
            self._usage.outcomes["paused"] += 1
            raise NoAnswer("paused", "The language model was not asked, as it failed again and again just before.")
        try:
            reply = self._client.ask(asked, self._form, self._taken)
        except NoAnswer as error:
            self._usage.outcomes[error.why] += 1
            if error.why not in _OF_ONE_DOCUMENT:
                self._breaker.failed(lasting=error.why in _LASTING)
            raise
        self._breaker.succeeded()
        self._usage.count(asked, reply)
        return reply

    def _read(self, reply: Reply) -> Checked | None:
        answer = None if reply.refused else parse(reply.text, cut=reply.cut)
        outcome = "refused" if reply.refused else "cut" if reply.cut else "invalid" if answer is None else "ok"
        self._usage.outcomes[outcome] += 1
        return None if answer is None else check(self._schema, answer)

    def _note(self, reply: Reply, checked: Checked | None) -> None:
        self._trouble.cut += reply.cut
        self._trouble.refused += reply.refused
        self._trouble.useless += checked is None and not reply.refused and not reply.cut
        self._trouble.unfit += checked.unfit if checked else 0

    def _place(self, part: Part, checked: Checked) -> dict[str, Any]:
        shown: list[Page] = [self._pages[number] for number in part.pages]
        placed = Placed(Document(tuple(shown), self._language), checked.values)
        self._trouble.found += placed.found
        self._trouble.dropped += placed.dropped
        return placed.fields


def _tokens(asked: Messages) -> int:
    return sum(estimate_tokens(message["content"]) for message in asked)
