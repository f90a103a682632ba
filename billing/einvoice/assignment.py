"""The platform's csv of assigned number ranges (字軌配號), as downloaded.

Columns: 營業人統編, 發票類別代號, 發票類別, 發票期別, 發票字軌名稱, 發票起號, 發票迄號;
cp950, or UTF-8 where somebody converted it. Ranges come in booklets of 50 numbers.
"""

import csv
import io
import re
from bisect import bisect
from dataclasses import dataclass

from billing.einvoice.mig.problem import N_
from billing.einvoice.periods import period_key
from customers.identifiers import is_valid_ubn
from luckygas.core import rocdate

HEADER = ("營業人統編", "發票類別代號", "發票類別", "發票期別", "發票字軌名稱", "發票起號", "發票迄號")
MOST_BYTES = 1024 * 1024
BOOKLET = 50
_PERIOD = re.compile(r"([0-9]{2,3})/([0-9]{2})\s*[~～]\s*([0-9]{2,3})/([0-9]{2})")
_GENERAL = ("7", "07")
_TRACK = re.compile(r"[A-Z]{2}")
_EIGHT_DIGITS = re.compile(r"[0-9]{8}")


@dataclass(frozen=True, slots=True)
class NumberRange:
    """One assigned range: `first` and `last` are the 8 digits as numbers, both included."""

    row: int
    seller: str
    period: str
    letters: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A cell that keeps a row out; `problem` and `remedy` are message keys."""

    row: int
    column: str
    value: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a file holds: the good ranges, and the problems of the other rows."""

    ranges: tuple[NumberRange, ...]
    problems: tuple[RowProblem, ...]


_AS_DOWNLOADED = N_("Download the file from the platform again and import it unchanged.")


def parse(content: bytes) -> Assignment:
    """The ranges of an assignment file; whatever the bytes are, problems are listed, never raised."""
    if len(content) > MOST_BYTES:
        return _nothing("", N_("the file is larger than any number assignment"))
    text = _decode(content)
    if text is None:
        return _nothing("", N_("the file is neither cp950 (Big5) nor UTF-8 text"))
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return _nothing("", N_("the file is not a csv"))
    if not rows or tuple(cell.strip() for cell in rows[0]) != HEADER:
        shown = ",".join(rows[0])[:100] if rows else ""
        return _nothing(shown, N_("the first line is not the heading of a number assignment"))
    ranges: list[NumberRange] = []
    problems: list[RowProblem] = []
    taken: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for number, row in enumerate(rows[1:], 2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        read = _range(number, cells)
        if isinstance(read, NumberRange):
            read = _take(read, taken.setdefault((read.period, read.letters), []))
        if isinstance(read, NumberRange):
            ranges.append(read)
        else:
            problems.append(read)
    if not ranges and not problems:
        return _nothing("", N_("the file has no number range"))
    return Assignment(tuple(ranges), tuple(problems))


def _decode(content: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp950"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _nothing(value: str, problem: str) -> Assignment:
    return Assignment((), (RowProblem(1, "", value, problem, _AS_DOWNLOADED),))


def _range(row: int, cells: list[str]) -> NumberRange | RowProblem:
    if len(cells) != len(HEADER):
        return RowProblem(row, "", ",".join(cells)[:100], N_("the row has not 7 columns"), _AS_DOWNLOADED)
    seller, kind, _, period, letters, first, last = cells

    def wrong(column: int, problem: str, remedy: str = _AS_DOWNLOADED) -> RowProblem:
        return RowProblem(row, HEADER[column], cells[column][:100], problem, remedy)

    if not is_valid_ubn(seller):
        return wrong(0, N_("is not a valid business number"))
    if kind not in _GENERAL:
        return wrong(
            1, N_("is not the general type 7"), N_("Only general invoices (type 7) are issued here.")
        )
    key = _period_key(period)
    if key is None:
        return wrong(3, N_("is not a two-month period such as 115/09 ~ 115/10"))
    if not _TRACK.fullmatch(letters):
        return wrong(4, N_("is not two capital letters"))
    if not (_EIGHT_DIGITS.fullmatch(first) and int(first) % BOOKLET == 0):
        return wrong(5, N_("is not 8 digits ending in 00 or 50"))
    if not (_EIGHT_DIGITS.fullmatch(last) and int(last) % BOOKLET == BOOKLET - 1):
        return wrong(6, N_("is not 8 digits ending in 49 or 99"))
    if last < first:
        return wrong(6, N_("is before the first number of the range"))
    return NumberRange(row, seller, key, letters, int(first), int(last))


def _period_key(text: str) -> str | None:
    match = _PERIOD.fullmatch(text)
    if match is None:
        return None
    year, month, end_year, end_month = (int(part) for part in match.groups())
    if year != end_year or month % 2 == 0 or end_month != month + 1:
        return None
    try:
        return period_key(rocdate.parse(f"{year:03d}{month:02d}01", digits=7))
    except ValueError:
        return None


def _take(new: NumberRange, taken: list[tuple[int, int]]) -> NumberRange | RowProblem:
    """The range, noted in `taken` (sorted, of its period and track), or that it overlaps one of them."""
    place = bisect(taken, (new.first, new.last))
    neighbours = taken[max(place - 1, 0) : place + 1]
    if any(new.first <= last and first <= new.last for first, last in neighbours):
        value = f"{new.letters}{new.first:08d}"
        return RowProblem(
            new.row, HEADER[5], value, N_("overlaps a range further up in this file"), _AS_DOWNLOADED
        )
    taken.insert(place, (new.first, new.last))
    return new
