"""A streaming reader of .xlsx workbooks for any importer: one row in memory at a time.

    with open_workbook(path) as workbook:
        sheet = workbook.sheet("客戶資料")
        for row in rows(sheet):
            row.number, row.cells

Cells arrive as text, the way a person would type them: a number without a fraction has none (``20``, not
``20.0``; ``912345678.0`` is ``912345678``), a cell formatted as a date is ``2026-11-23`` (with a time
``2026-11-23 14:05:00``, a time alone ``14:05:00``), true and false are ``TRUE`` and ``FALSE``, blanks are
``""`` and white space (also the ideographic one) is trimmed. A number of more than fifteen digits, which a
spreadsheet cannot hold, keeps its exponent so that nobody takes it for an account number. Formulas give the
value stored with them. Rows without any text are skipped; ``number`` is the row a person sees in Excel.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from customers.sheets.container import MAX_UNPACKED_BYTES, WorkbookError, open_archive

_BLOCK = 256 * 1024
_BLANKS = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff"
_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_FORMAT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_LONGEST_TAG = 64  # no prefix of a row element is longer
_ROW_TAG = re.compile(rb"<(?:\w+:)?row[\s>/]")
_LAST_ROW = 1_048_576
_LAST_COLUMN = 16_384
_UNPACKING = (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
_COLUMN = {letter: value for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=1)}


class Row(NamedTuple):
    number: int
    cells: list[str]


@dataclass
class Sheet:
    """A sheet of an open workbook; ``progress`` runs from 0 to 1 while its rows are read."""

    workbook: Workbook
    name: str
    part: str
    progress: float = 0.0


class Workbook:
    """An open workbook; a context manager that closes the file."""

    def __init__(self, path: Path, *, max_unpacked: int = MAX_UNPACKED_BYTES) -> None:
        self._archive = open_archive(path, max_unpacked=max_unpacked)
        try:
            self.sheets = self._read_sheets()
            self._date_styles = self._read_date_styles()
            self._strings: list[str] | None = None
        except WorkbookError:
            self.close()
            raise

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._archive.close()

    def sheet(self, *names: str) -> Sheet:
        """The first sheet whose name is one of these; WorkbookError ``no_sheet`` when there is none."""
        for name in names:
            for sheet in self.sheets:
                if sheet.name.strip(_BLANKS) == name:
                    return sheet
        found = "、".join(sheet.name for sheet in self.sheets)
        raise WorkbookError("no_sheet", wanted="、".join(names), found=found)

    def _parse(self, part: str, parser: expat.XMLParserType) -> None:
        for block in self.blocks(part):
            _feed(parser, block)
        _feed(parser, b"", last=True)

    def blocks(self, part: str) -> Iterator[bytes]:
        """The bytes of a part, in blocks; WorkbookError ``damaged`` when they cannot be unpacked."""
        try:
            with self._archive.open(part) as file:
                while block := file.read(_BLOCK):
                    yield block
        except _UNPACKING as error:
            raise WorkbookError("damaged") from error

    def size(self, part: str) -> int:
        return self._archive.getinfo(part).file_size

    def strings(self) -> list[str]:
        """The shared strings, read once when the first sheet needs them."""
        if self._strings is None:
            self._strings = self._read_strings()
        return self._strings

    def is_date(self, style: str) -> bool:
        return style in self._date_styles

    def _read_sheets(self) -> list[Sheet]:
        found: list[tuple[str, str]] = []
        targets: dict[str, str] = {}
        self._date1904 = False

        def start_workbook(name: str, attributes: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            if local == "sheet":
                relation = next(
                    (v for k, v in attributes.items() if k.rpartition(":")[2] == "id" and ":" in k), ""
                )
                found.append((attributes.get("name", ""), relation))
            elif local == "workbookPr":
                self._date1904 = attributes.get("date1904") in ("1", "true")

        def start_relations(name: str, attributes: dict[str, str]) -> None:
            if name.rpartition(":")[2] == "Relationship":
                target = attributes.get("Target", "")
                targets[attributes.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"

        self._parse("xl/workbook.xml", _parser(start_workbook))
        self._parse("xl/_rels/workbook.xml.rels", _parser(start_relations))
        names = set(self._archive.namelist())
        return [
            Sheet(self, name, targets[relation])
            for name, relation in found
            if targets.get(relation, "") in names and "worksheets/" in targets[relation]
        ]

    def _read_date_styles(self) -> frozenset[str]:
        if "xl/styles.xml" not in self._archive.namelist():
            return frozenset()
        custom: dict[str, bool] = {}
        dates: list[str] = []
        state = {"inside": False, "index": 0}

        def start(name: str, attributes: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            if local == "numFmt":
                code = _NOT_FORMAT.sub("", attributes.get("formatCode", "")).lower()
                custom[attributes.get("numFmtId", "")] = any(letter in code for letter in "ymdhs")
            elif local == "cellXfs":
                state["inside"] = True
            elif local == "xf" and state["inside"]:
                number = attributes.get("numFmtId", "0")
                built_in = _is_index(number) and int(number) in _BUILT_IN_DATES
                if custom.get(number, built_in):
                    dates.append(str(state["index"]))
                state["index"] += 1

        def end(name: str) -> None:
            if name.rpartition(":")[2] == "cellXfs":
                state["inside"] = False

        self._parse("xl/styles.xml", _parser(start, end))
        return frozenset(dates)

    def _read_strings(self) -> list[str]:
        strings: list[str] = []
        if "xl/sharedStrings.xml" not in self._archive.namelist():
            return strings
        pieces: list[str] = []
        state = {"text": False, "phonetic": False}

        def start(name: str, attributes: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            if local == "si":
                pieces.clear()
            elif local == "rPh":
                state["phonetic"] = True
            elif local == "t":
                state["text"] = not state["phonetic"]

        def end(name: str) -> None:
            local = name.rpartition(":")[2]
            if local == "t":
                state["text"] = False
            elif local == "rPh":
                state["phonetic"] = False
            elif local == "si":
                strings.append("".join(pieces).strip(_BLANKS))

        def text(data: str) -> None:
            if state["text"]:
                pieces.append(data)

        self._parse("xl/sharedStrings.xml", _parser(start, end, text))
        return strings

    def as_date(self, serial: str) -> str:
        """A spreadsheet serial as date, time, or both; the text itself where it is none."""
        try:
            days = float(serial)
            # The 1900 calendar counts a 29 February that never was; serials before it are off by one day.
            epoch = dt.datetime(1904, 1, 1) if self._date1904 else dt.datetime(1899, 12, 30)  # noqa: DTZ001
            moment = epoch + dt.timedelta(seconds=round(days * 86400))
        except (ValueError, OverflowError):
            return serial
        if 0 <= days < 1:
            return moment.strftime("%H:%M:%S")
        return moment.strftime("%Y-%m-%d" if days == int(days) else "%Y-%m-%d %H:%M:%S")


def open_workbook(path: Path | str, *, max_unpacked: int = MAX_UNPACKED_BYTES) -> Workbook:
    """Open a workbook; WorkbookError says what the file is when it is not one."""
    return Workbook(Path(path), max_unpacked=max_unpacked)


def rows(sheet: Sheet, *, max_rows: int | None = None) -> Iterator[Row]:
    """The rows of a sheet that hold text. WorkbookError ``too_many_rows`` after ``max_rows`` of them."""
    book = sheet.workbook
    collector = _RowCollector(book)
    parser = _parser(collector.start, collector.end, collector.text)
    size = max(book.size(sheet.part), 1)
    read = given = 0
    for block in book.blocks(sheet.part):
        _feed(parser, block)
        read += len(block)
        sheet.progress = read / size
        ready, collector.ready = collector.ready, []
        given += len(ready)
        if max_rows is not None and given > max_rows:
            raise WorkbookError("too_many_rows", sheet=sheet.name, limit=max_rows)
        yield from ready
    _feed(parser, b"", last=True)


def row_count(sheet: Sheet) -> int:
    """How many row elements a sheet has, blank ones included; counted without understanding them."""
    count, tail = 0, b""
    for block in sheet.workbook.blocks(sheet.part):
        text = tail + block
        count += len(_ROW_TAG.findall(text))
        # An opening tag cut in two is counted with the next block; a whole one at the end is counted now.
        cut = text.rfind(b"<")
        cut = max(cut, len(text) - _LONGEST_TAG) if cut >= 0 else len(text)
        tail = b"" if _ROW_TAG.match(text, cut) else text[cut:]
    return count


class _RowCollector:
    """Handlers that turn the elements of a worksheet into rows; finished ones wait in ``ready``."""

    def __init__(self, book: Workbook) -> None:
        self.ready: list[Row] = []
        self._book = book
        self._names: tuple[str, str, str, str, str] | None = None
        self._columns: dict[str, int] = {}
        self._number = 0
        self._cells: list[str] = []
        self._column = 0
        self._kind = ""
        self._style = ""
        self._value = ""
        self._inside = False
        self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._names is None:  # the root element tells the prefix of all others
            prefix = name[: name.rfind(":") + 1]
            self._names = (f"{prefix}c", f"{prefix}v", f"{prefix}row", f"{prefix}t", f"{prefix}rPh")
        cell, value, row, text, phonetic = self._names
        if name == cell:
            self._column = self._column_of(attributes.get("r", ""))
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._value = ""
        elif name == value or (name == text and not self._phonetic):
            self._inside = True
        elif name == row:
            number = attributes.get("r", "")
            self._number = self._row_number(number)
            self._cells = []
            self._column = 0
        elif name == phonetic:
            self._phonetic = True

    def end(self, name: str) -> None:
        assert self._names is not None
        cell, value, row, text, phonetic = self._names
        if name in (value, text):
            self._inside = False
        elif name == cell:
            if self._value and (shown := self._shown()):
                missing = self._column - len(self._cells) - 1
                if missing > 0:
                    self._cells.extend([""] * missing)
                self._cells.append(shown)
        elif name == row:
            if self._cells:
                self.ready.append(Row(self._number, self._cells))
        elif name == phonetic:
            self._phonetic = False

    def text(self, data: str) -> None:
        if self._inside:
            self._value += data

    def _row_number(self, reference: str) -> int:
        if not reference:
            return self._number + 1
        if not _is_index(reference) or not 1 <= int(reference) <= _LAST_ROW:
            raise WorkbookError("damaged")
        return int(reference)

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        if not letters:
            return self._column + 1
        column = self._columns.get(letters)
        if column is None:
            column = 0
            for letter in letters:
                column = column * 26 + _COLUMN.get(letter, 0)
            if not 1 <= column <= _LAST_COLUMN:
                raise WorkbookError("damaged")
            self._columns[letters] = column
        if column <= len(self._cells):
            raise WorkbookError("damaged")  # cells of a row come in order, each once
        return column

    def _shown(self) -> str:
        kind, value = self._kind, self._value
        if kind == "n":
            return self._book.as_date(value) if self._book.is_date(self._style) else plain_number(value)
        if kind == "s":
            strings = self._book.strings()
            if not _is_index(value) or int(value) >= len(strings):
                raise WorkbookError("damaged")
            return strings[int(value)]
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        return value.strip(_BLANKS)


def plain_number(text: str) -> str:
    """A stored number as a person would type it: ``20.0`` is ``20``, ``9.12345678E8`` is ``912345678``.

    Sixteen digits and more keep an exponent (``1.2345678901234567e+16``): their last digits are not true.
    Text that is no number comes back trimmed.
    """
    text = text.strip(_BLANKS)
    if text.isascii() and text.isdigit() and len(text) < 16:
        return text.lstrip("0") or "0"
    try:
        number = float(text)
    except ValueError:
        return text
    if abs(number) < 1e15:
        return str(int(number)) if number == int(number) else repr(number)
    return format(number, ".16e")


def _is_index(text: str) -> bool:
    """Plain digits, and few enough to count with."""
    return text.isascii() and text.isdigit() and len(text) < 10


def _feed(parser: expat.XMLParserType, block: bytes, *, last: bool = False) -> None:
    try:
        parser.Parse(block, last)
    except WorkbookError:
        raise  # said by one of our handlers
    except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two for a strange encoding
        raise WorkbookError("damaged") from error


def _parser(
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*declaration: object) -> None:
    """No workbook has one; entities declared there could unfold without bound."""
    raise WorkbookError("damaged")
