"""The residential plan comes in: a visit for each row, a customer on first sight."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.db import connection

from customers.models import Customer, CustomerPhone, PlannedVisit
from customers.services import gaps
from customers.services.importing import bulk
from customers.services.importing.common import (
    Table,
    areas_by_name,
    bounded,
    meanwhile_unchanged,
    read,
    table,
)
from customers.sheets import plan
from customers.sheets.cells import Cells
from customers.sheets.findings import Problem
from customers.sheets.reader import Sheet
from luckygas.core import clock
from luckygas.core.importing import Report

MAX_ROWS = 200_000

CUSTOMER = ("code", "kind", "invoice_title", "short_name", "address", "area")
VISIT = (
    "date", "sequence", "quantities", "crew", "people", "call_booked", "call_before", "cancelled", "moved_to",
    "put_off", "note",
)  # fmt: skip


@dataclass
class Visits:
    """The good rows, staged; the row of each (customer, date) seen; customers made by this file."""

    visits: bulk.Stage = field(default_factory=lambda: bulk.Stage(PlannedVisit, VISIT, extra=("code",)))
    customers: bulk.Stage = field(default_factory=lambda: bulk.Stage(Customer, CUSTOMER))
    phones: bulk.Stage = field(
        default_factory=lambda: bulk.Stage(CustomerPhone, ("number", "label", "is_primary"), extra=("code",))
    )
    seen: dict[tuple[str, object], int] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)

    def take(self, cells: Cells, row: plan.PlanRow) -> None:
        key = (row.code, row.date)
        if not cells.rejected and key in self.seen:  # a copied sheet has it in the row of the same number
            cells.reject(plan.CODE, Problem.DUPLICATE_VISIT, first_row=self.seen[key])
        if cells.rejected:
            return
        self.seen[key] = cells.row
        quantities = json.dumps(row.quantities, sort_keys=True)
        self.visits.add(
            (
                row.date, row.sequence, quantities, row.crew, row.people, row.call_booked, row.call_before,
                row.cancelled, row.moved_to, row.put_off, row.note, row.code,
            )
        )  # fmt: skip
        if row.code in self.people:
            return
        self.people.add(row.code)
        self.customers.add((row.code, "residential", row.name, row.name, row.address, row.area))
        for place, number in enumerate(row.phones):
            label = "mobile" if number.startswith("+8869") else "landline"
            self.phones.add((number, label, place == 0, row.code))


def find_tables(sheets: list[Sheet]) -> list[Table]:
    return [table(sheet, plan.HEADINGS) for sheet in sheets]


def read_tables(sources: list[Table], report: Report) -> Visits:
    """Read and check every row of every month; nothing is written."""
    total = sum(bounded(source.sheet, MAX_ROWS) - 1 for source in sources)
    areas, today, visits = areas_by_name(), clock.today(), Visits()
    done = 0
    for source in sources:
        tag = ""
        near = plan.month_of(source.sheet.name, today)

        def take(cells: Cells) -> None:
            nonlocal tag
            if plan.is_subtotal(cells.first(5)):
                return
            tag = cells.raw(plan.DATE) or tag
            visits.take(cells, plan.parse(cells, areas, tag=tag, near=near))  # noqa: B023  (used within the loop)

        done = read(source, report, take, before=done, total=total)
    return visits


def write(visits: Visits, report: Report) -> None:
    """Merge the good rows; called inside the importer's transaction. Counts are visits."""
    now = clock.now()
    with meanwhile_unchanged():
        bulk.start_touched()
        for stage in (visits.customers, visits.phones, visits.visits):
            stage.load()
        bulk.merge_customers(visits.customers, now=now, update=False)
        report.run.details["customers"] = bulk.touched()[0]
        _add_first_phones(visits.phones)
        bulk.add_missing_companions(now)
        report.created, report.changed = _merge_visits(visits.visits)
        report.unchanged = visits.visits.count - report.created - report.changed
        report.run.details["gaps"], _filled = gaps.refresh()


def _add_first_phones(stage: bulk.Stage) -> None:
    """Numbers of customers that have none yet; a number known already is somebody's better knowledge."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_customerphone (customer_id, number, label, is_primary) "
            "SELECT k.id, s.number, s.label, s.is_primary FROM stage_customerphone s "
            "JOIN customers_customer k ON k.code = s.code "
            "WHERE NOT EXISTS (SELECT 1 FROM customers_customerphone p WHERE p.customer_id = k.id) "
            "ORDER BY k.id, s.is_primary DESC"
        )


def _merge_visits(stage: bulk.Stage) -> tuple[int, int]:
    """(new, changed) visits."""
    columns = [bulk.quoted(column) for column in stage.columns]
    values = [column for column in columns if column != '"date"']
    old, new = (", ".join(f"{side}.{c}" for c in values) for side in ("customers_plannedvisit", "excluded"))
    sets = ", ".join(f"{column} = excluded.{column}" for column in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH merged AS (INSERT INTO customers_plannedvisit (customer_id, {', '.join(columns)}) "  # noqa: S608
            f"SELECT k.id, {', '.join(f's.{c}' for c in columns)} FROM stage_plannedvisit s "
            "JOIN customers_customer k ON k.code = s.code ORDER BY k.id, s.date "
            f"ON CONFLICT (customer_id, date) DO UPDATE SET {sets} "
            f"WHERE ({old}) IS DISTINCT FROM ({new}) RETURNING xmax = 0 AS made) "
            "SELECT count(*) FILTER (WHERE made), count(*) FILTER (WHERE NOT made) FROM merged"
        )
        made, changed = cursor.fetchone()
    return int(made), int(changed)
