"""One working day driven through the house, with the seconds of each step."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.commands import Failed
from tests.workday.company import ROOT, Company

SEARCH_SECONDS = 10


@dataclass(frozen=True)
class Driven:
    """``steps`` are (name, seconds) in their order, the start of Python before and the checks at the end included;
    ``cpu`` is the program's own, the database server's and the sandbox's are not in it."""

    seconds: float
    cpu: float
    steps: list[tuple[str, float]]
    table: str
    delivered: int
    planned: int


def drive(company: Company, date: dt.date, say: Callable[[str], None]) -> Driven:
    """Run the day with its outside world; Failed when it does not end without differences."""
    company.open_platform()
    assert company.sandbox is not None
    try:
        return _drive(company, date, say)
    finally:
        company.sandbox.stop()


def _drive(company: Company, date: dt.date, say: Callable[[str], None]) -> Driven:
    words = company.command("run_day", "--date", date.isoformat(), "--seconds", str(SEARCH_SECONDS))
    printed = company.folder / "run_day.txt"
    told: list[str] = []
    marks: list[tuple[str, float]] = []
    began = time.monotonic()
    with printed.open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            words, cwd=ROOT, env=company.env, text=True, stdout=output, stderr=subprocess.PIPE
        )
        assert process.stderr is not None
        for line in process.stderr:
            told.append(line)
            step = line.strip().removeprefix(f"{date.isoformat()} ")
            if line.startswith(date.isoformat()) and not step.endswith(" stops"):
                marks.append((step, time.monotonic() - began))
                say(f"  {step}")
        _pid, status, usage = os.wait4(process.pid, 0)
        code = process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    table = printed.read_text(encoding="utf-8")
    if code != 0:
        raise Failed(f"run_day ended with {code}:\n{table}\n{''.join(told)[-3000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Driven(seconds, cpu, durations(marks, seconds), table, *_figures(company, date))


def durations(marks: list[tuple[str, float]], end: float) -> list[tuple[str, float]]:
    """From when each step began to how long it took; what came before the first is called ``start``."""
    if not marks:
        return [("start", end)]
    ends = [begin for _name, begin in marks[1:]] + [end]
    first = [("start", marks[0][1])]
    return first + [(name, stop - begin) for (name, begin), stop in zip(marks, ends, strict=True)]


def _figures(company: Company, date: dt.date) -> tuple[int, int]:
    """(delivered, planned) as an outsider counts them."""
    delivered = company.rows(
        "SELECT count(*) FROM orders_order WHERE status = 'delivered' AND source <> 'history'"
        " AND scheduled_date <= %(date)s",
        {"date": date},
    )
    planned: list[tuple[Any, ...]] = company.rows("SELECT count(*) FROM dispatch_routestop")
    return int(str(delivered[0][0])), int(planned[0][0])
