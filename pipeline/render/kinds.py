"""What a file is, told from its first and last bytes alone, and what to say about those that Pagemill does not read.

The name a file came under is never trusted. The web process uses this at upload: nothing heavy is imported here.
"""

from __future__ import annotations

import re

from pipeline.errors import PermanentError

HEAD_BYTES = 4096
"""How many of a file's first bytes `sniff` wants to see."""

TAIL_BYTES = 8192
"""How many of its last bytes help with ZIP packages and old Office files, whose directories may stand at the end."""

SUPPORTED = ("pdf", "docx", "png", "jpeg", "tiff", "webp", "bmp")
"""The kinds that can be opened, as people are told of them."""

READ = "Pagemill reads PDF, Word (DOCX), PNG, JPEG, TIFF, WebP and BMP files."

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),  # BigTIFF
    (b"MM\x00+", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
    (b"AT&TFORM", "djvu"),
    (b"8BPS", "psd"),
    (b"%!PS", "postscript"),
    (b"\xc5\xd0\xd3\xc6", "postscript"),
    (b"Rar!\x1a\x07", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\x1aE\xdf\xa3", "media"),
    (b"ID3", "media"),
    (b"OggS", "media"),
    (b"fLaC", "media"),
)

_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}

# Members that tell the kinds of ZIP packages apart. The byte before a name is the upper one of a small number, so that
# no folder whose name only ends so is taken for one of these.
_ZIP_MEMBERS: tuple[tuple[str, str], ...] = (
    (r"[\x00-\x1f]word/", "docx"),
    (r"[\x00-\x1f]xl/", "xlsx"),
    (r"[\x00-\x1f]ppt/", "pptx"),
    ("mimetypeapplication/vnd.oasis.opendocument", "odt"),
    ("mimetypeapplication/epub", "epub"),
)

# Streams that tell OLE files apart. The first in the directory counts: a document may hold a workbook.
_OLE_STREAMS: tuple[tuple[str, str], ...] = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("PowerPoint Document", "ppt"),
)

_SAVE_AS_PDF = "Open it in the program it came from, save or print it as PDF, and upload that."
_SAVE_AS_IMAGE = "Convert it to PNG or JPEG and upload that."

_SENTENCES: dict[str, str] = {
    "doc": f"This is a Word document of the old kind (DOC). Save it as DOCX or PDF in Word, and upload that. {READ}",
    "xls": f"This is an Excel workbook of the old kind (XLS). {_SAVE_AS_PDF}",
    "ppt": f"This is a PowerPoint presentation of the old kind (PPT). {_SAVE_AS_PDF}",
    "ole": f"This is an old Office document (DOC, XLS or PPT). {_SAVE_AS_PDF}",
    "xlsx": f"This is an Excel workbook. {_SAVE_AS_PDF}",
    "pptx": f"This is a PowerPoint presentation. {_SAVE_AS_PDF}",
    "odt": f"This is an OpenDocument file. {_SAVE_AS_PDF}",
    "rtf": f"This is a rich text file (RTF). {_SAVE_AS_PDF}",
    "epub": f"This is an e-book (EPUB). {_SAVE_AS_PDF}",
    "djvu": f"This is a DjVu document. {_SAVE_AS_PDF}",
    "postscript": f"This is a PostScript file. {_SAVE_AS_PDF}",
    "html": "This is a web page (HTML), perhaps the error page of a download that failed. "
    "Print the page to PDF in the browser, or download the file again, and upload that.",
    "xml": f"This is an XML file. {_SAVE_AS_PDF}",
    "text": f"This is a plain text file. {READ} Print it to PDF and upload that.",
    "heic": f"This is a HEIC photo, as iPhones take them. {_SAVE_AS_IMAGE}",
    "avif": f"This is an AVIF image. {_SAVE_AS_IMAGE}",
    "svg": f"This is an SVG drawing. {_SAVE_AS_PDF}",
    "gif": f"This is a GIF image. {_SAVE_AS_IMAGE}",
    "jp2": f"This is a JPEG 2000 image. {_SAVE_AS_IMAGE}",
    "jxl": f"This is a JPEG XL image. {_SAVE_AS_IMAGE}",
    "psd": f"This is a Photoshop file. {_SAVE_AS_IMAGE}",
    "zip": "This is a ZIP archive or an office file. Unpack it and upload the files inside, or save it as PDF.",
    "archive": "This is a packed archive. Unpack it and upload the files inside.",
    "program": f"This is a program, not a document. {READ}",
    "media": f"This is a sound or video file. {READ}",
    "unknown": f"The content of this file is of no kind that Pagemill knows, whatever its name says. {READ}",
}


