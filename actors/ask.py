"""What a language model adds to a document's fields, and what is counted and logged of it.

A document waits for the model while its unit's lease is renewed, and stops waiting within a moment when it is
cancelled or deleted. A model that gives nothing costs a document warnings and no more: its fields are then the rules'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actors.shell import Hands
from pipeline import log, metrics
from pipeline.errors import LeaseLost
from pipeline.extract.document import Document
from pipeline.extract.fields.schema import UserSchema, read_schema
from pipeline.settings import ExtractSettings

_LOG = log.get("llm")


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it.

    Attributes:
        fields: of model and rules together.
        warnings, usage: as the run keeps them.
    """

    fields: dict[str, Any]
    warnings: list[dict[str, Any]]
    usage: dict[str, Any]


class Asker:
    """Asks the model that the settings name; one a process, shared by its threads."""

    def __init__(self, settings: ExtractSettings) -> None:
        from pipeline.extract import llm  # what it needs is loaded by those who have a model to ask

        self._llm = llm
        self._fills = settings.llm_fills
        self._model = settings.llm_model
        endpoint = llm.Endpoint(
            settings.llm_url, settings.llm_model, settings.llm_key.get_secret_value(), settings.llm_timeout_s,
            settings.llm_retries, settings.llm_tokens,
        )  # fmt: skip
        limits = llm.Limits(settings.llm_input_tokens, settings.llm_document_tokens)
        self._filler = llm.Filler(llm.Client(endpoint), limits)

    def fill(
        self, document: Document, schema: str | Mapping[str, Any], ruled: dict[str, Any], hands: Hands
    ) -> Asked | None:
        """The document's fields with what the model told; None where it fills no such schema.

        Args:
            ruled: the fields that rules found.

        Raises:
            LeaseLost: the document was cancelled or deleted meanwhile, or the worker must stop.
        """
        wanted = self._wanted(schema)
        if wanted is None:
            return None
        try:
            filled = self._filler.fill(document, wanted, hands.taken.is_set)
        except self._llm.Taken as error:
            raise LeaseLost(hands.claim.unit) from error
        usage = filled.usage
        for outcome, times in usage.outcomes.items():
            metrics.LLM_CALLS.labels(outcome).inc(times)
        metrics.LLM_TOKENS.labels("prompt").inc(usage.prompt_tokens)
        metrics.LLM_TOKENS.labels("completion").inc(usage.completion_tokens)
        _LOG.info(
            "model asked", model=self._model, prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens, requests=sum(usage.outcomes.values()),
            warnings=",".join(warning["code"] for warning in filled.warnings) or None,
        )  # fmt: skip
        fields = self._llm.fill_in(filled.fields, ruled, filled.unseen, [prop.name for prop in wanted.properties])
        told = {
            "model": self._model, "prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens,
            "estimated": usage.estimated, "requests": dict(usage.outcomes),
        }  # fmt: skip
        return Asked(fields, filled.warnings, told)

    def _wanted(self, schema: str | Mapping[str, Any]) -> UserSchema | None:
        if not isinstance(schema, str):
            return read_schema(schema) if "schema" in self._fills else None
        return self._llm.built_in(schema) if schema in self._fills else None

    def close(self) -> None:
        """Close connections."""
        self._filler.close()
