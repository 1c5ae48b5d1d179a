"""`pagemill up`, started again whenever it is gone, as systemd does it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx
import orjson

from cli.up import free_port
from pipeline.settings import PROJECT_ROOT, StorageSettings
from tests.chaos.family import chroma_url
from tests.stack import PYTHON

_ENV = {
    # An upload that a kill cut off leaves its file for an hour, and idle knowledge bases are looked at now and then:
    # sooner here, so that the end can be seen. All other settings are the defaults.
    "PAGEMILL_SWEEP__ORPHAN_AGE_S": "20",
    "PAGEMILL_SWEEP__FULL_SCAN_S": "5",
}


class TendedStack:
    """`pagemill up`, started again whenever it is gone.

    Args:
        temporary: where the stack's processes put their temporary files, so that what they leave can be seen.
        elsewhere: settings of `storage` that say where databases and files lie, if not in the data folder.
    """

    def __init__(self, data: Path, temporary: Path, elsewhere: Mapping[str, str]) -> None:
        self.data = data
        self.place = StorageSettings.model_validate({"data": data, **elsewhere})
        self.headers: dict[str, str] = {}
        self.starts = 0
        self._port = free_port()
        named = {f"PAGEMILL_STORAGE__{name.upper()}": value for name, value in elsewhere.items()}
        self._env = {**os.environ, **_ENV, **named, "TMPDIR": str(temporary)}
        self._process: subprocess.Popen[bytes] | None = None
        self._output = (data.parent / "up.log").open("ab")

    @property
    def pid(self) -> int:
        """Of `pagemill up`."""
        assert self._process is not None
        return self._process.pid

    def tend(self) -> None:
        """Start it if it does not run."""
        if self._process is not None and self._process.poll() is None:
            return
        self.starts += 1
        command = [*PYTHON, "-m", "cli.main", "up", "--data", str(self.data), "--port", str(self._port)]
        self._process = subprocess.Popen(
            command, env=self._env, cwd=PROJECT_ROOT, stdout=self._output, stderr=self._output, start_new_session=True
        )

    def url(self) -> str | None:
        """Where it listens; None while it starts."""
        try:
            found: str = orjson.loads((self.data / "server.json").read_bytes())["url"]
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return found

    def chroma_url(self) -> str:
        """Where its Chroma listens."""
        return chroma_url(self.pid)

    def ready(self) -> bool:
        """Whether it says that it is."""
        url = self.url()
        try:
            return url is not None and httpx.get(f"{url}/readyz", timeout=10.0, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(60)
            finally:
                self._process.kill()
        self._output.close()
