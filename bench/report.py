"""Results: raw as JSON in docs/performance/, and docs/performance.md written anew from all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
RAW = ROOT / "docs" / "performance"
MACHINE = {
    "date": "Date",
    "cpu": "CPU",
    "cores": "Cores",
    "load": "Load average before (1 / 5 / 15 min)",
    "load_after": "Load average after",
    "python": "Python",
    "postgres": "PostgreSQL",
    "commit": "Commit",
    "seconds": "Took",
}


@dataclass
class Table:
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""


@dataclass
class Result:
    """One benchmark: ``verdicts`` are the sentences about targets, ``raw`` every single measurement."""

    name: str
    title: str
    how: str
    verdicts: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    machine: dict[str, str] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)


def show(result: Result) -> str:
    """The result as a chapter of the page."""
    lines = [f"## {result.title}", "", result.how, ""]
    lines += [f"- **{sentence}**" for sentence in result.verdicts]
    for table in result.tables:
        lines += ["", *([table.caption, ""] if table.caption else []), *_markdown(table)]
    said = (f"{label}: {result.machine[key]}" for key, label in MACHINE.items() if key in result.machine)
    lines += ["", f"*{'; '.join(said)}.*", "", f"Raw: [{result.name}.json](performance/{result.name}.json)"]
    return "\n".join(lines) + "\n"


def keep(result: Result, names: Iterable[str]) -> None:
    """Write the raw result and the page; chapters of benchmarks that did not run now stay as they were."""
    RAW.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(result), ensure_ascii=False, indent=1) + "\n"
    (RAW / f"{result.name}.json").write_text(text, encoding="utf-8")
    chapters = [show(found) for name in names if (found := read(RAW / f"{name}.json"))]
    PAGE.write_text("\n".join([HEAD, *chapters]), encoding="utf-8")


def read(path: Path) -> Result | None:
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    return Result(**{**data, "tables": [Table(**table) for table in data["tables"]]})


HEAD = """# Performance

Written by `make bench`; not edited by hand.

A gate is a ratio measured in one run, in five alternating rounds: the median of the rounds' ratios counts, and
the spread (largest − smallest, as a share of the median) must not exceed 25 %. Seconds and milliseconds are
targets, to be read with the machine below each chapter; a missed one is said.
"""


def _markdown(table: Table) -> list[str]:
    def line(cells: Iterable[object]) -> str:
        return f"| {' | '.join(_text(cell) for cell in cells)} |"

    rule = "|".join("---" if position == 0 else "---:" for position in range(len(table.headings)))
    return [line(table.headings), f"|{rule}|", *(line(row) for row in table.rows)]


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.2f}" if abs(cell) < 10 else f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
