"""Three answers at a million orders, beside a bare WSGI function on the same gunicorn."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bench import stats, web
from bench.commands import run
from bench.load import Answer, arrive
from bench.premises import House, Premises
from bench.report import Result, Table
from tests.workday.company import ROOT

SECONDS = 60.0  # of arrivals for each page and server, in five rounds
LIST_PAGES = 20
Headers = Mapping[str, str]
Found = dict[tuple[str, str], list[list[Answer]]]
HOW = (
    "Open arrivals at a fixed rate, 60 s in all for each page and server, in alternating rounds. Time runs"
    " from when a request was due to its last byte. The house is `luckygas.wsgi`, the floor `bench/bare.py`"
    " (psycopg and json, the same rows and counts), both on gunicorn with `deployment/gunicorn.py` and two sync"
    " workers, the client on the same machine. The orders are the full-size company's own after a working day,"
    " with its history repeated into the past: a million orders of the real number of customers. CPU is that of the"
    " workers for one request, the database server's not in it: it says what the program itself needs where others"
    " share the machine."
)


@dataclass(frozen=True)
class Case:
    """One page: what it is called, its rate, the most its ratio may be, and where both servers have it."""

    name: str
    rate: float
    target: float
    paths: Sequence[str]
    headers: Sequence[Headers]
    bare: Sequence[str]


def measure(house: House, say: Callable[[str], None]) -> Result:
    company = house.million()
    company.manage("collectstatic", "--no-input", "-v", "0")
    cases = _cases(inside(company, "access"))
    each = 2.0 if house.quick else SECONDS / house.rounds
    found: Found = {}
    cpu: dict[tuple[str, str], float] = {}
    with (
        web.serving("luckygas.wsgi", company.env, house.folder / "web.log", probe="/healthz") as ours,
        web.serving(
            "bench.bare:application", company.env, house.folder / "bare.log", probe="/orders"
        ) as bare,
    ):
        for case in cases:
            _warm(case, ours, bare)
        for number in range(house.rounds):
            say(f"  round {number + 1}")
            for case in cases:
                sides = [("ours", ours, case.paths, case.headers), ("bare", bare, case.bare, [{}])]
                for side, server, paths, headers in sides if stats.ours_first(number) else reversed(sides):
                    before = server.cpu()
                    answers = arrive(server.port, paths, headers, rate=case.rate, seconds=each)
                    spent = cpu.get((case.name, side), 0.0) + server.cpu() - before
                    cpu[case.name, side] = spent
                    _sound(answers, f"{case.name}, {side}")
                    found.setdefault((case.name, side), []).append(answers)
    orders = company.rows("SELECT count(*) FROM orders_order")[0][0]
    return _result(cases, found, cpu, int(str(orders)))


def inside(company: Premises, what: str) -> Any:
    """What `bench.inside` tells of this company."""
    told = run([sys.executable, "-m", "bench.inside", what], company.env, ROOT)
    return json.loads(told.output.splitlines()[-1])


def cookies(session: str) -> Headers:
    return {"Cookie": f"sessionid={session}", "Accept-Language": "zh-Hant"}


def _cases(access: dict[str, Any]) -> list[Case]:
    clerk = [cookies(access["sessions"]["office"])]
    asked = [urlencode({"q": text}) for text in access["callers"]]
    numbers = range(1, LIST_PAGES + 1)
    places = access["api"]
    return [
        Case(
            "order changelist",
            3,
            12,
            [f"/admin/orders/order/?p={number}" for number in numbers],
            clerk,
            [f"/orders?p={number}" for number in numbers],
        ),
        Case(
            "API page of 50",
            20,
            6,
            [place["path"] for place in places],
            [{"Authorization": f"Bearer {token}"} for token in access["tokens"]],
            [f"/api?before={place['before']}" if place["before"] else "/api" for place in places],
        ),
        Case(
            "desk look-up",
            10,
            5,
            [f"/admin/orders/order/desk/find/?{query}" for query in asked],
            [{**clerk[0], "X-Desk": "1"}],
            [f"/desk?{query}" for query in asked],
        ),
    ]


def _warm(case: Case, ours: web.Web, bare: web.Web) -> None:
    """Both workers of both have imported, connected and filled their caches before anything counts."""
    arrive(ours.port, case.paths, case.headers, rate=4, seconds=3)
    arrive(bare.port, case.bare, [{}], rate=10, seconds=1)


def _sound(answers: Sequence[Answer], where: str) -> None:
    """A refusal is quicker than an answer, so a round with one counts for nothing."""
    wrong = [answer for answer in answers if answer.status != 200]
    assert not wrong, f"{where}: {len(wrong)} of {len(answers)} failed, the first {wrong[0]}"


def _result(cases: Sequence[Case], found: Found, cpu: dict[tuple[str, str], float], orders: int) -> Result:
    verdicts, rows, raw = [], [], {}
    for case in cases:
        times = {
            side: [[answer.seconds * 1000 for answer in answers] for answers in found[case.name, side]]
            for side in ("ours", "bare")
        }
        medians = {side: [stats.median(one) for one in rounds] for side, rounds in times.items()}
        verdicts.append(stats.Ratio(case.name, case.target, medians["ours"], medians["bare"]).verdict)
        for side, label in (("ours", "house"), ("bare", "bare")):
            every = [value for one in times[side] for value in one]
            size = stats.median([answer.size for answers in found[case.name, side] for answer in answers])
            rows.append(
                [
                    f"{case.name}, {label}",
                    f"{case.rate:g}/s",
                    len(every),
                    stats.median(every),
                    stats.percentile(every, 0.95),
                    max(every),
                    cpu[case.name, side] * 1000 / len(every),
                    f"{size / 1024:.1f}",
                ]
            )
        raw[case.name] = {side: [[round(v, 2) for v in one] for one in times[side]] for side in times}
    return Result(
        name="serving",
        title=f"Serving {orders:,} orders",
        how=HOW,
        verdicts=verdicts,
        tables=[Table(["Page", "rate", "requests", "p50 ms", "p95 ms", "most ms", "CPU ms", "kB"], rows)],
        raw={"orders": orders, "ms": raw},
    )
