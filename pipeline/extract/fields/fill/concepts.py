"""What properties are usually meant by their names, and how such values are labelled on paper.

Words of business paper and forms in general, English and Simplified Chinese; labels are compared folded, so Traditional
ones are the same. A phrase that belongs to no concept asked for still tells where a value ends, and that "Due date" is
no "Date".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

Shape = Literal[
    "company", "address", "date", "total", "money", "name", "title", "email", "phone", "uri", "code", "currency", "text"
]


@dataclass(frozen=True, slots=True)
class Concept:
    """A meaning.

    Attributes:
        shape: how such a value is found where no label stands beside it, and what it looks like.
        labels: the surest first.
    """

    name: str
    shape: Shape
    labels: tuple[str, ...]


# A concept a paragraph: its name (its shape): its labels, the surest first.
_TABLE = """
total (total): grand total | total amount due | amount due | total due | amount payable | total payable |
    balance due | total amount payable | nett total | net total | total incl tax | total including tax |
    total inclusive | rounded total | total rounded | total sales incl | total amount | invoice total | total price |
    total | 总金额 | 价税合计 | 应付金额 | 应付总额 | 应收金额 | 实付金额 | 实付款 | 实收金额 | 总计 | 合计金额 |
    合计 | 总额 | 总价 | 共计 | total to pay | amount to pay | sum total
subtotal (money): sub total | subtotal | total excl tax | total excluding tax | net amount | amount before tax |
    total before tax | 小计 | 不含税金额 | 金额合计 | taxable amount
tax (money): tax amount | vat amount | gst amount | sales tax | total tax | total gst | total vat | tax | vat | gst |
    税额 | 增值税 | 税额合计 | 合计税额 | gst payable | service tax
tax_rate (text): tax rate | vat rate | gst rate | 税率
discount (money): discount | total discount | less discount | 折扣 | 优惠 | 优惠金额 | 折扣金额
shipping (money): shipping | delivery charge | freight | postage | 运费 | shipping fee | delivery fee
paid (money): amount paid | paid | cash | cash tendered | payment received | tendered | 已付金额 | 现金 |
    credit card | visa | mastercard
change (money): change | change due | balance | 找零 | 余额
rounding (money): rounding | rounding adjustment | rounding adj | round off | 舍入
decoy (text): total qty | total quantity | total items | total item | total pages | item count | total discount |
    total savings | total saving | items | 数量合计 | 合计数量 | total points | no of items | total supplies
quantity (money): quantity | qty | units | pcs | 数量 | 件数
unit_price (money): unit price | price | u price | price each | rate | 单价 | unit cost
amount (money): amount | line total | sum | 金额 | 款额 | 小写 | ext price | charge | fee | 费用
item (text): description | item | item description | product | goods | particulars | details | article | service |
    品名 | 名称 | 商品名称 | 货物名称 | 项目 | 项目名称 | 货物或应税劳务服务名称 | 摘要 | 商品 | 品名规格 | 产品名称
specification (text): specification | model | spec | 规格 | 规格型号 | 型号
unit (text): unit | uom | unit of measure | 单位
currency (currency): currency | 币种 | 货币 | 币别
invoice_number (code): invoice no | invoice number | tax invoice no | inv no | invoice | invoice id | bill no |
    bill number | 发票号码 | 发票号 | 发票编号 | 账单号 | 账单编号 | 票据号码
receipt_number (code): receipt no | receipt number | receipt | trans no | transaction no | slip no | doc no |
    document no | document number | ref no | reference no | reference number | reference | our ref | your ref |
    收据号 | 收据编号 | 单号 | 单据编号 | 流水号 | 凭证号 | 参考号 | 文号 | 编号 | 交易号
order_number (code): order no | order number | po no | po number | purchase order | purchase order no | order id |
    sales order no | 订单号 | 订单编号 | 采购单号 | 订货单号
contract_number (code): contract no | contract number | agreement no | 合同编号 | 合同号 | 协议编号
certificate_number (code): certificate no | certificate number | cert no | licence no | license no | license number |
    registration no | registration number | reg no | 证书编号 | 证书号 | 证书号码 | 证件号码 | 执照编号 | 注册号 |
    许可证号 | 登记号
tax_number (code): tax id | vat no | gst no | gst id | gst reg no | tax no | vat number | tin | ein | abn |
    tax registration no | 纳税人识别号 | 税号 | 统一社会信用代码 | 信用代码 | 统一编号 | gst registration no
account_number (code): account no | account number | bank account | a/c no | iban | 账号 | 银行账号 | 账户 | 卡号
customer_number (code): customer no | customer id | client no | account id | member no | 客户编号 | 客户号 | 会员号
id_number (code): id no | id number | identity card no | identity no | ic no | passport no | passport number |
    national id | 身份证号 | 身份证号码 | 证件号 | 护照号 | 护照号码 | 公民身份号码 | employee id | staff no |
    student no | student id | 工号 | 学号 | 员工编号 | 准考证号
bank (text): bank | bank name | 开户行 | 开户银行 | 银行名称
payment_method (text): payment method | payment | method of payment | paid by | payment type | 付款方式 | 支付方式 |
    结算方式
terms (text): payment terms | terms | 付款条件 | 付款条款
due_date (date): due date | payment due | date due | pay by | due on | 到期日 | 到期日期 | 付款期限 | 付款截止日期 |
    截止日期
valid_until (date): valid until | valid till | valid to | expiry date | expires | expiration date | date of expiry |
    有效期至 | 有效期限 | 失效日期 | 到期时间 | 有效期
valid_from (date): valid from | effective date | commencement date | 生效日期 | 起始日期
start_date (date): start date | from date | date from | start | from | beginning | 开始日期 | 开始时间 | 入职日期 |
    起
