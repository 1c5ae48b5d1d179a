"""Judging words alone."""

import random

import pytest

from pipeline.render.text_layer import garbage_reason, misread_reason, script_of

ENGLISH_TEXT = """
The daily pulse of meltwater travels down the valley as a wave that arrives later, lower and warmer at every station.
Its height depends on the weather of the day before and on the snow that is left on the glacier, and the operator of
the power plant has learned to read it from the colour of the river in the morning.
"""
GERMAN_TEXT = """
Der Fluss führt im Sommer das meiste Wasser am späten Nachmittag, wenn das Eis am stärksten schmilzt. In der Nacht
fällt der Pegel wieder, und die Kiesbänke werden trocken. Die Fischer der Gegend kennen diese Stunden genau und richten
ihre Arbeit danach, wie es schon ihre Väter und Großväter getan haben.
"""
FINNISH_TEXT = """
Joki virtaa laakson halki ja vesi on kesällä kylmää, koska se tulee jäätiköltä. Aamulla vettä on vähän, mutta illalla
virta kasvaa ja kivet katoavat näkyvistä. Kalastajat tuntevat joen tavat hyvin ja odottavat iltaa rannalla, kunnes
vesi alkaa jälleen laskea ja kalat palaavat matalaan veteen.
"""
ENGLISH, GERMAN, FINNISH = ENGLISH_TEXT.split(), GERMAN_TEXT.split(), FINNISH_TEXT.split()
CHINESE = [
    "公司对反担保资产进行了审慎核查，",
    "截至2015年末，贷款余额为3,000万元。",
    "他在四川大学学习岩土工程，获得硕士学位。",
]
TRADITIONAL = ["臺灣大學圖書館於週末開放，", "請讀者攜帶證件，並遵守館內規則與秩序。", "聯絡電話請見網頁說明。"]
CODES = [f"{i:04d}-{i * 7 % 100:02d}" for i in range(80)] + ["$1,240.00", "12.5%", "N/A"] * 10


@pytest.mark.parametrize("words", [ENGLISH, GERMAN, FINNISH, CHINESE, TRADITIONAL, CODES, ["Potato"], []])
def test_real_text_is_not_garbage(words):
    assert garbage_reason(words) is None


def test_ascii_letters_shifted_by_a_font_map_are():
    for shift in (1, 3, 7, 13):
        moved = ["".join(chr((ord(c) - 97 + shift) % 26 + 97) if "a" <= c <= "z" else c for c in w) for w in ENGLISH]
        assert garbage_reason(moved) is not None, shift


def test_unmapped_characters_are():
    assert garbage_reason(["\ufffd\ufffd\ufffd", "abc"])
    assert garbage_reason(["\ue012\ue013\ue044\ue051"])
    assert garbage_reason(["(cid:12)(cid:88)", "(cid:3)", "ab"])
    assert garbage_reason(["ab"], controls=5)
    assert garbage_reason(["".join(chr(ord(c) << 8) for c in "Multicolor")])


def test_a_bullet_in_private_use_is_forgiven():
    assert garbage_reason(["\uf0b7", *ENGLISH, "\uf0b7", *ENGLISH]) is None


def test_chinese_through_a_wrong_map_is():
    dice = random.Random(1)
    assert garbage_reason(["".join(chr(dice.randrange(0x4E00, 0x9FA6)) for _ in range(60))])


def test_glyph_numbers_taken_for_ascii_are():
    assert garbage_reason(['!"#$', "%&'()", '*+"#&', "$%!'#"] * 6)


def test_mixed_alphabets_are():
    assert garbage_reason(["tеxт", "wоrd", "mіxеd", "аlphаbеt"] * 4)  # Cyrillic and Latin letters


@pytest.mark.parametrize("words", [ENGLISH, CHINESE, TRADITIONAL, ["2", "1st", "May", "H2O", "A4", "B2B", "3D"]])
def test_good_text_is_not_misread(words):
    assert misread_reason(words) is None


@pytest.mark.parametrize(
    "words",
    [
        ["截至20I5年末，菲达环保公司", "合同签于Z0l5年4月6日", "编号[20I6]0512号"],
        ["Tbe", "glaeier", "rn", "xw", "qk", "lIke", "thc", "fL", "zt", "w", "p", "hh"] * 3,
        ["total", "~", "|", "amount", "\\", "'", "due", "^", "in", "·", "May"],
    ],
)
def test_marks_of_poor_ocr(words):
    assert misread_reason(words)


def test_common_words_with_a_letter_taken_for_another_are_marks_of_poor_ocr():
    swapped = " ".join(ENGLISH * 2).replace("the ", "tbe ", 3).replace("and", "aud", 1).replace("from", "fron", 1)
    assert "misspelt" in misread_reason(swapped.split())
    for words in (ENGLISH, GERMAN, FINNISH):
        assert misread_reason(words * 3) is None


def test_scripts():
    assert script_of(ENGLISH) == "latin"
    assert script_of(CHINESE) == "han"
    assert script_of([*ENGLISH[:10], "公司对反担保资产进行了核查"]) == "mixed"
    assert script_of(["12", "34.5", "—"]) == "none"
    assert script_of(["Москва", "река"]) == "latin"
