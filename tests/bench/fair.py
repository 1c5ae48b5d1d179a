"""A letter behind a book, and two knowledge bases with equal work.

The letter is a scan of one page, uploaded while a scan of 300 pages is being read; what it takes until it can be
searched is held against what it takes on an idle stack.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench import stacks
from tests.bench.fresh import Fresh
from tests.bench.measure import Bar, Report
from tests.bench.options import Asked
from tests.stack import Stack, until

_BOOK_PAGES, _MOST_TIMES_IDLE = 300, 3.0
_LETTERS_A_ROUND = 3
_SHARE_S = 60.0
_SHARE_PAGES = 100  # of each: more than are read in that time
_SHARE = (45.0, 55.0)
_QUICK = 6  # times less


def run(asked: Asked) -> Iterator[Report]:
    """A report of each."""
    less = _QUICK if asked.quick else 1
    with stacks.warmed() as stack:
        yield _letters(stack, asked.rounds, _BOOK_PAGES // less)
        yield _shares(stack, _SHARE_S / less)


def _letters(stack: Stack, rounds: int, pages: int) -> Report:
    fresh = Fresh("letters")
    books, letters = (stacks.Watched(stack, stack.create(name)) for name in ("books", "letters"))
    idle = [_letter(fresh, letters, f"idle{number}") for number in range(rounds * _LETTERS_A_ROUND)]
    book = stack.upload(books.kb, "book.pdf", fresh.book(pages))
    until(lambda: _read(books) >= 5, 120, "the book to be under way")
    behind, passed = [], []
    for number in range(rounds * _LETTERS_A_ROUND):
        before = _read(books)
        behind.append(_letter(fresh, letters, f"behind{number}"))
        passed.append(float(_read(books) - before))
    if _read(books) >= pages:
        raise SystemExit("the book was read before the last letter: it must be longer")
    books.cancel(book)
    report = Report(f"A letter behind a book of {pages} pages", about={"book": pages})
    report.add(
        "a letter behind it", behind, "s", Bar("at most", _MOST_TIMES_IDLE, "ratio"), "a letter on an idle stack"
    )
    report.add("a letter on an idle stack", idle, "s")
    report.add("pages of the book read meanwhile", passed, "pages")
    return report


def _letter(fresh: Fresh, kb: stacks.Watched, name: str) -> float:
    word = f"zyx{name}"
    content = fresh.scan(word=word)
    began = time.perf_counter()
    return kb.searchable(kb.stack.upload(kb.kb, f"{name}.pdf", content), word) - began


def _shares(stack: Stack, seconds: float) -> Report:
    fresh = Fresh("shares")
    kbs = [stacks.Watched(stack, stack.create(name)) for name in ("first", "second")]
    contents = [fresh.book(_SHARE_PAGES) for _ in kbs]
    books = [stack.upload(kb.kb, "book.pdf", content) for kb, content in zip(kbs, contents, strict=True)]
    until(lambda: all(_read(kb) >= 1 for kb in kbs), 120, "both to be under way")
    before = [_read(kb) for kb in kbs]
    time.sleep(seconds)
    read = [_read(kb) - was for kb, was in zip(kbs, before, strict=True)]
    for kb, book in zip(kbs, books, strict=True):
        kb.cancel(book)
    report = Report(f"Two knowledge bases with equal work, {seconds:g} s", about={"pages": _SHARE_PAGES})
    share = 100 * read[0] / sum(read)
    report.add("share of the first, at least", [share], "%", Bar("at least", _SHARE[0]))
    report.add("share of the first, at most", [share], "%", Bar("at most", _SHARE[1]))
    report.add("pages read of both", [float(sum(read))], "pages")
    return report


def _read(kb: stacks.Watched) -> int:
    [row] = kb.rows("SELECT count(*) AS n FROM unit WHERE stage = 'ocr' AND state = 'done'")
    return int(row["n"])
