"""What stands before the text of a list item or a numbered heading."""

from __future__ import annotations

import re

_BULLETS = "•◦‣⁃∙▪▫■□●○◆◇►▶➢➤✓✔❖★☆·・‧*–—-"
# Private-use bullets come out of Word's Symbol and Wingdings fonts.
BULLET = re.compile(rf"^(?:[{re.escape(_BULLETS)}\uf0b7\uf0a7\uf0d8\uf0fc\uf06c\uf06e](?=\s|$)|[•◦‣▪■●◆►➢➤❖](?=\S))\s*")
# "*", "-" and dashes open a sentence of dialogue or a footnote as well: only before a space, as above.
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
LEADERS = re.compile(r"(?:[.．·…]\s?){5,}")


def list_marker(text: str) -> str:
    """The bullet or number that opens the text, with the space after it, or an empty string."""
    if not text or (text[0].islower() and text[1:2] not in ").）"):
        return ""
    found = BULLET.match(text) or ORDERED.match(text)
    return found.group() if found else ""


def number_depth(text: str) -> int:
    """Depth of a decimal section number: 1 for "2 Method", 3 for "2.1.4 Loss", 0 without one."""
    found = DECIMAL.match(text)
    return found.group(1).count(".") + 1 if found else 0
