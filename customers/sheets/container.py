"""What a file is, before anything in it is parsed.

Only a zip that holds an Excel workbook part goes on; everything else is named for what it is, so that the
person knows what to save it as. Sizes come from the zip directory: a reader never unpacks more of a part
than the directory declares.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import BinaryIO

MAX_UNPACKED_BYTES = 500 * 1024 * 1024

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MAGIC = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
)
_PARTS = (
    ("xl/workbook.bin", "binary_excel"),
    ("word/document.xml", "word"),
    ("ppt/presentation.xml", "powerpoint"),
    ("content.xml", "opendocument"),
)


class WorkbookError(ValueError):
    """The file cannot be read as a workbook. ``kind`` says why in one stable word:

    ``missing`` ``empty`` ``encrypted`` ``old_excel`` ``binary_excel`` ``opendocument`` ``word``
    ``powerpoint`` ``pdf`` ``image`` ``archive`` ``web_page`` ``text`` ``damaged`` ``too_large`` (details:
    ``megabytes``, ``limit``) ``no_sheet`` (``wanted``, ``found``) ``too_many_rows`` (``sheet``, ``limit``)
    ``unknown``.
    """

    def __init__(self, kind: str, **details: str | int) -> None:
        super().__init__(kind, details)
        self.kind = kind
        self.details = details


def open_archive(path: Path, *, max_unpacked: int = MAX_UNPACKED_BYTES) -> zipfile.ZipFile:
    """The zip archive of an .xlsx workbook; WorkbookError names anything else."""
    if not path.is_file():
        raise WorkbookError("missing")
    with path.open("rb") as file:
        head = file.read(4096)
        if head.startswith(_OLE):
            raise WorkbookError("encrypted" if _contains(head, file, _ENCRYPTED) else "old_excel")
    if not head.startswith(b"PK"):
        raise WorkbookError(_kind_of(head))
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise WorkbookError("damaged") from error
    try:
        _check_contents(archive, max_unpacked)
    except WorkbookError:
        archive.close()
        raise
    return archive


def _check_contents(archive: zipfile.ZipFile, max_unpacked: int) -> None:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise WorkbookError(next((kind for part, kind in _PARTS if part in names), "archive"))
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise WorkbookError("encrypted")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > max_unpacked:
        raise WorkbookError("too_large", megabytes=-(-unpacked // 1024**2), limit=max_unpacked // 1024**2)


def _contains(head: bytes, rest: BinaryIO, needle: bytes) -> bool:
    """Whether a file names the needle anywhere; read in blocks that overlap."""
    seen = head
    while needle not in seen:
        block = rest.read(1024 * 1024)
        if not block:
            return False
        seen = seen[-len(needle) :] + block
    return True


def _kind_of(head: bytes) -> str:
    if not head:
        return "empty"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table")):
        return "web_page"
    return "unknown" if b"\0" in head else "text"
