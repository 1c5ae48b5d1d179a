"""What a log line says of an exception, and what it keeps to itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline import child
from pipeline.errors import ChildFailed, PermanentError, ServiceUnavailable
from pipeline.settings import PROJECT_ROOT
from pipeline.trace import outline

SECRET = "quokka"

_SAYING = """
import asyncio, logging, sys, threading
from pipeline import log

log.configure("info")
secret = "qu" + "okka"

def fail():
    raise ValueError(f"could not read {secret}")

async def never_awaited():
    asyncio.get_running_loop().create_task(failing())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

async def failing():
    fail()

class Falling:
    def __del__(self):
        fail()

try:
    fail()
except ValueError:
    log.get("test").warning("caught", exc_info=True)
    logging.getLogger("library").exception("theirs")
try:
    try:
        fail()
    except ValueError as error:
        raise RuntimeError(secret) from error
except RuntimeError as error:
    log.get("test").error("two", exc_info=error)
asyncio.run(never_awaited())
Falling()
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""


def test_no_way_out_of_a_process_quotes_an_exception() -> None:
    said = subprocess.run([sys.executable, "-c", _SAYING], capture_output=True, text=True, cwd=PROJECT_ROOT)
    assert said.returncode == 1 and said.stdout == ""
    assert SECRET not in said.stderr
    lines = said.stderr.splitlines()
    assert len(lines) == 7, said.stderr
    assert sum("ValueError at " in line and ":fail" in line for line in lines) == 7
    for event in ("caught", "theirs", "two", '"Task exception was never retrieved"'):
        assert sum(f"event={event}" in line for line in lines) == 1, said.stderr
    assert sum("event=uncaught" in line for line in lines) == 3


def test_our_own_words_are_said() -> None:
    for error in (ServiceUnavailable("disk: full"), ChildFailed("page_crashed", "Reading page 3 crashed.")):
        assert str(error) in outline(error)
    assert "Run `make setup`." in outline(PermanentError("engine_missing", "Run `make setup`."))
    assert outline(FileNotFoundError(2, "No such file", SECRET)) == "FileNotFoundError: No such file at nowhere"


def test_a_child_says_what_failed_and_where_but_not_on_what(capfd: pytest.CaptureFixture[str]) -> None:
    def handler(_: dict[str, object]) -> None:
        raise KeyError(SECRET)

    answer = child._answer(handler, {})
    assert answer == {"transient": f"KeyError: '{SECRET}'"}, "for the ledger, where readers of the document may look"
    said = capfd.readouterr().err
    assert SECRET not in said and "KeyError at " in said and ":handler" in said
