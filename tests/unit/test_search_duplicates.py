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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (CLAUSE, CLAUSE, True),
        (CLAUSE, CLAUSE.replace(" ", "\n").upper(), True),
        (CLAUSE, CLAUSE.replace("landlord", "landl0rd"), False),  # a digit: who knows
        (CLAUSE, CLAUSE.replace("landlord", "landIord").replace("walls", "wa11s"), False),
        (CLAUSE, CLAUSE.replace("landlord", "landiord").replace("colours", "colors"), True),
        (CLAUSE, CLAUSE.replace("in writing, and", "in writing, in good time, and"), True),
        (CLAUSE, CLAUSE.replace("writing", "wri ting"), True),
        (CLAUSE, CLAUSE.replace("may", "must"), False),
        (CLAUSE, CLAUSE.replace("may paint", "may not paint"), False),
        (CLAUSE, CLAUSE.replace("Mill", "High"), False),
        (CLAUSE, CLAUSE.replace("tenant", "landlord"), False),
        (CLAUSE, CLAUSE + " " + CLAUSE[:90], False),
        (INVOICE, INVOICE, True),
        (INVOICE, INVOICE.replace("1,250", "1,520"), False),
        (INVOICE, INVOICE.replace("2041", "2042"), False),
        (INVOICE, INVOICE.replace("thirty", "twenty"), False),
        (INVOICE, INVOICE.replace(" Thank you.", ""), True),
        (ZH, ZH.replace("，", "，\n"), True),
        (ZH, ZH.replace("书面告知出租人", "書面告知出租人"), True),
        (ZH, ZH.replace("可以", "不可以"), False),
        (ZH, ZH.replace("浅色", "深色"), False),
        (ZH, ZH.replace("应当", "应当及时"), True),
        ("References", "References", True),
        ("References", "Reference", False),
        ("Page 3", "Page 4", False),
        ("", "", True),
    ],
)
def test_what_says_the_same(one: str, other: str, same: bool) -> None:
    assert Passage(one).repeats(Passage(other)) is Passage(other).repeats(Passage(one)) is same


def test_groups_stand_where_their_best_stood_and_the_limit_counts_groups() -> None:
    texts = [CLAUSE, INVOICE, CLAUSE.lower(), ZH, INVOICE, "Another.", CLAUSE]
    assert folded(texts, 3) == [[0, 2], [1, 4], [3]]
    assert folded(texts, 10) == [[0, 2, 6], [1, 4], [3], [5]]
    assert folded([CLAUSE] * 50, 1) == [list(range(50))]
    assert folded([], 5) == folded(texts, 0) == []
