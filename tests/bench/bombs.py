"""What each bomb comes to under the limits as they are set: `python -m tests.bench.bombs`.

A row a bomb: its size on disk; code and seconds of opening it, of drawing its first page for OCR and of drawing it for
people; the most memory of the child meanwhile; whether an innocent page is drawn afterwards.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipeline.settings import RenderSettings, WebSettings
from tests.bombs import BOMBS
from tests.bombs.child import Outcome, defuser

HEADS = ("bomb", "kind", "kB", "open", "page", "page for people", "peak MB", "lives on", "as meant")


def main() -> None:
    """Print the table, row by row."""
    limits, people = RenderSettings(), WebSettings()
    print(
        f"limits: {limits.page_seconds:g} s a page, {people.preview_seconds:g} s one for people, {limits.memory_mb} MB"
    )
    print("| " + " | ".join(HEADS) + " |")
    print("| --- " * len(HEADS) + "|")
    with tempfile.TemporaryDirectory() as folder, defuser(Path(folder), limits.memory_mb) as child:
        for bomb in BOMBS:
            content = bomb.make()
            outcomes = [child.call(content, bomb.kind, "open", limits.page_seconds)]
            if outcomes[0].code == "ok":
                outcomes.append(child.call(content, bomb.kind, "render", limits.page_seconds))
                outcomes.append(child.call(content, bomb.kind, "preview", people.preview_seconds))
            meant = outcomes[min(len(outcomes) - 1, 1)].code in bomb.outcomes
            peak_mb = max(outcome.peak_mb for outcome in outcomes)
            cells = [
                bomb.name, bomb.kind, f"{len(content) / 1000:,.1f}", *_shown(outcomes), f"{peak_mb:,.0f}",
                "yes" if child.lives() else "NO", "yes" if meant else "NO",
            ]  # fmt: skip
            print("| " + " | ".join(cells) + " |", flush=True)


def _shown(outcomes: list[Outcome]) -> list[str]:
    return [f"{outcome.code}, {outcome.seconds:.1f} s" for outcome in outcomes] + [""] * (3 - len(outcomes))


if __name__ == "__main__":
    main()
