"""What `pagemill doctor` says of one part."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["ok", "note", "missing"]


@dataclass(frozen=True, slots=True)
class Result:
    """What was found about one part, and how to mend it where needed."""

    part: str
    level: Level
    found: str
    mend: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON form."""
        return asdict(self)
