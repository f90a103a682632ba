"""Reading back what was written, with a reader that knows nothing of the writer."""

import csv

from python_calamine import CalamineWorkbook


def sheets(path):
    """{sheet name: rows of cells, headings first}; empty cells are ''."""
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def records(rows):
    """The rows of a sheet as dicts by heading."""
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def mistakes(directory):
    """The planted mistakes as dicts by heading."""
    with (directory / "故意的錯誤.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
