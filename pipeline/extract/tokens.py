"""How many tokens of the embedding model a text will take, without loading a tokenizer.

The extract workers cut chunks by length in tokens but must not load the embedding stage's libraries, so they count
by classes of characters. The constants were measured with the SentencePiece vocabulary of XLM-RoBERTa (that of
multilingual-e5) on encyclopedia paragraphs in English and Chinese; other tokenizers will differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# A unit is what a cut may never go through, with one exception: a run longer than 24 characters (an address, a
# hash) is several units, so that text without a single space can be cut too.
_UNIT = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"  # one Han character
    r"|[\u3040-\u30ff\uac00-\ud7af]"  # one kana or Hangul syllable
    r"|[0-9]{1,24}"
    r"|[^\W\d_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]{1,24}"
    r"|\s+|[\W\w]"
)
# Characters that mostly stand in words of two or three which are one piece (公司, 学生, 经济), by code point.
_IN_WORDS = frozenset(
    "不业个主久争事些产京今代件份企会位住作例保党公共关决准出分划创别办功加务动助包医协印参发取另司含告员品响商团国圳域境失始委学完定审宣容导少展工己席常广应府影律得心念总情意成执技投护括"
    "持据授控提播政效料方易显最有期术材来果样模没注洲活济消深澳然独理生界盟目研确示社积程究立第算管系经统续置美股育能范行表裁要规视计认议记许设象负财责资过这进速造重量问际限院集需项频题验"
)
# Tokens a Han character: measured 0.54 for those, 0.80 for all others (names hold the rarest and reach 1.0).
_HAN_IN_WORDS = 0.55
_HAN = 0.815
_SYLLABLE = 0.7
_PUNCTUATION = 0.92
# Marks that share a piece with the word before or after them now and then: measured 0.8 where others take 1.
_COMMON_WORD_LENGTH = 4
_PER_FURTHER_LETTER = 0.165
# Letters beyond Latin-1 (Cyrillic, Greek, Thai, Arabic, ...) make shorter pieces.
_PER_FURTHER_RARE_LETTER = 0.3


def _weight(unit: str) -> float:
    first = unit[0]
    if first.isspace():
        return 0.0
    if first.isdigit():
        return 0.55 + 0.33 * len(unit) if len(unit) > 2 else 1.0
    if first.isalpha():
        if len(unit) == 1 and first >= "\u2e80":
            if "\u3040" <= first <= "\u30ff" or "\uac00" <= first <= "\ud7af":
                return _SYLLABLE
            return _HAN_IN_WORDS if first in _IN_WORDS else _HAN
        further = max(0, len(unit) - _COMMON_WORD_LENGTH)
        if first > "\u024f":
            return 1.0 + _PER_FURTHER_RARE_LETTER * further
        if unit.islower():
            return 1.0 + _PER_FURTHER_LETTER * further
        if unit.isupper() and len(unit) > 2:
            return 0.5 + 0.38 * len(unit)
        return 1.15 + _PER_FURTHER_LETTER * further
    return _PUNCTUATION


def units(text: str) -> Iterator[tuple[int, int, float]]:
    """The smallest pieces that a cut may separate.

    Yields:
        Start and end (character offsets, half-open, gapless from 0 to the text's length) and estimated tokens.
    """
    for match in _UNIT.finditer(text):
        yield match.start(), match.end(), _weight(match.group())


def estimate_tokens(text: str) -> int:
    """Estimated number of tokens, without the two the model adds around every text.

    Within about 10 % of the real count on paragraphs of English and Chinese prose.
    """
    return round(sum(_weight(unit) for unit in _UNIT.findall(text)) + 0.499)
