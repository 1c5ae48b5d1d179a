"""Trying again what the server refuses for now, for as long as was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from client.errors import Busy

if TYPE_CHECKING:
    from tenacity import RetryCallState

_FIRST_S, _LONGEST_S = 1.0, 60.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on.

    Attributes:
        seconds: from the first refusal of a request on.
        on_wait: is told of every pause before it.
        sleep: waits.
    """

    seconds: float
    on_wait: Callable[[Busy, float], None] | None
    sleep: Callable[[float], Awaitable[None]]

    async def __call__(self, ask: Callable[..., Awaitable[_T]], *args: Any) -> _T:
        """What `ask` answers in the end.

        Doing it twice is safe: 429 and 503 say that the request was not taken, and files that were taken all the same
        are found by their content.

        Raises:
            Busy: the last refusal, when the next pause would end too late.
        """
        if self.seconds <= 0:
            return await ask(*args)
        from tenacity import AsyncRetrying, retry_if_exception_type, stop_before_delay  # 40 ms that few wait for

        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Busy),
            stop=stop_before_delay(self.seconds),
            wait=_pause,
            sleep=self.sleep,
            before_sleep=self._tell,
            reraise=True,
        )
        answer: _T = await retrying(ask, *args)
        return answer

    def _tell(self, state: RetryCallState) -> None:
        refusal = state.outcome.exception() if state.outcome else None
        if self.on_wait is not None and isinstance(refusal, Busy):
            self.on_wait(refusal, state.upcoming_sleep)


def _pause(state: RetryCallState) -> float:
    """Growing and by chance, so that many clients do not come back together; never sooner than the server says."""
    from tenacity import wait_random_exponential

    refusal = state.outcome.exception() if state.outcome else None
    asked_s = refusal.retry_after_s or 0.0 if isinstance(refusal, Busy) else 0.0
    return asked_s + wait_random_exponential(multiplier=_FIRST_S, max=_LONGEST_S)(state)
