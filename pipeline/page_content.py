"""Which page images are the same to their reader: what is read, and all that decides how."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson


def content_of(request: dict[str, Any], reader: str) -> bytes:
    """A digest that two pages share only if the same would be read of both.

    The image counts by its file's bytes. They hold its pixels and their resolution and nothing else, so the same pixels
    packed by another version of a library come out as another page: then it is read again, and nothing is wrong.

    Args:
        request: as `requests.read_page` makes it.
        reader: who would read it (`ocr.service.OcrService.reader`).

    Returns:
        32 bytes.

    Raises:
        FileNotFoundError: the image is gone.
    """
    image = request["image"]
    told = {**request, "page_number": None, "image": {**image, "file": None}, "reader": reader}
    digest = hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS))
    digest.update(Path(image["file"]).read_bytes())
    return digest.digest()
