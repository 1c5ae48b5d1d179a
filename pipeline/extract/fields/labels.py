"""Values that stand beside a label: "姓名：…", "Phone: …", or in the cell to the right of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.extract.fields.text import Span, Text

_LABELS = {
    "name": "姓名|名字|中文名|full name|name",
    "gender": "性别|性別|gender|sex",
    "birth_date": "出生年月日?|出生日期|出生时间|生日|出生|date of birth|birth ?date|birthday|d\\.?o\\.?b\\.?|born",
    "phone": "联系电话|手机号码?|手机|电话号码?|电话|聯絡電話|電話|tel(?:ephone)?|phone(?: number)?|mobile(?: phone)?"
             "|cell(?:phone)?",
    "email": "电子邮[箱件]|邮箱|邮件|e-?mail(?: address)?",
    "degree": "最高学历|学历|最高学位|学位|文化程度|學歷|highest degree|degree|qualification"
              "|(?:title of )?qualification awarded",
    "school": "毕业院校|毕业学校|毕业于|院校|学校名称|就读院校|就读学校|学校|畢業院校|school|university|college"
              "|institution",
    "major": "所学专业|专业名称|主修专业|主修|专业|major|field of study|subject",
    "graduation": "毕业时间|毕业日期|毕业年份|graduat(?:ed|ion)(?: date| year)?",
    "employer": "公司名称|工作单位|单位名称|所在公司|就职公司|公司|单位|company|employer|organi[sz]ation"
                "|(?:name|name and address) of (?:the )?employer|employer name",
    "title": "职位名称|担任职务|所任职位|职位|职务|岗位|position|job title|title|role|occupation or position held"
             "|position held|occupation",
    "period": "起止时间|起止年月|在职时间|就读时间|工作时间|时间|期间|日期|period|dates?|duration",
    "languages": "语言能力|外语水平|外语能力|外语语种|语言|外语|英语水平|languages?|foreign languages",
    "skills": "专业技能|技能特长|技能|特长|skills|technical skills|key skills",
    "ethnicity": "民族|族别|民\u3000族",
    "nationality": "国籍|國籍|nationality|citizenship",
    "native_place": "籍贯|籍貫|祖籍|户籍(?:所在地)?|户口(?:所在地)?",
    "location": "现居住?城市|现居住?地?址?|现所在地|目前所在地|居住城市|居住地址?|所在城市|所在地区?|现住址"
                "|家庭住址|通[信讯]地址|联系地址"
                "|住址|地址|現居地|現居住地|居住地點|通訊地址",
    "": "政治面貌|婚姻状况|婚否|婚姻|身高|体重|年龄|健康状况|健康|工作年限|工作经验|证明人|联系人|备注"
        "|求职意向|应聘职位|期望薪资|期望职位|到岗时间|目前状态|身份证号?|邮编|传真|微信号?|qq|个人网站|博客|网址"
        "|汇报对象|下属人数|离职原因|所在部门|部门|工作内容|工作职责|职责|主修课程|成绩|绩点"
        "|main activities(?: and responsibilities)?|type of business(?: or sector)?|principal subjects|address"
        "|marital status|age|website|web|linkedin|github|location|fax|visa|driving"
        " licen[cs]e|gpa|hometown|thesis|advisor|place of birth",
}  # fmt: skip
_HAN = re.compile(r"(?<=[\u2e80-\u9fff])(?=[\u2e80-\u9fff])")


def _spaced(words: str) -> str:
    return _HAN.sub(r"\\s*", words)


_LABEL = re.compile(
    r"(?:(?<=^)|(?<=[\s,;|·。/]))(?:"
    + "|".join(f"(?P<{kind or 'other'}>{_spaced(words)})" for kind, words in _LABELS.items())
    + r")(?:\s*[（(][^）)]{0,12}[)）])?(?:\s*:\s*|(?=\t)|\s*$)",
    re.I,
)


def labelled(rows: Iterable[Text]) -> list[tuple[str, Span]]:
    """Kinds of labels and the values beside them, in order; a value ends at the next label or hole."""
    return [pair for text in rows for pair in _labelled(text)]


def _labelled(text: Text) -> Iterable[tuple[str, Span]]:
    found = [label for label in _LABEL.finditer(text.text) if _is_label(text.text, label)]
    for i, label in enumerate(found):
        end = found[i + 1].start() if i + 1 < len(found) else len(text.text)
        value = Span(text, label.end(), end).part(0)
        hole = value.reads.find("\t")
        kind = label.lastgroup or ""
        if hole > 0 and not (kind == "name" and hole == 1):
            value = value.part(0, hole)
        value = value.part(0, len(value.reads.rstrip(" ,;|·/。、")))
        if value.start < value.end:
            yield kind, value


def _is_label(text: str, found: re.Match[str]) -> bool:
    """With a colon anywhere; without one only as a whole cell with another to its right."""
    if ":" in found.group():
        return True
    before = text[: found.start()].rstrip(" ")
    return (not before or before.endswith("\t")) and text[found.end() : found.end() + 1] in ("\t", "")


def label_kind(text: str) -> str | None:
    """The kind of label that the text is, or None."""
    found = _LABEL.fullmatch(text)
    return found.lastgroup if found else None
