"""Values of a property as fields hold them, strings all: plain decimals, ISO dates, "true" and "false".

A value that breaks the property's rules is none. The rules are JSON Schema's and the `jsonschema` package checks them,
but for what would take its time with hostile patterns (RE2 matches those) or stumble over decimals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from pipeline.extract.fields.calendar import find_any_dates
from pipeline.extract.fields.numbers import parse_number, plain_number
from pipeline.extract.fields.schema import Property, compile_pattern
from pipeline.folding import fold

MAX_LETTERS = 2_000  # of a value; what is longer is no field
_ISO = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?(?:T\d\d:\d\d(?::\d\d)?)?|present")
_CLOCK = re.compile(r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3])[:时點点](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?!\d)")
_AFTERNOON = re.compile(r"\s?(?:p\.?m\b|下午)", re.I)
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+")
_URI = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}://|www\.)?[^\s/@]+\.[a-z]{2,}(?:[/:?#]\S*)?", re.I)
_PHONE = re.compile(r"\+?\d[\d\s().\-/]{4,24}\d(?:\s?(?:x|ext\.?|转|轉)\s?\d{1,6})?", re.I)
_YES_WORDS = "true yes y 是 有 对 √ ✓ ✔ ☑ x 1 ja oui 已 同意 合格"
_NO_WORDS = "false no n 否 无 不 非 ☐ □ 0 nein non 未 不同意 不合格 none nil"
_YES, _NO = frozenset(_YES_WORDS.split()), frozenset(_NO_WORDS.split())
# Two ways to say the same of closed lists that forms have, in both languages.
_SAME = (
    "male m man 男 男性 先生", "female f woman 女 女性 女士 小姐", "yes y true 是 有", "no n false 否 无 無",
    "single unmarried 未婚", "married 已婚", "divorced 离婚 離婚 离异", "widowed 丧偶 喪偶",
    "bachelor 本科 学士 學士 大学本科", "master 硕士 碩士", "doctor doctorate phd 博士", "cash 现金 現金",
    "credit card 信用卡", "paid 已付 已支付", "unpaid 未付 未支付", "cny rmb 人民币 人民幣 元 ¥", "usd us$ 美元 $",
    "eur euro 欧元 €", "gbp pound 英镑 £", "passed pass 合格 通过", "failed fail 不合格 未通过",
)  # fmt: skip
_SYNONYMS = {fold(word): number for number, words in enumerate(_SAME) for word in words.split()}


def canonical(wanted: Property, value: object) -> str | None:
    """A value as fields hold it, or None where the property's rules do not allow it.

    Args:
        wanted: a scalar property; of a list one of its values is meant.
        value: of JSON, or text as it is printed.
    """
    if value is None or isinstance(value, dict | list):
        return None
    text = " ".join(("true" if value is True else "false" if value is False else str(value)).split())
    if not text or len(text) > MAX_LETTERS:
        return None
    if wanted.enum:
        return _listed(wanted, text)
    told = {"number": _number, "date": _date, "boolean": _boolean}.get(wanted.kind, _text)(wanted, text)
    return told if told and meets(wanted, told) else None


def meets(wanted: Property, value: str) -> bool:
    """Whether a value as fields hold it keeps to the property's rules."""
    typed: Any = value
    if wanted.kind == "number":
        typed = int(value) if wanted.type == "integer" else Decimal(value)
    elif wanted.kind == "boolean":
        typed = value == "true"
    checker = _VALIDATOR({**wanted.rules, "type": wanted.type}, format_checker=_FORMATS)
    return next(checker.iter_errors(typed), None) is None


def _listed(wanted: Property, text: str) -> str | None:
    """The one of a closed list that the text says, or says in another way."""
    said = _squeezed(text)
    for one in wanted.enum:
        if _squeezed(one) == said:
            return one
    if wanted.kind == "number" and (number := parse_number(text)) is not None:
        return next((one for one in wanted.enum if Decimal(one) == number), None)
    if wanted.kind == "boolean":
        told = _boolean(wanted, text)
        return told if told in wanted.enum else None
    meaning = _SYNONYMS.get(fold(text).strip(" .,;:"))
    return next((one for one in wanted.enum if meaning is not None and _SYNONYMS.get(fold(one)) == meaning), None)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s_\-.,;:/()]+", "", fold(text))


def _number(wanted: Property, text: str) -> str | None:
    number = Decimal(text) if re.fullmatch(r"-?\d{1,30}(?:\.\d{1,30})?", text) else parse_number(text)
    if number is None:
        return None
    if wanted.type == "integer":
        return str(int(number)) if number == number.to_integral_value() else None
    return plain_number(number)


def _date(wanted: Property, text: str) -> str | None:
    found = text if _ISO.fullmatch(text) else next((date.value for date in find_any_dates(text)), None)
    if found and wanted.format == "date-time" and len(found) == 10 and (clock := _CLOCK.search(text)):
        hour = int(clock["hour"])
        hour += 12 if hour < 12 and _AFTERNOON.match(text, clock.end()) else 0
        found += f"T{hour:02}:{clock['minute']}" + (f":{clock['second']}" if clock["second"] else "")
    return found


def _boolean(_: Property, text: str) -> str | None:
    said = fold(text).strip(" .,;:[]()")
    return "true" if said in _YES else "false" if said in _NO else None


def _text(wanted: Property, text: str) -> str | None:
    if wanted.format == "email":
        return text.lower()
    if wanted.format == "phone":
        plain = re.sub(r"[^\d+xX转轉]", "", text.replace("ext", "x"))
        return plain if _PHONE.fullmatch(text) else None
    return text


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    return compile_pattern(pattern)


def _pattern(_: Any, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _multiple_of(_: Any, of: float, instance: object, __: object) -> Iterator[ValidationError]:
    if isinstance(instance, int | Decimal) and not isinstance(instance, bool):
        step = Decimal(str(of))
        if Decimal(instance) % step:
            yield ValidationError(f"{instance} is not a multiple of {of}")


def _of_form(form: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or form.fullmatch(value) is not None


_VALIDATOR: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern, "multipleOf": _multiple_of}
)
_FORMATS = FormatChecker(formats=())
for _name, _form in {"date": _ISO, "date-time": _ISO, "email": _EMAIL, "uri": _URI}.items():
    _FORMATS.checks(_name)(_of_form(_form))
