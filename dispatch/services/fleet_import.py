"""The fleet workbook: sheets 站點, 車輛 and 駕駛, imported whole.

Rows are matched by 代號, 車號 and 工號, so the same file twice changes nothing. A pass or certificate that
ends soon, or is missing where it is needed, is a warning; the row comes in all the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.identifiers import normalise_phone
from customers.services import words
from customers.sheets import headings
from customers.sheets.container import WorkbookError
from customers.sheets.reader import Workbook, open_workbook, rows
from dispatch.models import CrewSection, Depot, Driver, Vehicle
from dispatch.models.fleet import TAIWAN_LAT, TAIWAN_LNG, VehicleKind
from dispatch.services import fleet
from luckygas.core import clock, importing, rocdate
from luckygas.core.actor import Actor
from luckygas.core.importing import Foreign, Report

DEPOTS, VEHICLES, DRIVERS = "站點", "車輛", "駕駛"
COLUMNS = {
    DEPOTS: ["代號", "名稱", "地址", "緯度", "經度"],
    VEHICLES: ["車號", "車種", "載重公斤", "通行證號", "通行證到期", "站點"],
    DRIVERS: [
        "工號", "姓名", "電話", "訓練證號", "訓練證到期", "車號", "班別", "上班", "午休起", "午休迄", "下班",
    ],
}  # fmt: skip
KINDS = {"小貨車": VehicleKind.TRUCK, "機車": VehicleKind.MOTORCYCLE}
SECTIONS = {
    "計畫南": CrewSection.SOUTH,
    "計畫北": CrewSection.NORTH,
    "外線": CrewSection.OUTSIDE,
    "來電": CrewSection.CALL_IN,
    "來電機車": CrewSection.CALL_IN_MOTORCYCLE,
}
SOON_DAYS = 30
MAX_ROWS = 2_000


@dataclass
class Fleet:
    """What to write, by natural key."""

    depots: dict[str, dict[str, Any]] = field(default_factory=dict)
    vehicles: dict[str, dict[str, Any]] = field(default_factory=dict)
    drivers: dict[str, dict[str, Any]] = field(default_factory=dict)


class _Line:
    """One row being read: cells by heading, and where to say what is wrong with them."""

    def __init__(self, report: Report, sheet: str, number: int, cells: dict[str, str]) -> None:
        self._report, self._sheet, self._number, self._cells = report, sheet, number, cells
        self.is_good = True

    def text(self, column: str, most: int, *, needed: bool = True) -> str:
        """The cell, at most so many characters; empty is wrong where it is needed."""
        value = self._cells[column]
        if needed and not value:
            self.wrong(column, _("is empty"), _("fill it in"))
        if len(value) > most:
            self.wrong(column, _("is too long"), _("at most %(most)d characters") % {"most": most})
        return value

    def choice(self, column: str, among: dict[str, Any]) -> Any:
        """The value that the cell's word stands for."""
        value = self._cells[column]
        if value not in among:
            self.wrong(column, _("is not known"), _("one of %(words)s") % {"words": "、".join(among)})
        return among.get(value)

    def whole(self, column: str, low: int, high: int) -> int:
        """A whole number within bounds."""
        value = self._cells[column]
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else -1
        if not low <= number <= high:
            self.wrong(
                column,
                _("is not a number in range"),
                _("a whole number from %(low)d to %(high)d") % {"low": low, "high": high},
            )
        return number

    def degrees(self, column: str, bounds: tuple[Decimal, Decimal]) -> Decimal:
        """A coordinate within Taiwan, six decimals."""
        try:
            number = Decimal(self._cells[column]).quantize(Decimal("0.000001"))
        except InvalidOperation:
            number = Decimal(-1)
        if not number.is_finite() or not bounds[0] <= number <= bounds[1]:
            self.wrong(
                column,
                _("is not a place in Taiwan"),
                _("degrees from %(low)s to %(high)s") % {"low": bounds[0], "high": bounds[1]},
            )
        return number

    def time(self, column: str) -> dt.time:
        """A time of day, 07:30 or 07:30:00."""
        try:
            found = dt.time.fromisoformat(self._cells[column].rjust(5, "0"))
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None:
            self.wrong(column, _("is not a time of day"), _("hours and minutes, for example 07:30"))
            return dt.time()
        return found

    def roc_date(self, column: str, number: str) -> dt.date | None:
        """A date of seven ROC digits; needed where the paper has a number."""
        value = self._cells[column]
        if not value and not number:
            return None
        try:
            return rocdate.parse(value, digits=7)
        except ValueError:
            self.wrong(column, _("is not a date"), _("seven digits of the ROC calendar, for example 1151231"))
            return None

    def phone(self, column: str) -> str:
        """A number in E.164; one that cannot be understood is left empty with a warning."""
        value = self._cells[column]
        if not value:
            return ""
        try:
            return normalise_phone(value)
        except ValueError:
            self.warn(column, _("is not a telephone number; left empty"), _("for example 0912-345-678"))
            return ""

    def paper(self, column: str, name: str, until: dt.date | None) -> None:
        """Warn of a paper that has ended or ends soon."""
        if until is None:
            return
        days = (until - clock.today()).days
        if days < 0:
            self.warn(column, _("%(paper)s has expired") % {"paper": name}, _("renew it before planning"))
        elif days <= SOON_DAYS:
            text = _("%(paper)s ends in %(days)d days") % {"paper": name, "days": days}
            self.warn(column, text, _("renew it in time"))

    def wrong(self, column: str, problem: str, remedy: str) -> None:
        """The row does not come in."""
        self.is_good = False
        self._report.error(self._sheet, self._number, column, self._cells[column], problem, remedy)

    def warn(self, column: str, problem: str, remedy: str) -> None:
        """The row comes in."""
        self._report.warning(self._sheet, self._number, column, self._cells[column], problem, remedy)


