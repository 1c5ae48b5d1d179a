"""Who reads here, in one digest: engines, models, libraries and our own code, whatever decides what comes of a page."""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.ocr import tesserocr
from pipeline.ocr.policy import Choice

_PACKAGES = ("opencv-python-headless", "numpy", "rapidocr", "openvino", "onnxruntime", "pytesseract", "tesserocr",
             "transformers")  # fmt: skip


def digest_of(choice: Choice, told: Sequence[float]) -> str:
    """The digest of those who read.

    Args:
        choice: who reads first and who again.
        told: further numbers that decide.
    """
    return hashlib.sha256("\n".join((repr(choice), repr(tuple(told)), *_parts())).encode()).hexdigest()


@functools.cache
def _parts() -> tuple[str, ...]:
    """What of this machine and this program has a part in a reading; looked at once a process, as engines are."""
    packages = [f"{name} {_version(name)}" for name in _PACKAGES]
    return (*packages, _tesseract(), *_models(), _code())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _tesseract() -> str:
    """What the system's Tesseract says of itself and its libraries; empty without one."""
    command = shutil.which("tesseract")
    if command is None:
        return ""
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout or done.stderr


def _models() -> Iterator[str]:
    """Tesseract's models by size and time: another set of them bears the same names."""
    folder = tesserocr.models_folder()
    for path in sorted(folder.glob("*.traineddata")) if folder else ():
        status = path.stat()
        yield f"{path.name} {status.st_size} {status.st_mtime_ns}"


def _code() -> str:
    """Our own reading, by the bytes of its source and of what all stages share: nobody has to raise a number."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted([*here.rglob("*.py"), *here.parent.glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()
