"""What the three importers share: opening a workbook, finding its headings, telling how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.db import IntegrityError
from django.utils.translation import gettext as _

from customers.models import Area
from customers.services.words import foreign, tell
from customers.sheets.cells import Cells
from customers.sheets.container import WorkbookError
from customers.sheets.headings import find, looks_like
from customers.sheets.reader import Row, Sheet, Workbook, open_workbook, row_count, rows
from luckygas.core.errors import Busy
from luckygas.core.importing import Foreign, Report

HEADING_WITHIN = 10  # rows from the top in which the headings are looked for
TOLD_EVERY = 500


@dataclass(frozen=True)
class Table:
    """A sheet whose headings were found in row ``heading_row``."""

    sheet: Sheet
    heading_row: int
    columns: Mapping[str, int]

    def rows(self) -> Iterator[Row]:
        """The rows below the headings."""
        return (row for row in rows(self.sheet) if row.number > self.heading_row)


@contextmanager
def opened(path: Path) -> Iterator[Workbook]:
    """The open workbook; what is no workbook is refused by name, also when that shows later."""
    try:
        with open_workbook(path) as workbook:
            yield workbook
    except WorkbookError as error:
        raise foreign(error) from error


def heading_row(sheet: Sheet, wanted: Sequence[str]) -> Row | None:
    """The row near the top that holds at least half of the wanted headings."""
    top = islice(rows(sheet), HEADING_WITHIN)
    return next((row for row in top if looks_like(row.cells, wanted)), None)


def table(
    sheet: Sheet,
    wanted: Sequence[str],
    *,
    blank: Mapping[str, str] | None = None,
    optional: Sequence[str] = (),
) -> Table:
    """The table of a sheet; Foreign names the columns that are missing (``optional`` ones may be) or there twice."""
    row = heading_row(sheet, wanted)
    if row is None:
        raise Foreign(
            _("Sheet “%(sheet)s” has no row of headings. Wanted are %(wanted)s.")
            % {"sheet": sheet.name, "wanted": "、".join(filter(None, wanted))[:300]},
            code="no_headings",
        )
    found = find(row.cells, [*wanted, *optional], blank=blank)
    missing = [name for name in found.missing if name not in optional]
    if missing:
        raise Foreign(
            _("Sheet “%(sheet)s” lacks the column %(missing)s. Add it, blank if need be.")
            % {"sheet": sheet.name, "missing": "、".join(missing)},
            code="missing_column",
        )
    if found.twice:
        raise Foreign(
            _("Sheet “%(sheet)s” has the column %(twice)s twice. Keep one.")
            % {"sheet": sheet.name, "twice": "、".join(found.twice)},
            code="column_twice",
        )
    return Table(sheet, row.number, found.columns)


def bounded(sheet: Sheet, limit: int) -> int:
    """How many rows a sheet has; refused above ``limit`` before any cell is understood."""
    count = row_count(sheet)
    if count > limit:  # empty formatted rows do not count
        count = sum(1 for _row in rows(sheet, max_rows=limit))
    return count


def read(source: Table, report: Report, take: Callable[[Cells], None], *, before: int, total: int) -> int:
    """Hand every row to ``take``, tell its findings and the progress; return the rows read so far."""
    done = before
    for row in source.rows():
        cells = Cells(row.number, row.cells, source.columns)
        take(cells)
        for finding in cells.findings:
            tell(report, source.sheet.name, finding)
        done += 1
        if done % TOLD_EVERY == 0:
            report.progress(done, total)
    report.progress(done, total)
    return done


def rows_as_they_were(
    path: Path, rejected: set[tuple[str, int]], wanted: Sequence[str]
) -> Iterator[tuple[tuple[str, int], list[str]]]:
    """The headings once (numbered 0), then the rejected rows as they were, for the workbook of rejects."""
    with opened(path) as workbook:
        first = True
        for sheet in workbook.sheets:
            if not any(name == sheet.name for name, _number in rejected):
                continue
            heading = heading_row(sheet, wanted)
            if first and heading is not None:
                yield (sheet.name, 0), heading.cells
                first = False
            for row in rows(sheet):
                if (sheet.name, row.number) in rejected:
                    yield (sheet.name, row.number), row.cells


@contextmanager
def meanwhile_unchanged() -> Iterator[None]:
    """A constraint that fails while writing means that somebody changed these customers since the check."""
    try:
        yield
    except IntegrityError as error:
        raise Busy(
            _("Customers of this file were changed while it was read. Import it again."),
            code="changed_meanwhile",
        ) from error


def areas_by_name() -> dict[str, int]:
    """Areas by every name the workbooks use for them."""
    found: dict[str, int] = {}
    for pk, code, name, sheet_name in Area.objects.values_list("pk", "code", "name", "sheet_name"):
        found[sheet_name] = pk
        found.setdefault(name, pk)
        found.setdefault(code, pk)
    return found
