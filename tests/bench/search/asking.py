"""Clients that ask over HTTP, and how long they wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import httpx

from tests.stack import Stack


class Asking:
    """Asks a knowledge base over HTTP, and remembers how long answers took."""

    def __init__(self, stack: Stack, kb: str, questions: Sequence[str], **params: str) -> None:
        self._url = f"{stack.url}/api/v1/knowledge-bases/{kb}/search"
        self._questions = questions
        self._params = params
        self.times_ms: list[float] = []

    def _ask(self, client: httpx.Client, question: str) -> None:
        answer = client.get(self._url, params={"q": question, **self._params})
        answer.raise_for_status()
        if answer.json()["degraded"]:
            raise SystemExit(f"degraded: {answer.json()['degraded']}")

    def one_by_one(self) -> None:
        """One client that asks again as soon as it has its answer."""
        with httpx.Client(trust_env=False, timeout=60) as client:
            for question in self._questions:
                began = time.perf_counter()
                self._ask(client, question)
                self.times_ms.append((time.perf_counter() - began) * 1000)

    def at_a_rate(self, rate: float | None, clients: int) -> float:
        """Clients that together ask so often a second, whether or not answers came: late ones count from their turn.

        Args:
            rate: None: each asks again as soon as it has its answer.

        Returns:
            Answers a second.
        """
        turns = iter(list(enumerate(self._questions)))
        lock, began = threading.Lock(), time.perf_counter()

        def work() -> None:
            with httpx.Client(trust_env=False, timeout=60) as client:
                while True:
                    with lock:
                        turn = next(turns, None)
                    if turn is None:
                        return
                    due = began + turn[0] / rate if rate else time.perf_counter()
                    time.sleep(max(0.0, due - time.perf_counter()))
                    self._ask(client, turn[1])
                    with lock:
                        self.times_ms.append((time.perf_counter() - due) * 1000)

        threads = [threading.Thread(target=work) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(self.times_ms) / (time.perf_counter() - began)
