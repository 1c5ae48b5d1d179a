"""`pagemill up` where it cannot start: a sentence, and nothing half made."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from cli import up
from pipeline.errors import ServiceUnavailable
from pipeline.settings import Settings


def test_a_full_disk_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(path: Path, _: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "write_text", write)
    with pytest.raises(ServiceUnavailable, match="disk: No space left on device"):
        up.up(settings, "127.0.0.1", 0, lambda *_: None, lambda _: None)
    assert not list(settings.data.glob("*.json"))
