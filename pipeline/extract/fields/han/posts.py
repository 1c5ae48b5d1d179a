"""Organisation and title of a segment: "某某集团有限公司财务部副部长", "总经理助理", "某某大学".

Every place where the title may begin is weighed by what would end before it and what would begin at it; the heaviest
wins. The weights are an order of trust, not counts: a legal form ends a name for certain, a line of business only
where a title follows, and a stretch that is nothing but functions and ranks is no name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.extract.fields.han.organisations import ANY_END, anaphora, is_legal, kind_of, last_end, name_weight
from pipeline.extract.fields.han.titles import head_start, is_profession, is_pure, title_weight

# Small words before a name or a title that are of neither.
LEAD = re.compile(
    r"(?:兼职(?!副?教授|导师|研究员|律师|讲师|[硕博]士|[监董]事)|经(?![济理营贸管委纪销])|下属|所属|其下|旗下|属下|原(?!子|料|油)"
    r"|时任|当时|首任|受|位|名(?!誉)|现(?!代|货)|该|以|的|之|包括|其中|主要|及其|期间"
    r"|近[五三\d一二]年|最近[五三\d]年|曾(?!宪)|一直|直接)+(?=[^\s])"
)
_MAX = 64  # characters of a segment that is read
_WHOLE, _LOOSE = 5.5, 0.5  # weights of a title alone: of ranks and departments, and with words unknown
_GUESS = 8.0  # a name and a title below it are cut at a guess


@dataclass(frozen=True, slots=True)
class Post:
    """Offsets of an organisation and a title in a string, an empty stretch where there is none; their confidences."""

    organisation: tuple[int, int] = (0, 0)
    title: tuple[int, int] = (0, 0)
    of_name: float = 0.0
    of_title: float = 0.0


def read_post(text: str, listed: bool, placed: bool, appointed: bool, known: frozenset[str] = frozenset()) -> Post:
    """Cuts a segment.

    Args:
        text: half-width.
        listed: it goes on with a list, so that what has no known ending is of a title rather than a name.
        placed: the words before it speak of a place of work.
        appointed: the words before it speak of an appointment.
        known: organisations named before, of which the text may hold an abbreviation.
    """
    if not 2 <= len(text) <= _MAX:
        return Post()
    head = head_start(text)
    if head is None:
        end = last_end(text, placed)
        return Post((0, end), of_name=_alone(text[:end], end == len(text), placed)) if end else Post()
    # Ranks of a profession are named by themselves, what they are in before them.
    listed = listed or (not appointed and is_profession(text))
    pure = is_pure(text)
    best, at = (_WHOLE if pure else _LOOSE), 0
    inside = {i for end in ANY_END.finditer(text) for i in range(end.start() + 1, end.end())}
    for cut in range(2, head + 1):
        name = name_weight(text[:cut], listed, known) if cut not in inside else -6.0
        weight = name + title_weight(text[cut:], name) if name >= -3 else -6.0
        if weight > best:
            best, at = weight, cut
    if not at:
        return Post(title=(0, len(text)), of_title=0.95 if pure else 0.82 if listed else 0.65)
    sure = best >= _GUESS and is_pure(text[at:])
    return Post((0, at), (at, len(text)), _before_title(text[:at]), 0.95 if sure else 0.68)


def _before_title(name: str) -> float:
    """How sure a name is that a title follows."""
    if is_legal(name) or anaphora(name) == len(name):
        return 0.95
    by_kind = {"society": 0.94, "school": 0.9, "firm": 0.9, "science": 0.83, "office": 0.78, "plain": 0.7, "weak": 0.62}
    return by_kind.get(kind_of(name), 0.5)


def _alone(name: str, whole: bool, placed: bool) -> float:
    """How sure a name is that no title follows: all of its segment, or with words behind it."""
    if not whole:
        return 0.7 if placed and is_legal(name) else 0.5
    if placed:
        return 0.94
    by_kind = {"school": 0.9, "firm": 0.82, "science": 0.8}
    return by_kind.get(kind_of(name), 0.65) if anaphora(name) != len(name) else 0.5
