"""The queue: a Redis broker set so that nothing is enqueued twice, hoarded, or stuck behind a dead worker.

Traps avoided, all found by experiment:
- The client is made from a URL (`actors/queue_server.py`): made otherwise it would try again, and enqueue twice.
- No middleware but `CurrentMessage`: the ledger retries and the sweep repairs. Dramatiq's `Retries` loses a message
  whose actor raises while Redis is down; `pipelines` and `groups` fire early, twice or never under redelivery.
- Workers fetch no more than they have threads for (`actors/worker.py`), so that a slow stage hoards nothing, and wait
  for messages instead of asking for them again and again (`actors/consumer.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import dramatiq
import orjson
from dramatiq.middleware import CurrentMessage
from redis.exceptions import RedisError

from actors.consumer import WaitingBroker
from actors.queue_server import connect, said
from pipeline import metrics, stages
from pipeline.errors import ServiceUnavailable
from pipeline.settings import QueueSettings

_NAMESPACE = "pagemill"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that stands or is being worked on.

    Attributes:
        key: knowledge base, document, run, unit.
        waiting: whether it still stands in the queue; else a worker has fetched it.
    """

    redis_id: str
    key: tuple[str, str, int, str]
    waiting: bool


class Queue:
    """The stages' queues, as dispatch, sweep and workers see them."""

    def __init__(self, settings: QueueSettings) -> None:
        if not settings.redis_url:
            raise ServiceUnavailable("queue: no address; set queue.redis_url or start `pagemill up`")
        self.broker = WaitingBroker(
            client=connect(settings),
            middleware=[CurrentMessage()],
            namespace=_NAMESPACE,
            longest_wait_ms=settings.poll_ms,
            heartbeat_timeout_ms=settings.heartbeat_timeout_s * 1000,
            # Dead workers are looked for at every fetch instead of once in a thousand: no measurable cost.
            maintenance_chance=1_000_000,
        )
        for stage in stages.NAMES:
            self.broker.declare_queue(stage)

    def send(self, stage: str, kb: str, document: str, run: int, unit: str) -> None:
        """Invite a worker to a unit. If it fails, the sweep sends again; sent twice, the second claims nothing.

        Raises:
            ServiceUnavailable: the queue server is out of reach.
        """
        message = dramatiq.Message[Any](
            queue_name=stage, actor_name=stage, args=(kb, document, run, unit), kwargs={}, options={}
        )
        try:
            self.broker.enqueue(message)
        except RedisError as error:
            raise ServiceUnavailable(said(error)) from error
        metrics.MESSAGES.labels(stage).inc()

    def standing(self, names: Iterable[str]) -> dict[str, list[Sent]]:
        """The messages of stages, asked for in one go; few, as queues are kept short.

        Raises:
            ServiceUnavailable: the queue server is out of reach.
        """
        wanted = list(dict.fromkeys(names))
        try:
            pipeline = self.broker.client.pipeline(transaction=True)
            for stage in wanted:
                pipeline.hgetall(f"{_NAMESPACE}:{stage}.msgs")
                pipeline.lrange(f"{_NAMESPACE}:{stage}", 0, -1)
            answers = iter(pipeline.execute())
        except RedisError as error:
            raise ServiceUnavailable(said(error)) from error
        return {stage: _sent(next(answers), next(answers)) for stage in wanted}

    def sent(self, stage: str) -> list[Sent]:
        """The messages of one stage, as `standing` tells them."""
        return self.standing([stage])[stage]

    def forget(self, stage: str, redis_id: str) -> None:
        """Drop a message that a worker fetched and never saw (its reply was lost)."""
        try:
            self.broker.client.hdel(f"{_NAMESPACE}:{stage}.msgs", redis_id)
        except RedisError as error:
            raise ServiceUnavailable(said(error)) from error

    def ping(self) -> None:
        """Ask whether the server answers.

        Raises:
            ServiceUnavailable: it does not.
        """
        try:
            self.broker.client.ping()
        except RedisError as error:
            raise ServiceUnavailable(said(error)) from error


def _sent(bodies: dict[bytes, bytes], queued: list[bytes]) -> list[Sent]:
    waiting = set(queued)
    result = []
    for redis_id, body in bodies.items():
        kb, document, run, unit = orjson.loads(body)["args"]
        result.append(Sent(redis_id.decode(), (kb, document, run, unit), redis_id in waiting))
    return result
