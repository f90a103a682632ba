"""車隊.xlsx: depots, vehicles with their permits, drivers with their certificates and hours."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from luckygas.sample import roc
from luckygas.sample.draw import stream
from luckygas.sample.names import people
from luckygas.sample.sheets import workbook

FILE_NAME = "車隊.xlsx"
DEPOT_HEADINGS = ("代號", "名稱", "地址", "緯度", "經度")
VEHICLE_HEADINGS = ("車號", "車種", "載重公斤", "通行證號", "通行證到期", "站點")
DRIVER_HEADINGS = (
    "工號", "姓名", "電話", "訓練證號", "訓練證到期", "車號", "班別", "上班", "午休起", "午休迄", "下班",
)  # fmt: skip
TRUCK, MOTORCYCLE = "小貨車", "機車"
DEPOT = ("S1", "豐榮站", "臺東縣臺東市豐榮路88號", 22.7544, 121.1353)
_TRUCKS, _MOTORCYCLES = 12, 3
# Sections of the crews on trucks in the order in which they are filled, and of those on motorcycles.
_TRUCK_SECTIONS = (
    "計畫南", "計畫北", "來電", "外線", "計畫南", "來電", "計畫北", "計畫南", "來電", "外線", "計畫北", "計畫南",
)  # fmt: skip
_MOTORCYCLE_SECTION = "來電機車"
_SPARE_MOTORCYCLES = 1
_CAPACITIES = (1200, 1000, 1000, 800)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # plates have no I and no O
_DAY = ("08:00", "12:00", "13:00", "18:00")
_LATE = ("11:00", "15:00", "16:00", "21:00")


@dataclass(frozen=True, slots=True)
class Vehicle:
    plate: str
    kind: str
    capacity_kg: int
    permit: str
    permit_until: dt.date | None


@dataclass(frozen=True, slots=True)
class Driver:
    number: str
    name: str
    phone: str
    certificate: str
    certificate_until: dt.date
    plate: str
    section: str
    hours: tuple[str, str, str, str]


@dataclass(frozen=True)
class Fleet:
    vehicles: list[Vehicle]
    drivers: list[Driver]


def fleet(seed: int, scale: float, until: dt.date) -> Fleet:
    """Vehicles and drivers; on the day after ``until`` one permit and one certificate have a day to go."""
    rng = stream(seed, "fleet")
    trucks = max(3, round(_TRUCKS * scale))
    motorcycles = max(1, round(_MOTORCYCLES * scale))
    expiring = until + dt.timedelta(days=2)
    plates = _plates(trucks, motorcycles, rng.integers(100, 900, size=trucks + motorcycles).tolist())
    spans = rng.integers(60, 700, size=trucks).tolist()
    vehicles = [
        Vehicle(
            plate,
            TRUCK,
            _CAPACITIES[i % len(_CAPACITIES)],
            f"東監臨通{roc.year(until)}{i + 1:04d}",
            expiring if i == 1 else until + dt.timedelta(days=span),
        )
        for i, (plate, span) in enumerate(zip(plates, spans, strict=False))
    ]
    vehicles += [Vehicle(plate, MOTORCYCLE, 60, "", None) for plate in plates[trucks:]]
    return Fleet(vehicles, _drivers(seed, vehicles[:trucks], vehicles[trucks:], until, expiring))


def _drivers(
    seed: int, trucks: list[Vehicle], motorcycles: list[Vehicle], until: dt.date, expiring: dt.date
) -> list[Driver]:
    """A driver for every truck and for the motorcycles but one, which stands by where there are three."""
    rng = stream(seed, "drivers")
    ridden = motorcycles[: max(1, len(motorcycles) - _SPARE_MOTORCYCLES)]
    seats = [(truck, _TRUCK_SECTIONS[i % len(_TRUCK_SECTIONS)]) for i, truck in enumerate(trucks)]
    seats += [(motorcycle, _MOTORCYCLE_SECTION) for motorcycle in ridden]
    names = _distinct_people(rng, len(seats))
    spans = rng.integers(60, 900, size=len(seats)).tolist()
    phones = rng.integers(0, 10**6, size=len(seats)).tolist()
    return [
        Driver(
            number=f"D{i + 1:03d}",
            name=names[i],
            phone=f"09{10 + i % 80:02d}-{phones[i]:06d}",
            certificate=f"危運訓{roc.year(until) - 1}{i + 1:05d}",
            certificate_until=expiring if i == 2 else until + dt.timedelta(days=spans[i]),
            plate=vehicle.plate,
            section=section,
            hours=_LATE if i % 12 == 5 else _DAY,
        )
        for i, (vehicle, section) in enumerate(seats)
    ]


def _plates(trucks: int, motorcycles: int, numbers: list[int]) -> list[str]:
    """Number plates, each once: trucks three letters and four digits, motorcycles three and three."""
    return [
        *(f"BK{_LETTERS[i // 9 % 24]}-{numbers[i]}{1 + i % 9}" for i in range(trucks)),
        *(f"NL{_LETTERS[i // 9 % 24]}-{numbers[trucks + i] // 10}{1 + i % 9}" for i in range(motorcycles)),
    ]


def _distinct_people(rng: np.random.Generator, count: int) -> list[str]:
    """Names of which no two are the same, because the history knows its drivers by name."""
    return list(dict.fromkeys(people(rng, count * 3)))[:count]


def write_fleet(directory: Path, fleet: Fleet) -> int:
    """Write the three sheets; returns the rows written."""
    with workbook(directory / FILE_NAME) as book:
        depots = book.sheet("站點", DEPOT_HEADINGS, ((2, 28.0),))
        depots.row(DEPOT)
        vehicles = book.sheet("車輛", VEHICLE_HEADINGS, ((3, 18.0),))
        for vehicle in fleet.vehicles:
            until = roc.number(vehicle.permit_until) if vehicle.permit_until else None
            vehicles.row([vehicle.plate, vehicle.kind, vehicle.capacity_kg, vehicle.permit, until, DEPOT[0]])
        drivers = book.sheet("駕駛", DRIVER_HEADINGS, ((2, 14.0), (3, 16.0)))
        for d in fleet.drivers:
            drivers.row(
                [
                    d.number, d.name, d.phone, d.certificate, roc.number(d.certificate_until), d.plate, d.section,
                    *d.hours,
                ]
            )  # fmt: skip
    return 1 + len(fleet.vehicles) + len(fleet.drivers)
