"""What needs no engine: scripts, joining of characters, cutting of lines, the policy."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import PermanentError
from pipeline.ocr.base import Availability, box_in_points, check_languages
from pipeline.ocr.confidence import CURVES, chance_of_a_good_page, mean_confidence
from pipeline.ocr.policy import Machine, choose, cpu_flags
from pipeline.ocr.rapid_lines import cut_line, in_blocks, is_tall, words_of_line
from pipeline.ocr.rapid_recognise import Line, Recogniser, in_pieces
from pipeline.ocr.script import languages_of_script, needs_decision, script_of
from pipeline.ocr.tesseract_table import words_of_table
from pipeline.types import Box, PageImage, Word

IMAGE = PageImage("unread", 1000, 1000, 72.0)  # 72 dpi: a pixel is a point
YES = Availability(True, "Here.")
NO = Availability(False, "Not here.", "Install it.")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("", "none"),
        (" \n", "none"),
        ("Hello, world", "latin"),
        ("12.30 - 4", "latin"),
        ("江南商贸学院客座副教授。", "han"),
        ("曾任IBM公司经理，MBA，现任滨海市水务发展公司总经理", "han"),
        ("The first word of this long English sentence is 你", "latin"),
        ("Invoice number and date 发票号码和日期 total amount due", "mixed"),
    ],
)
def test_script_of_text(text: str, script: str) -> None:
    assert script_of(text) == script


def test_languages_follow_the_script() -> None:
    both = ["en", "zh-Hans"]
    assert languages_of_script("han", both) == ("zh-Hans",)
    assert languages_of_script("latin", both) == ("en",)
    assert languages_of_script("mixed", both) == ("en", "zh-Hans")
    assert languages_of_script("latin", ["zh-Hans"]) == ("zh-Hans",)
    assert needs_decision(both)
    assert not needs_decision(["zh-Hans", "zh-Hant"])
    with pytest.raises(PermanentError) as caught:
        check_languages(["en", "tlh"])
    assert caught.value.code == "engine_missing" and "tlh" in caught.value.message


def table(*rows: tuple[int, int, int, int, float, str], line: tuple[int, int, int, int] = (0, 0, 900, 20)) -> str:
    """A TSV of one line as Tesseract prints it: rows of left, top, width, height, confidence, text."""
    head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    lines = [head, "4\t1\t1\t1\t1\t0\t" + "\t".join(map(str, line)) + "\t-1\t"]
    lines += [
        f"5\t1\t1\t1\t1\t{number}\t" + "\t".join(map(str, row)) for number, row in enumerate(rows, start=1)
    ]  # fmt: skip
    return "\n".join(lines)


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


def test_characters_of_chinese_are_joined() -> None:
    words = words_of_table(
        table((0, 0, 20, 20, 90, "中"), (22, 0, 20, 20, 80, "国，"), (60, 0, 20, 20, 70, "人")), IMAGE
    )
    assert texts(words) == ["中国，人"]
    assert words[0].box == Box(0, 0, 80, 20)
    assert words[0].confidence == pytest.approx((0.9 + 0.8 * 2 + 0.7) / 4)
    assert words[0].size_pt == 20


def test_digits_join_chinese_and_latin_words_stay_apart() -> None:
    words = words_of_table(
        table(
            (0, 0, 40, 20, 90, "1963"), (45, 0, 20, 20, 90, "年"), (90, 0, 40, 20, 90, "by"), (136, 0, 40, 20, 9, "me")
        ),
        IMAGE,
    )
    assert texts(words) == ["1963年", "by", "me"]


def test_overlapping_boxes_of_chinese_characters_are_one_run() -> None:
    words = words_of_table(
        table((0, 0, 100, 20, 90, "技术"), (40, 0, 20, 30, 90, "部"), (62, 5, 4, 8, 90, "长")), IMAGE
    )
    assert texts(words) == ["技术部长"]


def test_rows_are_cut_where_columns_stand_side_by_side() -> None:
    words = words_of_table(
        table(
            (0, 0, 60, 20, 90, "left"), (70, 0, 60, 20, 90, "side"), (300, 8, 60, 20, 90, "right"), line=(0, 0, 360, 28)
        ),
        IMAGE,
    )
    assert [(word.text, word.line, word.size_pt) for word in words] == [
        ("left", 0, 20),
        ("side", 0, 20),
        ("right", 1, 20),
    ]


def test_empty_table() -> None:
    assert words_of_table("", IMAGE) == []
    assert words_of_table(table(), IMAGE) == []


def quad(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)


def line(text: str, steps: list[float], length: float) -> Line:
    """A line whose characters stand at time steps; a space in the text is one that the model saw."""
    visible = text.replace(" ", "")
    spaces = [1.0 if text.split(visible[i], 1)[0].endswith(" ") else 0.0 for i in range(1, len(visible))]
    places = tuple((step + 0.5) / length for step in steps)
    return Line(visible, places, (1.0,) * len(visible), tuple(spaces))


def test_line_is_cut_at_spaces_with_a_box_for_each_word() -> None:
    read = replace(line("ab cd", [5, 15, 35, 45], 50), confidences=(0.9, 0.7, 1.0, 1.0))
    words = words_of_line(read, quad(0, 0, 100, 20), IMAGE)
    assert texts(words) == ["ab", "cd"]
    assert words[0].confidence == pytest.approx(0.8)
    assert words[0].box.x1 < words[1].box.x0
    assert words[1].box.x1 > 90


def test_chinese_line_is_one_run_unless_a_gap_is_wide() -> None:
    for text, gap, expected in (
        ("中国人民", 25, ["中国人民"]),
        ("中国 人民", 25, ["中国人民"]),
        ("中国人民", 65, ["中国", "人民"]),
        ("中国 人民", 65, ["中国", "人民"]),
        # White of a half-width space: a space where the model saw one, else the usual waver.
        ("中国 人民", 31, ["中国", "人民"]),
        ("中国人民", 31, ["中国人民"]),
        ("中国人民", 40, ["中国", "人民"]),  # of one and a half characters, which the model takes for none
        ("中国， 人", 32, ["中国，人"]),  # the mark's own white
    ):
        read = line(text, [5, 15, gap, gap + 10], 100)
        assert texts(words_of_line(read, quad(0, 0, 200, 20), IMAGE)) == expected


def test_vertical_line_runs_downwards() -> None:
    words = words_of_line(line("in out", [5, 15, 55, 65, 75], 100), quad(0, 0, 20, 200), IMAGE)
    assert words[0].box.y1 < words[1].box.y0
    assert words[0].size_pt < 20


def test_what_the_recogniser_sees_becomes_a_line() -> None:
    """Repeats are one character, unless the model saw nothing between; doubts about a space are kept."""
    characters = ["blank", "a", "b", " "]

    def session(batch: np.ndarray) -> np.ndarray:
        assert batch.shape == (1, 3, 48, 96)
        steps = np.full((1, 12, 4), 0.02, np.float32)
        for step, kind in enumerate([1, 1, 0, 1, 0, 2, 3, 2, 0, 0, 0, 0]):
            steps[0, step, kind] = 0.9
        steps[0, 4, 3] = 0.3
        return steps

    read = Recogniser(session, characters).read([np.zeros((24, 40), np.uint8)])
    assert read[0].text == "aabb"
    assert read[0].spaces == pytest.approx((0.02, 0.3, 0.9))
    assert read[0].confidence == pytest.approx(0.9)
    assert read[0].places[0] == pytest.approx(1 / 12 * 96 / 80)


@pytest.mark.parametrize(("sure", "expected"), [(0.6, "c"), (0.95, "ç")])
def test_a_mark_on_a_letter_must_be_surer_than_the_letter(sure: float, expected: str) -> None:
    def session(batch: np.ndarray) -> np.ndarray:
        steps = np.zeros((1, 3, 4), np.float32)
        steps[0, :, 0] = 1
        steps[0, 1] = (0, 1 - sure, sure, 0)
        return steps

    (read,) = Recogniser(session, ["blank", "c", "ç", " "]).read([np.zeros((24, 40), np.uint8)])
    assert read.text == expected


def test_long_lines_are_cut_in_a_gap_and_put_together_again() -> None:
    image = np.zeros((48, 3000), np.uint8)
    image[:, 1400:1440] = 255
    pieces = in_pieces(image)
    assert len(pieces) == 2 and 1400 <= pieces[0].shape[1] <= 1440
    assert sum(piece.shape[1] for piece in pieces) == 3000
    assert all(piece.shape[1] <= 2048 for piece in in_pieces(np.zeros((48, 30_000), np.uint8)))

    def session(batch: np.ndarray) -> np.ndarray:
        steps = np.zeros((1, 10, 3), np.float32)
        steps[0, :, 0] = 1
        steps[0, 5] = (0, 1, 0)
        return steps

    read = Recogniser(session, ["blank", "x", " "]).read([image])[0]
    assert (read.text, read.spaces) == ("xx", (1.0,))
    assert 0.2 < read.places[0] < 0.4 and 0.7 < read.places[1] < 0.9


def test_lone_narrow_character_is_not_laid_on_its_side() -> None:
    page = np.full((100, 100, 3), 255, np.uint8)
    assert not is_tall(quad(10, 10, 18, 24))
    assert cut_line(page, quad(10, 10, 18, 24)).shape[:2] == (14, 8)
    assert cut_line(page, quad(10, 10, 18, 60)).shape[:2] == (8, 50)


def test_lines_below_one_another_make_a_block() -> None:
    def at(x: float, y: float) -> list[Word]:
        return [Word("a", Box(x, y, x + 100, y + 10))]

    words = in_blocks([at(0, 0), at(300, 2), at(0, 14), at(300, 16), [], at(0, 80)])
    assert [(word.line, word.block) for word in words] == [(0, 0), (1, 1), (2, 0), (3, 1), (4, 2)]


def test_confidence_is_a_chance_that_means_the_same_of_every_engine() -> None:
    def page(confidence: float) -> list[Word]:
        return [Word("word", Box(0, 0, 9, 9), confidence), Word("a", Box(0, 0, 9, 9), confidence)]

    for engine in CURVES:
        chances = [chance_of_a_good_page(engine, page(mean / 100)) for mean in range(0, 101, 5)]
        assert chances == sorted(chances) and chances[0] < 0.01 and chances[-1] > 0.95
    assert chance_of_a_good_page("rapidocr", page(0.95)) < 0.5 < chance_of_a_good_page("rapidocr", page(0.99))
    assert chance_of_a_good_page("tesseract", page(0.8)) < 0.5 < chance_of_a_good_page("tesseract", page(0.9))
    assert chance_of_a_good_page("got", page(0.7)) == pytest.approx(0.7)
    assert chance_of_a_good_page("rapidocr", []) == 0.0
    assert mean_confidence([Word("aaa", Box(0, 0, 1, 1), 1.0), Word("b", Box(0, 0, 1, 1), 0.0)]) == 0.75


def test_boxes_are_points_within_the_page() -> None:
    image = PageImage("unread", 300, 600, 300.0)
    assert box_in_points(-5, 150, 400, 300, image) == Box(0, 36, 72, 72)


def machine(
    flags: str = "", rapid: Availability = YES, tesseract: Availability = YES, tesserocr: Availability = NO,
    got: Availability = NO, backends: int = 2,
) -> Machine:  # fmt: skip
    return Machine(
        frozenset(flags.split()), rapid, ("openvino", "onnxruntime")[2 - backends :], tesseract, tesserocr, got
    )


def test_auto_reads_with_the_most_accurate_first() -> None:
    choice = choose("auto", ["en"], machine("fma avx2"))
    assert (choice.engines, choice.backend) == (("rapidocr", "tesseract"), "onnxruntime")
    assert choose("auto", ["en"], machine("avx2 amx_bf16")).backend == "openvino"
    assert choose("auto", ["en"], machine("avx2 amx_bf16", backends=1)).backend == "onnxruntime"
    assert choose("auto", ["en"], machine("avx2 avx512f avx512_vnni")).backend == "onnxruntime"
    assert choose("auto", ["en"], machine(tesserocr=YES)).engines == ("rapidocr", "tesserocr")
    assert choose("auto", ["en"], machine(rapid=NO, tesserocr=YES, tesseract=NO)).engines == ("tesserocr",)
    assert choose("auto", ["en"], machine(tesseract=NO)).engines == ("rapidocr",)
    assert choose("auto", ["en"], machine(rapid=NO)).engines == ("tesseract",)
    assert choose("auto", ["en"], machine(got=YES)).engines == ("rapidocr", "tesseract")
    assert choose("got", ["en"], machine(got=YES)).engines == ("got",)
    for seen in (machine(), machine(tesseract=NO), machine(rapid=NO)):
        assert choose("auto", ["en"], seen).reason.endswith(".")


def test_engine_asked_for_reads_alone_or_not_at_all() -> None:
    assert choose("tesseract", ["en"], machine()).engines == ("tesseract",)
    assert choose("rapidocr", ["en"], machine()).backend == "onnxruntime"
    with pytest.raises(PermanentError, match="Install it") as caught:
        choose("tesseract", ["en"], machine(tesseract=NO))
    assert caught.value.code == "engine_missing"
    with pytest.raises(PermanentError, match="No reading engine can run"):
        choose("auto", ["en"], machine(rapid=NO, tesseract=NO))
    with pytest.raises(PermanentError) as caught:
        choose("abacus", ["en"], machine())
    assert caught.value.code == "bad_request" and "tesseract" in caught.value.message


def test_cpu_flags_are_read_where_there_are_some(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    assert cpu_flags(cpuinfo) == frozenset()
    cpuinfo.write_text("processor : 0\nflags\t\t: fpu avx2 amx_tile\nbugs : none\n")
    assert cpu_flags(cpuinfo) == {"fpu", "avx2", "amx_tile"}


def test_asking_who_reads_loads_no_engine() -> None:
    heavy = "('torch', 'rapidocr', 'openvino', 'onnxruntime', 'pytesseract', 'tesserocr', 'cv2', 'numpy')"
    code = f"""
import sys
from pipeline.ocr.policy import choose
import pipeline.ocr.base
print(choose('auto', ['en']).reason)
print([name for name in {heavy} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
