"""Labels of pages that lie in the folder of real documents: facts about them, none of their sentences."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.extract.document import Kind
from tests.bench.layout.label import Label, LabelledPage

_KINDS: dict[str, Kind] = {
    "#": "heading", "p": "paragraph", "-": "list_item", "T": "table", "F": "figure", "C": "caption", "n": "footnote",
    "^": "header", "v": "footer",
}  # fmt: skip

# name, script, file, page from 1, then a block a line: its kind, "~" where it floats, how it begins.
_PAGES = [
    ("cv, centred headings", "en", "extraction/rendercv_en/John_Doe_EmberTheme_CV.pdf", 1, """
        ^ Last updated
        # John Doe
        p San Francisco, CA
        # Welcome to
        p RenderCV reads
        p Each section
        p You can choose
        p Markdown syntax
        # Education
        p Princeton Univ
        p PhD in Comp
        - Thesis: Eff
        - Advisor: Pr
        - NSF Graduate
        p Boğaziçi Univ
        p BS in Computer
        - GPA: 3.97
        - Fulbright Sch
        # Experience
        p Nexus AI
        p Co-Founder
        - Built founda
        - Raised $18M
        - Scaled engin
        - Developed propr
        p NVIDIA Resea
        p Research Intern
        - Designed spar
        - Co-authored
        p Google DeepM
        p Research Intern
        - Developed reinf
        - Published res
        - ICML 2022 ma
        - NeurIPS 2022 w
        - Invited journ
        p Apple ML Res
        p Research Intern
        - Created on-d
        - Filed 2 pate
        p Microsoft Re
        p Research Intern
        - Implemented n
        - Research integ
        v John Doe – 1/2
        """),
    ("gazette, three columns", "en", "hard/pdfplumber/tests/pdfs/federal-register-2020-17221.pdf", 1, """
        F~
        ^~ 47698
        # Proposed Rules
        p~ Federal Reg
        p~ Vol. 85
        p~ Thursday, Aug
        p This section of
        # DEPARTMENT OF
        # Federal Aviat
        # 14 CFR Part
        # [Docket No.
        # RIN 2120
        # Airworthiness D
        p AGENCY:
        p ACTION:
        p SUMMARY:
        p DATES:
        p ADDRESSES: You
        - Federal eRule
        - Fax: 202
        - Mail: U.S.
        - Hand Deliv
        p For Boeing
        # Examining the
        p You may examine
        p FOR FURTHER INFORMATION CONTACT: I
        p SUPPLEMENTARY
        # Comments Inv
        p The FAA invites
        p Except for Conf
        # Confidential Bus
        p CBI is comm
        # Background
        p On October 29
        """),
    ("paper, two columns, figure", "en", "hard/pdfplumber/tests/pdfs/issue-982-example.pdf", 1, """
        v~ arXiv:1601
        # Creativity in
        p Martin Thoma
        p E-Mail:
        p Abstract—Recent
        p This paper gives
        # I. Introduction
        p According to
        p Recent advances
        p This paper is str
        # II. Basics
        p The traditional
        p A formal def
        p A computer prog
        F~
        F~
        C~ (a) Example
        C~ (b) A visual
        C~ Fig. 1: Neu
        p This means that
        p The field of mach
        p A common mis
        p An important gr
        """),
    ("picture, table, footnotes", "en", "hard/pypdf_samples/011-google-doc-document/google-doc-document.pdf", 1, """
        # Example doc
        p Beautiful is
        p Explicit is
        p Simple is
        p Complex is
        p Flat is
        p Sparse is
        p Readability
        p Special cases
        p Although pract
        p Errors should
        p Unless expl
        p In the face
        p There should
        p Although that
        p Now is better
        p Although never
        p If the implementation is h
        p If the implementation is e
        p Namespaces are
        F~
        T Indonesia
        n 1 2021 est
        n 2 2020 est
        n 3 2020 est
        """),
    ("leaflet scanned, part in columns", "en", "hard/ocrmypdf/linn.pdf", 1, """
        # The LinnSeq
        p The LinnSequencer is
        - Operation is
        - Each of the 1
        - Ultra-fast
        - One or all tr
        - Exclusive real
        - Exclusive REP
        - TIMING CORR
        - Optional SMP
        - Optional rem
        # Recording a S
        p To record a
        p FAST FORWARD, REW
        # Editing
        p To erase a
        p The INSERT/C
        # Creating a S
        p One way to cr
        # Composition W
        p The technology
        # Additional F
        - Simple, easy
        - Non-destruct
        - Two FOOTSW
        - Two TRIGG
        - Will sync
        - Utilizes ult
        - TEMPO may be spec
        - TEMPO may be ent
        - TEMPO CHANGES
        - Any TIME SIG
        F~
        p Linn Electr
        p 18720 Oxn
        p (818) 708
        """),
    ("magazine scanned, picture across the gutter", "en", "ocr/tesseract_test/testing/8087_054.3B.tif", 1, """
        ^~ dateline
        p This is Greater
        p As I drove
        p Today the city
        p You hear a lot
        p Vinko Milut
        p One question I
        p During a walk
        p Are there still
        F~
        C~ The terra-cotta
        v~ Travel&Leis
        """),
    ("outline and nested list", "en", "hard/pdfplumber/tests/pdfs/pdf_structure.pdf", 1, """
        # Titre du doc
        # Titre 1
        p Contenu 1, c
        p Lorem ipsum d
        # Titre 2
        p Encore du c
        - Énumération 1
        - Énumération 2
        - Énumération imb
        - Longue énum
        # Tableau
        T Chose Truc
        """),
    ("profile, page image", "zh", "ocr/zh_resume_pages/profile_000.png", 1, """
        p 常建良
        p 1963年出
        p 1985年8月
        p 1993年5月
        p 1999年5月
        p 2010年5月
        """),
    ("rules with three tables", "zh", "hard/pdfplumber/tests/pdfs/issue-336-example.pdf", 1, """
        ^ 安徽省建设用地
        p 路段的交通量和
        C 表7.5停车区
        T 公路技术
        p 注：表中
        C 表7.6停车
        T 公路 技术
        p 第7.9条
        p 第7.10条
        C 表7.7
        T 路段监控通信分中心
        p 第7.11条
        v 173
        """),
    ("letter scanned, letterhead, table", "zh", "hard/pdfplumber/tests/pdfs/pr-136-example.pdf", 1, """
        F~
        ^~ 天健会计师
        # 关于浙江菲达
        p 天健函
        p 上海证券交易
        p 由浙江菲达环
        p 问题、根据公
        p 回复
        # 一、截至
        p 2013年5月16
        T 被担保
        v~ 诚信公正
        v~ 地址：中国
        v~ Add: 128
        v~ 网址
        v~ 第1页共
        """),
    ("report, numbered parts", "zh", "hard/pdfplumber/tests/pdfs/issue-67-example.pdf", 7, """
        ^ 东北电气发展股份有限公司2018年第一
        # 二、重要事项
        p √适用
        # （一）新增
        p 新增发行H股股票方案
        # （二）重大
        p 公司于2017年9
        # （三）重大
        - 1、沈阳市
        p 根据公司2017年7月
        p 案件代理律师认为，虽然
        - 2、国家开
        p 根据公司2017年10月
        p 案件代理律师认为，依据
        p 除上述案件外
        T 重要事项概述
        v 7
        """),
    ("resume, empty sidebar", "zh", "hard/pdfplumber/tests/pdfs/issue-71-duplicate-chars.pdf", 1, """
        p 项目描述：负责
        p 2020.01-2020.05
        # 项目名称一1
        p 项目描述：14负
        p 2019.01-2020.01
        # 项目经验项目
        p 项目描述：该项目
        p 2017.02
        # 测试
        p 项目描述：哦婆
        p 2015.02-2020.01
        # 研发
        p 项目描述：负责
        # 教育经历
        p 2018.05-2020.05
        p 北京师范大学
        p 2006.01
        p 青岛理工大学
        # 培训经历
        p 2018.05-至今
        p 微软
        """),
]  # fmt: skip
_LINE = re.compile(r"^\s*(\S)(~?)(?: (.*\S))?\s*$")


def kept_pages(folder: Path) -> list[LabelledPage]:
    """The labelled pages that lie in the folder; those that do not are left out."""
    pages = []
    for name, script, file, number, text in _PAGES:
        found = [_LINE.match(line) for line in text.splitlines() if line.strip()]
        labels = tuple(Label(_KINDS[m[1]], m[3] or "", bool(m[2])) for m in found if m)
        if (folder / file).is_file():
            pages.append(LabelledPage(name, script, folder / file, number, labels))
    return pages
