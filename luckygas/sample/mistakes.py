"""The rows that are wrong on purpose, and the list of them."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from luckygas.sample.sheets import Cell

FILE_NAME = "故意的錯誤.csv"
HEADINGS = ("檔案", "工作表", "列", "欄位", "值", "問題", "程度")
# The row cannot be taken; it can, with the cell left empty; or it can, and something is missing in it.
REJECTED = "拒收"
EMPTIED = "留空"
MISSING = "缺漏"


@dataclass(frozen=True, slots=True)
class Mistake:
    """``row`` is the row as Excel counts it; ``severity`` is REJECTED, EMPTIED or MISSING."""

    file: str
    sheet: str
    row: int
    column: str
    value: Cell
    problem: str
    severity: str


@dataclass
class Mistakes:
    planted: list[Mistake] = field(default_factory=list)

    def add(
        self, file: str, sheet: str, row: int, column: str, value: Cell, problem: str, severity: str
    ) -> None:
        self.planted.append(Mistake(file, sheet, row, column, value, problem, severity))

    def write(self, directory: Path) -> None:
        """The list as a csv that Excel opens (UTF-8 with a byte order mark)."""
        with (directory / FILE_NAME).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows(
                (m.file, m.sheet, m.row, m.column, m.value, m.problem, m.severity) for m in self.planted
            )
