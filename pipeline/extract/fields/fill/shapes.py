"""Values that no label names, found by what they look like: who issued a paper, where it sits, what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.extract.document import Document
from pipeline.extract.fields.dates import find_dates
from pipeline.extract.fields.fill.sheet import Row, Sheet
from pipeline.extract.fields.generic import find_title
from pipeline.extract.fields.text import Field, Span, whole
from pipeline.extract.join import join_texts
from pipeline.types import Box

_HEAD_ROWS = 12  # of a page: a letterhead ends before them
_TOP_ROWS = 3  # where a name is one though nothing in it says so
_SINKS = 0.35  # a row further down is so much less likely
_COMPANY = re.compile(
    r"(?<![A-Za-z])(?:sdn\.?\s?bhd|s/b|bhd|berhad|pte\.?\s?ltd|ltd|limited|inc|llc|llp|plc|corp(?:oration)?|co\.|company|gmbh"
    r"|s\.?a\.?r\.?l|pty|enterprises?|trading|holdings?|industries|restaurant|hotel|store|supermarket|hospital|university"
    r"|college|bank|group)(?![A-Za-z])|公司|集团|集團|有限|商行|商店|超市|酒店|餐厅|餐廳|饭店|飯店|医院|醫院|大学|大學|学院|學院|银行|銀行"
    r"|事务所|事務所|中心|协会|協會|委员会|委員會|合作社|经营部|門市部|门市部|厂$|廠$|局$|店$",
    re.I,
)  # fmt: skip
_LEGAL = re.compile(
    r"(?<![A-Za-z])(?:sdn\.?\s?bhd|bhd|berhad|pte\.?\s?ltd|ltd|limited|inc|llc|llp|plc|corp(?:oration)?|gmbh|pty)(?![A-Za-z])"
    r"|有限责任公司|有限責任公司|有限公司|股份公司|集团|集團",
    re.I,
)  # fmt: skip
_NO_COMPANY = re.compile(
    r"^\W*(?:tax\s)?(?:invoice|receipt|bill|statement|quotation|purchase order|delivery order|cash sales?|certificate"
    r"|report|copy|original|duplicate|welcome|thank you|page|date|tel|fax|no\.?|gst|customer copy"
    r"|发票|發票|收据|收據|合同|证书|證書|报告|報告|通知|申请表|申請表|登记表|登記表)\b",
    re.I,
)  # fmt: skip
_STREET = re.compile(
    r"(?<![A-Za-z])(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|court|square|highway|hwy|parkway|plaza"
    r"|building|bldg|tower|floor|suite|unit|apt|block|blk|lot|no|level|ground|p\.?o\.?\sbox|jalan|jln|lorong|taman|kampung|kg"
    r"|persiaran|lebuh|bandar|desa|wisma|menara|kawasan|batu|seksyen|strasse|straße|rue|via|calle|city|mall|centre|center|park)"
    r"(?![A-Za-z])|[省市区區县縣镇鎮乡鄉村路街道巷弄号號楼樓层層室座栋棟]",
    re.I,
)  # fmt: skip
_POSTCODE = re.compile(r"(?<!\d)(?:\d{5,6}|\d{5}-\d{4}|[A-Z]{1,2}\d{1,2}[A-Z]?\s\d[A-Z]{2})(?!\d)")
_HAN_PLACE = re.compile(
    r"[\u4e00-\u9fff]{2,8}(?:省|市|自治区|區|区|县|縣)[\u4e00-\u9fff\dA-Za-z（）()\-—]{2,40}(?:号|號|室|楼|樓|层|層|座|路|街|村|巷|弄)"
)
_HOUSE = re.compile(r"^\W*(?:no\.?\s?)?\d{1,5}[A-Za-z]?(?:[-/&]\d{1,5}[A-Za-z]?)?\s?,\s?[A-Za-z]", re.I)
_PLACE_WORDS = re.compile(r"[^\W\d_]{2,}(?:\s[^\W\d_]{2,}){0,2}\.?")
_ENDS_ADDRESS = re.compile(
    r"(?<![A-Za-z])(?:tel|phone|fax|e-?mail|www\.|http|gst|tax|invoice|receipt|bill|date|cashier|table|reg|roc"
    r"|co\.? ?no|customer|order|hotline|h/p|mobile|attn|qty|item)(?![A-Za-z])|@|电话|電話|传真|傳真|邮箱|税号|稅號"
    r"|发票|發票|收据|收據|单号|單號|日期|\d{1,2}[:：]\d\d|\d\s*(?:年|月)",
    re.I,
)  # fmt: skip
_AFTER_LABEL = re.compile(r"^\s*(?:address|add|addr|地址|公司地址|详细地址|詳細地址)\s*[:：.]\s*", re.I)


def letterhead(sheet: Sheet) -> Field | None:
    """Who issued the paper: a name among the first rows, the surer the higher and the more it reads as one."""
    best: tuple[float, Span, str, float] | None = None
    for rank, row in enumerate(sheet.first_page[:_HEAD_ROWS] if sheet.rows else []):
        for cell in row.cells[:2]:
            span = _named(cell.span)
            if not _may_name(span.reads):
                continue
            if _LEGAL.search(span.reads):
                score, method, confidence = 3.0, "letterhead", 0.85
            elif _COMPANY.search(span.reads):
                score, method, confidence = 2.0, "letterhead", 0.72
            elif rank < _TOP_ROWS and len(row.cells) == 1:
                score, method, confidence = 1.0, "position", 0.62
            else:
                continue
            score -= _SINKS * rank
            if best is None or score > best[0]:
                best = score, span, method, confidence
    return best[1].field(best[2], best[3]) if best else None


def _may_name(reads: str) -> bool:
    letters = sum(map(str.isalpha, reads))
    return letters >= 3 and 2 * letters > len(reads.replace(" ", "")) and len(reads) <= 90 and not (
        _NO_COMPANY.search(reads) or "@" in reads or ":" in reads or next(find_dates(reads), None)
    )  # fmt: skip


def _named(span: Span) -> Span:
    """Without a number in brackets behind it, as companies' registers give them."""
    reads = span.reads.rstrip()
    at = max(reads.rfind("("), reads.rfind("（"))
    behind = reads[at + 1 :].rstrip(")）")
    numbered = at > 3 and any(map(str.isdigit, behind)) and not re.search("[)）]", behind)
    return span.part(0, len(reads[:at].rstrip())) if numbered else span


