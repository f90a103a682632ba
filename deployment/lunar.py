"""Computes the lunar calendar of Taiwan and writes the table of ``luckygas/core/lunar_table.py``.

    python -m deployment.lunar          writes the table
    python -m deployment.lunar --show   prints it

The rules are those of GB/T 33661-2017, which the almanacs of Taiwan keep too: a month begins on the day (UTC+8) of
the new moon; the month with the winter solstice is the eleventh; when thirteen months begin from one such month to
the next, the first of them without a principal term (sun at a multiple of 30°) is a leap month of the one before.
New moons and the sun's place are those of Jean Meeus, Astronomical Algorithms, 2nd edition, chapters 49 and 25;
delta T after Espenak and Meeus. They are good to some seconds and, for the sun, to about fifteen minutes, so the
script refuses to decide what lies nearer to midnight than ``MOON_MARGIN`` and ``SUN_MARGIN``: a table that it writes
does not hang on the last digits.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from deployment.tree import ROOT

TABLE = ROOT / "luckygas" / "core" / "lunar_table.py"
FIRST_YEAR, LAST_YEAR = 1989, 2050

MOON_MARGIN = 60.0
"""Seconds. The formula errs by at most 17 s in these years; delta T of the coming decades by less than the rest."""
SUN_MARGIN = 1800.0
"""Seconds. The formula errs by at most 0.01°, which the sun moves in 15 minutes."""

_J2000 = 2451545.0
_SYNODIC = 29.530588861

# Periodic terms of the new moon: (days, power of E, multiples of M, M', F).
_MOON_TERMS = (
    (-0.40720, 0, 0, 1, 0), (0.17241, 1, 1, 0, 0), (0.01608, 0, 0, 2, 0), (0.01039, 0, 0, 0, 2),
    (0.00739, 1, -1, 1, 0), (-0.00514, 1, 1, 1, 0), (0.00208, 2, 2, 0, 0), (-0.00111, 0, 0, 1, -2),
    (-0.00057, 0, 0, 1, 2), (0.00056, 1, 1, 2, 0), (-0.00042, 0, 0, 3, 0), (0.00042, 1, 1, 0, 2),
    (0.00038, 1, 1, 0, -2), (-0.00024, 1, -1, 2, 0), (-0.00007, 0, 2, 1, 0), (0.00004, 0, 0, 2, -2),
    (0.00004, 0, 3, 0, 0), (0.00003, 0, 1, 1, -2), (0.00003, 0, 0, 2, 2), (-0.00003, 0, 1, 1, 2),
    (0.00003, 0, -1, 1, 2), (-0.00002, 0, -1, 1, -2), (-0.00002, 0, 1, 3, 0), (0.00002, 0, 0, 4, 0),
)  # fmt: skip
# Planetary terms: (days, degrees at k = 0, degrees per lunation).
_PLANETARY_TERMS = (
    (0.000325, 299.77, 0.107408), (0.000165, 251.88, 0.016321), (0.000164, 251.83, 26.651886),
    (0.000126, 349.42, 36.412478), (0.000110, 84.66, 18.206239), (0.000062, 141.74, 53.303771),
    (0.000060, 207.14, 2.453732), (0.000056, 154.84, 7.306860), (0.000047, 34.52, 27.261239),
    (0.000042, 207.19, 0.121824), (0.000040, 291.34, 1.844379), (0.000037, 161.72, 24.198154),
    (0.000035, 239.56, 25.513099), (0.000023, 331.55, 3.592518),
)  # fmt: skip


class TooNearMidnightError(Exception):
    """A moment so near to midnight that these formulae cannot tell its day."""


@dataclass(frozen=True)
class Month:
    """A lunar month: the number it has, whether it is a leap month, the day it begins and how many it has."""

    year: int
    number: int
    leap: bool
    first: dt.date
    days: int


def new_moon(k: int) -> float:
    """The Julian ephemeris day of new moon number ``k``; 0 is the one of 2000-01-06."""
    t = k / 1236.85
    e = 1 - 0.002516 * t - 0.0000074 * t**2
    sun = math.radians(2.5534 + 29.10535670 * k - 0.0000014 * t**2 - 0.00000011 * t**3)
    moon = math.radians(
        201.5643 + 385.81693528 * k + 0.0107582 * t**2 + 0.00001238 * t**3 - 0.000000058 * t**4
    )
    latitude = math.radians(
        160.7108 + 390.67050284 * k - 0.0016118 * t**2 - 0.00000227 * t**3 + 0.000000011 * t**4
    )
    node = math.radians(124.7746 - 1.56375588 * k + 0.0020672 * t**2 + 0.00000215 * t**3)
    day = 2451550.09766 + _SYNODIC * k + 0.00015437 * t**2 - 0.000000150 * t**3 + 0.00000000073 * t**4
    day += sum(
        days * e**power * math.sin(m * sun + m1 * moon + f * latitude)
        for days, power, m, m1, f in _MOON_TERMS
    )
    day -= 0.00017 * math.sin(node)
    for index, (days, start, motion) in enumerate(_PLANETARY_TERMS):
        bend = 0.009173 * t**2 if index == 0 else 0.0
        day += days * math.sin(math.radians(start + motion * k - bend))
    return day


def sun_longitude(day: float) -> float:
    """The sun's apparent longitude in degrees, 0 to 360, on a Julian ephemeris day."""
    t = (day - _J2000) / 36525
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t**2
    anomaly = math.radians(357.52911 + 35999.05029 * t - 0.0001537 * t**2)
    centre = (
        (1.914602 - 0.004817 * t - 0.000014 * t**2) * math.sin(anomaly)
        + (0.019993 - 0.000101 * t) * math.sin(2 * anomaly)
        + 0.000289 * math.sin(3 * anomaly)
    )
    nutation = 0.00478 * math.sin(math.radians(125.04 - 1934.136 * t))
    return (mean + centre - 0.00569 - nutation) % 360


