"""What a flag's answer costs, how often it asks the database, and how soon a kill switch is everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psycopg

from bench import stats
from bench.premises import House, Premises, drop
from bench.report import Result, Table

MOST_MICROSECONDS, MOST_SECONDS = 10.0, 2.0
HOW = (
    "One process asks a flag by percentage for 12,000 customer codes over and over, for some seconds, beside five more"
    " flags and 1,000 customers on each list; its questions to the database are counted. Then two"
    " processes ask every 20 ms, one with Redis and one that finds none, while a third throws the kill switch and takes"
    " it back: from the commit until each of them answers differently."
)
#: Fills the flag, then asks for some seconds; prints what it found.
ASKS = """
import json, time
from django.db import connection
from luckygas.core import flags
codes = [f"{number:07d}" for number in range(1_400_000, 1_412_000)]
for code in codes:
    flags.is_on("bench", code, kind="commercial", area="A")
asked = [0]
def watch(execute, sql, params, many, context):
    asked[0] += "pilot_flagtoken" in sql
    return execute(sql, params, many, context)
began, done, rounds = time.perf_counter(), 0, []
with connection.execute_wrapper(watch):
    while time.perf_counter() - began < SECONDS:
        at = time.perf_counter()
        for code in codes:
            flags.is_on("bench", code, kind="commercial", area="A")
        rounds.append((time.perf_counter() - at) / len(codes) * 1e6)
        done += len(codes)
print(json.dumps({"seconds": time.perf_counter() - began, "answers": done, "questions": asked[0], "rounds": rounds}))
"""
WATCHES = """
import time
from luckygas.core import flags
while True:
    print(f"{time.monotonic():.6f} {flags.explain('bench', '1400103', kind='commercial').reason}", flush=True)
    time.sleep(0.02)
"""
FILL = """
from decimal import Decimal
from customers.models import Customer
from luckygas.core import clock
from luckygas.core.actor import Actor
from pilot.models import Flag, FlagCustomer
from pilot.services import flags
flag = flags.create({"name": "bench", "title": "bench", "kind": "percentage", "percentage": Decimal(25),
                     "kinds": ["commercial"]}, reason="bench", actor=Actor.system("bench"))
rows = [Customer(code=f"{n:07d}", short_name="x", invoice_title="x") for n in range(9_000_000, 9_001_000)]
rows = Customer.objects.bulk_create(rows)
FlagCustomer.objects.bulk_create(
    FlagCustomer(flag=flag, customer=row, side=side, added_by="bench") for row in rows for side in ("allow", "deny"))
"""
THROW = "UPDATE pilot_flag SET killed = %s WHERE name = 'bench'"


def measure(house: House, say: Callable[[str], None]) -> Result:
    one = house.copy("flags", house.migrated().database)
    try:
        one.manage("shell", "-v", "0", "-c", FILL)
        warm = _inside(one, ASKS.replace("SECONDS", "2" if house.quick else "10"))
        say(f"{warm['answers']:,} answers, {warm['questions']} questions")
        delays = _delays(one, 2 if house.quick else 10, say)
    finally:
        one.close()
        drop(one.database)
    middle = stats.median(warm["rounds"])
    rate = warm["questions"] / warm["seconds"]
    worst = max(seconds for delay in delays for seconds in delay.values())
    verdicts = [
        stats.target("A flag's answer, warm", middle, MOST_MICROSECONDS, "µs"),
        f"Questions to the database: {rate:.2f} a second and process (target ≤ 1)"
        f" – {'met' if rate <= 1 else 'MISSED'}",
        stats.target(f"Kill switch in {len(delays)} throws, the slowest process", worst, MOST_SECONDS, "s"),
    ]
    rows = [
        [number, f"{d['with Redis']:.2f}", f"{d['without Redis']:.2f}"] for number, d in enumerate(delays, 1)
    ]
    return Result(
        name="flags",
        title="Feature flags",
        how=HOW,
        verdicts=verdicts,
        tables=[Table(["Throw", "with Redis (s)", "without Redis (s)"], rows)],
        raw={"warm": warm, "delays": delays},
    )


def _inside(one: Premises, code: str) -> dict[str, Any]:
    done = one.manage("shell", "-v", "0", "-c", code, seconds=300)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _delays(one: Premises, throws: int, say: Callable[[str], None]) -> list[dict[str, float]]:
    """Seconds from the commit until each process answers differently, for each throw and taking back."""
    code = "import django; django.setup()\n" + WATCHES
    here = {**os.environ, **one.env, "DJANGO_SETTINGS_MODULE": "luckygas.settings"}
    asking = {
        "with Redis": subprocess.Popen(
            [sys.executable, "-c", code], env=here, stdout=subprocess.PIPE, text=True
        ),
        "without Redis": subprocess.Popen(
            [sys.executable, "-c", code], env=here | {"REDIS_URL": "redis://127.0.0.1:1/0"},
            stdout=subprocess.PIPE, text=True,
        ),
    }  # fmt: skip
    found = []
    try:
        for process in asking.values():
            _heard(process, killed=False)
        with psycopg.connect(one.address, autocommit=True) as connection:
            for number in range(throws):
                killed = number % 2 == 0
                time.sleep(0.37 * (number % 4))  # at another moment of each process's second
                connection.execute(THROW, [killed])
                thrown = time.monotonic()
                found.append(
                    {name: _heard(process, killed=killed) - thrown for name, process in asking.items()}
                )
                say(f"throw {number + 1}: {found[-1]}")
    finally:
        for process in asking.values():
            process.kill()
            process.communicate()
    return found


def _heard(process: subprocess.Popen[str], *, killed: bool) -> float:
    """The moment of the first answer that is so; one clock for every process of the machine."""
    assert process.stdout is not None
    for line in process.stdout:
        at, reason = line.split()
        if (reason == "kill_switch") == killed:
            return float(at)
    raise RuntimeError("the process ended")
