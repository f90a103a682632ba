"""字軌_<期別>.csv: the invoice numbers that the tax platform assigned, as one downloads them from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from luckygas.sample.draw import stream
from luckygas.sample.identifiers import SELLER_UBN

HEADER = "營業人統編,發票類別代號,發票類別,發票期別,發票字軌名稱,發票起號,發票迄號"
_BOOK = 50  # numbers are assigned by the book
# At full size: the first range of a period runs out within days, so that going on in the next is seen.
_RANGES = (2_000, 30_000)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Range:
    letters: str
    first: int
    last: int


def period(date: dt.date) -> str:
    """The two-month period of a date: ROC year and its even month, 2026-11-23 is ``11512``."""
    return f"{date.year - 1911}{date.month + date.month % 2:02d}"


def periods_around(until: dt.date) -> list[str]:
    """The period of a date between the one before it and the one after it."""
    return [period(_months_from(until, months)) for months in (-2, 0, 2)]


def ranges(seed: int, period: str, scale: float) -> list[Range]:
    """Two ranges of one track. They lie apart, and never meet those of another period."""
    rng = stream(seed, f"track {period}")
    letters = "".join(_LETTERS[i] for i in rng.integers(len(_LETTERS), size=2))
    start = int(rng.integers(200_000, 1_800_000)) * _BOOK
    found = []
    for size in _RANGES:
        books = max(4, round(size * scale / _BOOK))
        found.append(Range(letters, start, start + books * _BOOK - 1))
        start += (books + 20) * _BOOK
    return found


def write_track(directory: Path, period: str, found: list[Range]) -> str:
    """Write a period's file in cp950 with the platform's line ends; returns its name."""
    year, month = period[:-2], int(period[-2:])
    between = f"{year}/{month - 1:02d} ~ {year}/{month:02d}"
    lines = [f"{SELLER_UBN},07,一般稅額計算,{between},{r.letters},{r.first:08d},{r.last:08d}" for r in found]
    name = f"字軌_{period}.csv"
    (directory / name).write_bytes("".join(f"{line}\r\n" for line in (HEADER, *lines)).encode("cp950"))
    return name


def _months_from(date: dt.date, months: int) -> dt.date:
    index = date.year * 12 + date.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)
