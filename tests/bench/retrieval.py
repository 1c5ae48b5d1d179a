"""Recall at 1 through the whole chain and the search endpoint: `python -m tests.bench.retrieval FOLDER`.

FOLDER holds `xquad_half.en.json` and `xquad_half.zh.json` (SQuAD form, same order in both). Each paragraph becomes a
drawn one-page PDF, one knowledge base a language; then the first 40 of each again as scans.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from tests import drawing
from tests.stack import Stack, running

LANGUAGES = ("en", "zh")
SCANS = 40


def load(folder: Path, language: str) -> tuple[list[str], list[tuple[str, int]]]:
    """Paragraphs, and questions with the number of the paragraph that answers them."""
    paragraphs: list[str] = []
    questions: list[tuple[str, int]] = []
    for article in json.loads((folder / f"xquad_half.{language}.json").read_text())["data"]:
        for paragraph in article["paragraphs"]:
            questions += [(entry["question"], len(paragraphs)) for entry in paragraph["qas"]]
            paragraphs.append(paragraph["context"])
    return paragraphs, questions


def fill(stack: Stack, name: str, paragraphs: list[str], *, scanned: bool) -> dict[str, int]:
    """A knowledge base of paragraphs; numbers by document id."""
    kb = stack.create(name)
    began = time.perf_counter()
    numbers = {}
    for number, paragraph in enumerate(paragraphs):
        pdf = drawing.text_pdf([[paragraph]])
        content = drawing.scan(pdf, skew_deg=1.0, seed=number) if scanned else pdf
        numbers[stack.upload(name, f"{number}.pdf", content)] = number
    statuses = stack.wait(kb, *numbers, seconds=3600)
    bad = [status["filename"] for status in statuses if status["status"] != "done"]
    print(f"{name}: {len(numbers)} documents in {time.perf_counter() - began:.0f} s; not done: {bad}", flush=True)
    return numbers


def recall(stack: Stack, kb: str, numbers: dict[str, int], questions: list[tuple[str, int]], mode: str) -> float:
    """Share of questions whose paragraph is the first hit."""
    right = 0
    for question, number in questions:
        hits = stack.search(kb, question, limit=1, mode=mode)["hits"]
        right += bool(hits) and numbers[hits[0]["document"]] == number
    return right / len(questions)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    sets = {language: load(folder, language) for language in LANGUAGES}
    with tempfile.TemporaryDirectory() as temporary, running(Path(temporary) / "data") as stack:
        numbers = {language: fill(stack, language, sets[language][0], scanned=False) for language in LANGUAGES}
        stack.wait_for_vectors("en")
        for asked in LANGUAGES:
            for kb in LANGUAGES:
                for mode in ("hybrid", "vector", "keyword"):
                    share = recall(stack, kb, numbers[kb], sets[asked][1], mode)
                    print(f"{asked} questions, {kb} pages, {mode}: {share:.3f}", flush=True)
        for language in LANGUAGES:
            paragraphs, questions = sets[language]
            name = f"{language}-scans"
            scans = fill(stack, name, paragraphs[:SCANS], scanned=True)
            share = recall(stack, name, scans, [entry for entry in questions if entry[1] < SCANS], "hybrid")
            print(f"{language} questions, {SCANS} {language} scans, hybrid: {share:.3f}", flush=True)


if __name__ == "__main__":
    main()
