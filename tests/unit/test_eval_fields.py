"""Fields of labelled documents, measured as a person would: typeset here, read by their text layer, no server."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from cli.evaluation import retrieval, typeset
from cli.evaluation.extraction import DocumentFields, FieldOutcome
from cli.evaluation.field_sets import find_field_sets
from cli.evaluation.found import Part, find
from cli.evaluation.scores import Tally
from cli.main import app
from tests.bench.evaluation import PASSAGES, draw_resumes
from tests.unit.test_eval_compare import compare_spans


def tagged(text: str) -> str:
    """A line a character; ⟨KIND:words⟩ marks a span."""
    lines, kind = [], ""
    for part in text.replace("⟩", "⟨").split("⟨"):
        kind, _, words = part.partition(":") if ":" in part else ("", "", part)
        places = ["S"] if len(words) == 1 else ["B", *["M"] * (len(words) - 2), "E"]
        lines += [f"{c} {f'{place}-{kind}' if kind else 'O'}" for c, place in
                  zip(words, places if kind else words, strict=True)]  # fmt: skip
    return "\n".join(lines) + "\n\n"


def test_sentences_are_typeset_read_and_measured(tmp_path: Path) -> None:
    (tmp_path / "people.bmes").write_text(
        tagged("⟨NAME:顾明远⟩，男，1964年8月出生。")
        + tagged("1998年4月至2009年任⟨ORG:青石重工股份有限公司⟩⟨TITLE:副总经理⟩。")
    )
    figures = tmp_path / "out.json"
    run = CliRunner().invoke(
        app, ["eval", str(tmp_path), "--part", "fields", "--scans", "0", "--jobs", "1", "--json", str(figures)]
    )
    assert run.exit_code == 0, run.output
    [found] = orjson.loads(figures.read_bytes())["fields"]
    assert found["ways"]["text"]["kinds"]["NAME"]["f1"] == 1.0
    assert found["ways"]["text"]["micro"]["recall"] == 1.0
    assert {verdict["expected"] for verdict in found["documents"][0]["verdicts"]} >= {"顾明远", "青石重工股份有限公司"}
    assert "NAME" in run.output and "every mention" in run.output


def test_figures_of_a_sample_stand_beside_those_of_all() -> None:
    def read(name: str, way: str, *found: tuple[str, str]) -> DocumentFields:
        return DocumentFields(name, way, tuple(compare_spans([("NAME", "甲"), ("LOC", "乙")], found)))

    outcome = FieldOutcome("x", "resume", True, (
        read("1", "text", ("NAME", "甲"), ("LOC", "丙")), read("2", "text"), read("1", "scan", ("NAME", "丁")),
    ), ())  # fmt: skip
    assert outcome.tallies("text")["NAME"] == Tally(1, 1, 2)
    assert outcome.tallies("text", among=outcome.names("scan"))["NAME"] == Tally(1, 1, 1)
    assert outcome.counted(outcome.tallies("text")) == [Tally(1, 1, 2)], "places are shown, not counted"
    assert outcome.as_dict()["ways"]["scan"]["micro"]["precision"] == 0.0


def test_what_make_eval_measures(tmp_path: Path) -> None:
    assert draw_resumes(tmp_path / "drawn") == 10
    [drawn] = find_field_sets(tmp_path / "drawn")
    assert len(drawn.items) == 10 and all(item.truth and item.truth["work"] for item in drawn.items)
    [town] = find([PASSAGES], {Part.SEARCH}, None, 0).questions
    assert [one.name for one in town.collections] == ["town.en", "town.zh"]
    assert town.paragraphs == len(town.collections[0].questions) == 36


def test_pages_as_images_have_no_text() -> None:
    import pymupdf

    pdf = typeset.text_pdf([["甲乙丙" * 900]])
    with pymupdf.open("pdf", pdf) as text, pymupdf.open("pdf", typeset.rasterised(pdf, 72, 10)) as images:
        assert text.page_count == images.page_count == 2, "what is too much for a page goes on on the next"
        assert "甲乙丙" in text[1].get_text() and images[1].get_text() == ""
        assert images[1].rect == text[1].rect
    with pytest.raises(ValueError, match="too large"):
        typeset.rasterised(pdf, 600, 10)
    with pytest.raises(ValueError, match="cannot be drawn"):
        typeset.rasterised(b"torn", 72, 10)


class Shelf:
    """A server that finds a document by its file name: the question is that name; in keyword mode it finds nothing."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, str]] = {}
        self.deleted: list[str] = []

    def create_knowledge_base(self, _: str) -> dict[str, str]:
        self.held[f"kb{len(self.held)}"] = {}
        return {"id": f"kb{len(self.held) - 1}"}

    def delete_knowledge_base(self, kb: str) -> None:
        self.deleted.append(kb)

    def knowledge_base(self, kb: str) -> dict[str, object]:
        return {"documents": {"done": len(self.held[kb]), "failed": 0, "cancelled": 0}}

    def upload(self, kb: str, *files: tuple[str, bytes]) -> dict[str, object]:
        names = [name for name, _ in files]
        self.held[kb] |= {f"{kb}-{name}": name for name in names}
        return {"rejected": [], "documents": [{"id": f"{kb}-{name}", "filename": name} for name in names]}

    def documents(self, _: str, *, status: str) -> list[object]:
        assert status in ("failed", "cancelled")
        return []

    def search(self, kb: str, question: str, *, limit: int, mode: str | None = None) -> dict[str, object]:
        wanted = [one for one in self.held[kb] if mode != "keyword" and one.endswith(question)]
        others = [one for one in self.held[kb] if one not in wanted]
        hits = [{"document": one} for one in [*others[:1], *wanted]]
        return {"hits": hits[:limit], "degraded": None, "took_ms": 3.0}


