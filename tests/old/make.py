"""How `data-0002.tar.xz` was made: `python make.py TARGET`, run in a checkout of the commit that README.md names.

It starts that Pagemill on a new data folder, puts documents through it, and kills it with one of them half read.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pymupdf

LETTER = ["The lighthouse keeper asks for two barrels of oil", "before the winter storms.", "Date: 2024-03-05"]
CHINESE = ["灯塔看守人请求在冬季风暴之前送来两桶油。", "日期：2024年3月5日"]
RESUME = ["Mara Ellingsen", "mara.ellingsen@example.org", "Education", "MSc Oceanography, University of Bergen, 2015",
          "Skills", "Python, navigation, diving"]  # fmt: skip
_PAGES = 9


def pdf(*pages: list[str]) -> bytes:
    with pymupdf.open() as made:
        for lines in pages:
            page = made.new_page()
            for number, line in enumerate(lines):
                font = "helv" if line.isascii() else "china-s"
                page.insert_text((72, 90 + 26 * number), line, fontsize=16, fontname=font)
        return made.tobytes(deflate=True, garbage=4)


def scan(*pages: list[str]) -> bytes:
    """The same as images of one bit, so that they are small."""
    with pymupdf.open(stream=pdf(*pages), filetype="pdf") as clear, pymupdf.open() as made:
        for page in clear:
            drawn = page.get_pixmap(dpi=150, colorspace="gray").pil_image().convert("1")
            body = io.BytesIO()
            drawn.save(body, "PNG", optimize=True)
            made.new_page(width=page.rect.width, height=page.rect.height).insert_image(
                page.rect, stream=body.getvalue()
            )
        return made.tobytes(deflate=True, garbage=4)


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not check():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.02)


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as above:
        data = Path(above) / "data"
        env = {"PAGEMILL_OCR__ENGINE": "tesseract", "PAGEMILL_OCR__PROCESSES": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up", "--data", str(data), "--port", "0"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, **env}, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "ready at " in line, line
        put_through(
            httpx.Client(base_url=f"{line.split('ready at ')[1].split()[0]}/api/v1", timeout=60, trust_env=False)
        )
        process.send_signal(signal.SIGKILL)  # and all that it started
        process.wait()
        time.sleep(2)
        for path in ("chroma", "redis", "logs", "cache", "tmp"):  # what may be removed, as docs/operating.md tells
            shutil.rmtree(data / path, ignore_errors=True)
        with tarfile.open(target, "w:xz", preset=9) as tar:
            tar.add(data, "data", filter=anonymous)


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    kept = member.isdir() or "/kb/" in member.name or "sqlite3" in member.name
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member if kept else None


def put_through(client: httpx.Client) -> None:
    def upload(kb: str, name: str, content: bytes) -> str:
        answer = client.post(f"/knowledge-bases/{kb}/documents", files=[("files", (name, content))]).raise_for_status()
        return str(answer.json()["documents"][0]["id"])

    def status(kb: str, document: str) -> dict[str, Any]:
        found: dict[str, Any] = client.get(f"/knowledge-bases/{kb}/documents/{document}").raise_for_status().json()
        return found

    client.post("/knowledge-bases", json={"name": "Letters"}).raise_for_status()
    client.post("/knowledge-bases", json={"name": "People", "schema": "resume"}).raise_for_status()
    waited = [
        ("Letters", upload("Letters", "letter.pdf", pdf(LETTER, CHINESE))),
        ("Letters", upload("Letters", "scan.pdf", scan(["Signed in June by the harbour master."]))),
        ("Letters", upload("Letters", "broken.pdf", pdf(LETTER)[:300])),
        ("People", upload("People", "resume.pdf", pdf(RESUME))),
    ]
    until(lambda: all(status(kb, one)["status"] in ("done", "failed") for kb, one in waited))
    pages = [[f"Page {n} of the log book.", f"Wind from the north, force {n}."] for n in range(1, _PAGES + 1)]
    half = upload("Letters", "logbook.pdf", scan(*pages))
    until(lambda: status("Letters", half)["pages"]["done"] >= 2)
    print(status("Letters", half))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