def address(sheet: Sheet) -> Field | None:
    """The first rows that read as an address, put together."""
    rows = sheet.first_page[:40] if sheet.rows else []
    for start, row in enumerate(rows):
        under = rows[start + 1] if start + 1 < len(rows) else None
        if not _is_address(row.reads, under.reads if under and not _stops(row, under) else ""):
            continue
        parts = [_address_part(row)]
        for under in rows[start + 1 : start + 5]:
            if _stops(row, under) or not goes_on(under.reads, row.reads):
                break
            parts.append(_address_part(under))
            row = under
        joined = merged([part.field("shape", 0.7) for part in parts])
        if len(joined["value"]) >= 8:
            return joined
    return None


def _is_address(reads: str, under: str) -> bool:
    if (_ENDS_ADDRESS.search(reads) and not _AFTER_LABEL.match(reads)) or _LEGAL.search(reads) or len(reads) <= 6:
        return False
    if _HAN_PLACE.search(reads):
        return True
    cues = len(_STREET.findall(reads)) + bool(_POSTCODE.search(reads)) + bool(_HOUSE.match(reads))
    if cues >= 2 or (cues and any(map(str.isdigit, reads)) and "," in reads):
        return True
    return bool(cues and _POSTCODE.search(under) and not _ENDS_ADDRESS.search(under))


def goes_on(reads: str, before: str) -> bool:
    """Whether a row goes on with an address whose last row is `before`."""
    if _ENDS_ADDRESS.search(reads) or _NO_COMPANY.search(reads) or sum(map(str.isalpha, reads)) < 3:
        return False
    if "," in reads or _POSTCODE.search(reads) or _STREET.search(reads) or before.rstrip().endswith((",", "，", "-")):
        return True
    return not _POSTCODE.search(before) and bool(_PLACE_WORDS.fullmatch(reads.strip()))


def _stops(row: Row, under: Row) -> bool:
    return under.page_number != row.page_number or under.box.y0 - row.box.y1 > 1.2 * max(row.box.height, 1.0)


def _address_part(row: Row) -> Span:
    span = whole(row.text)
    label = _AFTER_LABEL.match(span.reads)
    return span.part(label.end() if label else 0)


def merged(fields: Sequence[Field]) -> Field:
    """Fields of rows one below another as one; on one page."""
    first = fields[0]
    boxes = [Box(*field["box"]) for field in fields if field["box"] and field["page"] == first["page"]]
    box = boxes[0] if boxes else None
    for other in boxes[1:]:
        box = box.union(other) if box else other
    value = join_texts(field["value"] for field in fields)
    return {
        **first, "value": value, "text": join_texts(field["text"] for field in fields),
        "box": box.rounded() if box else None, "confidence": min(field["confidence"] for field in fields),
    }  # fmt: skip


def title(document: Document) -> Field | None:
    """What the paper is called, by its type."""
    blocks = document.text_blocks
    return find_title(blocks) if blocks else None


def tokens(sheet: Sheet, most: int = 3_000) -> Iterator[Span]:
    """Words as they are printed, in order; for patterns that need no label."""
    seen = 0
    for row in sheet.rows:
        for cell in row.cells:
            for found in re.finditer(r"[^\s,;，；：:（）()]+", cell.reads):
                yield cell.span.part(*found.span())
                seen += 1
                if seen >= most:
                    return
