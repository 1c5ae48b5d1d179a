"""What programs load when they start: ten of them share two cores until uploads are taken."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each takes a tenth of a second to a second to load, and most runs of most programs never need it.
RARE = (
    "alembic", "chromadb", "cryptography.hazmat.primitives.ciphers", "cv2", "jsonschema", "phonenumbers", "pycountry",
    "pymupdf", "rapidocr", "sentence_transformers", "torch", "transformers",
)  # fmt: skip


@pytest.mark.parametrize(
    "program", ["web.server", "actors.sweep", "actors.worker, actors.render, actors.ocr, actors.embed, actors.store"]
)
def test_a_program_loads_what_it_needs_and_no_more(program: str) -> None:
    code = f"import sys, {program}; print([name for name in {RARE} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