end_date (date): end date | to date | date to | until | end | 结束日期 | 结束时间 | 终止日期 | 止
delivery_date (date): delivery date | ship date | date shipped | 交货日期 | 发货日期 | 送货日期
order_date (date): order date | 订单日期 | 下单日期 | 订货日期
birth_date (date): date of birth | birth date | birthday | dob | d o b | born | 出生日期 | 出生年月 | 出生年月日 |
    生日 | 出生
issue_date (date): date of issue | issue date | issued on | issued | date issued | date of award | awarded on |
    签发日期 | 发证日期 | 颁发日期 | 开具日期 | 颁证日期 | 签发时间 | 发证时间
date (date): invoice date | bill date | receipt date | transaction date | date of invoice | date time | date | dated |
    开票日期 | 日期 | 交易日期 | 交易时间 | 开票时间 | 签订日期 | 签署日期 | 时间 | date of issue | issue date |
    签约日期 | 填表日期
time (text): time | 时刻
seller (company): seller | vendor | supplier | merchant | sold by | issued by | from | seller name | vendor name |
    supplier name | company name | store name | company | 销售方 | 卖方 | 销售方名称 | 供应商 | 供货方 | 商户名称 |
    收款单位 | 收款方 | 销货单位 | 乙方 | 店名 | 商家 | 公司名称 | 企业名称
buyer (text): buyer | customer | bill to | billed to | sold to | customer name | client | client name | invoice to |
    ship to | purchaser | deliver to | attention | attn | 购买方 | 买方 | 客户 | 客户名称 | 购方 | 购货单位 |
    付款单位 | 购买方名称 | 甲方 | 收货人 | 收件人 | 抬头
employer (company): employer | organization | organisation | employer name | company | 工作单位 | 单位 | 单位名称 |
    所在单位 | 用人单位 | 公司 | 雇主
issuer (company): issuing authority | issuing body | issued by | authority | issuer | awarded by | certified by |
    发证机关 | 发证单位 | 颁发单位 | 颁发机构 | 发证机构 | 签发机关 | 授予单位 | 主办单位 | 颁证机构
school (text): school | university | college | institution | institute | 毕业院校 | 学校 | 院校 | 毕业学校 |
    学校名称
department (text): department | dept | division | 部门 | 所在部门 | 科室 | 院系 | 学院
position (text): position | job title | role | designation | occupation | post | 职位 | 职务 | 岗位 | 职称 |
    担任职务 | 应聘职位
degree (text): degree | qualification | education | 学历 | 学位 | 最高学历
major (text): major | field of study | programme | program | course of study | 专业 | 所学专业
course (text): course | course name | course title | subject | training | 课程 | 课程名称 | 培训课程 | 科目 |
    培训项目
grade (text): grade | score | result | mark | marks | gpa | 成绩 | 分数 | 等级 | 得分 | 总分
person (name): name | full name | applicant name | employee name | student name | patient name | name of applicant |
    awarded to | presented to | certify that | certifies that | this is to certify that | holder | recipient |
    contact person | contact name | 姓名 | 名字 | 申请人 | 申请人姓名 | 持证人 | 员工姓名 | 学生姓名 | 患者姓名 |
    联系人 | 获奖者 | 收款人 | 负责人
cashier (name): cashier | served by | salesperson | sales person | operator | staff | 收银员 | 开票人 | 复核 |
    收款员 | 经办人 | 制单 | 审核
signatory (name): signed by | authorised by | authorized by | approved by | director | signature | 签发人 | 批准人 |
    签字 | 法定代表人 | 法人代表 | 法人
gender (text): gender | sex | 性别
nationality (text): nationality | citizenship | 国籍
ethnicity (text): ethnicity | ethnic group | 民族
marital_status (text): marital status | 婚姻状况 | 婚否
age (text): age | 年龄
address (address): address | mailing address | postal address | street address | residential address | home address |
    billing address | company address | registered address | location | 地址 | 通讯地址 | 联系地址 | 家庭住址 | 住址 |
    现住址 | 公司地址 | 注册地址 | 单位地址 | 收货地址 | 经营场所 | 住所 | 详细地址
city (text): city | town | 城市 | 所在城市 | 市
country (text): country | 国家
postcode (code): postcode | postal code | zip | zip code | 邮编 | 邮政编码
phone (phone): phone | phone no | phone number | telephone | telephone number | tel | tel no | mobile | mobile phone |
    mobile no | mobile number | contact no | contact number | cell phone | hp | h p | 电话 | 联系电话 | 手机 |
    手机号 | 手机号码 | 电话号码 | 联系方式 | 移动电话 | 固定电话
fax (phone): fax | fax no | fax number | 传真 | 传真号码
email (email): email | e mail | email address | e mail address | mail | 电子邮件 | 电子邮箱 | 邮箱 | 邮箱地址
website (uri): website | web | url | homepage | home page | site | 网址 | 网站 | 主页 | 官网
title (title): title | document title | heading | subject line | 标题 | 题目 | 文件名称 | 文件标题 | 证书名称 |
    certificate title
summary (text): remark | remarks | note | notes | comments | memo | 备注 | 说明 | 附注
reason (text): reason | purpose | 事由 | 原因 | 用途 | 请假事由
project (text): project | project name | 工程名称 | 项目名称
"""


def _read(table: str) -> tuple[Concept, ...]:
    concepts = []
    for line in table.replace("|\n    ", "| ").strip().splitlines():
        head, _, labels = line.partition("): ")
        name, _, shape = head.partition(" (")
        concepts.append(Concept(name, cast("Shape", shape), tuple(labels.split(" | "))))
    return tuple(concepts)


CONCEPTS = _read(_TABLE)