def read(path: Path, report: Report) -> Fleet:
    """Read and check the three sheets. Foreign when the file or a sheet is not what is wanted."""
    found = Fleet()
    try:
        with open_workbook(path) as workbook:
            for line in _lines(workbook, DEPOTS, report):
                _read_depot(line, found)
            for line in _lines(workbook, VEHICLES, report):
                _read_vehicle(line, found)
            for line in _lines(workbook, DRIVERS, report):
                _read_driver(line, found)
    except WorkbookError as error:
        raise words.foreign(error) from error
    report.progress(report.run.rows_read, report.run.rows_read)
    return found


def write(data: Fleet, report: Report) -> None:
    """Write what was read: new rows made, rows that differ changed."""
    actor = Actor.system("import_fleet")
    depots = {depot.code: depot for depot in Depot.objects.all()}
    for code, values in data.depots.items():
        depots[code] = _put(depots.get(code), values, fleet.add_depot, fleet.change_depot, report, actor)
    vehicles = {vehicle.plate: vehicle for vehicle in Vehicle.objects.all()}
    for plate, values in data.vehicles.items():
        row = values | {"depot": depots[values["depot"]]}
        vehicles[plate] = _put(
            vehicles.get(plate), row, fleet.add_vehicle, fleet.change_vehicle, report, actor
        )
    drivers = {driver.staff_no: driver for driver in Driver.objects.all()}
    for number, values in data.drivers.items():
        row = values | {"vehicle": vehicles[values["vehicle"]] if values["vehicle"] else None}
        _put(drivers.get(number), row, fleet.add_driver, fleet.change_driver, report, actor)


def _put(row: Any, values: dict[str, Any], add: Any, change: Any, report: Report, actor: Actor) -> Any:
    if row is None:
        report.created += 1
        return add(values, actor=actor)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if changed:
        report.changed += 1
        change(row, changed, actor=actor)
    else:
        report.unchanged += 1
    return row


