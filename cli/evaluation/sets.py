"""Labelled sets: which files of a folder are pages, and where it says what stands on them.

Two forms of truth are known:

- `x.txt` beside `x.png`, `x.pdf` and so on (`x.gt.txt` and `x.gold.txt` win over it): plain text in UTF-8, pages
  parted by form feeds.
- ICDAR 2019 SROIE's: `img/x.jpg` and `box/x.csv` (or `box/x.txt`), a line of the page a row: eight numbers, the corners
  of the line, then its text, which may hold commas itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.render.kinds import HEAD_BYTES, SUPPORTED, TAIL_BYTES, sniff

TRUTH_SUFFIXES = (".gt.txt", ".gold.txt", ".txt")
_IMAGES, _BOXES = "img", "box"
_PAGE_SUFFIXES = {".pdf", ".docx", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"}
_CORNERS = re.compile(r"(?:\s*-?\d+(?:\.\d+)?\s*,){8}(.*)")


class TruthError(Exception):
    """A truth file that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file to be read.

    Attributes:
        name: its path in the set.
        kind: of its bytes, a member of `pipeline.render.kinds.SUPPORTED`.
        truth: the file that says what stands on its pages, or None.
    """

    name: str
    path: Path
    kind: str
    truth: Path | None


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """The files of one folder.

    Attributes:
        name: the folder's.
        items: by name.
        problems: sentences about files that cannot take part, each beginning with the file's name.
        notes: sentences about what else there is.
    """

    name: str
    items: tuple[Item, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def limited(self, files: int | None) -> LabelledSet:
        """The set with so many of its files, spread evenly over those with truth, then over the others."""
        if files is None or files >= len(self.items):
            return self
        known = [item for item in self.items if item.truth is not None]
        others = [item for item in self.items if item.truth is None]
        chosen = _spread(known, files) + _spread(others, files - len(known))
        return replace(self, items=tuple(sorted(chosen, key=lambda item: item.name)))


def _spread(items: list[Item], count: int) -> list[Item]:
    count = max(0, min(count, len(items)))
    return [items[index * len(items) // count] for index in range(count)]


@dataclass(slots=True)
class _Found:
    """A set being put together."""

    items: list[Item] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_sets(folder: Path) -> list[LabelledSet]:
    """The sets of a folder and of the folders in it, by name; one for each folder that holds pages.

    Args:
        folder: is walked through; hidden files and folders are passed over.
    """
    found: dict[Path, _Found] = defaultdict(_Found)
    for directory in folders(folder):
        home = directory.parent if _is_sroie(directory) else directory
        taken: set[Path] = set()
        files = sorted(path for path in directory.iterdir() if path.is_file() and not path.name.startswith("."))
        for path in files:
            kind = kind_of(path)
            if kind in SUPPORTED:
                truth = _truth_of(path)
                taken |= {truth} if truth else set()
                found[home].items.append(Item(path.relative_to(home).as_posix(), path, kind, truth))
            elif path.suffix.lower() in _PAGE_SUFFIXES:
                what = "has no bytes" if kind == "empty" else f"is no page that Pagemill reads ({kind})"
                found[home].problems.append(f"{path.relative_to(home)}: the file {what}.")
        if found[home].items and home == directory:
            alone = [path for path in files if path.name.endswith(".txt") and _is_truth_alone(path, files, taken)]
            found[home].notes += [f"{path.name}: a text without a page of its name beside it." for path in alone]
    return [
        LabelledSet(_set_name(folder, home), tuple(sorted(parts.items, key=lambda item: item.name)),
                    tuple(parts.problems), tuple(parts.notes))
        for home, parts in sorted(found.items()) if parts.items or parts.problems
    ]  # fmt: skip


def folders(folder: Path) -> Iterator[Path]:
    """A folder and all that are in it, hidden ones passed over."""
    yield folder
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield from folders(path)


def _is_sroie(directory: Path) -> bool:
    return directory.name == _IMAGES and (directory.parent / _BOXES).is_dir()


def _set_name(folder: Path, home: Path) -> str:
    inside = home.relative_to(folder).as_posix() if home.is_relative_to(folder) else "."
    return folder.absolute().name if inside == "." else inside


def kind_of(path: Path) -> str:
    """What kind of file it is by its bytes, as `sniff` names it."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - TAIL_BYTES))
        return sniff(head, stream.read())


def _truth_of(path: Path) -> Path | None:
    candidates = [path.with_name(path.stem + suffix) for suffix in TRUTH_SUFFIXES]
    if _is_sroie(path.parent):
        boxes = path.parent.parent / _BOXES
        candidates += [boxes / f"{path.stem}.csv", boxes / f"{path.stem}.txt"]
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _is_truth_alone(path: Path, files: list[Path], taken: set[Path]) -> bool:
    """Whether a text is nobody's truth; not so where it is a lesser form of a truth that was taken."""
    stem = next(path.name.removesuffix(suffix) for suffix in TRUTH_SUFFIXES if path.name.endswith(suffix))
    return path not in taken and not any(other.stem == stem and other.suffix != ".txt" for other in files)


def read_truth(path: Path) -> list[str]:
    """What stands on the pages of a file, a text each, lines parted by newlines.

    Raises:
        TruthError: the file is not UTF-8 or not of its form.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TruthError(f"{path.name} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    if path.parent.name == _BOXES:
        return ["\n".join(_line_of(row, number, path) for number, row in enumerate(text.splitlines(), 1) if row)]
    pages = text.split("\f")
    # Programs that write form feeds write one behind the last page too.
    return pages[:-1] if len(pages) > 1 and not pages[-1].strip() else pages


def _line_of(row: str, number: int, path: Path) -> str:
    found = _CORNERS.match(row)
    if found is None:
        raise TruthError(f"{path.name}, line {number}: not eight numbers and a text, parted by commas.")
    return found[1]
