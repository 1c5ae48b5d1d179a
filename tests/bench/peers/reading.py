"""How a user's own pipeline reads a page: tesserocr, its model kept loaded. Runs in the peers' environment."""

from __future__ import annotations

import os
import threading

import pypdfium2
from PIL import Image
from tesserocr import PSM, PyTessBaseAPI

_DPI = 200
_own = threading.local()


def engine() -> PyTessBaseAPI:
    """This thread's own."""
    if not hasattr(_own, "engine"):
        folder = os.environ["TESSDATA_PREFIX"]
        _own.engine = PyTessBaseAPI(path=f"{folder}/", lang="chi_sim+eng", psm=PSM.AUTO)
    return _own.engine


def read(path: str) -> str:
    """The text of all pages of a PDF, or of an image."""
    api, texts = engine(), []
    for image in _pages(path):
        api.SetImage(image)
        api.SetSourceResolution(_DPI)
        texts.append(api.GetUTF8Text())
    return "\f".join(texts)


def _pages(path: str) -> list[Image.Image]:
    with open(path, "rb") as stream:  # noqa: PTH123
        is_pdf = stream.read(4) == b"%PDF"
    if not is_pdf:
        return [Image.open(path).convert("L")]
    with pypdfium2.PdfDocument(path) as document:
        return [page.render(scale=_DPI / 72, grayscale=True).to_pil() for page in document]
