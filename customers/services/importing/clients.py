"""The client workbook comes in: its 76 columns are what it says, blank cells included."""

from __future__ import annotations

from dataclasses import dataclass, field

from customers.models import (
    Availability,
    Customer,
    CustomerCylinder,
    Equipment,
    UsageArea,
    UsageMetrics,
)
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
from customers.sheets import client
from customers.sheets.cells import Cells
from customers.sheets.findings import Problem
from customers.sheets.hours import FIRST_HOUR, LAST_HOUR
from customers.sheets.reader import Sheet
from luckygas.core import clock
from luckygas.core.importing import Report

MAX_ROWS = 200_000

CUSTOMER = (
    "code", "kind", "segment", "invoice_title", "short_name", "address", "area", "status", "pricing_method",
    "payment_method", "vehicle_requirement", "max_cycle_days", "postpone_days", "supply_points",
    "system_cylinders", "spare_cylinders", "subscription", "patrol", "auto_report", "needs_settlement_file",
    "owns_equipment", "needs_same_day",
)  # fmt: skip
AVAILABILITY = (
    "slot",
    "weekly_rest",
    "rest_rule",
    *(f"hour_{hour}" for hour in range(FIRST_HOUR, LAST_HOUR + 1)),
)
EQUIPMENT = (
    "switch_model", "site_declaration", "flow_meter", "flow_meter_is_customers", "wired_flow_meter",
    "changeover", "wired_changeover", "contact_gauge", "pressure_switch", "micro_switch", "yongsheng", "smart_scale",
)  # fmt: skip
METRICS = (
    "monthly_kg", "returned_kg", "purchased_kg", "return_ratio", "daily_kg", "connected_kg", "reserve_kg",
    "urgency",
)  # fmt: skip


@dataclass
class Clients:
    """The good rows, staged, and the row of each code seen."""

    customers: bulk.Stage = field(default_factory=lambda: bulk.Stage(Customer, CUSTOMER))
    cylinders: bulk.Stage = field(
        default_factory=lambda: bulk.Stage(CustomerCylinder, ("kind", "quantity"), extra=("code",))
    )
    availability: bulk.Stage = field(
        default_factory=lambda: bulk.Stage(Availability, AVAILABILITY, extra=("code",))
    )
    equipment: bulk.Stage = field(default_factory=lambda: bulk.Stage(Equipment, EQUIPMENT, extra=("code",)))
    usage: bulk.Stage = field(
        default_factory=lambda: bulk.Stage(
            UsageArea, ("sequence", "description", "cylinder_config"), extra=("code",)
        )
    )
    metrics: bulk.Stage = field(default_factory=lambda: bulk.Stage(UsageMetrics, METRICS, extra=("code",)))
    seen: dict[str, int] = field(default_factory=dict)

    def take(self, cells: Cells, row: client.ClientRow) -> None:
        """Stage one row unless something rejects it."""
        code = str(row.customer["code"])
        if (first := self.seen.setdefault(code, cells.row)) != cells.row and code:
            cells.reject("客戶", Problem.DUPLICATE_CODE, first_row=first)
        if cells.rejected:
            return
        self.customers.add(row.customer[name] for name in CUSTOMER)
        for kind, quantity in row.cylinders.items():
            self.cylinders.add((kind.value, quantity, code))
        self.availability.add([*(row.availability[name] for name in AVAILABILITY), code])
        self.equipment.add([*(row.equipment[name] for name in EQUIPMENT), code])
        for sequence, description, config in row.usage_areas:
            self.usage.add((sequence, description, config, code))
        self.metrics.add([*(row.metrics[name] for name in METRICS), code])


def find_table(sheet: Sheet) -> Table:
    return table(sheet, client.COLUMNS, blank=client.BLANK_HEADINGS)


def read_table(source: Table, report: Report) -> Clients:
    """Read and check every row; nothing is written."""
    total = bounded(source.sheet, MAX_ROWS + source.heading_row)
    areas = areas_by_name()
    clients = Clients()
    read(
        source,
        report,
        lambda cells: clients.take(cells, client.parse(cells, areas)),
        before=0,
        total=max(total - 1, 0),
    )
    return clients


def write(clients: Clients, report: Report) -> None:
    """Merge the good rows; called inside the importer's transaction."""
    now = clock.now()
    with meanwhile_unchanged():
        bulk.start_touched()
        children = (
            clients.cylinders,
            clients.availability,
            clients.equipment,
            clients.usage,
            clients.metrics,
        )
        for stage in (clients.customers, *children):
            stage.load()
        bulk.merge_customers(clients.customers, now=now)
        names = clients.customers.name
        bulk.merge_children(clients.cylinders, keys=("kind",), customers=names)
        bulk.merge_children(clients.usage, keys=("sequence",), customers=names)
        for stage in (clients.availability, clients.equipment, clients.metrics):
            bulk.merge_children(stage, keep=True)
        bulk.add_missing_companions(now)
        report.created, report.changed = bulk.touched()
        report.unchanged = clients.customers.count - report.created - report.changed
        report.run.details["gaps"], _filled = gaps.refresh()
