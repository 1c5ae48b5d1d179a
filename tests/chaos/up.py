"""`pagemill up` with every process of ours started through `tests.chaos.process`."""

from __future__ import annotations

from cli import main, up

_PATCHED = ("actors.worker", "actors.sweep", "web.server")


def _python(module: str, *arguments: str) -> list[str]:
    if module in _PATCHED:
        return original("tests.chaos.process", module, *arguments)
    return original(module, *arguments)


original = up.python

if __name__ == "__main__":
    up.python = _python
    main.main()
