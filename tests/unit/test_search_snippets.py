"""Snippets: whole sentences around the words of a query, and marks that stand where they should."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.search import highlights, parse
from storage.search.snippets import snippet

FILLER = "The committee met in spring and wrote down what it had found. "
FUELLER = "委员会在春天开会，把所见都写了下来。"


def _snippet(text: str, query: str, rare: str = "") -> tuple[str, list[str]]:
    asked = parse(query)
    shown, marks = snippet(
        text, highlights(text, asked.marked, asked.required), lambda piece: 5.0 if rare and rare in piece else 1.0
    )
    return shown, [shown[start:end] for start, end in marks]


def test_whole_sentences_around_the_words() -> None:
    text = FILLER * 9 + "Dr. Ames paid 3.5 million, e.g. for the roof. It leaked! “Not again?” he said. " + FILLER * 9
    shown, marked = _snippet(text, "roof leaked")
    assert marked == ["roof", "leaked"] and 150 < len(shown) <= 300
    assert "Dr. Ames paid 3.5 million, e.g. for the roof. It leaked!" in shown
    assert shown.startswith(("The ", "Dr. ")) and shown.endswith((".", "!", "?”")) and "…" not in shown


def test_chinese_sentences() -> None:
    text = FUELLER * 12 + "屋顶漏水，修了两次；“又漏了！”他说。" + FUELLER * 12
    shown, marked = _snippet(text, "屋顶漏水")
    assert marked == ["屋顶漏水"] and 75 < len(shown) <= 150 and shown.endswith("。") and shown[0] in "委屋"


def test_lines_are_sentences() -> None:
    text = "Minutes\n- roof repaired\n- gate painted\n" + FILLER * 8
    assert _snippet(text, "gate")[0].startswith("- roof repaired - gate painted The committee")
    assert _snippet((FILLER * 8).strip() + "\n第一章\n屋顶", "屋顶")[0].endswith("found. 第一章 屋顶")


def test_the_rarer_word_decides() -> None:
    text = "The roof leaked. " + FILLER * 8 + "The gargoyle fell. " + FILLER * 8
    assert "roof" in _snippet(text, "roof gargoyle")[0]
    assert "gargoyle" in _snippet(text, "roof gargoyle", rare="gargoyle")[0]


def test_without_marks_the_beginning_is_shown() -> None:
    shown, marked = _snippet("Opening words. " + FILLER * 9, "zzz")
    assert shown.startswith("Opening words. The") and shown.endswith(".") and marked == []


@pytest.mark.parametrize(
    ("text", "query"),
    [("word " * 200 + "gargoyle " + "word " * 200, "gargoyle"), ("字词" * 200 + "屋顶" + "字词" * 200, "屋顶")],
)
def test_a_sentence_too_long_is_cut_between_words_and_says_so(text: str, query: str) -> None:
    shown, marked = _snippet(text, query)
    assert marked == [query] and shown[0] == shown[-1] == "…" and len(shown) <= 302
    assert set(shown.strip("…").split()) <= {"word", "gargoyle"} or "字词" in shown


def test_no_composed_character_is_parted() -> None:
    text = "e\u0301" * 400
    shown, _ = snippet(text, [], lambda _: 1.0)
    assert shown.endswith("e\u0301…")


_TEXTS = st.text(
    st.sampled_from('aZé台臺北京。！？；.!?,;\n\u3000 ”」"e\u0301🎉\U0001f3fd\u200dＡﬁ㎡5½-'), max_size=500
)


@given(_TEXTS, st.text(st.sampled_from('aZé台臺北京"-* 5½Ａﬁ㎡'), max_size=12))
def test_marks_are_the_words_marked_in_the_text(text: str, query: str) -> None:
    asked = parse(query)
    marks = highlights(text, asked.marked, asked.required)
    shown, inside = snippet(text, marks, len)
    body = shown.removeprefix("…").removesuffix("…")
    assert body in "".join(" " if c.isspace() else c for c in text)
    assert not body or not unicodedata.combining(body[0]) or text.lstrip().startswith(body[0])
    assert all(0 <= a < b <= len(shown) for a, b in inside)
    assert all(b <= c for (_, b), (c, _) in pairwise(inside))
    whole = {" ".join(text[a:b].split()) for a, b in marks}
    assert all(" ".join(shown[a:b].split()) in whole for a, b in inside[1:-1])
    assert bool(inside) == bool(marks)