def sniff(head: bytes, tail: bytes = b"") -> str:
    """Names the kind of a file.

    Args:
        head: its first bytes, `HEAD_BYTES` of them or all there are.
        tail: its last bytes, `TAIL_BYTES` of them; makes a difference for "zip" and "ole" alone.

    Returns:
        A member of `SUPPORTED`, "empty", "encrypted", or a name that `refuse` has a sentence for ("unknown" at worst).
    """
    if not head:
        return "empty"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind == "zip":
                return _zip_kind(head) or _zip_kind(tail) or kind
            if kind == "ole":
                return _ole_kind(head) or _ole_kind(tail) or kind
            return kind
    if head[:4] == b"RIFF":
        return "webp" if head[8:12] == b"WEBP" else "media"
    if head[:2] == b"BM" and _is_bmp(head):
        return "bmp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "heic" if brand in _HEIF_BRANDS else "avif" if brand in (b"avif", b"avis") else "media"
    markup = _markup_kind(head)
    if markup is not None:
        return markup
    # Readers accept a PDF behind up to a kilobyte of anything (mail headers, byte order marks).
    if b"%PDF-" in head[: 1024 + 5]:
        return "pdf"
    return "text" if _is_text(head) else "unknown"


def require_supported(kind: str) -> None:
    """Passes for kinds that can be opened.

    Raises:
        PermanentError: `empty_file`, `encrypted`, or `unsupported_kind` with a sentence that says what to do.
    """
    if kind not in SUPPORTED:
        raise refuse(kind)


def refuse(kind: str) -> PermanentError:
    """The error to raise about a kind that is not read."""
    if kind == "empty":
        return PermanentError("empty_file", "The file has no bytes. Check the original and upload it again.")
    if kind == "encrypted":
        return PermanentError(
            "encrypted",
            "The Office file is protected by a password. Save a copy without one, as DOCX or PDF, and upload that.",
            {"kind": kind},
        )
    return PermanentError("unsupported_kind", _SENTENCES.get(kind, _SENTENCES["unknown"]), {"kind": kind})


def _zip_kind(part: bytes) -> str | None:
    return next((kind for member, kind in _ZIP_MEMBERS if re.search(member.encode(), part)), None)


def _ole_kind(part: bytes) -> str | None:
    found = [(at, kind) for name, kind in _OLE_STREAMS if (at := part.find(name.encode("utf-16-le"))) >= 0]
    return min(found)[1] if found else None


def _is_bmp(head: bytes) -> bool:
    """`BM` alone is too little: the size of the second header says which of the known ones it is."""
    return int.from_bytes(head[14:18], "little") in {12, 16, 40, 52, 56, 64, 108, 124}


def _markup_kind(head: bytes) -> str | None:
    start = head[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] != b"<":
        return None
    lower = start.lower()
    if re.search(rb"<svg[\s>]", lower):
        return "svg"
    if re.search(rb"<(!doctype html|html|head|body|title|script|meta|div|p)[\s>]", lower):
        return "html"
    return "xml" if lower.startswith(b"<?xml") else None


def _is_text(head: bytes) -> bool:
    """UTF-8 (or UTF-16 with its mark) without control characters; a character cut at the end is forgiven."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and not re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text)
