"""What `pagemill bench` says of what it measured: which stage bounds, and which setting to change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.bench.figures import Load, Stage, Verdict
from cli.bench.judge import judge
from pipeline.settings import Settings

WALL_S = 20.0


def load(cores: int, others_cpu_s: float = 0.0, free_mb: float = 8000.0, **stages: tuple[int, float, float]) -> Load:
    """Of 20 seconds; a stage: processes, share of the time at work, cores that one of them uses at work."""
    found = tuple(Stage(name, processes, share * processes * WALL_S, cores_each * share * processes * WALL_S)
                  for name, (processes, share, cores_each) in stages.items())  # fmt: skip
    sizes = {"ocr": 500.0, "embed": 900.0, "store": 100.0}
    return Load("scans", 20, WALL_S, cores, found, sum(stage.cpu_s for stage in found), others_cpu_s, free_mb, sizes)


def judged(found: Load, **engines_s: float) -> Verdict:
    return judge(found, "rapidocr", engines_s or {"rapidocr": 2.0})


def test_cores_that_are_free_become_processes_of_the_stage_that_is_always_at_work() -> None:
    verdict = judged(load(8, ocr=(2, 0.98, 1.0), embed=(1, 0.3, 1.0)))
    assert (verdict.stage, verdict.setting, verdict.now, verdict.try_) == ("ocr", "ocr.processes", "2", "8")


def test_memory_bounds_how_many_more() -> None:
    verdict = judged(load(8, free_mb=1200.0, ocr=(2, 0.98, 1.0), embed=(1, 0.3, 1.0)))
    assert (verdict.setting, verdict.try_) == ("ocr.processes", "4")


def test_where_memory_is_short_the_model_is_computed_by_more_threads() -> None:
    verdict = judged(load(4, free_mb=500.0, render=(1, 0.2, 1.0), embed=(1, 0.97, 1.0)))
    assert (verdict.stage, verdict.setting, verdict.now) == ("embed", "embed.compute_threads", "1")
    assert verdict.try_ == "4"


def test_where_memory_is_short_for_a_reader_no_number_is_proposed() -> None:
    verdict = judged(load(4, free_mb=100.0, ocr=(1, 0.97, 1.0)))
    assert (verdict.stage, verdict.try_) == ("ocr", None)
    assert "memory" in verdict.advice


def test_full_cores_want_a_faster_engine_where_there_is_one() -> None:
    full = load(2, ocr=(2, 0.9, 0.9), embed=(1, 0.3, 0.9))
    verdict = judged(full, rapidocr=2.0, tesseract=1.5, tesserocr=0.9)
    assert (verdict.stage, verdict.setting, verdict.now, verdict.try_) == ("ocr", "ocr.engine", "rapidocr", "tesserocr")
    verdict = judged(full, rapidocr=2.0, tesseract=1.9)
    assert (verdict.stage, verdict.try_) == ("ocr", None)
    assert "pagemill worker ocr" in verdict.advice


def test_full_cores_name_the_stage_that_takes_most_of_them_not_the_one_at_work_longest() -> None:
    verdict = judged(load(2, store=(1, 1.0, 0.2), ocr=(2, 0.8, 0.95)))
    assert verdict.stage == "ocr"


def test_a_stage_that_waits_is_told_from_one_that_computes() -> None:
    verdict = judged(load(4, store=(1, 0.95, 0.1), ocr=(4, 0.4, 1.0)))
    assert (verdict.stage, verdict.setting) == ("store", "storage.data")
    assert "waits" in verdict.why


def test_where_nothing_is_busy_nothing_is_to_be_changed() -> None:
    verdict = judged(load(8, ocr=(2, 0.5, 1.0), embed=(1, 0.4, 1.0)))
    assert (verdict.stage, verdict.setting) == (None, None)
    assert "50%" in verdict.why


def test_other_programs_make_a_measurement_worthless() -> None:
    disturbed = load(4, others_cpu_s=0.3 * 4 * WALL_S, ocr=(2, 0.98, 1.0))
    assert judged(disturbed).stage is None
    assert "30%" in judged(disturbed).why
    assert judged(replace(disturbed, others_cpu_s=0.0)).stage == "ocr"


@pytest.mark.parametrize("name", ["ocr", "embed", "render", "extract", "store"])
def test_what_is_to_be_changed_is_a_setting(name: str) -> None:
    for found in (
        load(8, **{name: (1, 0.98, 1.0)}),
        load(1, **{name: (1, 0.98, 1.0)}),
        load(8, **{name: (1, 0.98, 0.1)}),
    ):
        verdict = judged(found, rapidocr=2.0, tesserocr=1.0)
        assert verdict.stage == name
        assert verdict.setting is not None
        section, key = verdict.setting.split(".")
        assert hasattr(getattr(Settings(), section), key)


def test_all_that_was_measured_is_told() -> None:
    told = load(4, ocr=(2, 0.5, 1.0)).as_dict()
    assert told["pages_per_second"] == 1.0
    assert told["stages"]["ocr"] == {
        "processes": 2, "seconds_a_page": 1.0, "cpu_seconds_a_page": 1.0, "busy_share": 0.5,
    }  # fmt: skip
    assert judged(load(8, ocr=(2, 0.98, 1.0))).as_dict()["try"] == "8"
