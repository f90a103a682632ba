"""Writing workbooks row by row: memory does not grow with the rows, and the same rows give the same file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import xlsxwriter

# A cell is text or a number; None and "" are left out of the file.
Cell = str | int | float | None

# Stands in every workbook's properties instead of the hour of writing, which would differ each time.
_CREATED = dt.datetime(2021, 1, 1)  # noqa: DTZ001 - Excel's properties carry no zone


class Sheet:
    """A sheet being written; ``number`` is the row a person will see in Excel for the last row written."""

    def __init__(self, worksheet: xlsxwriter.worksheet.Worksheet) -> None:
        self._worksheet = worksheet
        self.number = 0

    def write(self, cells: Iterable[tuple[int, Cell]]) -> int:
        """Append a row of (column, value) pairs; returns its row number."""
        row = self.number
        number, text = self._worksheet.write_number, self._worksheet.write_string
        for column, value in cells:
            if isinstance(value, str):
                if value:
                    text(row, column, value)
            elif value is not None:
                number(row, column, value)
        self.number = row + 1
        return self.number

    def row(self, values: Sequence[Cell]) -> int:
        """Append a row of values; returns its row number."""
        return self.write(enumerate(values))


class Workbook:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True})

    def sheet(self, name: str, headings: Sequence[str], widths: Sequence[tuple[int, float]] = ()) -> Sheet:
        """A new sheet with its headings; in this way of writing a sheet is finished before the next begins."""
        worksheet = self._book.add_worksheet(name)
        for column, width in widths:
            worksheet.set_column(column, column, width)
        worksheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            if heading:
                worksheet.write_string(0, column, heading, self._bold)
        sheet = Sheet(worksheet)
        sheet.number = 1
        return sheet


@contextmanager
def workbook(path: Path) -> Iterator[Workbook]:
    """Write a workbook; the file appears under its name only when it is complete."""
    partial = path.with_name(f".{path.name}.partial")
    book = xlsxwriter.Workbook(str(partial), {"constant_memory": True, "strings_to_urls": False})
    book.set_properties({"title": path.stem, "created": _CREATED, "comments": "Synthetic data of nobody"})
    try:
        yield Workbook(book)
        book.close()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
