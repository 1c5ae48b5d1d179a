"""Is the text inside a page the text that people see on it? Judged from its characters alone.

`garbage_reason` finds broken font maps in any layer. `misread_reason` is stricter: it finds the marks of poor OCR
and is meant for layers that some program laid under a scan, which a better reading can replace.
Pure functions on words; where the words lie on the page is judged in `judge`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

_BAD_SHARE = 0.10  # of characters without meaning; mathematics with unmapped signs stays below
_MISREAD_PER_100 = 0.2  # marks of poor OCR per hundred characters; a single one is forgiven
_MIN_LETTERS = 200  # letter statistics of less say nothing

# Letter frequencies of English text in per mille, a to z (Norvig 2012, Google Books, rounded). Other languages in
# Latin script correlate with it by 0.5 or more (Finnish 0.53), text through a permuted font map by -0.3 to 0.3.
_ENGLISH = (80, 15, 33, 38, 125, 24, 19, 50, 76, 2, 5, 41, 25, 72, 76, 21, 1, 63, 65, 93, 27, 11, 17, 2, 17, 1)
_MIN_CORRELATION = 0.35

_CID = re.compile(r"\(cid:\d+\)")
_SOUP = frozenset("!\"#$%&'+@[\\]^`{|}~")
_SOUP_SHARE = 0.3
_RARE_HAN_SHARE = 0.25

# Letters that OCR puts for digits and the other way round, beside a digit or a Han character. Ordinals ("1st"), units
# ("5l") and names ("H2O") are spared by asking for a digit or a Han character on the far side too.
_NEAR = r"[0-9\u4e00-\u9fff]"
_CONFUSED = re.compile(
    r"(?:(?<=[0-9])[IloOZTtiq丁](?=[0-9\u4e00-\u9fff]))|(?:(?<![A-Za-z])[IlOoZti](?=[0-9]))"
    r"|(?:(?<=[0-9]-)[Il][o0]\b)|(?:(?<=[a-z])[0-9|!](?=[a-z]))|(?:(?<=[\u4e00-\u9fff])[a-z](?=[\u4e00-\u9fff]))"
)
_MIXED_PUNCTUATION = re.compile(r"[^\w\s\-./…·—_=*]{3,}")
_CASE_JUMP = re.compile(r"[a-z][A-Z][a-z]*[A-Z]|[A-Z]{2}[a-z]+[A-Z]")


def meaningless_reason(words: Sequence[str], controls: int = 0) -> str | None:
    """Why these words have no meaning, whatever the page shows; None where they may have one.

    Args:
        words: all words of a page.
        controls: control characters that were met between them.
    """
    text = "".join(words)
    cids = _CID.findall(text)
    counts = Counter(_CID.sub("", text))
    total = counts.total() + len(cids) + controls
    if total == 0:
        return None
    bad = len(cids) + controls + sum(n for char, n in counts.items() if _is_meaningless(char))
    if bad > _BAD_SHARE * total:
        return f"{bad / total:.0%} of the characters have no meaning"
    return None


# English words that hold sentences together, and the true words that differ from one of them by one letter.
_FUNCTION_TEXT = """
the and for was that with from this have been were their which would there about other these some will when what also
into more them such then than they your first after between under where could should because through during while
before being those
"""
_NEAR_TEXT = """
she tee toe tie thy tho ant any end add aid ann ind far fur fox fog foe fob fop nor tor lor foo way war wan wax wag has
gas pas chat thaw wish wits pith kith frog prom thus thin his hate gave cave save wave rave hive hove haze hare hale
pave nave lave seen bean beer beef keen teen beet here mere wire wore ware heir whish winch three theme otter ether
come same home dome sole sore tome soma well wall wild wilt wily bill fill hill kill mill pill till gill dill sill whet
whey wren whit alto algo onto info mode mole mare core bore fore gore lore pore tore move mort mire suck much thew thee
four hour pour sour tour yous udder whore world wound mould white whale whine whole chile whose chose ever fist
"""
_FUNCTION_WORDS, _NEAR_WORDS = frozenset(_FUNCTION_TEXT.split()), frozenset(_NEAR_TEXT.split())
_FEW, _MISSPELT = 3, 0.05  # of the function words; 1 % of wrong letters misspells 0.04, 3 % 0.1


def garbage_reason(words: Sequence[str], controls: int = 0) -> str | None:
    """Why these words can hardly be what the page shows, or None where they may be; for arguments see above."""
    if meaningless := meaningless_reason(words, controls):
        return meaningless
    counts = Counter("".join(words))
    total = counts.total()
    swapped = sum(n for char, n in counts.items() if ord(char) > 0xFF and not ord(char) & 0xFF)
    if swapped > 0.3 * total:
        return "the characters' bytes are swapped"
    if total >= 50 and sum(counts[char] for char in _SOUP) > _SOUP_SHARE * total:
        return "mostly punctuation"
    return _rare_han(counts) or _odd_letters(words) or _mixed_scripts(words)


def misread_reason(words: Sequence[str]) -> str | None:
    """Why a layer that some OCR program wrote should be read anew, or None where it looks flawless."""
    text = " ".join(words)
    length = sum(map(len, words))
    if not length:
        return None
    marks = len(_CONFUSED.findall(text)) + len(_MIXED_PUNCTUATION.findall(text)) + len(_CASE_JUMP.findall(text))
    marks += sum(1 for word in words if _is_meaningless(word[0]))
    if marks > 1 and 100 * marks > _MISREAD_PER_100 * length:
        return f"{marks} marks of poor OCR in {length} characters"
    if misspelt := _misspelt(text):
        return misspelt
    latin = [word for word in words if re.fullmatch(r"[A-Za-z]+", word)]
    if len(latin) >= 20:
        odd = sum(1 for word in latin if _is_odd_word(word))
        if odd > 0.08 * len(latin):
            return f"{odd} of {len(latin)} words are none"
    stray = sum(1 for word in words if not any(char.isalnum() for char in word))
    if stray > 1 and stray > 0.15 * len(words):
        return f"{stray} of {len(words)} words are stray marks"
    return None


def _misspelt(text: str) -> str | None:
    """Function words with one letter taken for another, as OCR takes them: "tbe", "fron". English alone has any."""
    words = Counter(word for word in re.findall(r"\b[a-z]+\b", text) if len(word) > 2)  # no names
    right = sum(n for word, n in words.items() if word in _FUNCTION_WORDS)
    wrong = sum(n for word, n in words.items() if _is_misspelt(word))
    if wrong >= _FEW and wrong > _MISSPELT * (right + wrong) and right > 2 * wrong:
        return f"{wrong} of {right + wrong} common words are misspelt"
    return None


@lru_cache(maxsize=10_000)
def _is_misspelt(word: str) -> bool:
    if word in _FUNCTION_WORDS or word in _NEAR_WORDS:
        return False
    return any(len(known) == len(word) and sum(map(str.__ne__, known, word)) == 1 for known in _FUNCTION_WORDS)


def script_of(words: Iterable[str]) -> str:
    """Which script words are in: "latin", "han", "mixed" or "none". Kana counts with Han, any other letter as Latin.

    A Han character weighs like half a Latin word; the smaller script must make up a tenth to count.
    """
    text = " ".join(words)
    han = len(re.findall(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]", text)) / 2
    latin = len(re.findall(r"[^\W\d_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+", text))
    if not han and not latin:
        return "none"
    share = han / (han + latin)
    return "latin" if share < 0.1 else "han" if share > 0.9 else "mixed"


@cache
def _is_meaningless(char: str) -> bool:
    """Replacement characters, private use, unassigned, surrogates, controls."""
    return char == "\ufffd" or unicodedata.category(char) in {"Co", "Cn", "Cs", "Cc"}


@cache
def _is_common_han(char: str) -> bool:
    """Level 1 of GB 2312 (3,755 characters by use, 99.7 % of simplified text) or of Big5 (5,401, traditional)."""
    for codec, last in (("gb2312", 0xD7), ("big5", 0xC6)):
        try:
            if char.encode(codec)[0] <= last:
                return True
        except UnicodeEncodeError:
            continue
    return False


def _rare_han(counts: Counter[str]) -> str | None:
    """A wrong map picks Han characters as by chance: two thirds of all there are lie outside of both levels."""
    han = {char: n for char, n in counts.items() if "\u3400" <= char <= "\u9fff"}
    total = sum(han.values())
    rare = sum(n for char, n in han.items() if not _is_common_han(char))
    if total >= 20 and rare > _RARE_HAN_SHARE * total:
        return f"{rare / total:.0%} of the Chinese characters are rare ones"
    return None


def _odd_letters(words: Sequence[str]) -> str | None:
    """Letters of a permuted alphabet (a broken map that shifts codes) do not come as often as letters do."""
    letters = Counter("".join(word for word in words if len(word) > 2 and word.isascii()).lower())
    counts = [letters[chr(97 + i)] for i in range(26)]
    total = sum(counts)
    if total < _MIN_LETTERS:
        return None
    mean_a, mean_b = total / 26, sum(_ENGLISH) / 26
    covariance = sum((a - mean_a) * (b - mean_b) for a, b in zip(counts, _ENGLISH, strict=True))
    spread = sum((a - mean_a) ** 2 for a in counts) * sum((b - mean_b) ** 2 for b in _ENGLISH)
    correlation = covariance / spread**0.5 if spread else 0.0
    if correlation < _MIN_CORRELATION:
        return "no language uses letters like this"
    return None


def _mixed_scripts(words: Sequence[str]) -> str | None:
    """Words that mix alphabets: a few are formulas, many are a broken map."""
    mixed = sum(1 for word in words if not word.isascii() and len(_alphabets(word)) > 1)
    if mixed >= 10 and mixed > 0.3 * len(words):
        return f"{mixed} of {len(words)} words mix alphabets"
    return None


def _alphabets(word: str) -> set[str]:
    names = {_alphabet(char) for char in word}
    # Chinese and Japanese mix these with one another and with Latin letters without a space.
    return names - {"", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH", "HALFWIDTH"}


@cache
def _alphabet(char: str) -> str:
    return unicodedata.name(char, "").split(" ")[0].split("-")[0] if char.isalpha() else ""


def _is_odd_word(word: str) -> bool:
    """No vowel, a capital inside, or a single letter that is no word; abbreviations in capitals are let through."""
    if len(word) == 1:
        return word not in "aAIOoBCDEx"
    if word.isupper():
        return False
    return not re.search(r"[aeiouyAEIOUY]", word) or bool(re.search(r"[a-z][A-Z]", word))
