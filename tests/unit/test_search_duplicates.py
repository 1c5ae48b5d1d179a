"""What is the same passage and what only looks like it."""

from __future__ import annotations

import pytest

from storage.search.duplicates import Passage, folded

CLAUSE = (
    "The tenant may paint the walls of the flat in light colours, after having told the landlord in writing, and shall"
    " return the keys on the last day of the lease to the office on Mill Street."
)
ZH = "承租人可以在书面告知出租人之后，把房间的墙壁刷成浅色，并应当在租约的最后一天把钥匙交还给位于磨坊街的办事处。"
INVOICE = "Invoice 2041 of 3 May: for the repair of the roof we ask you to pay 1,250.00 within thirty days. Thank you."


BODY = f"{CLAUSE}\n{INVOICE}\nWhoever wants to see the books of the society may ask the treasurer for them in spring."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CLAUSE, CLAUSE.replace(" ", "  ").upper()),
        (CLAUSE, CLAUSE.replace("landlord", "landIord").replace("walls", "waIls")),
        (CLAUSE, CLAUSE.replace("landlord", "landl0rd")),
        (f"The government governs.\n{CLAUSE}", f"The govemment governs.\n{CLAUSE}"),
        (CLAUSE, CLAUSE.replace(",", "").replace("Street.", "Street")),
        (CLAUSE, f"“{CLAUSE}” – "),
        (INVOICE, INVOICE.replace(":", " :").replace(" Thank", "\n\nThank")),
        (INVOICE, INVOICE.replace("pay 1,250.00", "pay １,２５０.００")),
        (ZH, ZH.replace("，", "，\n")),
        (ZH, ZH.replace("书面告知出租人", "書面告知出租人").replace("。", "")),
        ("Costs: 5% of 3 m², −2 °C, up to 500 €", "Costs: 5 % of 3 m² -2 °C up to 500€"),
        ("☑ yes ☐ no", "☑ Yes   ☐ No"),
        ("References", "REFERENCES"),
        # Another header and footer.
        (BODY, f"Harbour Trust\n{BODY}"),
        (f"Page 3 of 12\n{BODY}", f"{BODY}\nPage 4"),
        (BODY, f"Handbook of the Harbour Trust\n\n{BODY}\nFor members\nPage 7\n"),
        (f"第 3 页\n{ZH * 2}", f"港口公司\n{ZH * 2}"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_says_the_same(one: str, other: str) -> None:
    assert Passage(one).repeats(Passage(other)) and Passage(other).repeats(Passage(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The rent will increase by 5 % a year", "The rent will decrease by 5 % a year"),
        ("The employer may end the contract", "The employee may end the contract"),
        ("Treated for hypertension since May", "Treated for hypotension since May"),
        ("The price is inclusive of tax", "The price is exclusive of tax"),
        ("Access is authorized", "Access is unauthorized"),
        ("Balance: 500 EUR", "Balance: -500 EUR"),
        ("Balance: 500 EUR", "Balance: –500 EUR"),
        ("Balance: 500 EUR", "Balance: 500- EUR"),
        ("Balance: 500 EUR", "Balance: (500) EUR"),
        ("Balance: $500", "Balance: -$500"),
        ("Total due $500", "Total due €500"),
        ("Total due ￥500", "Total due ＄500"),
        ("Grown by 5 %", "Grown by 5"),
        ("Consent: ☑ yes ☐ no", "Consent: ☐ yes ☑ no"),
        ("She writes C++", "She writes C#"),
        ("She writes C", "She writes C#"),
        ("Dear Anna Meier", "Dear Anna Maier"),
        ("For Martin Weber", "For Martina Weber"),
        ("All staff are entitled to it", "All senior staff are entitled to it"),
        ("All staff are entitled to it", "Not all staff are entitled to it"),
        ("只需通知对方", "需通知对方"),
        ("可以刷成浅色", "不可以刷成浅色"),
        ("a modern", "a modem"),
        ("AI wrote it", "Al wrote it"),
        ("The test will FAIL", "The test will FALL"),
        ("a lot of things", "a IoT of things"),
        ("notable to work", "not able to work"),
        ("informal cases", "in formal cases"),
        ("3.5 mm", "35 mm"),
        ("USD1.500", "USD1,500"),
        (".5 mg", "5 mg"),
        ("10² m", "102 m"),
        ("1½ cups", "11/2 cups"),
        ("x < 5", "x > 5"),
        ("Room B1", "Room BI"),
        ("Is it paid?", "It is paid"),
        (CLAUSE, CLAUSE.replace("may", "must")),
        (CLAUSE, CLAUSE.replace("Mill", "High")),
        (CLAUSE, CLAUSE.replace("tenant", "landlord")),
        (CLAUSE, f"{CLAUSE} {CLAUSE[:90]}"),
        (INVOICE, INVOICE.replace("1,250", "1,520")),
        (INVOICE, INVOICE.replace("1,250", "12,50")),
        (INVOICE, INVOICE.replace("2041", "2042")),
        (ZH, ZH.replace("浅色", "深色")),
        ("References", "Reference"),
        ("Page 3", "Page 4"),
        # What stands above or below is more than a running head, or other than it.
        (BODY, f"Dear Anna Meier,\n{BODY}"),
        (f"Anna Meier\n{BODY}", f"Anna Maier\n{BODY}"),
        (BODY, f"{BODY}\nThis is void."),
        (BODY, f"{BODY}\nNot in winter"),
        (BODY, f"{BODY} in winter"),
        (BODY, f"Invoice 2042\n{BODY}"),
        (BODY, f"{BODY}\n{BODY}"),
        ("No smoking", "No smoking\nin the hall"),
        ("", "?"),
    ],
)  # fmt: skip
def test_what_only_looks_the_same(one: str, other: str) -> None:
    for before, behind in (("", ""), (f"{CLAUSE} ", f" {INVOICE}"), (f"{ZH}\n", f"\n{ZH}")):
        first, second = Passage(before + one + behind), Passage(before + other + behind)
        assert not first.repeats(second) and not second.repeats(first)


def test_groups_stand_where_their_best_stood_and_the_limit_counts_groups() -> None:
    texts = [CLAUSE, INVOICE, CLAUSE.lower(), ZH, INVOICE, "Another.", CLAUSE]
    assert folded(texts, 3) == [[0, 2], [1, 4], [3]]
    assert folded(texts, 10) == [[0, 2, 6], [1, 4], [3], [5]]
    assert folded([CLAUSE] * 50, 1) == [list(range(50))]
    assert folded([], 5) == folded(texts, 0) == []


def test_no_group_holds_two_that_do_not_say_the_same() -> None:
    texts = [BODY, f"Anna Meier\n{BODY}", f"Anna Maier\n{BODY}"]
    assert folded(texts, 3) == [[0, 1], [2]]
