"""Invoices, forms and certificates that tests draw, in both scripts, with the schema a person might write for them.

A page is rows from top to bottom, each of texts and where they begin (points from the left).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymupdf

Row = tuple[tuple[float, str], ...]
_TOP_PT, _STEP_PT, _SIZE_PT = 60.0, 22.0, 11.0
_L, _M, _R = 60.0, 250.0, 420.0


@dataclass(frozen=True, slots=True)
class SchemaPage:
    """A page, its schema, and what is to be found."""

    name: str
    rows: tuple[Row, ...]
    properties: dict[str, Any]
    expected: dict[str, Any]

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "object", "properties": self.properties}

    @property
    def pdf(self) -> bytes:
        """The page drawn, with a text layer."""
        with pymupdf.open() as document:
            page = document.new_page(width=595, height=842)
            for number, row in enumerate(self.rows):
                for x, text in row:
                    font = pymupdf.Font("helv" if all(ord(c) < 256 for c in text) else "china-s")
                    writer = pymupdf.TextWriter(page.rect)
                    size = 1.6 * _SIZE_PT if number == 0 else _SIZE_PT
                    writer.append((x, _TOP_PT + _STEP_PT * number), text, font=font, fontsize=size)
                    writer.write_text(page)
            document.subset_fonts()
            content: bytes = document.tobytes(garbage=3, deflate=True, no_new_id=True)
            return content


def _line(*parts: str | float) -> Row:
    """Texts at 60 points, or at the place given before them."""
    row: list[tuple[float, str]] = []
    x = _L
    for part in parts:
        if isinstance(part, str):
            row.append((x, part))
        else:
            x = part
    return tuple(row)


_TEXT, _NUMBER, _DATE = {"type": "string"}, {"type": "number"}, {"type": "string", "format": "date"}
_EMPTY = _line(" ")


def _of(name: str, rows: list[Row], properties: dict[str, Any], expected: dict[str, Any]) -> SchemaPage:
    return SchemaPage(name, tuple(rows), properties, expected)


PAGES: tuple[SchemaPage, ...] = (
    _of(
        "invoice, English",
        [
            _line("Northwind Supplies Ltd."), _line("18 Harbour Road, Bristol BS1 4QA"), _line("Tel: +44 20 7946 0321"),
            _line("INVOICE"),
            _line("Invoice No.: NW-20417", _R, "Date: 14 March 2025"),
            _line("Order number: 88123", _R, "Due date: 13 April 2025"),
            _line("Bill to:", 130, "Fairview Dental Practice"),
            _line("Description", _M, "Qty", 330, "Unit price", _R, "Amount"),
            _line("Examination gloves", _M, "40", 330, "6.20", _R, "248.00"),
            _line("Paper towels", _M, "12", 330, "3.50", _R, "42.00"),
            _line("Hand soap", _M, "6", 330, "4.75", _R, "28.50"),
            _line(330, "Subtotal", _R, "318.50"), _line(330, "VAT 20%", _R, "63.70"),
            _line(330, "Total due", _R, "GBP 382.20"),
        ],
        {
            "vendor": {"type": "string", "description": "Company that sent the invoice"},
            "invoice_number": _TEXT, "date": _DATE, "due_date": _DATE, "customer": _TEXT,
            "total": {**_NUMBER, "description": "Amount to be paid including tax"}, "subtotal": _NUMBER,
            "line_items": {"type": "array", "items": {"type": "object", "properties": {
                "description": _TEXT, "quantity": {"type": "integer"}, "unit_price": _NUMBER, "amount": _NUMBER}}},
        },
        {
            "vendor": "Northwind Supplies Ltd.", "invoice_number": "NW-20417", "date": "2025-03-14",
            "due_date": "2025-04-13",
            "customer": "Fairview Dental Practice", "total": "382.20", "subtotal": "318.50",
            "line_items": [
                {"description": "Examination gloves", "quantity": "40", "unit_price": "6.20", "amount": "248.00"},
                {"description": "Paper towels", "quantity": "12", "unit_price": "3.50", "amount": "42.00"},
                {"description": "Hand soap", "quantity": "6", "unit_price": "4.75", "amount": "28.50"},
            ],
        },
    ),
    _of(
        "发票",
        [
            _line(180, "增值税普通发票"), _line("发票代码：044001900111", 330, "发票号码：67120935"),
            _line(330, "开票日期：2024年06月18日"),
            _line("购买方名称：海棠文化传播有限公司"), _line("纳税人识别号：91440300MA5F1Q2X7K"),
            _line("货物名称", 200, "规格型号", 290, "数量", 350, "单价", _R, "金额"),
            _line("打印纸", 200, "A4", 290, "20", 350, "25.00", _R, "500.00"),
            _line("墨盒", 200, "HP-680", 290, "5", 350, "88.00", _R, "440.00"),
            _line("合计", _R, "940.00"), _line("税额", _R, "28.20"), _line("价税合计（小写）", _R, "￥968.20"),
            _line("销售方名称：丰源办公用品商行"), _line("开票人：周晓梅"),
        ],
        {
            "发票号码": {"type": "string", "pattern": "^[0-9]{8}$"}, "开票日期": _DATE, "购买方": _TEXT,
            "销售方": _TEXT,
            "total": {**_NUMBER, "title": "价税合计"}, "tax": {**_NUMBER, "title": "税额"},
            "明细": {"type": "array", "items": {"type": "object", "properties": {
                "货物名称": _TEXT, "数量": {"type": "integer"}, "金额": _NUMBER}}},
        },
        {
            "发票号码": "67120935", "开票日期": "2024-06-18", "购买方": "海棠文化传播有限公司",
            "销售方": "丰源办公用品商行",
            "total": "968.20", "tax": "28.20",
            "明细": [
                {"货物名称": "打印纸", "数量": "20", "金额": "500.00"},
                {"货物名称": "墨盒", "数量": "5", "金额": "440.00"},
            ],
        },
    ),
    _of(
        "收據",
        [
            _line(220, "收 據"), _line("單據編號：R-2231", 330, "日期：民國113年9月5日"), _line("客戶名稱：禾豐茶行"),
            _line("地址：台北市中山區長安東路二段80號3樓"),
            _line("聯絡電話：02-2508-7712"), _line("總金額：NT$ 12,600"),
            _line("付款方式：現金", 330, "經辦人：許家豪"),
        ],
        {
            "receipt_no": {"type": "string", "title": "单据编号"}, "date": _DATE,
            "customer": {"type": "string", "title": "客户名称"},
            "address": _TEXT, "phone": {"type": "string", "format": "phone"}, "total": _NUMBER,
            "payment_method": {"enum": ["cash", "card", "transfer"]},
        },
        {
            "receipt_no": "R-2231", "date": "2024-09-05", "customer": "禾豐茶行",
            "address": "台北市中山區長安東路二段80號3樓",
            "phone": "0225087712", "total": "12600", "payment_method": "cash",
        },
    ),
    _of(
        "membership form, labels above",
        [
            _line("Membership Application"), _line("First name", _M, "Last name", _R, "Date of birth"),
            _line("Priya", _M, "Raman", _R, "09/27/1991"), _EMPTY,
            _line("Street address", _R, "Postcode"), _line("77 Linden Court, Apt 4", _R, "02139"), _EMPTY,
            _line("Email", _R, "Mobile phone"), _line("priya.raman@example.org", _R, "(617) 555-0182"), _EMPTY,
            _line("Newsletter", _M, "Membership type"), _line("Yes", _M, "Family"),
        ],
        {
            "first_name": _TEXT, "last_name": _TEXT, "birth_date": {**_DATE, "title": "Date of birth"},
            "address": {"type": "string", "title": "Street address"}, "postcode": _TEXT,
            "email": {"type": "string", "format": "email"}, "phone": {"type": "string", "format": "phone"},
            "newsletter": {"type": "boolean"}, "membership_type": {"enum": ["single", "family", "student"]},
        },
        {
            "first_name": "Priya", "last_name": "Raman", "birth_date": "1991-09-27",
            "address": "77 Linden Court, Apt 4",
            "postcode": "02139", "email": "priya.raman@example.org", "phone": "6175550182", "newsletter": "true",
            "membership_type": "family",
        },
    ),
    _of(
        "登记表",
        [
            _line(200, "员工登记表"), _line("姓    名", 130, "罗嘉怡", 300, "性    别", 380, "女"),
            _line("出生日期", 130, "1990年2月14日", 300, "民    族", 380, "汉族"),
            _line("身份证号", 130, "440106199002140023"), _line("学    历", 130, "硕士", 300, "专    业", 380,
            "统计学"),
            _line("部    门", 130, "数据中心", 300, "岗    位", 380, "分析师"),
            _line("入职日期", 130, "2019/7/1", 300, "是否转正", 380, "是"),
            _line("联系电话", 130, "13602718845"), _line("家庭住址", 130, "广州市天河区体育西路18号1203室"),
        ],
        {
            "name": {"type": "string", "title": "姓名"}, "gender": {"enum": ["male", "female"], "title": "性别"},
            "birth_date": {**_DATE, "title": "出生日期"}, "id_number": {"type": "string",
            "pattern": "^[0-9]{17}[0-9Xx]$"},
            "degree": {"type": "string", "title": "学历"}, "department": {"type": "string", "title": "部门"},
            "position": {"type": "string", "title": "岗位"}, "hired": {**_DATE, "title": "入职日期"},
            "permanent": {"type": "boolean", "title": "是否转正"}, "mobile": {"type": "string", "format": "phone"},
            "address": {"type": "string", "description": "家庭住址"},
        },
        {
            "name": "罗嘉怡", "gender": "female", "birth_date": "1990-02-14", "id_number": "440106199002140023",
            "degree": "硕士",
            "department": "数据中心", "position": "分析师", "hired": "2019-07-01", "permanent": "true",
            "mobile": "13602718845",
            "address": "广州市天河区体育西路18号1203室",
        },
    ),
    _of(
        "certificate, English",
        [
            _line(150, "Certificate of Completion"), _EMPTY, _line(200, "This is to certify that"),
            _line(220, "Marta Lindqvist"),
            _line(170, "has successfully completed the course"), _line(180, "Industrial Safety Fundamentals"), _EMPTY,
            _line("Certificate No: ISF-2023-0917", 330, "Date of issue: 2 November 2023"),
            _line("Valid until: 2 November 2026", 330, "Issued by: Baltic Training Institute"),
        ],
        {
            "title": _TEXT, "holder": {"type": "string", "description": "Person the certificate was awarded to"},
            "certificate_number": _TEXT, "issue_date": _DATE, "valid_until": _DATE, "issuer": _TEXT,
        },
        {
            "title": "Certificate of Completion", "holder": "Marta Lindqvist", "certificate_number": "ISF-2023-0917",
            "issue_date": "2023-11-02", "valid_until": "2026-11-02", "issuer": "Baltic Training Institute",
        },
    ),
    _of(
        "证书",
        [
            _line(190, "培训合格证书"), _EMPTY, _line("姓名：陶亦然", 330, "性别：男"), _line("证书编号：PX20210386"),
            _line("培训项目：消防安全管理"), _line("成绩：92"),
            _line("发证单位：江城市安全技术协会", 330, "发证日期：2021年12月3日"),
        ],
        {
            "holder": {"type": "string", "title": "姓名"}, "number": {"type": "string", "title": "证书编号"},
            "course": {"type": "string", "description": "培训课程，又称：培训项目"},
            "score": {"type": "number", "title": "成绩"},
            "issuer": {"type": "string", "title": "发证机关", "description": "also called: 发证单位"},
            "issued": {**_DATE, "title": "发证日期"},
        },
        {
            "holder": "陶亦然", "number": "PX20210386", "course": "消防安全管理", "score": "92",
            "issuer": "江城市安全技术协会",
            "issued": "2021-12-03",
        },
    ),
    _of(
        "purchase order",
        [
            _line("PURCHASE ORDER"), _line("PO Number", 150, "PO-7781", 330, "Order date", _R, "2025-01-20"),
            _line("Supplier", 150, "Castor Metals GmbH", 330, "Delivery date", _R, "2025-02-03"),
            _line("Currency", 150, "EUR", 330, "Payment terms", _R, "30 days net"),
            _line("Part", 160, "Description", 330, "Quantity", _R, "Price"),
            _line("A-100", 160, "Steel bracket, 40 mm", 330, "250", _R, "1.85"),
            _line("B-220", 160, "Hex bolt M8", 330, "1,000", _R, "0.12"),
            _line("Total", _R, "582.50"),
        ],
        {
            "order_number": {"type": "string", "title": "PO Number"}, "supplier": _TEXT, "order_date": _DATE,
            "delivery_date": _DATE,
            "currency": {"type": "string"}, "payment_terms": _TEXT, "total": _NUMBER,
            "parts": {"type": "array", "items": {"type": "object", "properties": {
                "part": _TEXT, "description": _TEXT, "quantity": {"type": "integer"}, "price": _NUMBER}}},
        },
        {
            "order_number": "PO-7781", "supplier": "Castor Metals GmbH", "order_date": "2025-01-20",
            "delivery_date": "2025-02-03",
            "currency": "EUR", "payment_terms": "30 days net", "total": "582.50",
            "parts": [
                {"part": "A-100", "description": "Steel bracket, 40 mm", "quantity": "250", "price": "1.85"},
                {"part": "B-220", "description": "Hex bolt M8", "quantity": "1000", "price": "0.12"},
            ],
        },
    ),
    _of(
        "payslip",
        [
            _line("Payslip"), _line("Employee name: Oluwaseun Adeyemi", 330, "Employee ID: E-5530"),
            _line("Department: Logistics", 330, "Pay date: 28/02/2025"),
            _line("Gross pay", _R, "3,850.00"), _line("Income tax", _R, "(612.40)"), _line("Pension", _R, "(192.50)"),
            _line("Net pay", _R, "3,045.10"),
        ],
        {
            "employee": {"type": "string", "title": "Employee name"}, "employee_id": _TEXT, "department": _TEXT,
            "pay_date": _DATE,
            "gross": {**_NUMBER, "title": "Gross pay"}, "income_tax": _NUMBER, "net": {**_NUMBER, "title": "Net pay"},
        },
        {
            "employee": "Oluwaseun Adeyemi", "employee_id": "E-5530", "department": "Logistics",
            "pay_date": "2025-02-28",
            "gross": "3850.00", "income_tax": "612.40", "net": "3045.10",
        },
    ),
    _of(
        "合同",
        [
            _line(200, "设备租赁合同"), _line("合同编号：ZL-2022-118", 330, "签订日期：2022年8月15日"),
            _line("甲方：云岭建设集团有限公司"),
            _line("乙方：恒达机械租赁有限公司"), _line("租金总额：人民币叁万贰仟元整"),
            _line("租赁期限自2022年9月1日起至2023年8月31日止。"),
            _line("联系人：孟凡", 330, "联系电话：0871-6331 2045"),
        ],
        {
            "contract_no": {"type": "string", "title": "合同编号"}, "signed": {**_DATE, "title": "签订日期"},
            "甲方": _TEXT, "乙方": _TEXT, "rent": {**_NUMBER, "title": "租金总额"},
            "contact": {"type": "string", "title": "联系人"},
            "phone": {"type": "string", "format": "phone"},
        },
        {
            "contract_no": "ZL-2022-118", "signed": "2022-08-15", "甲方": "云岭建设集团有限公司",
            "乙方": "恒达机械租赁有限公司",
            "rent": "32000", "contact": "孟凡", "phone": "087163312045",
        },
    ),
    _of(
        "hotel booking, groups of labels",
        [
            _line("Booking Confirmation"), _line("Confirmation code: QX7PLM", 330, "Booked on: 3 May 2024"),
            _line("Guest"), _line("Name: Hana Kobayashi"), _line("Email: hana.k@example.net"),
            _line("Hotel"), _line("Name: The Larch Inn"), _line("Phone: +47 22 33 44 55"),
            _line("Check-in", _M, "Check-out", _R, "Nights"), _line("12 June 2024", _M, "15 June 2024", _R, "3"),
            _line("Breakfast included: yes", 330, "Total price: EUR 417.00"),
        ],
        {
            "confirmation_code": {"type": "string", "pattern": "^[A-Z0-9]{6}$"},
            "guest": {"type": "object", "properties": {"name": _TEXT, "email": {"type": "string", "format": "email"}}},
            "hotel": {"type": "object", "properties": {"name": _TEXT, "phone": {"type": "string", "format": "phone"}}},
            "check_in": _DATE, "check_out": _DATE, "nights": {"type": "integer"},
            "breakfast_included": {"type": "boolean"},
            "total_price": _NUMBER,
        },
        {
            "confirmation_code": "QX7PLM", "guest": {"name": "Hana Kobayashi", "email": "hana.k@example.net"},
            "hotel": {"name": "The Larch Inn", "phone": "+4722334455"}, "check_in": "2024-06-12",
            "check_out": "2024-06-15",
            "nights": "3", "breakfast_included": "true", "total_price": "417.00",
        },
    ),
    _of(
        "化验单",
        [
            _line(190, "检验报告单"), _line("姓名：樊立新", _M, "性别：男", _R, "年龄：46岁"),
            _line("样本号：20240411-037", _M, "科室：内科"),
            _line("项目名称", 220, "结果", 300, "单位", _R, "参考范围"),
            _line("白细胞计数", 220, "6.8", 300, "10^9/L", _R, "3.5-9.5"),
            _line("血红蛋白", 220, "148", 300, "g/L", _R, "130-175"),
            _line("血小板计数", 220, "231", 300, "10^9/L", _R, "125-350"),
            _line("报告时间：2024-04-11 09:35", _R, "审核：邵敏"),
        ],
        {
            "patient": {"type": "string", "title": "姓名"}, "age": {"type": "integer", "title": "年龄"},
            "sample": {"type": "string", "title": "样本号"}, "department": {"type": "string", "title": "科室"},
            "reported": {"type": "string", "format": "date-time", "title": "报告时间"},
            "results": {"type": "array", "items": {"type": "object", "properties": {
                "item": {"type": "string", "title": "项目名称"}, "result": {"type": "number", "title": "结果"},
                "unit": {"type": "string", "title": "单位"}, "range": {"type": "string", "title": "参考范围"}}}},
        },
        {
            "patient": "樊立新", "age": "46", "sample": "20240411-037", "department": "内科",
            "reported": "2024-04-11T09:35",
            "results": [
                {"item": "白细胞计数", "result": "6.8", "unit": "10^9/L", "range": "3.5-9.5"},
                {"item": "血红蛋白", "result": "148", "unit": "g/L", "range": "130-175"},
                {"item": "血小板计数", "result": "231", "unit": "10^9/L", "range": "125-350"},
            ],
        },
    ),
    _of(
        "letter with lists",
        [
            _line("Riverside Community Library"), _line("Ref. no. RCL/44", _R, "5 September 2024"),
            _line("Contact: events@riverside.example, hall@riverside.example"),
            _line("Topics: gardening, local history, chess"),
            _line("Website: www.riverside.example.org"),
        ],
        {
            "sender": {"type": "string", "description": "Company or body that sent the letter"}, "reference": _TEXT,
            "date": _DATE,
            "emails": {"type": "array", "items": {"type": "string", "format": "email"}},
            "topics": {"type": "array", "items": {"type": "string"}}, "website": {"type": "string", "format": "uri"},
        },
        {
            "sender": "Riverside Community Library", "reference": "RCL/44", "date": "2024-09-05",
            "emails": ["events@riverside.example", "hall@riverside.example"],
            "topics": ["gardening", "local history", "chess"], "website": "www.riverside.example.org",
        },
    ),
)  # fmt: skip
