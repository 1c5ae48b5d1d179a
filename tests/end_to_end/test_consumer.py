"""How a worker waits for messages, on a real queue server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import dramatiq
import pytest
import redis
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import CurrentMessage

from actors.broker import Queue
from actors.consumer import WaitingBroker, WaitingConsumer
from pipeline.settings import QueueSettings
from tests.stack import until

FOR_EVER_MS = 600_000  # no test waits for so long: who sleeps so must be woken


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as server:
        server.flushall()
        yield server


@pytest.fixture
def queue(redis_url: str, server: redis.Redis) -> Iterator[Queue]:
    queue = Queue(QueueSettings(redis_url=redis_url))
    yield queue
    queue.broker.client.close()


@pytest.fixture
def broker(redis_url: str, server: redis.Redis) -> Iterator[WaitingBroker]:
    """One whose consumers sleep until they are woken."""
    broker = WaitingBroker(
        url=redis_url, namespace="pagemill", middleware=[CurrentMessage()], longest_wait_ms=FOR_EVER_MS,
        heartbeat_timeout_ms=3 * FOR_EVER_MS,
    )  # fmt: skip
    yield broker
    broker.client.close()


def send(queue: Queue, unit: str = "1-1") -> None:
    queue.send("ocr", "kb", "document", 1, unit)


def in_thread(ask: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(ask()), daemon=True)
    thread.start()
    return thread, answers


def asleep(server: redis.Redis, number: int) -> None:
    until(lambda: server.info("clients")["blocked_clients"] == number, 10, f"{number} to sleep")


def woken(thread: threading.Thread) -> None:
    until(lambda: not thread.is_alive(), 10, "the sleeper to wake")


def units(consumer: WaitingConsumer) -> list[str]:
    """What a consumer gives out without waiting."""
    message = next(consumer)
    return [] if message is None else [message.args[3]]


def test_a_message_wakes_who_waits(queue: Queue, broker: WaitingBroker, server: redis.Redis) -> None:
    consumer = broker.consume("ocr")
    thread, answers = in_thread(lambda: next(consumer))
    asleep(server, 1)
    send(queue)
    woken(thread)
    assert answers == [None], "the thread looks around before it takes anything"
    assert units(consumer) == ["1-1"]


def test_a_message_is_for_one_of_those_who_wait(queue: Queue, redis_url: str, server: redis.Redis) -> None:
    brokers = [Queue(QueueSettings(redis_url=redis_url, poll_ms=50)).broker for _ in range(3)]
    consumers = [broker.consume("ocr") for broker in brokers]
    send(queue)
    assert [unit for consumer in consumers for unit in units(consumer)] == ["1-1"]
    for consumer, broker in zip(consumers, brokers, strict=True):
        consumer.close()
        broker.client.close()


def test_waiting_takes_nothing_and_keeps_the_order(queue: Queue, broker: WaitingBroker, server: redis.Redis) -> None:
    consumers = [broker.consume("ocr") for _ in range(2)]
    sleepers = [in_thread(lambda c=consumer: next(c)) for consumer in consumers]  # type: ignore[misc]
    asleep(server, 2)
    with server.pipeline(transaction=True) as together:  # both wake to find two
        for key, value in (("x", b""), ("y", b"")):
            together.rpush("pagemill:ocr", key)
            together.hset("pagemill:ocr.msgs", key, value)
        together.execute()
    for thread, _ in sleepers:
        woken(thread)
    assert server.lrange("pagemill:ocr", 0, -1) == [b"x", b"y"]


def test_no_more_is_fetched_than_a_worker_has_threads_for(
    queue: Queue, broker: WaitingBroker, server: redis.Redis
) -> None:
    for number in (1, 2, 3):
        send(queue, f"{number}-{number}")
    consumer = broker.consume("ocr", prefetch=2)
    first, second = next(consumer), next(consumer)
    assert first is not None and second is not None
    thread, answers = in_thread(lambda: next(consumer))
    until(lambda: server.llen("pagemill:ocr") == 1, 10, "two to be fetched")
    assert not answers and server.info("clients")["blocked_clients"] == 0, "it waits for a thread, not for a message"
    consumer.ack(first)
    woken(thread)
    assert answers == [None] and units(consumer) == ["3-3"]
    consumer.nack(second)
    assert server.hlen("pagemill:ocr.msgs") == 1 and server.hlen("pagemill:ocr.XQ.msgs") == 1


def test_a_busy_worker_says_that_it_lives(queue: Queue, redis_url: str, server: redis.Redis) -> None:
    broker = Queue(QueueSettings(redis_url=redis_url, poll_ms=5)).broker
    consumer = broker.consume("ocr")
    send(queue)
    assert units(consumer) == ["1-1"]
    server.delete("pagemill:__heartbeats__")
    assert units(consumer) == []
    assert server.zscore("pagemill:__heartbeats__", broker.broker_id) is not None
    broker.client.close()


def test_messages_of_a_dead_worker_go_to_who_waits(queue: Queue, redis_url: str, server: redis.Redis) -> None:
    dead = Queue(QueueSettings(redis_url=redis_url)).broker
    send(queue)
    assert units(dead.consume("ocr")) == ["1-1"]
    server.zadd("pagemill:__heartbeats__", {dead.broker_id: 1})
    assert units(queue.broker.consume("ocr")) == ["1-1"]
    dead.client.close()


def test_a_stop_wakes_who_waits_and_fetches_no_more(queue: Queue, broker: WaitingBroker, server: redis.Redis) -> None:
    consumer = broker.consume("ocr")
    thread, _ = in_thread(lambda: next(consumer))
    asleep(server, 1)
    broker.stop_waiting()
    woken(thread)
    send(queue)
    assert units(consumer) == []
    assert server.llen("pagemill:ocr") == 1


def test_a_stop_wakes_a_worker_with_its_hands_full(queue: Queue, broker: WaitingBroker, server: redis.Redis) -> None:
    send(queue)
    consumer = broker.consume("ocr")
    assert units(consumer) == ["1-1"]
    thread, _ = in_thread(lambda: next(consumer))
    broker.stop_waiting()
    woken(thread)


def test_what_was_fetched_and_not_begun_goes_back(queue: Queue, broker: WaitingBroker, server: redis.Redis) -> None:
    for number in (1, 2):
        send(queue, f"{number}-{number}")
    consumer = broker.consume("ocr", prefetch=2)
    assert units(consumer) == ["1-1"] and server.llen("pagemill:ocr") == 0
    consumer.close()
    assert [message.key[3] for message in queue.sent("ocr") if message.waiting] == ["2-2"]


def test_a_queue_server_out_of_reach_is_said_as_dramatiq_wants_it() -> None:
    consumer = Queue(QueueSettings(redis_url="redis://127.0.0.1:1/0")).broker.consume("ocr")
    with pytest.raises(ConnectionClosed):
        next(consumer)
    consumer.close()


def test_a_worker_has_one_consumer_and_ends_at_once(queue: Queue, broker: WaitingBroker, server: redis.Redis) -> None:
    done = threading.Event()

    @dramatiq.actor(broker=broker, queue_name="ocr", actor_name="ocr")
    def do(*_: Any) -> None:
        done.set()

    worker = dramatiq.Worker(broker, queues={"ocr"}, worker_threads=1, worker_timeout=5)
    worker.start()
    assert list(worker.consumers) == ["ocr"]
    asleep(server, 1)
    send(queue)
    assert done.wait(10)
    asleep(server, 1)
    broker.stop_waiting()
    thread, _ = in_thread(worker.stop)
    woken(thread)
