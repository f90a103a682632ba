"""One working day of the full-size company."""

from __future__ import annotations

from collections.abc import Callable

from bench import stats
from bench.premises import DAY, House
from bench.report import Result, Table

SECONDS = 120.0
HOW = (
    "`manage.py run_day --seconds 10` on a full-size company with the sandbox (the tax platform) running: due"
    " visits, phone orders, the plan with ten seconds of route search, every stop driven, invoices filed and"
    " confirmed, cash counted, all invariants checked. Seconds of each step, as it told them."
)


def measure(house: House, say: Callable[[str], None]) -> Result:
    _company, driven = house.lived(anew=True)
    assert driven is not None
    rows = [[name, seconds] for name, seconds in driven.steps]
    return Result(
        name="run_day",
        title="One working day",
        how=HOW,
        verdicts=[
            stats.target(f"a day of {driven.delivered} deliveries", driven.seconds, SECONDS, "s"),
        ],
        tables=[
            Table(
                ["Step", "s"],
                [*rows, ["all of it", driven.seconds], ["of it CPU of the program itself", driven.cpu]],
            ),
            Table(["Figure", "number"], [["stops planned", driven.planned], ["delivered", driven.delivered]]),
        ],
        raw={
            "date": DAY.isoformat(),
            "seconds": driven.seconds,
            "cpu": driven.cpu,
            "steps": [list(step) for step in driven.steps],
            "table": driven.table.splitlines(),
        },
    )
