"""Bombs of our own making go off in a render child: each ends with its code, and the next page is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from pipeline.errors import PermanentError
from pipeline.settings import RenderSettings, Settings, StorageSettings, WebSettings
from storage.catalog import KnowledgeBase, Storage
from tests import drawing
from tests.bombs import BOMBS, ENDLESS, Bomb, images, pdf
from tests.bombs.child import Defuser, defuser
from tests.unit.builders import upload
from web.cache import Cache
from web.previews import Previews

pytestmark = pytest.mark.siege
MEMORY_MB = 600
SHORT_S = 0.5  # what is endless is so after half a second, too
LONG_S = 120.0


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Defuser]:
    with defuser(tmp_path_factory.mktemp("bombs"), MEMORY_MB) as child:
        yield child


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_a_bomb_ends_with_its_code_and_the_next_page_is_drawn(child: Defuser, bomb: Bomb) -> None:
    content = bomb.make()
    assert len(content) < 20_000_000
    seconds = SHORT_S if bomb.outcomes >= ENDLESS else LONG_S
    outcome = child.call(content, bomb.kind, "open", seconds)
    if outcome.code == "ok":
        outcome = child.call(content, bomb.kind, "render", seconds)
    assert outcome.code in bomb.outcomes
    assert outcome.peak_mb < MEMORY_MB + 600  # what it takes to start, and to notice
    assert child.lives()


def test_what_does_not_fit_into_memory_is_told_as_that(tmp_path: Path) -> None:
    with defuser(tmp_path, memory_mb=100) as child:
        assert child.call(pdf.many_letters(), "pdf", "render", LONG_S).code == "page_memory"
        assert child.lives()


def test_what_c_libraries_say_of_a_file_is_not_for_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with defuser(tmp_path, MEMORY_MB) as child:
        assert child.call(images.tiff_strip_of_gigabytes(), "tiff", "open", LONG_S).code == "ok"
        assert child.call(images.tiff_strip_of_gigabytes(), "tiff", "render", LONG_S).code == "page_damaged"
    assert capfd.readouterr().err == ""


def test_a_bomb_drawn_for_people_is_told_and_the_next_page_is_drawn(tmp_path: Path) -> None:
    settings = Settings(
        storage=StorageSettings(data=tmp_path / "data"),
        render=RenderSettings(memory_mb=MEMORY_MB),
        web=WebSettings(preview_seconds=5.0),
    )
    storage = Storage(settings)
    storage.prepare()
    kb = storage.open(storage.create_knowledge_base("kb", ["en"], "auto")["id"])
    previews = Previews(settings, Cache(settings))
    try:
        innocent = drawing.text_pdf([["The heron."]])
        bomb, long, good = (upload(kb, content).id for content in (pdf.billion_forms(), pdf.long_page(), innocent))
        assert _preview(previews, kb, bomb) == "page_timeout"
        assert _preview(previews, kb, long) == "page_too_large"
        assert _preview(previews, kb, good) is None
        # Asked for again it is refused at once: the file is not even looked at.
        kb.files(bomb).original.put(innocent)
        assert _preview(previews, kb, bomb) == "page_timeout"
    finally:
        previews.close()
        kb.db.close()
        storage.catalog.close()


def _preview(previews: Previews, kb: KnowledgeBase, document: str) -> str | None:
    async def draw() -> Path:
        return await previews.image(kb, document, "pdf", 1, 0, 240)

    try:
        with ThreadPoolExecutor(1) as thread:  # in this one a browser's test may have left its loop
            assert thread.submit(anyio.run, draw).result().stat().st_size
    except PermanentError as error:
        assert error.message.endswith(".")
        return error.code
    return None
