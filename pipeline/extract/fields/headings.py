"""Headings of a resume's sections, told by their text in both languages."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["head", "person", "education", "work", "skills", "languages", "other"]

_HAN = {
    "education": r"(?:受?教育(?:经历|背景|情况|程度|信息|及培训)?|学习(?:经历|背景|情况)|求学经历|学历(?:背景|情况"
                 r"|信息)?|學歷|教育(?:背景|經歷)|學習經歷)",
    "work": r"(?:(?:主要)?工作(?:经历|经验|背景|履历|情况|经歷|經歷|經驗)|(?:任职|职业|从业|职场|就业)(?:经历|经验"
            r"|履历|生涯)|实习(?:经历|经验)"
            r"|工作及?(?:与|和)?实习经历|工作/实习经历|实习/工作经历|工作实践|主要(?:经历|任职)|个人履历|工作简历)",
    "skills": r"(?:(?:专业|职业|个人|核心|工作|相关|主要|计算机|IT|技术|掌握|其他)?(?:技能|能力|特长|技术栈"
              r"|專長)(?:特长|专长|清单|标签|概述|水平|与特长|及特长)?|技能与?(?:特长|证书|工具)"
              r"|擅长(?:领域|技能)|技术(?:能力|栈|特长)|专长|專業技能)",
    "languages": r"(?:(?:外语|语言|英语|外國語|語言)(?:能力|水平|技能|情况)?|(?:证书|技能)(?:与|及|和|/)语言|语言(?:与"
                 r"|及|和|/)证书)",
    "person": r"(?:(?:个人|求职)?简历|个人(?:信息|资料|基本信息|情况|概况)|基本(?:信息|资料|情况)|联系方式|联系我"
              r"|個人資料)",
    "other": r"(?:(?:科研|项目|社会|校园|校内|实践|社团|培训|学生工作|参赛|竞赛|志愿者?|兼职|研究|學術)(?:经历|经验"
             r"|实践|活动|成果|情况|服务)?(?:/科研)?|自我(?:评价|介绍|描述|鉴定|總結)|个人(?:评价|简介|总结|优势|陈述"
             r"|作品|荣誉|爱好)"
             r"|求职意向|应聘(?:职位|岗位)|期望(?:工作|职位)|职业目标|(?:所获|获得|主要)?(?:荣誉|奖项|奖励"
             r"|获奖)(?:情况|证书|奖项|经历|荣誉|与奖项|及奖励)?|(?:资格|职业|技能|相关)?(?:证书|认证)(?:资质|情况)?"
             r"|兴趣(?:爱好)?|爱好|特长爱好"
             r"|(?:发表)?(?:论文|文章|著作|专利)(?:发表|情况|成果|与专利|及专利)?|学术(?:成果|论文|兼职|任职)|推荐人"
             r"|证明人|附加信息|其他(?:信息|说明|情况)?|主要(?:业绩|成就|课程|成果)|工作业绩|家庭(?:情况|成员)"
             r"|社会职务|社会兼职|备注|附件)",
}  # fmt: skip
_ENGLISH: dict[Kind, str] = {
    "education": r"(?:(?:academic |my )?education(?:al)?(?: (?:background|history|and training|& training"
                 r"|qualifications?))?|academic (?:background|history|qualifications?)|qualifications|studies)",
    "work": r"(?:(?:professional |work |employment |relevant |career |job |industry |working |research |teaching "
            r"|internship |selected |other )*(?:experience|employment|history)s?(?: history| record)?|(?:work|career)"
            r" (?:history|summary)|employment(?: history| record)?|career|internships?"
            r"|(?:academic |professional |research |current |previous |clinical |faculty )*(?:appointments"
            r"|positions|posts)"
            r"(?: held)?)",
    "skills": r"(?:(?:core |key |technical |professional |additional |computer |it |software |relevant |other"
              r" )*(?:skills?|competenc(?:ies|es|e)|expertise|proficienc(?:ies|y))(?: summary|set| (?:and|&) (?:tools"
              r"|technologies|expertise|abilities|competencies))?|(?:technologies|tools|technical stack|tech stack"
              r"|areas of expertise|technologies (?:and|&) tools))",
    "languages": r"(?:languages?(?: skills| proficiency)?|foreign languages)",
    "person": r"(?:resume|résumé|curriculum vitae|cv|personal (?:details|information|data|info)|contact(?: details|"
              r" information| info| me)?|details"
              r"|about)",
    "other": r"(?:(?:selected |personal |side |key |academic |research |notable |open[- ]source )*projects?"
             r"|(?:selected )?publications?(?: list)?|papers|patents?|(?:selected )?(?:honou?rs?|awards?)(?:(?: and |"
             r" ?& ?)(?:honou?rs?|awards?|scholarships?|achievements?))?|achievements?|certifications?|certificates?"
             r"|licen[sc]es?(?: (?:and|&) certifications?)?"
             r"|training|courses|coursework|courses and certificates|references?|referees|interests?|hobbies(?: (?:and"
             r"|&) interests)?|interests (?:and|&) hobbies|(?:professional |personal |executive |career )?(?:summary"
             r"|profile|statement|objective|overview)|about me|objective|volunteer(?:ing)?(?: experience| work)?"
             r"|activities|extracurricular activities"
             r"|leadership|community|(?:invited )?talks|presentations|conferences|memberships?|(?:professional"
             r" )?affiliations|service|scholarships|grants|additional information|miscellaneous|other"
             r"|strengths|portfolio|links)",
}  # fmt: skip
# A heading of two subjects is of the first that is looked for here.
_ORDER: tuple[Kind, ...] = ("work", "education", "skills", "languages", "person", "other")
_HEADINGS: dict[Kind, re.Pattern[str]] = {
    kind: re.compile(
        rf"(?:{_HAN[kind]}(?:[\s/|·(]*{_ENGLISH[kind]}\)?)?|{_ENGLISH[kind]}(?:[\s/|·(]*{_HAN[kind]}\)?)?"
        rf"|{_ENGLISH[kind]}(?:\s?(?:and|&|/|,)\s?[a-z& ]{{3,28}}))", re.I)
    for kind in _ORDER
}  # fmt: skip
# As they read when the white between their letters, and with it that between their words, is lost.
_CLOSED_UP: dict[Kind, re.Pattern[str]] = {
    kind: re.compile(words.replace(" ", "(?: |)"), re.I) for kind, words in _ENGLISH.items()
}
_ORNAMENT = re.compile(r"^[\W_]*(?:[一二三四五六七八九十]{1,2}[、.]|\d{1,2}[.、]\s?|[IVX]{1,4}\.\s)?[\W_]*|[\W_]+$")
_YEARS = re.compile(r"\s?[(（]\s?\d{1,2}\s?(?:年|years?)[^()（）]{0,6}[)）]$")  # "工作经验(7年)"
_MAX_HEADING = 44


def heading_kind(text: str) -> Kind | None:
    """What the text announces if it is a section heading and nothing else."""
    text = text.strip()
    if len(text) > 4 * _MAX_HEADING:
        return None
    text = _ORNAMENT.sub("", _YEARS.sub("", text))
    if not text or len(text) > _MAX_HEADING:
        return None
    if not text.isascii():
        text = re.sub(r"(?<=[\u2e80-\uffef])\s+(?=[\u2e80-\uffef])", "", text)
    text = " ".join(text.split())
    if 3 * len(re.findall(r"\b[A-Z&]\b", text)) > 2 * len(text.split()) > 4:  # letter-spaced
        return next((kind for kind in _ORDER if _CLOSED_UP[kind].fullmatch(text.replace(" ", ""))), None)
    return next((kind for kind in _ORDER if _HEADINGS[kind].fullmatch(text)), None)
