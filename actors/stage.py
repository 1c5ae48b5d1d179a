"""What an actor module is: a boot for its worker process, and the work on a unit.

The order of stages is not here (`pipeline/stages.py`), nor what happens around the work (`actors/shell.py`).
"""

from __future__ import annotations

from typing import Protocol

from actors.shell import Hands
from pipeline.settings import Settings


class StageActor(Protocol):
    """Does units of one stage in a worker process.

    Made once a process: models are loaded and children started in `__init__`; an error there ends the process.
    """

    def __init__(self, settings: Settings) -> None: ...

    def work(self, hands: Hands) -> None:
        """Do a unit and settle it. Doing it twice is safe: the settle is fenced and writes the same."""

    def memory_mb(self) -> float:
        """Memory of children, megabytes; the process's own comes on top."""

    def close(self) -> None:
        """End children."""