def principal_term(year: int, degrees: int) -> float:
    """The Julian ephemeris day in the calendar ``year`` on which the sun stands at ``degrees``."""
    # 80 days after the year began the sun stands near 0°; 281° and more come before that.
    day = _J2000 + (year - 2000) * 365.2422 + 79 + ((degrees + 80) % 360 - 80) / 360 * 365.2422
    for _ in range(20):
        away = (degrees - sun_longitude(day) + 180) % 360 - 180
        day += away / 360 * 365.2422
        if abs(away) < 1e-9:
            break
    return day


def delta_t(year: float) -> float:
    """Seconds by which dynamical time is ahead of universal time, 1986 to 2050."""
    t = year - 2000
    if year < 2005:
        return (
            63.86 + 0.3345 * t - 0.060374 * t**2 + 0.0017275 * t**3 + 0.000651814 * t**4
            + 0.00002373599 * t**5
        )  # fmt: skip
    return 62.92 + 0.32217 * t + 0.005589 * t**2


def in_taiwan(day: float) -> dt.datetime:
    """A Julian ephemeris day as the clocks of Taiwan (UTC+8) show it, without a zone."""
    universal = day - delta_t(2000 + (day - _J2000) / 365.25) / 86400
    return dt.datetime(2000, 1, 1, 12) + dt.timedelta(days=universal - _J2000, hours=8)


def from_midnight(moment: dt.datetime) -> float:
    """Seconds to the nearest midnight."""
    seconds = (moment - dt.datetime.combine(moment.date(), dt.time())).total_seconds()
    return min(seconds, 86400 - seconds)


def months(first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR) -> list[Month]:
    """The months of these lunar years in order. TooNearMidnightError when one hangs on the last digits."""
    starts = _month_starts(first_year - 1, last_year + 1)
    terms = _terms(first_year - 1, last_year + 1, set(starts))
    found: list[Month] = []
    for year in range(first_year - 1, last_year + 1):
        eleventh, following = (_month_of(starts, terms[y, 270]) for y in (year, year + 1))
        leap = following - eleventh == 13
        number, of = 11, year
        for index in range(eleventh, following):
            first, after = starts[index], starts[index + 1]
            is_leap = leap and not any(first <= day < after for day in terms.values())
            if is_leap:
                leap = False
            elif index > eleventh:
                number, of = (1, year + 1) if number == 12 else (number + 1, of)
            found.append(Month(of, number, is_leap, first, (after - first).days))
    return [month for month in found if first_year <= month.year <= last_year]


def _month_starts(first_year: int, last_year: int) -> list[dt.date]:
    around = [round((year - 2000) * 12.3685) for year in (first_year, last_year + 1)]
    moments = [in_taiwan(new_moon(k)) for k in range(around[0] - 3, around[1] + 3)]
    for moment in moments:
        if from_midnight(moment) < MOON_MARGIN:
            raise TooNearMidnightError(f"new moon {moment:%Y-%m-%d %H:%M:%S}")
    return [moment.date() for moment in moments]


def _terms(first_year: int, last_year: int, starts: set[dt.date]) -> dict[tuple[int, int], dt.date]:
    """(calendar year, degrees) → day. Only beside the start of a month does the nearest midnight matter."""
    found = {}
    for year in range(first_year, last_year + 1):
        for degrees in range(0, 360, 30):
            moment = in_taiwan(principal_term(year, degrees))
            midnight = (moment + dt.timedelta(hours=12)).date()
            if from_midnight(moment) < SUN_MARGIN and midnight in starts:
                raise TooNearMidnightError(f"sun at {degrees}° {moment:%Y-%m-%d %H:%M:%S}")
            found[year, degrees] = moment.date()
    return found


def _month_of(starts: Sequence[dt.date], day: dt.date) -> int:
    return max(index for index, start in enumerate(starts) if start <= day)


def source(found: Sequence[Month]) -> str:
    """The text of the table's module."""
    lines = []
    for year in sorted({month.year for month in found}):
        own = [month for month in found if month.year == year]
        lengths = "".join("L" if month.days == 30 else "S" for month in own)
        leap = next((month.number for month in own if month.leap), 0)
        lines.append(f'    {year}: ({leap}, "{lengths}"),\n')
    return (
        '"""The months of the lunar years; written by ``python -m deployment.lunar``, which says by which rules."""\n\n'
        "import datetime as dt\n\n"
        f"FIRST_DAY = dt.date({found[0].first.year}, {found[0].first.month}, {found[0].first.day})\n"
        '"""The first day of the first month of the first year."""\n\n'
        "# Lunar year → (number of the month after which a leap month comes, 0 for none; months in order, the leap\n"
        "# month among them, L with 30 days and S with 29).\n"
        "YEARS: dict[int, tuple[int, str]] = {\n" + "".join(lines) + "}\n"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write the table of lunar months.")
    parser.add_argument("--show", action="store_true", help="print it instead")
    text = source(months())
    if parser.parse_args(arguments).show:
        print(text, end="")
    else:
        TABLE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
