"""Cells of one row, read by the name of their column; whatever is wrong is noted and reading goes on.

Two rules decide what a finding does: a number outside its plausible range comes in empty with a warning,
anything that cannot be understood (a code not in the table, letters where a number belongs) rejects its row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType
from typing import TypeVar

from customers.sheets.findings import Finding, Problem

T = TypeVar("T")

YES = frozenset({"V", "✓", "✔", "√", "TRUE", "Y", "1", "是"})
NO = frozenset({"", "X", "FALSE", "N", "0", "否", "-"})
_SPREADSHEET_ERROR = re.compile(r"#(?:DIV/0!|N/A|VALUE!|REF!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
_WHOLE_AS_FLOAT = re.compile(r"([0-9]+)\.0+")
_EXPONENT = re.compile(r"[0-9.]+[eE][+]?[0-9]+")
_BLANKS = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff"
CUSTOMER_CODE = re.compile(r"[0-9]{7}")
CYLINDERS = re.compile(r"([0-9]{1,2})\*([0-9]{1,3})")


def plain(text: str) -> str:
    """Half-width, trimmed: what codes and numbers are compared in. Names keep the width they came in."""
    return unicodedata.normalize("NFKC", text).strip(_BLANKS)


def digits_of(text: str) -> str:
    """A code that a spreadsheet may have taken for a number: ``912345678.0`` is ``912345678``."""
    text = plain(text)
    match = _WHOLE_AS_FLOAT.fullmatch(text)
    return match[1] if match else text


def cylinder_notation(text: str) -> dict[int, int] | None:
    """``20*5+16*1`` as {size in kg: number}; None when it is not that notation. Sizes may repeat."""
    compact = re.sub(r"\s+", "", plain(text)).replace("×", "*").replace("x", "*").replace("X", "*")
    found: dict[int, int] = {}
    for piece in compact.split("+"):
        match = CYLINDERS.fullmatch(piece)
        if match is None:
            return None
        size, number = int(match[1]), int(match[2])
        found[size] = found.get(size, 0) + number
    return found


def notation_within(text: str) -> str:
    """The cylinder notation inside a text such as ``廚房 20*2+16*1 串接``, or empty."""
    compact = plain(text).replace("×", "*")
    match = re.search(r"[0-9]{1,2}\s*\*\s*[0-9]{1,3}(?:\s*\+\s*[0-9]{1,2}\s*\*\s*[0-9]{1,3})*", compact)
    return re.sub(r"\s+", "", match[0]) if match else ""


class Cells:
    """One row. ``columns`` maps a heading to the position of its cell, counted from 0."""

    def __init__(self, row: int, cells: Sequence[str], columns: Mapping[str, int]) -> None:
        self.row = row
        self._cells = cells
        self._columns = columns
        self.findings: list[Finding] = []

    @property
    def rejected(self) -> bool:
        return any(finding.rejects for finding in self.findings)

    def raw(self, column: str) -> str:
        """The cell as it came, trimmed; empty where the row ends before it."""
        position = self._columns[column]
        return self._cells[position].strip(_BLANKS) if position < len(self._cells) else ""

    def has(self, column: str) -> bool:
        """Whether the sheet has this column at all."""
        return column in self._columns

    def first(self, count: int) -> Sequence[str]:
        """The first cells of the row, whatever they are."""
        return self._cells[:count]

    def reject(self, column: str, problem: Problem, **params: str | int) -> None:
        self._note(column, problem, True, params)

    def warn(self, column: str, problem: Problem, **params: str | int) -> None:
        self._note(column, problem, False, params)

    def customer_code(self, column: str) -> str:
        """Seven digits, the row rejected otherwise."""
        code = digits_of(self.raw(column))
        if not code:
            self.reject(column, Problem.REQUIRED)
        elif not CUSTOMER_CODE.fullmatch(code):
            self.reject(column, Problem.CUSTOMER_CODE)
        return code

    def text(self, column: str, limit: int) -> str:
        """Text of at most ``limit`` characters; a spreadsheet's error value comes in empty."""
        value = self.raw(column)
        if self._is_spreadsheet_error(column, value):
            return ""
        if len(value) > limit:
            self.reject(column, Problem.TOO_LONG, limit=limit)
            return ""
        return value

    def flag(self, column: str) -> bool:
        """``V`` is true, blank and ``X`` are false; anything else rejects the row."""
        value = plain(self.raw(column)).upper()
        if value not in YES and value not in NO:
            self.reject(column, Problem.FLAG)
        return value in YES

    def answer(self, column: str) -> bool | None:
        """Yes or no as ``flag`` reads them; None when the cell is blank or the sheet has no such column."""
        if not self.has(column) or not plain(self.raw(column)):
            return None
        return self.flag(column)

    def choice(self, column: str, table: Mapping[str, T], blank: T) -> T:
        """A code out of a table, compared half-width and without regard to case."""
        value = digits_of(self.raw(column))
        if not value:
            return blank
        if value in table:
            return table[value]
        if value.upper() in table:
            return table[value.upper()]
        self.reject(column, Problem.UNKNOWN_CODE, allowed="、".join(table))
        return blank

    def number(self, column: str, low: Decimal, high: Decimal, places: int) -> Decimal | None:
        """A number within [low, high], rounded half up to ``places``; None when blank or implausible."""
        value = plain(self.raw(column)).replace(",", "")
        if not value or self._is_spreadsheet_error(column, value):
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            self.reject(column, Problem.NOT_A_NUMBER)
            return None
        if not number.is_finite() or not low <= number <= high:
            self.warn(column, Problem.OUT_OF_RANGE, low=str(low), high=str(high))
            return None
        return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)

    def whole(self, column: str, low: int, high: int) -> int | None:
        """A whole number within [low, high]; a fraction rejects the row, an implausible one is left out."""
        value = self.number(column, Decimal(low), Decimal(high), 9)
        if value is None:
            return None
        if value != value.to_integral_value():
            self.reject(column, Problem.NOT_WHOLE)
            return None
        return int(value)

    def account(self, column: str, low: int, high: int) -> str:
        """Digits of an account, ``low`` to ``high`` of them, without hyphens and blanks."""
        value = re.sub(r"[\s\-]+", "", digits_of(self.raw(column)))
        if not value:
            return ""
        if _EXPONENT.fullmatch(value):
            self.reject(column, Problem.DIGITS_LOST)
            return ""
        if not (value.isascii() and value.isdigit() and low <= len(value) <= high):
            self.reject(column, Problem.ACCOUNT, low=low, high=high)
            return ""
        return value

    def _is_spreadsheet_error(self, column: str, value: str) -> bool:
        if not _SPREADSHEET_ERROR.fullmatch(value):
            return False
        self.warn(column, Problem.SPREADSHEET_ERROR)
        return True

    def _note(self, column: str, problem: Problem, rejects: bool, params: Mapping[str, str | int]) -> None:
        self.findings.append(
            Finding(self.row, column, self.raw(column), problem, rejects, MappingProxyType(dict(params)))
        )
