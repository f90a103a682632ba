"""Deliveries of the past come in as delivered orders of source 歷史.

They publish nothing, cost nothing, move no cylinder and are told apart by customer, date, time and occurrence
(the how-manieth of that minute in the file). Rows are staged on disk while they are read; writing is one COPY
and a few statements, so that memory does not grow with the file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.services.importing.common import bounded, heading_row, opened, rows_as_they_were, table
from luckygas.core import clock
from luckygas.core.importing import Foreign, Importer, Report
from orders.models import Product
from orders.models.order import HISTORY_SETTING
from orders.services.importing import history_sql as sql
from orders.sheets.history import CODE, HEADINGS, Finding, HistoryReader, HistoryRow, Problem

KIND = "history"
MAX_ROWS = 2_000_000
TOLD_EVERY = 5000
BLOCK = 1 << 20
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

# Problem -> (what is wrong, what would be right)
WORDS = {
    Problem.NO_CODE: (gettext_lazy("is blank"), gettext_lazy("the customer's code, seven digits")),
    Problem.CODE: (gettext_lazy("is no customer code"), gettext_lazy("seven digits, for example 1400103")),
    Problem.DATE: (gettext_lazy("is not a date"), gettext_lazy("a ROC date yyymmdd, for example 1140528")),
    Problem.DATE_FUTURE: (
        gettext_lazy("is not past yet"),
        gettext_lazy("history ends today; enter later deliveries as orders"),
    ),
    Problem.TIME: (gettext_lazy("is not a time"), gettext_lazy("HHMM, for example 0930 or 1415")),
    Problem.NO_TIME: (gettext_lazy("is blank; midnight was taken"), gettext_lazy("HHMM, for example 0930")),
    Problem.QUANTITY: (
        gettext_lazy("is not a number of cylinders"),
        gettext_lazy("a whole number from 1 to 200, or blank"),
    ),
    Problem.EMPTY: (
        gettext_lazy("no quantity in the whole row"),
        gettext_lazy("fill in at least one of the sixteen quantities, or remove the row"),
    ),
}
UNKNOWN_CUSTOMER = (
    gettext_lazy("no such customer"),
    gettext_lazy("import the client workbook first, or mend the code"),
)


@dataclass
class Staged:
    """The good rows in two files as PostgreSQL's COPY reads them."""

    rows: BinaryIO = field(default_factory=tempfile.TemporaryFile)
    lines: BinaryIO = field(default_factory=tempfile.TemporaryFile)
    count: int = 0

    def add(self, customer_id: int, row: HistoryRow, products: dict[str, int]) -> None:
        self.count += 1
        staff = row.staff[:150].translate(_ESCAPES)  # cut first: half an escape would spoil the file
        self.rows.write(f"{self.count}\t{customer_id}\t{row.date} {row.time}\t{row.date}\t{staff}\n".encode())
        text = "".join(f"{self.count}\t{products[sku]}\t{n}\n" for sku, n in row.quantities.items())
        self.lines.write(text.encode())


def read(path: Path, report: Report) -> Staged:
    """Read every sheet that has the columns of the history; rows with errors stay out."""
    customers = dict(Customer.objects.values_list("code", "pk"))
    products = dict(Product.objects.values_list("sku", "pk"))
    staged = Staged()
    with opened(path) as workbook:
        sheets = [sheet for sheet in workbook.sheets if heading_row(sheet, HEADINGS)]
        if not sheets:
            raise Foreign(
                _("This workbook has the sheets %(found)s; none has the columns %(wanted)s, and the others.")
                % {
                    "found": "、".join(sheet.name for sheet in workbook.sheets)[:100],
                    "wanted": "、".join(HEADINGS[:6]),
                },
                code="no_headings",
            )
        tables = [table(sheet, HEADINGS) for sheet in sheets]
        total = sum(bounded(sheet, MAX_ROWS) for sheet in sheets)
        done = 0
        for source in tables:
            reader = HistoryReader(source.columns, clock.today())
            for row in source.rows():
                parsed, findings = reader.read(row.cells)
                for finding in findings:
                    _tell(report, source.sheet.name, row.number, finding)
                if parsed is not None:
                    customer_id = customers.get(parsed.code)
                    if customer_id is None:
                        problem, remedy = map(str, UNKNOWN_CUSTOMER)
                        report.error(source.sheet.name, row.number, CODE, parsed.code, problem, remedy)
                    else:
                        staged.add(customer_id, parsed, products)
                done += 1
                if done % TOLD_EVERY == 0:
                    report.progress(done, total)
        report.progress(done, done)
    return staged


def write(staged: Staged, report: Report) -> None:
    """Merge the staged rows into orders and lines, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(sql.STAGE)
        for name, file in (("history_row", staged.rows), ("history_line", staged.lines)):
            file.seek(0)
            with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                while block := file.read(BLOCK):
                    copy.write(block)
            file.close()
        cursor.execute(sql.PLACE)
        cursor.execute("SELECT set_config(%s, 'on', true)", [HISTORY_SETTING])
        cursor.execute(sql.NUMBER)
        cursor.execute(sql.INSERT_ORDERS)
        report.created = cursor.rowcount
        cursor.execute("SELECT set_config(%s, '', true)", [HISTORY_SETTING])
        cursor.execute(sql.INSERT_LINES)
        cursor.execute(sql.FIND_CHANGED)
        cursor.execute("SELECT count(*) FROM history_changed")
        (report.changed,) = cursor.fetchone()
        if report.changed:
            for statement in sql.CHANGE:
                cursor.execute(statement)
        report.unchanged = staged.count - report.created - report.changed
        cursor.execute(sql.CLEAN)


def _tell(report: Report, sheet: str, number: int, finding: Finding) -> None:
    problem, remedy = (str(text) for text in WORDS[finding.problem])
    say: Callable[..., None] = report.error if finding.rejects else report.warning
    say(sheet, number, finding.column, finding.value, problem, remedy)


def _rejects(path: Path, rejected: set[tuple[str, int]]) -> Iterator[tuple[tuple[str, int], list[str]]]:
    return rows_as_they_were(path, rejected, HEADINGS)


IMPORTER = Importer(
    kind=KIND,
    label=gettext_lazy("Delivery history"),
    read=read,
    write=write,
    permission="orders.import_history",
    rows_as_they_were=_rejects,
)
