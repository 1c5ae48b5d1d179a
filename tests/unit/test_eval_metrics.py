"""The numbers of `pagemill eval`, against ones counted by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.evaluation.metrics import Spread, is_han, lost, measure


def test_a_page_read_right_is_right_by_every_figure() -> None:
    found = measure("Roof repair\n屋顶维修", "Roof repair 屋顶维修", ["Roof", "repair", "屋顶维修"])
    assert (found.cer, found.strict_cer, found.words.f1, found.words.invented) == (0, 0, 1, 0)


def test_characters_wrong_lost_and_added() -> None:
    found = measure("abcdefghij", "abXdefghij", ["abXdefghij"])
    assert (found.characters, found.edits, found.cer) == (10, 1, pytest.approx(0.1))
    assert measure("abcdefghij", "", []).cer == 1.0
    assert measure("ab", "abcdef", []).cer == 2.0
    assert measure("ab", "abcdef", []).character_accuracy == 0.0


def test_words_are_a_bag_without_case_or_order() -> None:
    found = measure("to be or not to be", "", ["TO", "not", "be", "two", "to"])
    assert found.words.kept == pytest.approx(4 / 6)
    assert found.words.invented == pytest.approx(1 / 5)
    assert found.words.f1 == pytest.approx(2 * (4 / 6) * (4 / 5) / (4 / 6 + 4 / 5))


def test_han_characters_are_words_however_the_reader_parted_them() -> None:
    together, apart = measure("苏文远，男", "", ["苏文远，男"]), measure("苏文远，男", "", ["苏", "文远", "，", "男"])
    assert together.words.f1 == apart.words.f1 == 1.0
    assert measure("苏文远", "", ["苏文元"]).words.kept == pytest.approx(2 / 3)


def test_width_is_folded_and_the_strict_figure_tells_it() -> None:
    found = measure("（电话）：１２３", "(电话):123", ["(电话):123"])
    assert found.cer == 0.0 and found.words.f1 == 1.0
    assert found.strict_cer == pytest.approx(6 / 8)


def test_white_space_counts_between_words_and_not_in_chinese() -> None:
    assert measure("two words", "twowords", []).edits == 1
    assert measure("two\n  words", "two words", []).edits == 0
    assert measure("两个词 abc", "两 个 词abc", []).edits == 3, "three letters in six are not Han"
    assert measure("两个词语", "两 个\n词 语", []).edits == 0


def test_a_broken_word_is_one_whether_joined_or_not() -> None:
    assert measure("She is sim-\nply\nhere", "She is simply here", []).cer == 0.0
    assert measure("pages 10-\n12", "pages 10-12", []).edits == 1, "figures are not broken by hyphens"


def test_case_counts_unless_the_truth_has_capitals_only() -> None:
    assert measure("Total", "TOTAL", []).edits == 4
    assert measure("TOTAL", "Total", []).edits == 0
    assert measure("TOTAL", "Total", []).strict_cer == pytest.approx(4 / 5)


def test_lines_in_another_order_are_told_from_lines_misread() -> None:
    truth = "Left column first line\nleft second line here\nRight column is this\nand ends so"
    mixed = "Left column first line Right column is this left second line here and ends so"
    moved, misread = measure(truth, mixed, []), measure(truth, mixed.replace("column", "co1umn"), [])
    assert moved.cer > 0.3 and moved.flexible_cer == 0.0
    assert misread.flexible_cer == pytest.approx(2 / moved.characters)
    lost = measure(truth, "Right column is this and ends so Left column first line", [])
    assert lost.flexible_cer == pytest.approx(len("left second line here") / lost.characters)
    more = measure(truth, f"{mixed} %$#@!", [])
    assert more.flexible_cer == pytest.approx(5 / more.characters)


def test_order_does_not_matter_in_chinese_either() -> None:
    found = measure("第一栏第一行文字\n第一栏第二行\n第二栏在这里", "第二栏在这里第一栏第一行文宇第一栏第二行", [])
    assert found.flexible_cer == pytest.approx(1 / found.characters)
    assert found.cer > 0.5


def test_bare_words_pass_over_punctuation() -> None:
    found = measure("TEL : 03-77", "", ["TEL:", "03-77"])
    assert found.words.f1 < 1.0
    assert found.bare_words.f1 == 1.0


def test_a_blank_page() -> None:
    nothing, noise = measure("", "", []), measure(" \n", "|.", ["|."])
    assert (nothing.cer, nothing.words.f1) == (0.0, 1.0)
    assert (noise.cer, noise.words.invented, noise.words.kept) == (1.0, 1.0, 1.0)


@settings(max_examples=50)
@given(st.text(), st.text())
def test_any_two_texts_have_figures_within_their_ranges(truth: str, text: str) -> None:
    found = measure(truth, text, text.split())
    assert found.cer >= 0 and 0 <= found.character_accuracy <= 1
    for words in (found.words, found.bare_words):
        assert 0 <= words.kept <= 1 and 0 <= words.invented <= 1 and 0 <= words.f1 <= 1
    assert measure(truth, truth, truth.split()).cer == 0.0
    assert found.flexible_cer <= found.cer


def test_what_was_read_and_then_lost() -> None:
    assert lost("sim- ply ，一", "simply 一") == 0.0
    assert lost("abcd", "xbca") == pytest.approx(1 / 4)
    assert lost("", "x") == lost("-", "") == 0.0


def test_what_is_han() -> None:
    assert is_han("2006年毕业于北京大学 CS")
    assert not is_han("Beijing 北京")
    assert not is_han("12:30")


def test_spread_knows_which_end_is_bad() -> None:
    assert Spread.of([0.9, 0.5, 1.0], low_is_bad=True) == Spread(pytest.approx(0.8), 0.9, 0.5)
    assert Spread.of([0.9, 0.5, 1.0], low_is_bad=False) == Spread(pytest.approx(0.8), 0.9, 1.0)
    assert Spread.of([], low_is_bad=True) is None
