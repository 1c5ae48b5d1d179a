"""Reads pages in a bare loop: `loop.py READER`, paths as a JSON list a line on standard input, texts so on its output.

The models are loaded before the first answer. Runs in the peers' environment, with `rapidocr` in the project's own.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier

PROCESSES = 2
LANGUAGES = ("en", "zh-Hans")
Reader = Callable[[Sequence[str]], list[str]]


def _tesserocr(path: str) -> str:
    import reading

    return reading.read(path)


def _load_tesserocr(both: Barrier) -> None:
    import reading

    reading.engine()
    both.wait()


def _rapid():  # type: ignore[no-untyped-def]
    from pipeline.ocr import policy, rapid

    return rapid.shared(policy.choose("rapidocr", LANGUAGES).backend)


def _load_rapidocr(both: Barrier) -> None:
    _rapid().warm()
    both.wait()


def _rapidocr(path: str) -> str:
    from PIL import Image

    from pipeline.types import PageImage

    with Image.open(path) as image:
        page = PageImage(path, *image.size, dpi=round(image.info["dpi"][0]))
    lines: dict[int, list[str]] = {}
    for word in _rapid().read(page, LANGUAGES):
        lines.setdefault(word.line, []).append(word.text)
    return "\n".join(map(" ".join, lines.values()))


def _pair(read: Callable[[str], str], load: Callable[[Barrier], None]) -> Reader:
    """Two processes, a page at a time each; both have loaded before either reads."""
    context = multiprocessing.get_context("spawn")
    pool = context.Pool(PROCESSES, load, (context.Barrier(PROCESSES),))
    return lambda paths: pool.map(read, paths, chunksize=1)


def _kreuzberg(*, fast: bool) -> Reader:
    """Its own batch call over two workers, never from its cache."""
    from kreuzberg import (
        ConcurrencyConfig,
        ExtractionConfig,
        OcrConfig,
        TesseractConfig,
        batch_extract_files_sync,
    )

    languages = "chi_sim+eng"
    told = TesseractConfig(language=languages, output_format="text", enable_table_detection=False, use_cache=False)
    config = ExtractionConfig(
        use_cache=False,
        enable_quality_processing=not fast,
        ocr=OcrConfig(backend="tesseract", language=languages, tesseract_config=told if fast else None),
        max_concurrent_extractions=PROCESSES,
        concurrency=ConcurrencyConfig(max_threads=PROCESSES),
    )
    return lambda paths: [one.content for one in batch_extract_files_sync(list(paths), config=config)]


READERS: dict[str, Callable[[], Reader]] = {
    "tesserocr": lambda: _pair(_tesserocr, _load_tesserocr),
    "rapidocr": lambda: _pair(_rapidocr, _load_rapidocr),
    "kreuzberg": lambda: _kreuzberg(fast=False),
    "kreuzberg-fast": lambda: _kreuzberg(fast=True),
}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")  # libraries may print what they like
    os.dup2(2, 1)
    read = READERS[sys.argv[1]]()
    for line in sys.stdin:
        print(json.dumps(read(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
