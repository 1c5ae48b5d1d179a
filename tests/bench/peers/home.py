"""Where the peers live: an environment of their own, made when it is first needed, and what they need of the system.

None of it touches the project's environment. It is made anew when `requirements.txt` changes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline.ocr.tesserocr import models_folder

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
PACKS = ("eng", "chi_sim")
LANGUAGES = "chi_sim+eng"
"""As Tesseract and whoever builds on it name them."""


@dataclass(frozen=True, slots=True)
class Home:
    """An environment with the peers in it.

    Attributes:
        problem: why there is none; the peers cannot run then.
    """

    folder: Path
    problem: str | None = None

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    def program(self, name: str) -> str:
        """A program that a package has put into it."""
        return str(self.folder / "bin" / name)


def make(keep: Path | None) -> Home:
    """The peers' environment, made if it is not there.

    Args:
        keep: where to make it; else in the user's folder for what can be made again.
    """
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    cache = keep or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pagemill-bench"
    home = Home(cache.absolute() / f"peers-{digest}")
    made = home.folder / "made"
    if made.exists():
        return home
    print(f"Peers are installed into {home.folder} ...")
    shutil.rmtree(home.folder, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(home.folder)],
        [home.python, "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)],
    ):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            last = done.stdout.strip().splitlines()[-1:] or ["without a word"]
            return Home(home.folder, f"The peers could not be installed ({last[0]}); they are left out.")
    made.touch()
    return home


def missing() -> str | None:
    """What the system lacks of what all Tesseract contenders need, with what to do; None: nothing."""
    if shutil.which("tesseract") is None:
        return "Tesseract is not installed (Debian: tesseract-ocr); whoever reads with it is left out."
    folder = models_folder()
    lacking = [pack for pack in PACKS if folder is None or not (folder / f"{pack}.traineddata").exists()]
    if lacking:
        packages = " ".join(f"tesseract-ocr-{pack.replace('_', '-')}" for pack in lacking)
        return f"Tesseract lacks the language {', '.join(lacking)} (Debian: {packages}); its contenders are left out."
    return None


def environment() -> dict[str, str]:
    """What every contender is started with: one thread an engine, pages are the parallelism; the same models."""
    return {**os.environ, "OMP_THREAD_LIMIT": "1", "TESSDATA_PREFIX": str(models_folder())}
