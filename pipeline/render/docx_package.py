"""The ZIP that a DOCX is: checked before anything in it is believed, its XML parts parsed on demand."""

from __future__ import annotations

import errno
import io
import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from PIL import Image

from pipeline.errors import PermanentError
from pipeline.render.exhaustion import is_exhausted
from pipeline.render.kinds import refuse

_MAX_MEMBERS = 10_000
_MAX_BYTES = 300_000_000  # of all members, unpacked
_MAX_XML_BYTES = 40_000_000  # of one part; a book of a thousand pages has half of that, and a tree takes ten times more
_ODD_RATIO, _ODD_BYTES = 200, 30_000_000  # texts shrink to a tenth, tables to a fiftieth; nothing real to less

_PICTURES = ("PNG", "JPEG", "GIF", "BMP", "TIFF")  # what MuPDF draws, too
_MAIN = "word/document.xml"


class Package:
    """An open DOCX; use it in a `with` statement.

    Attributes:
        zip: the archive.
        main: name of the part with the text.
    """

    def __init__(self, path: Path) -> None:
        """Opens and checks.

        Raises:
            PermanentError: `damaged`, `encrypted`, or `too_large` for what would unpack to an absurd size.
        """
        with damage_told():
            self.zip = zipfile.ZipFile(str(path))
            try:
                self._check()
                self._names = set(self.zip.namelist())
                self.main = self._find_main()
            except BaseException:
                self.zip.close()
                raise

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *_: object) -> None:
        self.zip.close()

    def part(self, name: str) -> Element | None:
        """A part's XML without its name spaces (two sets of them are in use), or None where there is no such part."""
        if name not in self._names:
            return None
        if self.zip.getinfo(name).file_size > _MAX_XML_BYTES:
            raise _too_large(f"{name} has more than {_MAX_XML_BYTES // 1_000_000} MB")
        root = ElementTree.fromstring(self._read(name))
        for node in root.iter():
            node.tag = _local(node.tag)
            if node.attrib:
                node.attrib = {_local(key): value for key, value in node.attrib.items()}
        return root

    def related(self, name: str) -> dict[str, str]:
        """The parts that a part names, by its own ids for them; links out of the file are left out."""
        folder, base = posixpath.split(name)
        relations = self.part(f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels")
        if relations is None:
            return {}
        return {
            node.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, node.get("Target", "")))[1:]
            for node in relations.iter("Relationship")
            if node.get("TargetMode") != "External"
        }

    @cached_property
    def beside(self) -> dict[str, str]:
        """`related` of the main part."""
        return self.related(self.main)

    def beside_named(self, base: str) -> Element | None:
        """The part beside the main one that is usually called so: styles.xml, numbering.xml, footnotes.xml."""
        return self.part(f"{posixpath.dirname(self.main)}/{base}")

    def picture_size(self, name: str) -> tuple[int, int] | None:
        """Pixels of a picture, or None where it is missing, broken or cannot be drawn (EMF, WMF, SVG)."""
        if name not in self._names:
            return None
        try:
            with Image.open(io.BytesIO(self._read(name)), formats=_PICTURES) as image:
                return image.size
        except MemoryError:
            raise
        except Exception:  # Pillow and zipfile raise nearly anything; the text around a broken picture is still good
            return None

    def _read(self, name: str) -> bytes:
        """A member, no further than the size it says: asked for all, zipfile unpacks first and cuts off then."""
        with self.zip.open(name) as member:
            return member.read(self.zip.getinfo(name).file_size)

    def _check(self) -> None:
        members = self.zip.infolist()
        if len(members) > _MAX_MEMBERS:
            raise _too_large(f"it has {len(members):,} members")
        size = sum(member.file_size for member in members)
        packed = sum(member.compress_size for member in members)
        if size > _MAX_BYTES or (size > _ODD_BYTES and size > _ODD_RATIO * packed):
            raise _too_large(f"it unpacks to {size / 1e6:,.0f} MB")
        if any(member.flag_bits & 1 for member in members):
            raise refuse("encrypted")

    def _find_main(self) -> str:
        relations = self.part("_rels/.rels")
        for node in relations.iter("Relationship") if relations is not None else ():
            if node.get("Type", "").endswith("/officeDocument"):
                name = node.get("Target", "").lstrip("/")  # some programs number it: word/document2.xml
                if name.startswith("word/") and name in self._names:
                    return name
        if _MAIN not in self._names:
            raise _damaged()
        return _MAIN


@contextmanager
def damage_told() -> Iterator[None]:
    """Turns what zipfile, the XML parser and MuPDF raise on broken files into `damaged`."""
    try:
        yield
    except (PermanentError, MemoryError):
        raise
    except OSError as error:
        if error.errno not in {
            None,
            errno.EINVAL,
        }:  # of a seek to nowhere; all else is the disk's fault, not the file's
            raise
        raise _damaged() from error
    except Exception as error:  # of half a dozen unrelated classes, MuPDF's among them
        if is_exhausted(error):
            raise MemoryError(str(error)) from error
        raise _damaged() from error


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _damaged() -> PermanentError:
    return PermanentError(
        "damaged", "The Word document is damaged and cannot be opened. Save it again in Word and upload that."
    )


def _too_large(why: str) -> PermanentError:
    return PermanentError(
        "too_large", f"The Word document is too large to unpack: {why}. Split it, or save it as PDF and upload that."
    )
