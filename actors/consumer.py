"""How a worker waits for messages: asleep in the queue server until one comes, and never longer than it may be silent.

Dramatiq's own consumer asks again and again: twenty milliseconds apart, an idle worker took 5 % of a core, most of
it for a queue of delayed messages that nobody fills. Here an idle worker blocks on the list of its queue:

    BLMOVE queue queue LEFT LEFT    takes the first message and puts it back in the same step: it changes nothing, and
                                    is answered as soon as there is one

There is no bell beside the queue that could be lost, ring in vain or pile up: what wakes is the message itself. All
idle workers of a stage wake; one fetches it, by Dramatiq's own script, the others find nothing and wait again.

What must hold as before:
- Nothing is hoarded: no more is fetched than `prefetch` (a worker's threads) less what it holds.
- A worker says that it lives (every fetch does) at least every few seconds, idle or busy: where it holds all it may,
  it fetches nothing (0 messages), which only says so. Dramatiq's own left that to the queue of delayed messages.
- A worker that is stopping sleeps no more: it is woken from another thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed
from redis.exceptions import NoPermissionError

from actors.queue_server import said

_STOPPING_S = 0.1  # between two looks of one that is to end
_BEATS = 3  # in the time after which a silent worker is taken for dead


class WaitingBroker(RedisBroker):
    """Dramatiq's broker, with consumers that wait, and without queues for delayed messages: we send none.

    Args:
        longest_wait_ms: between two signs of life of an idle worker; less than the client's socket timeout.
    """

    def __init__(self, *, longest_wait_ms: int, heartbeat_timeout_ms: float, **options: Any) -> None:
        super().__init__(heartbeat_timeout=heartbeat_timeout_ms, **options)  # type: ignore[no-untyped-call]
        # Never 0, which the queue server would take for "for ever"; older ones cut it to whole milliseconds.
        self.longest_wait_s = max(min(longest_wait_ms, heartbeat_timeout_ms / _BEATS), 5.0) / 1000
        self._consumers: dict[str, WaitingConsumer] = {}

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue, but not the one for its delayed messages, which would have a consumer of its own."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> WaitingConsumer:
        """A consumer of a queue. How long it waits is the broker's to say; `timeout` is how often threads look up."""
        self._consumers[queue_name] = consumer = WaitingConsumer(self, queue_name, prefetch)
        return consumer

    def stop_waiting(self) -> None:
        """Wake consumers, for good: this process is about to end.

        One that was about to fall asleep just now is missed; it wakes by itself within `longest_wait_s`.
        """
        for consumer in self._consumers.values():
            consumer.stop_waiting()


def _id_of(connection: redis.Redis) -> int | None:
    """By which a connection is woken; None where that is not permitted: it wakes by itself before long."""
    try:
        return int(connection.client_id())
    except NoPermissionError:
        return None


def _closed(error: redis.RedisError) -> ConnectionClosed:
    """What Dramatiq comes back after: to a server that was away, or when somebody has given its user the rights."""
    return ConnectionClosed(said(error))  # type: ignore[no-untyped-call]


class WaitingConsumer(dramatiq.Consumer):
    """Messages of one queue, for one worker; `ack` and `nack` may come from its threads."""

    def __init__(self, broker: WaitingBroker, queue_name: str, prefetch: int) -> None:
        self._broker = broker
        self._queue = queue_name
        self._list = f"{broker.namespace}:{queue_name}"
        self._prefetch = prefetch
        self._fetched: deque[bytes] = deque()
        self._held: set[str] = set()  # Redis ids of what the worker's threads have
        self._freed = threading.Event()  # something is held no more, or the process is about to end
        self._stopping = False
        # A connection of its own, once there is something to wait for: it can be told from others, to be woken.
        self._waiting: redis.Redis | None = None
        self._connection_id: int | None = None

    def __next__(self) -> dramatiq.MessageProxy | None:
        """The next message; None where none came for a while, for the thread that asks to look around.

        Raises:
            ConnectionClosed: the queue server is out of reach, or refuses: no memory, a right that is missing.
        """
        try:
            if not self._fetched:
                self._freed.clear()  # before looking at what is held: what is freed from now on ends the sleep
                room = 0 if self._stopping else max(self._prefetch - len(self._held), 0)
                self._fetched.extend(body for body in self._broker.do_fetch(self._queue, room) if body)
                if not self._fetched:
                    self._wait(room > 0)
                    return None
        except redis.RedisError as error:
            raise _closed(error) from None
        message: dramatiq.Message[Any] = dramatiq.Message.decode(self._fetched.popleft())
        self._held.add(message.options["redis_message_id"])
        return dramatiq.MessageProxy(message)

    def _wait(self, room: bool) -> None:
        """Sleep until there is something to fetch, and room for it, or for so long as one may be silent."""
        if self._stopping:
            self._freed.wait(_STOPPING_S)
        elif room:
            if self._waiting is None:
                self._waiting = self._broker.client.client()
                self._connection_id = _id_of(self._waiting)
            seconds: Any = self._broker.longest_wait_s  # fractions are fine, whatever the client's types say
            self._waiting.blmove(self._list, self._list, seconds, "LEFT", "LEFT")
        else:
            self._freed.wait(self._broker.longest_wait_s)

    def stop_waiting(self) -> None:
        """Wake it, from another thread; it fetches no more."""
        self._stopping = True
        self._freed.set()
        if self._connection_id is None:
            return
        try:
            self._broker.client.client_unblock(self._connection_id)
        except redis.RedisError as error:
            # Out of reach, so that nobody waits there; or not permitted, so that it wakes by itself.
            self._broker.logger.debug("not woken: %s", error)

    def ack(self, message: dramatiq.MessageProxy) -> None:
        """Say that a message is done with."""
        self._end(message, self._broker.do_ack)

    def nack(self, message: dramatiq.MessageProxy) -> None:
        """Say that a message cannot be done."""
        self._end(message, self._broker.do_nack)

    def _end(self, message: dramatiq.MessageProxy, say: Any) -> None:
        redis_id: str = message.options["redis_message_id"]
        try:
            say(self._queue, redis_id)
        except redis.RedisError as error:
            raise _closed(error) from None
        finally:
            self._held.discard(redis_id)
            self._freed.set()

    def requeue(self, messages: Iterable[dramatiq.MessageProxy]) -> None:
        """Put messages that nobody began with back into the queue."""
        if ids := [message.options["redis_message_id"] for message in messages]:
            self._broker.do_requeue(self._queue, *ids)

    def close(self) -> None:
        """Leave what was fetched and not yet handed out to others, and give the connection back."""
        messages = [dramatiq.MessageProxy(dramatiq.Message.decode(body)) for body in self._fetched]
        self._fetched.clear()
        try:
            self.requeue(messages)
        except redis.RedisError as error:  # they come back when this worker is silent for long enough
            self._broker.logger.debug("not put back: %s", error)
        if self._waiting is not None:
            self._waiting.close()