def _lines(workbook: Workbook, name: str, report: Report) -> list[_Line]:
    sheet = workbook.sheet(name)
    stream = rows(sheet, max_rows=MAX_ROWS)
    first = next(stream, None)
    columns = headings.find(first.cells if first else [], COLUMNS[name])
    if columns.missing:
        text = _("Sheet %(sheet)s lacks the columns %(columns)s.")
        raise Foreign(text % {"sheet": name, "columns": "、".join(columns.missing)}, code="missing_column")
    lines = []
    for row in stream:
        cells = {
            column: row.cells[place] if place < len(row.cells) else ""
            for column, place in columns.columns.items()
        }
        lines.append(_Line(report, name, row.number, cells))
    report.run.rows_read += len(lines)
    return lines


def _read_depot(line: _Line, found: Fleet) -> None:
    code = line.text("代號", 10)
    values = {
        "code": code,
        "name": line.text("名稱", 40),
        "address": line.text("地址", 200, needed=False),
        "lat": line.degrees("緯度", TAIWAN_LAT),
        "lng": line.degrees("經度", TAIWAN_LNG),
    }
    if code in found.depots:
        line.wrong("代號", _("is there twice"), _("keep one of the rows"))
    if line.is_good:
        found.depots[code] = values


def _read_vehicle(line: _Line, found: Fleet) -> None:
    plate = line.text("車號", 12)
    permit_no = line.text("通行證號", 30, needed=False)
    values = {
        "plate": plate,
        "kind": line.choice("車種", KINDS),
        "capacity_kg": line.whole("載重公斤", 1, 10_000),
        "permit_no": permit_no,
        "permit_valid_to": line.roc_date("通行證到期", permit_no),
        "depot": line.text("站點", 10),
    }
    if plate in found.vehicles:
        line.wrong("車號", _("is there twice"), _("keep one of the rows"))
    known = {*found.depots, *Depot.objects.values_list("code", flat=True)}
    if values["depot"] and values["depot"] not in known:
        line.wrong("站點", _("is not known"), _("a 代號 of the sheet 站點"))
    if not line.is_good:
        return
    if values["kind"] == VehicleKind.TRUCK and values["capacity_kg"] > fleet.NO_PERMIT_KG and not permit_no:
        line.warn("通行證號", _("is empty: the truck may carry 50 kg only"), _("apply for a pass"))
    line.paper("通行證到期", _("the pass"), values["permit_valid_to"])
    found.vehicles[plate] = values


def _read_driver(line: _Line, found: Fleet) -> None:
    number = line.text("工號", 10)
    certificate = line.text("訓練證號", 30, needed=False)
    values = {
        "staff_no": number,
        "name": line.text("姓名", 60),
        "phone": line.phone("電話"),
        "hazmat_cert_no": certificate,
        "hazmat_valid_to": line.roc_date("訓練證到期", certificate),
        "vehicle": line.text("車號", 12, needed=False),
        "section": line.choice("班別", SECTIONS),
        "works_from": line.time("上班"),
        "lunch_from": line.time("午休起"),
        "lunch_to": line.time("午休迄"),
        "works_to": line.time("下班"),
    }
    if number in found.drivers:
        line.wrong("工號", _("is there twice"), _("keep one of the rows"))
    known = {*found.vehicles, *Vehicle.objects.values_list("plate", flat=True)}
    if values["vehicle"] and values["vehicle"] not in known:
        line.wrong("車號", _("is not known"), _("a 車號 of the sheet 車輛"))
    if not line.is_good:
        return
    if not (values["works_from"] < values["lunch_from"] <= values["lunch_to"] < values["works_to"]):
        line.wrong("上班", _("the hours are not in order"), _("start, lunch from, lunch until, end"))
        return
    line.paper("訓練證到期", _("the certificate"), values["hazmat_valid_to"])
    found.drivers[number] = values


importing.register(
    importing.Importer(
        kind="fleet",
        label=gettext_lazy("Fleet workbook"),
        read=read,
        write=write,
        permission="dispatch.add_vehicle",
    )
)
