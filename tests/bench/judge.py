"""The text-layer judge on labelled pages: `python -m tests.bench.judge FOLDER`.

Judges the pages listed here below FOLDER (a copy of the corpus these come from; files that are not there are told) and
those that `tests.judge_pages` draws, prints the confusion table, every wrong page with the judge's reason, and
milliseconds a page. The exit status says whether no bad layer was kept and at most 2 good ones went to OCR.

Labels were set by looking at the drawn page beside its text: "text" where the layer says what people see, "ocr" where
it does not or where there is none, "blank" where there is nothing to see.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pymupdf

from pipeline.render import source  # noqa: F401 (sets MuPDF up as the chain does)
from pipeline.render.judge import judge
from tests.judge_pages import PAGES

MOST_GOOD_SENT = 2

# file:page label why
LABELS = """
hard/ocrmypdf/acroform.pdf:1 ocr a line of text in an image
hard/ocrmypdf/cmyk.pdf:1 ocr both bytes of each character swapped
hard/ocrmypdf/graph_ocred.pdf:1 ocr a chart with a poor hidden layer
hard/ocrmypdf/link.pdf:1 text short lines, a map in an image
hard/ocrmypdf/livecycle.pdf:1 blank nothing drawn
hard/ocrmypdf/overlay.pdf:1 text four words far apart
hard/ocrmypdf/tagged.pdf:1 text tagged
hard/ocrmypdf/toc.pdf:2 blank nothing drawn
hard/ocrmypdf/truetype_font_nomapping.pdf:1 ocr codes of glyphs taken for characters
hard/ocrmypdf/type3_font_nomapping.pdf:1 ocr Type 3 glyphs without a map
hard/ocrmypdf/vector.pdf:1 ocr all text as outlines
hard/paperless/src/documents/tests/samples/barcodes/barcode-qr-asn-000123-upscale-dpi.pdf:1 text a large image
hard/paperless/src/documents/tests/samples/barcodes/barcode-39-asn-123.pdf:1 text a barcode image below text
hard/paperless/src/documents/tests/samples/barcodes/split-by-asn-1.pdf:3 text a barcode of bars beside text
hard/paperless/src/documents/tests/samples/test_with_bom.pdf:1 text a text file printed
hard/paperless/src/paperless/tests/samples/tesseract/signed.pdf:1 text a logo and a signature in images
hard/paperless/src/paperless/tests/samples/tesseract/tagged-but-no-text.pdf:1 ocr a scan with empty tags
hard/pdfplumber/examples/pdfs/ag-energy-round-up-2017-02-24.pdf:1 text tables and charts
hard/pdfplumber/examples/pdfs/ca-warn-report.pdf:1 text a ruled table, fonts not embedded
hard/pdfplumber/tests/pdfs/2023-06-20-PV.pdf:1 text French
hard/pdfplumber/tests/pdfs/chelsea_pdta.pdf:1 text a title page with photographs
hard/pdfplumber/tests/pdfs/federal-register-2020-17221.pdf:1 text three columns of small print
hard/pdfplumber/tests/pdfs/issue-1054-example.pdf:1 text German, tiny print in a corner
hard/pdfplumber/tests/pdfs/issue-140-example.pdf:1 text tables
hard/pdfplumber/tests/pdfs/issue-192-example.pdf:1 text letters made unreadable in the drawing too
hard/pdfplumber/tests/pdfs/issue-336-example.pdf:1 text Chinese tables
hard/pdfplumber/tests/pdfs/issue-461-example.pdf:1 text Chinese laboratory values
hard/pdfplumber/tests/pdfs/issue-463-example.pdf:1 text English, Japanese and Spanish
hard/pdfplumber/tests/pdfs/issue-53-example.pdf:1 text a table of numbers
hard/pdfplumber/tests/pdfs/issue-598-example.pdf:1 text a book page with spaces of its own making
hard/pdfplumber/tests/pdfs/issue-67-example.pdf:2 text Chinese prose
hard/pdfplumber/tests/pdfs/issue-71-duplicate-chars.pdf:2 text every Chinese character drawn twice for weight
hard/pdfplumber/tests/pdfs/issue-842-example.pdf:1 text a Chinese title page
hard/pdfplumber/tests/pdfs/issue-848.pdf:1 text prose
hard/pdfplumber/tests/pdfs/issue-848.pdf:2 text the same mirrored: the layer can be read, the drawing hardly
hard/pdfplumber/tests/pdfs/issue-848.pdf:3 text the same upside down
hard/pdfplumber/tests/pdfs/issue-912.pdf:1 text an account
hard/pdfplumber/tests/pdfs/issue-982-example.pdf:1 text two columns, formulas, a stamp in the margin
hard/pdfplumber/tests/pdfs/issue-987-test.pdf:1 text letters drawn with gaps of their own
hard/pdfplumber/tests/pdfs/la-precinct-bulletin-2014-p1.pdf:1 text typewriter columns
hard/pdfplumber/tests/pdfs/malformed-from-issue-932.pdf:1 ocr a scan with a seal; digits alone are text
hard/pdfplumber/tests/pdfs/nics-background-checks-2015-11-rotated.pdf:1 text a table turned by a quarter
hard/pdfplumber/tests/pdfs/pdffill-demo.pdf:3 text drawings and few words
hard/pdfplumber/tests/pdfs/pr-136-example.pdf:1 ocr a Chinese scan with a misread hidden layer
hard/pdfplumber/tests/pdfs/pr-136-example.pdf:2 ocr a Chinese scan with a misread hidden layer
hard/pdfplumber/tests/pdfs/pr-136-example.pdf:3 ocr a Chinese scan with a misread hidden layer
hard/pdfplumber/tests/pdfs/pr-138-example.pdf:1 text coloured tables, small print
hard/pdfplumber/tests/pdfs/senate-expenditures.pdf:1 text tiny print, one line of it upright in the margin
hard/pdfplumber/tests/pdfs/table-curves-example.pdf:1 text a table of medical terms
hard/pypdf_samples/009-pdflatex-geotopo/GeoTopo-komprimiert.pdf:3 text German, figures of a thousand paths
hard/pypdf_samples/013-reportlab-overlay/reportlab-overlay.pdf:1 text three lines at the foot
hard/pypdf_samples/015-arabic/habibi.pdf:1 ocr half of an Arabic word without a map
hard/pypdf_samples/021-pdfa/crazyones-pdfa.pdf:1 text italics
hard/pypdf_samples/026-latex-multicolumn/multicolumn.pdf:1 text two columns of placeholder Latin
hard/qpdf_tests/qpdf/annotations-rotated-90.pdf:1 text fields and notes, turned by a quarter
hard/qpdf_tests/qpdf/minimal.pdf:1 text one word
extraction/rendercv_en/John_Doe_ClassicTheme_CV.pdf:1 text a resume
"""


def labelled(folder: Path) -> Iterator[tuple[str, str, pymupdf.Document, int]]:
    """Name, label, document and page index of every labelled page that is there."""
    for row in LABELS.strip().splitlines():
        place, label, _ = row.split(" ", 2)
        file, _, number = place.rpartition(":")
        if not (folder / file).exists():
            print(f"not there: {file}")
            continue
        with pymupdf.open(folder / file) as document:
            yield place, label, document, int(number) - 1
    for name, (label, draw) in PAGES.items():
        with pymupdf.open("pdf", draw()) as document:
            yield f"drawn: {name}", label, document, 0


def main() -> int:
    """The exit status."""
    table: Counter[tuple[str, str]] = Counter()
    seconds = 0.0
    for name, label, document, index in labelled(Path(sys.argv[1])):
        began = time.process_time()
        judged = judge(document[index])
        seconds += time.process_time() - began
        table[label, judged.verdict] += 1
        if judged.verdict != label:
            print(f"wrong: {name}: {label}, judged {judged.verdict}: {judged.reason}")
    kinds = ("text", "ocr", "blank")
    print(
        f"{table.total()} pages, {1000 * seconds / table.total():.1f} ms a page\nlabel    "
        + "".join(f"{kind:>7}" for kind in kinds)
    )
    for label in kinds:
        print(f"{label:9}" + "".join(f"{table[label, kind]:7}" for kind in kinds))
    kept, sent = table["ocr", "text"] + table["ocr", "blank"], table["text", "ocr"] + table["text", "blank"]
    print(f"bad layers kept: {kept}; good ones sent to OCR: {sent}")
    return int(kept > 0 or sent > MOST_GOOD_SENT)


if __name__ == "__main__":
    sys.exit(main())
