"""Taking a text layer that nobody sees out of a PDF page that was read anew: else its words would be found as well.

MuPDF writes the page's instructions anew without them. As it may write other things otherwise than they were, the page
is drawn before and after, and where that differs it gets its old instructions back: text found twice is the lesser
evil.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymupdf
from numpy.typing import NDArray

from pipeline.render.contents import examine
from pipeline.render.words import PageText

_EVERYWHERE = pymupdf.Rect(-100_000, -100_000, 100_000, 100_000)
_LOOK_PX = 1_000_000  # drawn to compare
_SAME = 8  # steps of grey within which a pixel is the same: images are resampled in other places


def remove_hidden(page: pymupdf.Page, found: PageText) -> PageText:
    """Removes the text of a page that nobody sees: never drawn, or all of it under an image of the whole page.

    Args:
        found: the page's words.

    Returns:
        The words that are left.
    """
    if not (found.hidden or found.visible):
        return found
    contents = examine(page)
    covered = 0 < contents.text_runs == contents.text_under
    if not found.hidden and not covered:
        return found
    document = page.parent
    before, was = _drawn(page), document.xref_object(page.xref)
    page.add_redact_annot(_EVERYWHERE, fill=False)
    page.apply_redactions(
        images=pymupdf.PDF_REDACT_IMAGE_NONE,
        graphics=pymupdf.PDF_REDACT_LINE_ART_NONE,
        text=pymupdf.PDF_REDACT_TEXT_REMOVE if covered else pymupdf.PDF_REDACT_TEXT_REMOVE_INVISIBLE,
    )
    written = [(key, document.xref_get_key(page.xref, key)) for key in ("Contents", "Resources")]
    document.update_object(page.xref, was)  # a redaction takes links along, which are left as they were
    for key, (kind, value) in written:
        if kind != "null":
            document.xref_set_key(page.xref, key, value)
    if _same(before, _drawn(page)):
        return replace(found, hidden=[], visible=[] if covered else found.visible)
    document.update_object(page.xref, was)
    return found


def _same(before: NDArray[np.int16], after: NDArray[np.int16]) -> bool:
    return before.shape == after.shape and bool(np.abs(before - after).max(initial=0) <= _SAME)


def _drawn(page: pymupdf.Page) -> NDArray[np.int16]:
    zoom = min(1.0, (_LOOK_PX / (page.rect.width * page.rect.height)) ** 0.5)
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csGRAY, alpha=False)
    return np.frombuffer(pixels.samples, np.uint8).astype(np.int16)
