"""The ten main pages for a minute: what each takes and asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench import stats, web
from bench.load import arrive
from bench.premises import House
from bench.report import Result, Table
from bench.serving import cookies, inside

RATE, SECONDS = 5.0, 60.0
HOW = (
    "A baseline without a target: the ten main pages in turn, five a second for a minute, open arrivals, a manager's"
    " session, on the company with a million orders after a working day; gunicorn with two sync workers and the"
    " client on the same machine. Questions to the database and CPU (the program's own, the middle one of five) are"
    " taken from later visits in one quiet process."
)


def measure(house: House, say: Callable[[str], None]) -> Result:
    company = house.million()
    company.manage("collectstatic", "--no-input", "-v", "0")
    shown: list[dict[str, Any]] = inside(company, "pages")
    wrong = [page for page in shown if page["status"] != 200]
    assert not wrong, wrong
    session = [cookies(inside(company, "access")["sessions"]["manager"])]
    paths = [page["path"] for page in shown]
    with web.serving("luckygas.wsgi", company.env, house.folder / "web.log", probe="/healthz") as server:
        arrive(server.port, paths, session, rate=3, seconds=10)
        say("  warm")
        answers = arrive(server.port, paths, session, rate=RATE, seconds=10.0 if house.quick else SECONDS)
    failed = [answer for answer in answers if answer.status != 200]
    assert not failed, failed
    times = {path: [a.seconds * 1000 for a in answers if a.path == path] for path in paths}
    rows = [
        [
            page["name"],
            page["queries"],
            page["cpu_ms"],
            len(times[page["path"]]),
            stats.median(times[page["path"]]),
            stats.percentile(times[page["path"]], 0.95),
            f"{page['bytes'] / 1024:.0f}",
        ]
        for page in shown
    ]
    orders = company.rows("SELECT count(*) FROM orders_order")[0][0]
    return Result(
        name="pages",
        title="The ten main pages",
        how=HOW,
        verdicts=[f"{len(answers)} requests answered, none failed; {int(str(orders)):,} orders"],
        tables=[Table(["Page", "queries", "CPU ms", "requests", "p50 ms", "p95 ms", "kB"], rows)],
        raw={"pages": shown, "ms": {path: [round(v, 2) for v in found] for path, found in times.items()}},
    )
