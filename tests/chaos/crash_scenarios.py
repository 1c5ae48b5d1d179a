"""What is put through the mill: steps of a client, each safe to repeat by one who had no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline import stages
from storage import ledger
from tests import drawing
from tests.chaos.crash_mill import Journal, Mill
from tests.chaos.crash_rows import rows_of
from tests.chaos.snapshot import snapshot

Step = Callable[[Mill, Journal], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Steps of a client.

    Attributes:
        looked_at: the steps whose effects are looked at; what the others do is another scenario's.
    """

    steps: list[Step]
    looked_at: range


_TEXT = "The harbour board met in May. The crane was repaired, and the eastern quay was dredged to nine metres. "


_CORRECTIONS: list[dict[str, Any]] = [
    {"pages": [{"page": 1, "text": "A letter about the old crane."}]},
    {"fields": [{"path": "title", "value": "Letter"}, {"path": "emails", "index": 0, "value": "a@example.org"}]},
]


def mixed_pdf() -> bytes:
    """Two pages of text, between them one too large to draw, so that there is something to retry; and a scanned one."""
    return drawing.joined(drawing.pdf_with_a_huge_page(_TEXT), scanned_pdf())


def scanned_pdf() -> bytes:
    """A small page with a few words."""
    return drawing.scan(drawing.text_pdf([["The crane was paid for in June."]], size=(300, 200)), seed=1)


def letter_pdf() -> bytes:
    """One page of text."""
    return drawing.text_pdf([["A letter about the crane."]])


def _upload(name: str, content: bytes, mill: Mill, journal: Journal) -> None:
    answer = mill.ask("POST", f"/knowledge-bases/{journal.kb}/documents", files={"files": (name, content)})
    assert answer.status_code == 202, answer.text
    assert answer.json()["rejected"] == []
    journal.document = answer.json()["documents"][0]["id"]


def _change(method: str, suffix: str, already: int, mill: Mill, journal: Journal) -> None:
    """Ask for a change; `already` is the answer to who asks for what was done before."""
    document = journal.document
    answer = mill.ask(method, f"/knowledge-bases/{journal.kb}/documents/{document}{suffix}")
    assert answer.is_success or answer.status_code == already, answer.text


def _correct(body: dict[str, Any], mill: Mill, journal: Journal) -> None:
    path = f"/knowledge-bases/{journal.kb}/documents/{journal.document}/corrections"
    answer = mill.ask("POST", path, json=body)
    assert answer.status_code == 202, answer.text


def _settle(mill: Mill, journal: Journal) -> None:
    mill.run(mill.idle)


def _work_up_to(stage: str, mill: Mill, journal: Journal) -> None:
    kb = mill.storage.open(journal.kb)
    mill.run(lambda: bool(ledger.waiting(kb, stage)), stages.up_to(stage)[:-1])


def _lose_messages(mill: Mill, journal: Journal) -> None:
    mill.queue.broker.client.flushdb()


def _lose_worker_and_image(mill: Mill, journal: Journal) -> None:
    """A worker takes a message and the page it is about and is never heard of again; the page's image is gone too."""
    mill.abandon("ocr")
    for run in range(1, 3):
        mill.storage.open(journal.kb).files(journal.document).remove_images(run)


def _delete_knowledge_base(mill: Mill, journal: Journal) -> None:
    answer = mill.ask("DELETE", f"/knowledge-bases/{journal.kb}")
    assert answer.status_code in (204, 404), answer.text


def scenarios() -> dict[str, Scenario]:
    """All of them by name."""
    letter = partial(_upload, "letter.pdf", letter_pdf())
    scan = partial(_upload, "scan.pdf", scanned_pdf())
    extracted, embedded = partial(_work_up_to, "embed"), partial(_work_up_to, "store")
    return {
        # All stages; then a second run, whose publishing has the first one cleaned up.
        "publish": Scenario(
            [partial(_upload, "mixed.pdf", mixed_pdf()), _settle, partial(_change, "POST", "/retry", 409), _settle],
            range(4),
        ),
        # A second run on the chunks of the first one.
        "reprocess": Scenario(
            [letter, _settle, partial(_change, "POST", "/reprocess?from=embed", 409), extracted, embedded, _settle],
            range(2, 4),
        ),
        # A correction, and another that ends the first one's run half-way.
        "correct": Scenario(
            [
                letter, _settle, partial(_correct, _CORRECTIONS[0]), extracted, partial(_correct, _CORRECTIONS[1]),
                embedded, _settle,
            ],
            range(2, 7),
        ),
        # Everything that a document has before it is published is there when it is deleted.
        "delete": Scenario([letter, embedded, partial(_change, "DELETE", "", 404), _settle], range(2, 4)),
        # One document is published, another in work when their knowledge base is deleted.
        "delete all": Scenario(
            [letter, _settle, scan, partial(_work_up_to, "ocr"), _delete_knowledge_base, _settle], range(4, 6)
        ),
        # What the sweep and the workers mend where something was lost before.
        "repair": Scenario(
            [
                scan, _lose_messages, partial(_work_up_to, "ocr"),
                _lose_worker_and_image, partial(_work_up_to, "extract"), _settle,
            ],
            range(1, 5),
        ),
    }  # fmt: skip


def play(scenario: Scenario, mill: Mill, journal: Journal) -> None:
    """Go on where the journal ends."""
    for number in range(journal.steps, len(scenario.steps)):
        mill.effects.counting = number in scenario.looked_at
        scenario.steps[number](mill, journal)
        journal.steps = number + 1
        journal.save()
    mill.effects.counting = False
    mill.wait_for_orphans()


def outcome(mill: Mill, journal: Journal, chroma_url: str) -> dict[str, Any]:
    """What everything has come to."""
    data = mill.storage.data
    left = snapshot(data, chroma_url, place=mill.storage.settings.storage)
    found = {**left, "knowledge bases": len(list((data / "kb").iterdir()))}
    if mill.storage.exists(journal.kb):
        found["rows"] = rows_of(mill.storage.open(journal.kb))
    return found
