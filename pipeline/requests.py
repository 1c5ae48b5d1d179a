"""What is asked of the render and ocr children, in one place for all who ask: the workers and `pagemill eval`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.settings import RenderSettings, Settings
from pipeline.types import PageImage, PageReading, RenderedPage


def render_config(settings: RenderSettings) -> dict[str, Any]:
    """With which a render child starts."""
    return {"memory_mb": settings.memory_mb}


def ocr_config(settings: Settings) -> dict[str, Any]:
    """With which an ocr child starts; engine and languages are the usual ones, to be warm for them."""
    ocr = settings.ocr
    return {
        "memory_mb": ocr.memory_mb,
        "engine": ocr.engine,
        "languages": list(ocr.languages),
        "review_confidence": ocr.review_confidence,
        "got_model": settings.got_model,
        "timeout_s": ocr.page_seconds,
    }


def original(settings: RenderSettings, path: Path, kind: str, password: str | None = None) -> dict[str, Any]:
    """An original, as every request to a render child names it.

    Args:
        kind: as `sniff` names it.
        password: in the clear: it goes to the child through its pipe alone.
    """
    named = {
        "path": str(path),
        "kind": kind,
        "max_pages": settings.max_pages,
        "max_megapixels": settings.max_megapixels,
        "max_side_pt": settings.max_side_pt,
    }
    return named if password is None else {**named, "password": password}


def open_original(source: dict[str, Any]) -> dict[str, Any]:
    """To count its pages; `source` is an `original`."""
    return {**source, "call": "open"}


def render_page(settings: RenderSettings, source: dict[str, Any], number: int, image: Path) -> dict[str, Any]:
    """To render page `number`, from 1, into `image` if it needs OCR; `source` is an `original`."""
    return {**source, "call": "render", "page_number": number, "dpi": settings.dpi, "image": str(image)}


def rendered_page(answer: dict[str, Any], number: int, file: Path) -> RenderedPage:
    """A page from its child's answer. Which page and file it is about is not the child's to say."""
    reading, image = answer["reading"], answer["image"]
    return RenderedPage(
        page_number=number,
        width_pt=answer["width_pt"],
        height_pt=answer["height_pt"],
        reading=PageReading.from_dict({**reading, "page_number": number}) if reading else None,
        image=PageImage(**{**image, "file": str(file)}) if image else None,
    )


def read_page(
    engine: str, languages: Sequence[str], number: int, image: PageImage, width_pt: float, height_pt: float
) -> dict[str, Any]:
    """To read a page image by OCR; engine and languages are those of its knowledge base."""
    return {
        "call": "read",
        "engine": engine,
        "languages": list(languages),
        "page_number": number,
        "width_pt": width_pt,
        "height_pt": height_pt,
        "image": {"file": image.file, "width_px": image.width_px, "height_px": image.height_px, "dpi": image.dpi},
    }


def reader(engine: str, languages: Sequence[str]) -> dict[str, Any]:
    """To learn who would read pages with this engine and in these languages."""
    return {"call": "reader", "engine": engine, "languages": list(languages)}
