"""Which importer a file goes to, and the registration of both with the house."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.services.importing import clients, plan, supplement
from customers.services.importing.common import heading_row, opened, rows_as_they_were
from customers.sheets import client as client_sheet
from customers.sheets import plan as plan_sheet
from customers.sheets import supplement as supplement_sheet
from luckygas.core.importing import Foreign, Importer, Report

CUSTOMERS, SUPPLEMENT = "customers", "supplement"


def read_customers(path: Path, report: Report) -> clients.Clients | plan.Visits:
    """A client workbook or a residential plan, told apart by sheet and headings."""
    with opened(path) as workbook:
        named = [sheet for sheet in workbook.sheets if sheet.name.strip() == client_sheet.SHEET]
        for sheet in named or [s for s in workbook.sheets if heading_row(s, client_sheet.COLUMNS)]:
            return clients.read_table(clients.find_table(sheet), report)
        months = [sheet for sheet in workbook.sheets if heading_row(sheet, plan_sheet.HEADINGS)]
        if months:
            return plan.read_tables(plan.find_tables(months), report)
        raise Foreign(
            _(
                "This workbook has the sheets %(found)s. Wanted is a client workbook with the sheet "
                "%(sheet)s and its 76 columns, or a residential plan with the columns %(plan)s."
            )
            % {
                "found": "、".join(sheet.name for sheet in workbook.sheets)[:100],
                "sheet": client_sheet.SHEET,
                "plan": "、".join(plan_sheet.HEADINGS[:6]),
            },
            code="no_headings",
        )


def write_customers(data: clients.Clients | plan.Visits, report: Report) -> None:
    if isinstance(data, clients.Clients):
        clients.write(data, report)
    else:
        plan.write(data, report)


def _customer_rejects(
    path: Path, rejected: set[tuple[str, int]]
) -> Iterator[tuple[tuple[str, int], list[str]]]:
    names = {name for name, _number in rejected}
    wanted = client_sheet.COLUMNS if client_sheet.SHEET in names else plan_sheet.HEADINGS
    return rows_as_they_were(path, rejected, wanted)


def _supplement_rejects(
    path: Path, rejected: set[tuple[str, int]]
) -> Iterator[tuple[tuple[str, int], list[str]]]:
    return rows_as_they_were(path, rejected, supplement_sheet.HEADINGS)


IMPORTERS = (
    Importer(
        kind=CUSTOMERS,
        label=gettext_lazy("Client workbook or residential plan"),
        read=read_customers,
        write=write_customers,
        permission="customers.add_customer",
        rows_as_they_were=_customer_rejects,
    ),
    Importer(
        kind=SUPPLEMENT,
        label=gettext_lazy("Supplement workbook"),
        read=supplement.read_file,
        write=supplement.write,
        permission="customers.change_customer",
        rows_as_they_were=_supplement_rejects,
    ),
)
