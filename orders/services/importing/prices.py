"""The price workbook: list prices and contracts, each from a day on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.services.importing.common import bounded, heading_row, opened, rows_as_they_were, table
from luckygas.core.importing import Foreign, Importer, Report
from orders.models import Price, Product
from orders.services.pricing import fill_missing
from orders.sheets import prices as sheet
from orders.sheets.prices import CUSTOMER, HEADINGS, VALID_FROM, Problem

KIND = "prices"
MAX_ROWS = 200_000
TOLD_EVERY = 500

# Problem -> (what is wrong, what would be right)
WORDS = {
    Problem.PRODUCT: (
        gettext_lazy("no such product"),
        gettext_lazy("a SKU of the catalogue, for example GAS-C20-R"),
    ),
    Problem.PRICE: (
        gettext_lazy("is not a price"),
        gettext_lazy("an amount above 0 with at most four decimals"),
    ),
    Problem.DATE: (gettext_lazy("is not a date"), gettext_lazy("a ROC date yyymmdd, for example 1150101")),
    Problem.CODE: (
        gettext_lazy("is no customer code"),
        gettext_lazy("seven digits, or blank for the list price"),
    ),
    Problem.UNKNOWN_CUSTOMER: (
        gettext_lazy("no such customer"),
        gettext_lazy("import the client workbook first, or mend the code"),
    ),
    Problem.TWICE: (
        gettext_lazy("stands a second time in this file"),
        gettext_lazy("keep one price for each product, day and customer"),
    ),
}


@dataclass(frozen=True)
class Wanted:
    """Prices by (product, customer or None, day)."""

    prices: dict[tuple[int, int | None, dt.date], Price]


def read(path: Path, report: Report) -> Wanted:
    with opened(path) as workbook:
        named = [entry for entry in workbook.sheets if entry.name.strip() == sheet.SHEET]
        found = named or [entry for entry in workbook.sheets if heading_row(entry, HEADINGS)]
        if not found:
            raise Foreign(
                _(
                    "This workbook has the sheets %(found)s. Wanted is a sheet %(sheet)s with the columns %(wanted)s."
                )
                % {
                    "found": "、".join(entry.name for entry in workbook.sheets)[:100],
                    "sheet": sheet.SHEET,
                    "wanted": "、".join(HEADINGS),
                },
                code="no_headings",
            )
        source = table(found[0], HEADINGS)
        total = bounded(found[0], MAX_ROWS)
        products = dict(Product.objects.values_list("sku", "pk"))
        customers = dict(Customer.objects.values_list("code", "pk"))
        skus = frozenset(products)
        prices: dict[tuple[int, int | None, dt.date], Price] = {}
        done = 0
        for row in source.rows():
            parsed, findings = sheet.read_row(row.cells, source.columns, skus)
            for finding in findings:
                _tell(report, source.sheet.name, row.number, finding.column, finding.value, finding.problem)
            if parsed is not None:
                customer_id = customers.get(parsed.customer) if parsed.customer else None
                key = (products[parsed.sku], customer_id, parsed.valid_from)
                if parsed.customer and customer_id is None:
                    where = (source.sheet.name, row.number, CUSTOMER, parsed.customer)
                    _tell(report, *where, Problem.UNKNOWN_CUSTOMER)
                elif key in prices:
                    _tell(report, source.sheet.name, row.number, VALID_FROM, parsed.sku, Problem.TWICE)
                else:
                    prices[key] = Price(
                        product_id=key[0], customer_id=customer_id, valid_from=parsed.valid_from,
                        unit_price=parsed.unit_price, created_by=report.run.actor_name,
                    )  # fmt: skip
            done += 1
            if done % TOLD_EVERY == 0:
                report.progress(done, total)
        report.progress(done, done)
    return Wanted(prices)


def write(wanted: Wanted, report: Report) -> None:
    """Add what is new, change what differs, and price the open orders that waited for one."""
    known = {
        (row.product_id, row.customer_id, row.valid_from): row for row in Price.objects.select_for_update()
    }
    new = [row for key, row in wanted.prices.items() if key not in known]
    changed = []
    for key, row in wanted.prices.items():
        before = known.get(key)
        if before is not None and before.unit_price != row.unit_price:
            before.unit_price = row.unit_price
            changed.append(before)
    Price.objects.bulk_create(new, batch_size=1000)
    Price.objects.bulk_update(changed, ["unit_price"], batch_size=1000)
    report.created, report.changed = len(new), len(changed)
    report.unchanged = len(wanted.prices) - len(new) - len(changed)
    fill_missing()


def _tell(report: Report, name: str, number: int, column: str, value: str, problem: Problem) -> None:
    what, remedy = (str(text) for text in WORDS[problem])
    report.error(name, number, column, value, what, remedy)


def _rejects(path: Path, rejected: set[tuple[str, int]]) -> Iterator[tuple[tuple[str, int], list[str]]]:
    return rows_as_they_were(path, rejected, HEADINGS)


IMPORTER = Importer(
    kind=KIND,
    label=gettext_lazy("Price workbook"),
    read=read,
    write=write,
    permission="orders.add_price",
    rows_as_they_were=_rejects,
)