def test_questions_are_put_in_every_language_and_mode_and_all_is_removed(tmp_path: Path) -> None:
    for language in ("en", "zh"):
        paragraphs = [
            {"context": f"{language} {n}", "qas": [{"id": str(n), "question": f"0-{n}.pdf"}]} for n in range(3)
        ]
        (tmp_path / f"x.{language}.json").write_bytes(orjson.dumps({"data": [{"paragraphs": paragraphs}]}))
    [one] = find([tmp_path], {Part.SEARCH}, None, 0).questions
    shelf, told = Shelf(), list[tuple[str, int, int]]()
    [outcome] = retrieval.retrieve([one], shelf, ["hybrid", "keyword"], 1, lambda *what: told.append(what))  # type: ignore[arg-type]
    assert [(asked.questions, asked.pages) for asked in outcome.asked][::2] == [
        ("x.en", "x.en"), ("x.en", "x.zh"), ("x.zh", "x.en"), ("x.zh", "x.zh"),
        ("x.en", "x.en + x.zh"), ("x.zh", "x.en + x.zh"),
        ("x.en", "1 of x.en, text"), ("x.en", "1 of x.en, scans"), ("x.zh", "1 of x.zh, text"),
        ("x.zh", "1 of x.zh, scans"),
    ]  # fmt: skip
    hybrid, keyword = outcome.asked[:2]
    assert hybrid.ranks == {"0": 2, "1": 2, "2": 2} and hybrid.ranking.mrr == 0.5
    assert keyword.ranks == {"0": 1, "1": None, "2": None}
    told_of = outcome.as_dict()["asked"][1]
    assert (told_of["questions"], told_of["pages"], told_of["asked"]) == ("x.en", "x.en", 3)
    assert told_of["recall_at_1"] == pytest.approx(1 / 3) and told_of["ranks"] == keyword.ranks
    assert sorted(shelf.deleted) == sorted(shelf.held), "nothing stays on the server"
    assert ("uploading x.en + x.zh", 6, 6) in told
