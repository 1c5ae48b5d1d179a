"""What is searched and what is searched for are folded alike, and each folded character knows where it comes from."""

from __future__ import annotations

import unicodedata

import opencc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.folding import FINGERPRINT, fold, fold_with_origins, simplified
from pipeline.han_variants import GROUPS
from pipeline.look_alikes import RADICALS, plain

# Characters that fold in every way there is, beside any others.
ODD = "aÄßſﬁﬃ½①™㎡㈱ｶﾞﾟカ\u3099\u0301\u200d\u00ad\ufe0f한\u1112\u1161\u11ab\uffc2臺台裏着著⻓⼈豈１Ａ　 。"
TEXT = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])), max_size=12)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("ｶﾀｶﾅ ﾊﾞｽ", "カタカナ バス"),
        ("ﬁnd oﬃce ﬆ ſo", "find office st so"),
        ("STRASSE Straße", "strasse strasse"),
        ("㈱山田 100㎡", "(株)山田 100m2"),
        ("1½ 项目①② Pagemill™", "1 1\u20442 项目 1 2 pagemill tm"),
        ("⻓⼈豈", "长人岂"),
        ("co\u00adop\u200berate 葛\U000e0100", "cooperate 葛"),
        ("臺北市裏、台北市裡、檯", "台北市里、台北市里、台"),
        ("頭髮發展", "头发发展"),
        ("著作 着陸", "着作 着陆"),
        ("彷彿 鎗 牠", "仿佛 枪 它"),
    ],
)
def test_what_is_one_for_a_search(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold_with_origins(text).text == folded


@given(TEXT)
@example("ㄱㅏ")
def test_a_text_folds_piece_by_piece_as_it_does_whole(text: str) -> None:
    assert fold_with_origins(text).text == fold(text)


@given(TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXT, st.data())
def test_every_part_of_a_folded_text_comes_from_the_characters_that_make_it(text: str, data: st.DataObject) -> None:
    folded = fold_with_origins(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.origin(start, end)
    assert 0 <= first < last <= len(text)
    assert folded.text[start:end] in fold(text[first:last])
    assert len(fold(text[:first])) <= start and len(fold(text[last:])) <= len(folded.text) - end


@given(TEXT, TEXT)
def test_offsets_are_those_of_the_printed_text(before: str, after: str) -> None:
    name = "王ﬁ臺㎡"
    folded = fold_with_origins(f"{before} {name} {after}")
    start = len(fold(f"{before} "))
    at = folded.text.index("王fi台m2", start)
    first, last = folded.origin(at, at + 6)
    assert f"{before} {name} {after}"[first:last].startswith(name)
    assert unicodedata.normalize("NFC", f"{before} {name} {after}"[last:])[:1] == " "


def test_every_way_to_write_a_character_folds_to_the_same() -> None:
    groups = GROUPS.split()
    assert len(groups) > 3900
    assert all(fold(group) == group[0] * len(group) for group in groups)
    seen = "".join(groups)
    assert len(set(seen)) == len(seen), "a character stands in one group"


def test_what_stands_for_all_is_the_simplified_character() -> None:
    pairs = "車车 書书 為为 無无 漢汉 語语 當当 對对 個个 們们 說说 時时 學学 國国 會会 過过 後后 開开 長长 門门 頭头"
    assert all(fold(pair[0]) == pair[1] for pair in pairs.split())


def test_traditional_text_is_put_in_simplified_characters_and_nothing_else_is_changed() -> None:
    assert simplified("後來的臺灣，頭髮、發展。ＡＢ ﬁ Ä") == "后来的台湾，头发、发展。ＡＢ ﬁ Ä"
    assert simplified("著作像链接，乾坤") == "著作像链接，乾坤", "characters that Simplified text has too"
    assert simplified("日本語と國語") == "日本語と國語"


def test_radicals_and_ligatures_are_written_as_characters_and_letters() -> None:
    assert plain("⻓⻛⼯ ﬁ ＡＢ ㈱") == "长风工 fi ＡＢ ㈱", "what a typist chose stays"
    assert len(RADICALS) == 114 and all("CJK RADICAL" in unicodedata.name(radical) for radical in RADICALS)


def test_the_fingerprint_is_that_of_an_index() -> None:
    assert len(FINGERPRINT) == 16 and int(FINGERPRINT, 16)


def test_opencc_agrees() -> None:
    """Whatever its conversions make of a single character is one with that character here."""
    characters = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
    for conversion in ("t2s", "tw2s", "hk2s", "s2t", "s2tw", "s2hk"):
        made = opencc.OpenCC(conversion).convert("\n".join(characters)).split("\n")
        assert [(a, b) for a, b in zip(characters, made, strict=True) if fold(a) != fold(b)] == []
