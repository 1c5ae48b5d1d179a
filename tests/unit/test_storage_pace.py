from __future__ import annotations

import pytest
from sqlalchemy import text

from pipeline.stages import NAMES
from storage import pace, pages, status
from storage.catalog import KnowledgeBase
from storage.pace import Pace, Settled, Share
from tests.unit.builders import claim, image_page, render_all, upload

SAMPLE = pace._RECENT_UNITS


def _share(**stages: float) -> dict[str, Share]:
    return {name: Share(waiting=stages.get(name, 0.0)) for name in NAMES}


def test_two_workers_settle_twice_as_much() -> None:
    units = [Settled(0.0, float(n // 2 * 4), float(n // 2 * 4 + 4), 1) for n in range(SAMPLE)]
    assert pace._per_second(units[::-1], 2) == pytest.approx(0.5, rel=0.15)  # the sample ends amid a pair
    assert pace._per_second(units[:1], 2) == pytest.approx(0.5)  # before there is much to count


def test_hours_without_work_do_not_slow_a_stage_down() -> None:
    early = [Settled(n, n, n + 1.0, 1) for n in range(SAMPLE // 2)]
    late = [Settled(9000 + n, 9000 + n, 9000 + n + 1.0, 1) for n in range(SAMPLE // 2)]
    assert pace._per_second([*late[::-1], *early[::-1]], 1) == pytest.approx(1.0)


def test_a_wait_for_the_turn_is_time_too() -> None:
    units = [Settled(0.0, 10.0 * n + 9, 10.0 * n + 10, 1) for n in range(SAMPLE)]  # others were served in between
    assert pace._per_second(units[::-1], 1) == pytest.approx(0.1)


def test_documents_take_turns() -> None:
    left = {"book": _share(ocr=800), "letter": _share(ocr=1), "report": _share(ocr=10)}
    seen = Pace({"ocr": 1.0, "extract": 1e9, "embed": 1e9, "store": 1e9}, left)
    assert seen.eta_s("letter") == 1.0  # nobody's turn is sooner
    left["letter"]["ocr"].turn = 1.0
    assert seen.eta_s("letter") == 3.0
    left["book"]["ocr"].in_work = 2.0
    assert seen.eta_s("letter") == 4.0
    assert seen.eta_s("report") == 1 + 10 + 9 + 1
    assert seen.eta_s("book") == seen.eta_all_s() == 1 + 800 + 10 + 1
    assert seen.eta_all_s(["letter", "report"]) == 21.0


def test_without_any_pace_nothing_is_promised() -> None:
    assert Pace({}, {"a": _share(ocr=1)}).eta_s("a") is None
    assert Pace({}, {"a": _share(ocr=1)}).eta_all_s() is None
    assert Pace({}, {}).eta_all_s() == 0.0


def test_what_is_left_follows_the_ledger(kb: KnowledgeBase) -> None:
    render_all(kb, upload(kb, b"done").id, 2)
    document = upload(kb, b"scan").id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 10)
    pages.settle_render(first, [image_page(1), image_page(2)])
    with kb.db.read() as connection:
        left = {stage: share.left for stage, share in pace.measure(connection, {}).left[document].items()}
    # Eight pages are still to be rendered; as all so far were scans, they will need OCR too.
    assert left["render"] == 8 and left["ocr"] == 10
    assert left["extract"] == left["store"] == 1 and left["embed"] == 20


def test_an_ended_document_has_no_time_left(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    with kb.db.write() as connection:
        connection.execute(text("UPDATE run SET status = 'cancelled'"))
    assert status.status(kb, document)["eta_seconds"] is None
    assert status.counts(kb)["eta_seconds"] is None and status.counts(kb)["progress"] == 1.0
