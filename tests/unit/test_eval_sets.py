"""Which files `pagemill eval` takes for pages, and where it finds their truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.evaluation.sets import TruthError, find_sets, read_truth
from tests import drawing

PNG = drawing.page_png("Tea", 50)


def _write(folder: Path, **files: bytes | str) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def test_truth_beside_pages_and_folders_in_folders(tmp_path: Path) -> None:
    _write(tmp_path, **{
        "a.png": PNG, "a.txt": "lesser", "a.gt.txt": "Tea", "b.pdf": drawing.text_pdf([["x"]]), "b.txt": "x",
        "none.png": PNG, "inner__c.d.png": PNG, "inner__c.d.txt": "Tea", ".hidden__x.png": PNG, "notes.md": "notes",
    })  # fmt: skip
    inner, outer = sorted(find_sets(tmp_path), key=lambda one: one.name != "inner")
    assert (inner.name, [(item.name, item.truth and item.truth.name) for item in inner.items]) == (
        "inner", [("c.d.png", "c.d.txt")])  # fmt: skip
    assert outer.name == tmp_path.name
    assert [(item.name, item.kind, item.truth and item.truth.name) for item in outer.items] == [
        ("a.png", "png", "a.gt.txt"), ("b.pdf", "pdf", "b.txt"), ("none.png", "png", None)]  # fmt: skip
    assert outer.problems == () and outer.notes == ()


def test_what_cannot_take_part_is_named(tmp_path: Path) -> None:
    _write(tmp_path, **{"a.png": PNG, "a.txt": "Tea", "empty.jpg": b"", "text.pdf": "not a PDF", "lost.txt": "Tea"})
    [found] = find_sets(tmp_path)
    assert [item.name for item in found.items] == ["a.png"]
    assert [problem.partition(":")[0] for problem in found.problems] == ["empty.jpg", "text.pdf"]
    assert [note.partition(":")[0] for note in found.notes] == ["lost.txt"]


def test_the_form_of_sroie(tmp_path: Path) -> None:
    rows = "1,2,3,2,3,4,1,4,TEL : 03, EXT 4\n72,5,9.5,5,9,8,7,8,TOTAL\n\n"
    _write(tmp_path, **{"sroie__img__000.png": PNG, "sroie__box__000.csv": rows, "sroie__key__000.json": "{}"})
    [found] = find_sets(tmp_path)
    assert (found.name, found.items[0].name) == ("sroie", "img/000.png")
    assert found.items[0].truth is not None
    assert read_truth(found.items[0].truth) == ["TEL : 03, EXT 4\nTOTAL"]
    [alone] = find_sets(tmp_path / "sroie")
    assert alone.name == "sroie"


def test_pages_are_parted_by_form_feeds(tmp_path: Path) -> None:
    _write(tmp_path, **{"a.txt": "one\ftwo\f\n", "b.txt": "one", "c.txt": "one\f\ftwo", "d.txt": ""})
    pages = {name: read_truth(tmp_path / f"{name}.txt") for name in "abcd"}
    assert pages == {"a": ["one", "two"], "b": ["one"], "c": ["one", "", "two"], "d": [""]}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("a.txt", "caf\xe9".encode("latin-1"), "byte 3"), ("box__a.csv", b"1,2,3,TOTAL", "line 1")],
)
def test_truth_that_cannot_be_used_says_why(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    _write(tmp_path, **{name: content})
    with pytest.raises(TruthError, match=said):
        read_truth(tmp_path / name.replace("__", "/"))


def test_a_limit_spreads_over_the_files_with_truth_first(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {f"{number}.png": PNG for number in range(8)}
    _write(tmp_path, **files, **{f"{number}.txt": "Tea" for number in range(0, 8, 2)})
    [found] = find_sets(tmp_path)
    assert [item.name for item in found.limited(2).items] == ["0.png", "4.png"]
    assert [item.name for item in found.limited(5).items] == ["0.png", "1.png", "2.png", "4.png", "6.png"]
    assert found.limited(None) is found.limited(8) is found
