"""The daily dispatch sheet (派遣單): a section for each crew's half-day, a line for each customer."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Prefetch

from customers import masking
from customers.kinds import KIND_FACTS, CylinderKind
from customers.sheets.phones import national
from dispatch.models import DayPlan, Route, RouteStop, SheetSection
from dispatch.models.plan import StopStatus
from dispatch.services.day import order_lines
from luckygas.core import clock

LINES = 25  # of a section on the company's sheet
# Column heads as narrow as the columns, in the order of the client workbook.
HEADS: Mapping[CylinderKind, str] = {
    CylinderKind.C50: "50", CylinderKind.C20_COMMERCIAL: "營20", CylinderKind.C16_COMMERCIAL: "營16",
    CylinderKind.C20: "20", CylinderKind.C16: "16", CylinderKind.C10: "10", CylinderKind.C04: "4",
    CylinderKind.C16_HAOYUN: "好16", CylinderKind.C10_PINGAN: "瓶10", CylinderKind.XINGFU: "幸福",
    CylinderKind.C20_HAOYUN: "好20", CylinderKind.F50: "流50", CylinderKind.F20: "流20",
    CylinderKind.F16: "流16", CylinderKind.F20_HAOYUN: "流好20", CylinderKind.F16_HAOYUN: "流好16",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One customer: what he gets and where he is. `counts` is {kind: cylinders}."""

    stop: RouteStop
    number: int
    trip: int
    time: str
    code: str
    name: str
    address: str
    phone: str
    note: str
    is_approximate: bool
    is_foreign: bool
    counts: Mapping[str, int]

    def cells(self) -> list[int]:
        """The sixteen columns, nought where there is nothing."""
        return [self.counts.get(kind, 0) for kind in HEADS]

    @property
    def summary(self) -> str:
        """20公斤 × 2、16公斤 × 1"""
        return "、".join(f"{KIND_FACTS[CylinderKind(kind)].name} × {n}" for kind, n in self.counts.items())

    @property
    def kg(self) -> int:
        """Net gas of the full cylinders."""
        return sum(n * KIND_FACTS[CylinderKind(kind)].net_kg for kind, n in self.counts.items())


@dataclass(frozen=True)
class Section:
    """One crew's half-day."""

    route: Route
    title: str
    plate: str
    driver: str
    lines: list[Line]
    totals: Counter[str] = field(default_factory=Counter)

    def cells(self) -> list[int]:
        """The column totals."""
        return [self.totals[kind] for kind in HEADS]

    @property
    def pieces(self) -> int:
        """隻數: cylinders that the sheet counts; the small ones are carried but not counted."""
        return sum(n for kind, n in self.totals.items() if KIND_FACTS[CylinderKind(kind)].counts_as_piece)

    @property
    def kg(self) -> int:
        """公斤數: net gas of everything, the small ones too."""
        return sum(n * KIND_FACTS[CylinderKind(kind)].net_kg for kind, n in self.totals.items())

    @property
    def distance_km(self) -> float:
        """Kilometres as planned."""
        return round(self.route.distance_m / 1000, 1)


def sections(plan: DayPlan, *, route_id: int | None = None, masked: bool = False) -> list[Section]:
    """The plan's sections in the sheet's order; with `route_id` that route's only.

    `masked` leaves of people's names the first character, of addresses the district, of phones the last digits,
    of notes that they are there.
    """
    stops = (
        RouteStop.objects.exclude(status=StopStatus.MOVED)
        .select_related("order__customer")
        .prefetch_related(Prefetch("order__lines", queryset=order_lines()), "order__customer__phones")
        .order_by("sequence", "pk")
    )
    routes = plan.routes.exclude(status="cancelled").select_related("shift__driver", "shift__vehicle")
    if route_id is not None:
        routes = routes.filter(pk=route_id)
    order = {value: place for place, value in enumerate(SheetSection.values)}
    found = [_section(route, masked) for route in routes.prefetch_related(Prefetch("stops", queryset=stops))]
    return sorted(found, key=lambda one: (order[one.route.section], one.route.shift.start, one.route.pk))


def clock_text(instant: dt.datetime | None) -> str:
    """The Taipei wall clock, 09:05."""
    return f"{clock.taipei(instant):%H:%M}" if instant else ""


def _section(route: Route, masked: bool) -> Section:
    lines = [_line(number, stop, masked) for number, stop in enumerate(route.stops.all(), start=1)]
    totals: Counter[str] = Counter()
    for line in lines:
        totals.update(line.counts)
    return Section(
        route,
        route.get_section_display(),
        route.shift.vehicle.plate,
        route.shift.driver.name,
        lines,
        totals,
    )


def _line(number: int, stop: RouteStop, masked: bool) -> Line:
    customer = stop.order.customer
    phones = sorted(customer.phones.all(), key=lambda phone: (not phone.is_primary, phone.pk))
    phone = national(phones[0].number) if phones else ""
    return Line(
        stop=stop,
        number=number,
        trip=stop.trip,
        time=clock_text(stop.eta),
        code=customer.code,
        name=customer.masked_name if masked else customer.short_name,
        address=masking.district(customer.address) if masked else customer.address,
        phone=masking.tail(phone) if masked else phone,
        note=masking.hidden(stop.order.note) if masked else stop.order.note,
        is_approximate=stop.is_approximate,
        is_foreign=stop.order.is_foreign,
        counts={line.product.kind: line.quantity for line in stop.order.lines.all() if line.quantity},
    )
