"""How values of fields compare and sort."""

from __future__ import annotations

from typing import Literal

Kind = Literal["text", "number", "date", "boolean"]
