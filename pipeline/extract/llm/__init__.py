"""Fields by a language model behind an OpenAI-compatible server, for whoever names one (`extract.llm_url`).

    parts -> prompt -> client, reply -> answer -> place -> merge        errors, breaker, warn: where it goes wrong

Imported by extract workers that have a model to ask, and by nobody else: what it needs takes time and memory to load.
"""

from pipeline.extract.llm.built_in import built_in
from pipeline.extract.llm.client import Client, Endpoint
from pipeline.extract.llm.errors import NoAnswer, Taken
from pipeline.extract.llm.fill import Filled, Filler, Limits, Usage
from pipeline.extract.llm.merge import fill_in

__all__ = [
    "Client",
    "Endpoint",
    "Filled",
    "Filler",
    "Limits",
    "NoAnswer",
    "Taken",
    "Usage",
    "built_in",
    "fill_in",
]
