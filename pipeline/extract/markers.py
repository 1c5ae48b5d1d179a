"""What stands before the text of a list item or a numbered heading."""

from __future__ import annotations

import re

_BULLETS = "•◦‣⁃∙▪▫■□●○◆◇►▶➢➤✓✔❖★☆·・‧*–—-"
# Private-use bullets come out of Word's Symbol and Wingdings fonts.
BULLET = re.compile(
    rf"^(?:[{re.escape(_BULLETS)}\uf0b7\uf0a7\uf0d8\uf0fc\uf06c\uf06e](?=\s|$)|[•◦‣▪■●◆►➢➤❖](?=\S)|[·・‧](?=[\u4e00-\u9fff]))\s*"
)
# "*", "-" and dashes open a sentence of dialogue or a footnote as well: only before a space, as above.
# "□ 是 √ 否": boxes to tick in one line are an answer, and a list of such lines is none.
_CHOICES = re.compile(r"^[□■☐☑☒✓✔√].*[□■☐☑☒✓✔√]")
_HAN_NUMBER = "一二三四五六七八九十百〇零0-9０-９"
ORDERED = re.compile(
    rf"^(?:\d{{1,3}}[.)](?=\s|$)|\d{{1,3}}[.)](?=[^\W\d])|\d{{1,3}}[、．）](?!\d)|[(（\[][{_HAN_NUMBER}]{{1,3}}[)）\]]"
    rf"|[(（]?[a-zA-Z][)）](?=\s)|[(（]?[ivx]{{1,5}}[)）](?=\s)|[①-⑳⑴-⒇㈠-㈩]|[一二三四五六七八九十]{{1,3}}、)\s*"
)
CHAPTER = re.compile(
    rf"^第\s?[{_HAN_NUMBER}]{{1,5}}\s?[章篇部编卷回]|^(?:Chapter|CHAPTER|Part|PART|Appendix|APPENDIX)\s+[\dA-Z]+\b"
)
SECTION = re.compile(rf"^第\s?[{_HAN_NUMBER}]{{1,5}}\s?[节條条款]")
HAN_ITEM = re.compile(r"^[一二三四五六七八九十]{1,3}、")
DECIMAL = re.compile(r"^([1-9]\d?(?:\.\d{1,2}){0,4})\.?\s+(?=[^\W\d_])")
ITEM_NUMBER = re.compile(r"[(（]?([0-9]{1,3})[.)、．）]")
LEADERS = re.compile(r"(?:[.．·…]\s?){5,}")


def list_marker(text: str) -> str:
    """The bullet or number that opens the text, with the space after it, or an empty string."""
    if not text or (text[0].islower() and text[1:2] not in ").）"):
        return ""
    found = None if _CHOICES.match(text) else BULLET.match(text) or ORDERED.match(text)
    return found.group() if found else ""


def number_depth(text: str) -> int:
    """Depth of a decimal section number: 1 for "2 Method", 3 for "2.1.4 Loss", 0 without one."""
    found = DECIMAL.match(text)
    return found.group(1).count(".") + 1 if found else 0


_FIGURE_NUMBER = r"\s?(?:[A-Z]?\d{1,3}(?:[.\-–]\d{1,3}){0,2}[a-z]?|[IVX]{1,5}|[一二三四五六七八九十]{1,3})"
CAPTION = re.compile(
    rf"(?:Fig(?:ure|s?\.)|FIG(?:URE|\.)|Tab(?:le|\.)|TABLE|Chart|Plate|Exhibit|Scheme|Diagram|Abb(?:ildung|\.)|Tabelle)"
    rf"{_FIGURE_NUMBER}(?P<mark>\s*[.:：|—–-]|\s*$|\)|(?=\s))"
)
CAPTION_HAN = re.compile(rf"(?:附?[图圖表]|[图圖]表){_FIGURE_NUMBER}(?P<mark>\s*[.:：、]|\s|$|(?=[\u4e00-\u9fff]))")
# "表1所示", "图 2 给出了": sentences about a figure, not its name.
_SPOKEN_OF = re.compile(r"\s*(?:所|中|给出|给了|为|是|可|显示|展示|表明|说明|列出|和|与|及|至|的)")


def caption_mark(text: str) -> re.Match[str] | None:
    """What a figure or table is called, at the beginning of the text: the match has a group `mark` for what follows."""
    found = CAPTION.match(text) or CAPTION_HAN.match(text)
    return None if found and _SPOKEN_OF.match(text[found.end() :]) else found
