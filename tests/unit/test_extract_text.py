"""Joining, tokens, sentences, language, Markdown: text without boxes."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipeline.extract.document import Block, Document, Line, Page
from pipeline.extract.join import clean_text, join_texts, needs_space
from pipeline.extract.language import detect_language
from pipeline.extract.layout import page_regions
from pipeline.extract.markdown import to_markdown
from pipeline.extract.markers import list_marker
from pipeline.extract.sentences import pieces, sentences
from pipeline.extract.tokens import estimate_tokens, units
from pipeline.types import Box, PageReading, Word

MIXED = st.text(st.sampled_from("abc Zq1 9.,;:!?-—“”()[]<>&*_#`~\\|+=/。，！？；中文字龍のカ한é\u3000\n"), max_size=120)


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["infor-", "mation"], "information"),
        (["the infor\u2010", "mation age"], "the information age"),
        (["state-of-the-", "art"], "state-of-the-art"),
        (["a well-", "known fact"], "a well-known fact"),
        (["GPT-", "4"], "GPT-4"),
        (["Jean-", "Paul"], "Jean-Paul"),
        (["pre- and post-", "war"], "pre- and post-war"),
        (["one -", "two"], "one - two"),
        (["1990–", "1994"], "1990–1994"),
        (["see https://", "example.org"], "see https://example.org"),
        (["https://example.org/a-", "page/", "index?x=", "1&y=2 and"], "https://example.org/a-page/index?x=1&y=2 and"),
        (["（www.example.", "org）见"], "（www.example.org）见"),
        (["see https://example.org.", "There"], "see https://example.org. There"),
        (["电子邮箱：zhang.san@", "example.com"], "电子邮箱：zhang.san@example.com"),
        (["mail jane.doe@my-", "company.example."], "mail jane.doe@my-company.example."),
        (["mail jane.doe@example.", "org or"], "mail jane.doe@example.org or"),
        (["by e-", "mail"], "by e-mail"),
        (["an X-", "ray"], "an X-ray"),
        (["and/", "or"], "and/or"),
        (["负责公司核心", "推荐系统"], "负责公司核心推荐系统"),
        (["结束。", "开始"], "结束。开始"),
        (["他说：“", "你好”"], "他说：“你好”"),
        (["two", "words"], "two words"),
        (["使用", "Python", "开发"], "使用 Python 开发"),
        (["2019", "年5月"], "2019年5月"),
        (["（", "GPU", "）"], "（GPU）"),
        (["", "a", "", "b"], "a b"),
        ([], ""),
    ],
)
def test_lines_are_joined_as_their_script_is_written(lines: list[str], joined: str) -> None:
    assert join_texts(lines) == joined


@pytest.mark.parametrize(
    ("before", "after", "gap_em", "text_layer", "space"),
    [
        ("two", "words", 0.25, True, True),
        ("H", "ello", 0.0, True, False),  # a change of font within a word
        ("two", "words", 0.0, False, True),  # boxes of OCR touch
        ("公司", "名称", 0.1, True, False),  # a line filled to its width
        ("张三", "男", 0.25, True, True),
        ("张三", "男", 1.0, False, True),
        ("结束。", "下文", 0.9, True, False),  # half of the mark's square is white
        ("姓名", "性别", 3.0, True, True),
        ("使用", "Python", 0.3, True, True),
        ("使用", "Python", 0.0, True, False),
    ],
)
def test_words_of_a_line_are_spaced_by_what_stands_between(
    before: str, after: str, gap_em: float, text_layer: bool, space: bool
) -> None:
    assert needs_space(before, after, gap_em, text_layer) is space


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ([("个", 1), ("人", 1), ("简", 1), ("历", 0)], "个人简历"),
        ([("【个", 2), ("人", 2), ("简", 2.1), ("历】", 0)], "【个人简历】"),
        ([("第", 0.5), ("一", 0.5), ("章", 1), ("总", 0.5), ("则", 0)], "第一章 总则"),
        ([("姓", 2), ("名：张三", 0)], "姓名：张三"),
        ([("项", 1), ("目", 4), ("余额", 0)], "项目 余额"),
        ([("王", 1), ("伟", 2), ("李", 1), ("明", 0)], "王伟 李明"),
        ([("李", 1), ("明", 3), ("男", 3), ("汉", 0)], "李明 男 汉"),
        ([("男", 2), ("汉", 0)], "男 汉"),
        ([("张三", 0.5), ("男", 0.5), ("汉族", 0)], "张三 男 汉族"),
        ([("一", 3), ("二", 3), ("三", 0)], "一 二 三"),  # columns
        ([("S", 0.5), ("K", 0.5), ("I", 0.6), ("L", 0.5), ("L", 0.5), ("S", 0)], "SKILLS"),
        ([("A", 0.5), ("B", 0.5), ("C", 0.5), ("D", 0.5), ("E", 0)], "A B C D E"),
        ([("I", 0.3), ("A", 0)], "I A"),
        ([("单", 0.3), ("时", 0.3), ("汇", 0.3), ("率", 0)], "单时汇率"),
    ],
)
@pytest.mark.parametrize("source", ["text_layer", "ocr"])
def test_characters_set_apart_are_one_word_and_columns_are_not(
    line: list[tuple[str, float]], read: str, source: Literal["text_layer", "ocr"]
) -> None:
    x, words = 50.0, []
    for text, gap_em in line:
        width = 10.0 * len(text) if not text.isascii() else 6.0
        words.append(Word(text, Box(x, 100, x + width, 110), 1.0, 0, 0, 10.0))
        x += width + 10.0 * gap_em
    reading = PageReading(1, 595, 842, tuple(words), source, "engine")
    text = " ".join(row.text for region in page_regions(reading) for row in region)
    assert text == read


def test_text_is_cleaned_of_what_no_one_searches_for() -> None:
    assert clean_text("e\ufb03cient\u200b") == "efficient"
    assert clean_text("\u2f08\u2f2f\u2ed3") == "人工长"  # radicals, Kangxi's and others
    assert clean_text("co\u00adoperate") == "cooperate"
    assert clean_text("infor\u00ad") == "infor-"
    assert clean_text("\uf0b7") == "\uf0b7"  # the Symbol font's bullet
    assert clean_text("\uf095") == "" == clean_text(" \x00\u3000")


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("• item", "• "), ("•item", "•"), ("- item", "- "), ("* item", "* "), ("●能力", "●"), ("▪ 能力", "▪ "),
        ("1. item", "1. "), ("12) item", "12) "), ("（1）内容", "（1）"), ("(三)内容", "(三)"), ("1、内容", "1、"),
        ("①内容", "①"), ("□ 是 √ 否", ""), ("□ 能力", "□ "),
        ("a) item", "a) "), ("-5 degrees", ""), ("*note", ""), ("3.14 is", ""),
        ("1999. A year", ""), ("item", ""), ("I agree", ""),
    ],
)  # fmt: skip
def test_list_markers(text: str, marker: str) -> None:
    assert list_marker(text) == marker


@pytest.mark.parametrize(
    ("text", "tokens"),
    [  # counted once with the tokenizer of multilingual-e5
        ("Revolutionary waves swept the small republic in the early summer, and by August nobody in the capital could "
         "say with confidence who was governing the provinces along the river.", 38),
        ("春天来了，田野里的麦苗一片一片地绿了起来，远处的山也慢慢地换上了新装。"
         "孩子们放学之后跑到河边，看着冰面一点一点地化开。", 44),
        ("负责公司核心推荐系统的设计与开发，带领五人团队完成了架构搭建工作，"
         "日均处理请求超过 2000 万次，系统可用性达到 99.9%。", 37),
    ],
)  # fmt: skip
def test_estimate_is_near_the_tokenizers_count(text: str, tokens: int) -> None:
    assert 0.8 * tokens <= estimate_tokens(text) <= 1.3 * tokens


@given(MIXED)
def test_units_and_sentences_and_pieces_leave_no_gap(text: str) -> None:
    for cuts in (units(text), sentences(text), pieces(text, 5)):
        end = 0
        for cut in cuts:
            assert cut[0] == end < cut[1]
            end = cut[1]
        assert end == len(text)


def test_sentences_end_where_both_scripts_end_them() -> None:
    text = "Dr. Smith left at 3.15 p.m. today. He said: “No.” Then? 他走了。“真的！”她问；没有人回答"
    assert [text[a:b].strip() for a, b in sentences(text)] == [
        "Dr. Smith left at 3.15 p.m. today.", "He said: “No.”", "Then?", "他走了。", "“真的！”", "她问；", "没有人回答",
    ]  # fmt: skip


def test_text_without_any_mark_is_cut_all_the_same() -> None:
    for text in ("x" * 10_000, "字" * 10_000, "0" * 10_000, "word " * 3000):
        assert all(tokens <= 40 for _, _, tokens in pieces(text, 40))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The committee met in the spring and agreed that the work should begin.", "en"),
        ("负责公司核心推荐系统的设计与开发，熟悉 Python 和 Kubernetes。", "zh-Hans"),
        ("負責公司核心推薦系統的設計與開發，並帶領團隊。", "zh-Hant"),
        ("これは日本語の文章です。漢字も含まれています。", None),
        ("이 문서는 한국어로 작성되었습니다.", None),
        ("Le comité de démolition se réunit dans la salle du conseil municipal de la ville.", None),
        ("Комитет собрался весной и решил начать работу.", None),
        ("12.50 3.40 99", None),
        ("", None),
    ],
)
def test_language(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def _document(*blocks: tuple[str, int, str]) -> Document:
    box = Box(0, 0, 1, 1)
    made = tuple(Block(kind, 1, (Line(text, box, 10, False, ()),), level) for kind, level, text in blocks)
    return Document((Page(1, 1, 1, "ocr", 1.0, made),))


def test_markdown_of_every_kind_of_block() -> None:
    document = _document(
        ("header", 0, "running"), ("heading", 2, "C #"), ("paragraph", 0, "1. no list"), ("list_item", 0, "• one"),
        ("list_item", 0, "- two"), ("list_item", 0, "3. three"), ("list_item", 0, "（4）four"),
        ("paragraph", 0, "# end"),
    )  # fmt: skip
    assert to_markdown(document) == "## C \\#\n\n1\\. no list\n\n- one\n- two\n3. three\n- （4）four\n\n\\# end\n"


def test_markdown_escapes_no_more_than_it_must() -> None:
    plain = "snake_case, 5 * 3, a-b, 1.5, C# & D [1], x < y, 50% ~ 60%, (a) “b” 中文_中文"
    assert to_markdown(_document(("paragraph", 0, plain))) == plain + "\n"


@settings(max_examples=100)
@given(MIXED, st.sampled_from(["heading", "paragraph", "list_item"]))
def test_markdown_shows_the_text_as_it_was(text: str, kind: str) -> None:
    text = " ".join(text.split())
    if not text or (kind == "list_item" and list_marker(text)):
        return
    tokens = MarkdownIt("commonmark").parse(to_markdown(_document((kind, 1, text))))
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 1, tokens
    assert {child.type for child in inline[0].children or []} <= {"text", "text_special"}
    assert "".join(child.content for child in inline[0].children or []) == text
    opened = {"heading": "heading_open", "paragraph": "paragraph_open", "list_item": "bullet_list_open"}[kind]
    assert tokens[0].type == opened
