"""Mirroring to the old system and back, and both systems compared in full at a million orders."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import psycopg

from bench import stats
from bench.checksum import CHECKSUM
from bench.premises import House, Premises, drop
from bench.report import Result, Table
from sandbox.testing_legacy import RunningLegacy
from tests.workday.company import _address

PER_SECOND = 30
HOW = (
    "Customers are enrolled and told to the old system's stand-in (a PostgreSQL database behind a loopback proxy), one"
    " process reading marks and writing; then every one of them is changed there and read back. Then both sides get as"
    " many orders as a company of the full size has, and `verify_consistency` compares all of them; the bare checksum"
    " reads and digests the same tables (orders and lines of both sides) with nothing joined, formatted or decoded."
)
ORDERS = """
INSERT INTO orders_order (number, customer_id, source, status, scheduled_date, slot, is_urgent, payment_method, note,
                          total_amount, lacks_price, served_by, delivered_at, failure, version, created_at, created_by)
SELECT 'O-20250101-' || lpad(g::text, 6, '0'), (%(ids)s::bigint[])[1 + g %% %(many)s], 'phoned', 'delivered',
       '2025-01-01'::date + (g %% 300), 'all_day', false, 'cash', CASE WHEN g %% 10 = 0 THEN '後門送，先打電話' ELSE '' END,
       1900, false, 'ours', '2025-03-01 10:00+08', '', 1, now(), 'bench' FROM generate_series(0, %(orders)s - 1) g
"""
LINES = """
INSERT INTO orders_orderline (order_id, product_id, quantity, unit_price, delivered_quantity, empties_returned,
                              full_returned)
SELECT id, (SELECT id FROM orders_product WHERE kind = 'GAS-C20-R'), 2, 950, 2, 2, 0 FROM orders_order
"""
THEIR_LINES = (
    "INSERT INTO ord_line (order_id, line_number, qty_20, revision, changed_at)"
    " SELECT order_id, 1, 2, revision + 10000000, changed_at FROM ord_order"
)


def measure(house: House, say: Callable[[str], None]) -> Result:
    one = house.copy("mirror", house.migrated().database)
    try:
        one.open_platform(legacy=True)
        assert one.legacy is not None
        return _measure(house, one, one.legacy, say)
    finally:
        one.close()
        drop(one.database)


def _measure(house: House, one: Premises, legacy: RunningLegacy, say: Callable[[str], None]) -> Result:
    number = 100 if house.quick else 1000
    _inside(one, f"enrol({number})")
    told = _inside(one, "tell()")
    legacy.do(
        "UPDATE cust_customer SET notes = 'x'::bytea, update_user = 'A01'::bytea WHERE customer_id LIKE '9%'"
    )
    taken = _inside(one, "read()")
    _inside(one, "tell()")
    say(f"told {told['rows']} in {told['seconds']:.1f} s, read {taken['rows']} in {taken['seconds']:.1f} s")
    _fill(one, legacy, house.orders)
    ours: list[float] = []
    floor: list[float] = []
    for round_number in range(house.rounds):
        deeds = [lambda: ours.append(_compared(one, house.orders)), lambda: floor.append(_bare(one, legacy))]
        for deed in deeds if stats.ours_first(round_number) else reversed(deeds):
            deed()
        say(f"round {round_number + 1}: compared in {ours[-1]:.1f} s, bare checksum {floor[-1]:.1f} s")
    out, back = told["rows"] / told["seconds"], taken["rows"] / taken["seconds"]
    verdicts = [
        f"{name}: {rate:,.0f} rows/s (target ≥ {PER_SECOND}) – {'met' if rate >= PER_SECOND else 'MISSED'}"
        for name, rate in (("Told to the old system", out), ("Read back from it", back))
    ]
    ratios = [mine / bare for mine, bare in zip(ours, floor, strict=True)]
    verdicts.append(
        f"{house.orders:,} orders compared in full on both sides in {stats.median(ours):.1f} s,"
        f" {stats.median(ratios):.2f} × the bare SQL checksum of the same tables"
    )
    rows = [[index + 1, f"{a:.2f}", f"{b:.2f}"] for index, (a, b) in enumerate(zip(ours, floor, strict=True))]
    return Result(
        name="mirror",
        title="Two systems",
        how=HOW,
        verdicts=verdicts,
        tables=[Table(["Round", "full compare (s)", "bare checksum (s)"], rows)],
        raw={"told": told, "read": taken, "compare": ours, "bare": floor, "orders": house.orders},
    )


def _inside(one: Premises, call: str) -> dict[str, Any]:
    done = one.manage("shell", "-v", "0", "-c", f"from bench import mirrored; mirrored.{call}", seconds=1800)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return dict(json.loads(lines[-1])) if lines else {}


def _compared(one: Premises, orders: int) -> float:
    found = _inside(one, "compare()")
    assert found["rows"] >= orders and found["unexplained"] == 0, found
    return float(found["seconds"])


def _bare(one: Premises, legacy: RunningLegacy) -> float:
    here = float(_inside(one, "bare()")["seconds"])
    began = time.monotonic()
    for table in ("ord_order", "ord_line"):
        legacy.rows(CHECKSUM.format(table))
    return here + time.monotonic() - began


def _fill(one: Premises, legacy: RunningLegacy, orders: int) -> None:
    """The same orders on both sides, behind every trigger."""
    with psycopg.connect(_address(one.database, owner=True), autocommit=True) as ours:
        for table in ("orders_order", "orders_orderline"):
            ours.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        ids = [row[0] for row in ours.execute("SELECT id FROM customers_customer ORDER BY id").fetchall()]
        ours.execute(ORDERS, {"ids": ids, "many": len(ids), "orders": orders})
        ours.execute(LINES)
        ours.execute("VACUUM ANALYZE orders_order, orders_orderline")
        with (
            legacy.connect() as theirs,
            theirs.cursor() as cursor,
            ours.cursor("orders", withhold=True) as rows,
        ):
            theirs.execute("SET session_replication_role = replica")
            rows.execute(
                "SELECT o.number, c.code, lpad((extract(year FROM o.scheduled_date)::int - 1911)::text, 3, '0')"
                " || to_char(o.scheduled_date, 'MMDD'), o.note"
                " FROM orders_order o JOIN customers_customer c ON c.id = o.customer_id"
            )
            with cursor.copy(
                "COPY ord_order (order_id, customer_id, trade_date, status, time_slot, dispatch_sys,"
                " actual_delivery_time, notes, line_count, revision, changed_at) FROM STDIN"
            ) as copy:
                for place, (number, code, day, note) in enumerate(rows):
                    copy.write_row(
                        (number, code, day, "05", "04", "N", "11403011000", note.encode("cp950"), 1,
                         1_000_000 + place, "2025-03-01 10:00+08")
                    )  # fmt: skip
            theirs.execute(THEIR_LINES)
            theirs.execute("VACUUM ANALYZE ord_order, ord_line")
