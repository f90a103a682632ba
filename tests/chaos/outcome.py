"""Whether a day that was killed again and again came out right: own SQL, and what the people outside remember."""

from __future__ import annotations

import os
from typing import Any

import redis

from tests.chaos.people import Clerks, Drivers
from tests.chaos.programs import eventually
from tests.workday.company import Company
from tests.workday.test_run_day import sound

OPEN_ROWS = """
SELECT 'event', id, status, last_said FROM core_eventdelivery WHERE status = ANY(%(open)s)
 UNION ALL
SELECT 'filing', id, status, last_said FROM billing_einvoicesubmission WHERE status = ANY(%(open)s)
 UNION ALL
SELECT 'message', id, status, last_said FROM core_smsmessage WHERE status = ANY(%(open)s) AND status <> 'failed'
 UNION ALL
SELECT 'old system', id, status, last_said FROM pilot_legacywrite WHERE status = ANY(%(open)s)
 UNION ALL
SELECT 'bank', id, status, last_said FROM billing_banktransfer WHERE status = ANY(%(open)s)
"""
UNFINISHED = ["queued", "inflight", "unknown", "failed"]


def minutes_pass(company: Company, minutes: int) -> None:
    """What the house measures in real time grows older: leases, and tasks that no worker acknowledged."""
    company.execute("UPDATE core_lease SET until = until - make_interval(mins => %(m)s)", {"m": minutes})
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    unacknowledged: Any = broker.zrange("unacked_index", 0, -1)
    for task in unacknowledged:
        broker.zincrby("unacked_index", -60 * minutes, task)


def no_lease_is_stuck(company: Company) -> None:
    """Once its time is over, whoever works next takes a dead worker's lease, and gives it back."""
    minutes_pass(company, 15)
    # The lease of an import that came in before its worker died is nobody's business any more.
    over = "SELECT name, holder FROM core_lease WHERE until < clock_timestamp() AND NOT starts_with(name, 'import:')"
    eventually(lambda: company.rows(over) == [], f"leases stay: {company.rows(over)}", 90)


def each_order_once(company: Company, clerks: Clerks) -> None:
    """What a clerk was told is what is there: one order for each number, cancelled where it was cancelled.

    The old system's clerk may have cancelled or annotated one that is in both systems since.
    """
    assert clerks.made
    found: dict[Any, Any] = {
        number: (note, status, in_both)
        for number, note, status, in_both in company.rows(
            """SELECT number, note, status, EXISTS (SELECT FROM pilot_synclink k
                                                     WHERE k.entity = 'order' AND k.object_id = o.id)
                 FROM orders_order o WHERE number = ANY(%(numbers)s)""",
            {"numbers": [number for number, _cancelled in clerks.made.values()]},
        )
    }
    assert len(found) == len(clerks.made)
    for key, (number, cancelled) in clerks.made.items():
        note, status, in_both = found[number]
        assert status == "cancelled" if cancelled else status != "cancelled" or in_both
        assert note == key or in_both
    assert company.rows("SELECT count(*) - count(DISTINCT number) FROM orders_order") == [(0,)]
    assert (
        company.rows(
            "SELECT note, count(*) FROM orders_order WHERE note = ANY(%(keys)s) GROUP BY 1 HAVING count(*) > 1",
            {"keys": list(clerks.made)},
        )
        == []
    )


def each_delivery_once(company: Company, drivers: Drivers) -> None:
    """Each post of a driver took effect once: stop, order, cylinders, billable event, cash."""
    assert drivers.delivered
    for stop, (number, cash) in drivers.delivered.items():
        assert company.rows(
            """SELECT s.status, o.status, coalesce(s.cash, 0),
                      (SELECT count(*) FROM dispatch_driverpost p
                        WHERE p.stop_id = s.id AND p.kind = 'deliver' AND p.outcome = 'done' AND p.uuid = %(uuid)s),
                      (SELECT count(*) FROM dispatch_driverpost p WHERE p.stop_id = s.id AND p.kind = 'deliver'),
                      (SELECT count(*) FROM billing_billableevent b WHERE b.order_id = o.id),
                      (SELECT coalesce(sum(amount), 0) FROM billing_payment y WHERE y.source = 'stop:' || s.id)
                 FROM dispatch_routestop s JOIN orders_order o ON o.id = s.order_id WHERE s.id = %(stop)s""",
            {"stop": stop, "uuid": number},
        ) == [("delivered", "delivered", cash, 1, 1, 1, cash)]
        moved = company.rows(
            """SELECT m.product_id, m.condition, sum(m.quantity) FROM orders_cylindermovement m
                 JOIN dispatch_routestop s ON s.order_id = m.order_id WHERE s.id = %(stop)s GROUP BY 1, 2""",
            {"stop": stop},
        )
        lines = drivers.stops[stop]["lines"]
        both = {(product, kind): count for product, count in lines.items() for kind in ("full", "empty")}
        assert {(product, kind): total for product, kind, total in moved} == both
    assert company.rows("SELECT count(*) FROM dispatch_reviewitem") == [(0,)]


def nothing_is_left(company: Company) -> None:
    """Every event invoiced once without a gap, nothing queued, inflight, unknown or failed, cash = payments."""
    sound(company)
    assert company.rows(OPEN_ROWS, {"open": UNFINISHED}) == []
    assert (
        company.rows(
            """SELECT b.id, b.state, count(i.id) FROM billing_billableevent b
             LEFT JOIN billing_invoice i ON i.event_id = b.id GROUP BY 1, 2
           HAVING b.state IN ('pending', 'cannot', 'review') OR count(i.id) <> (b.state = 'invoiced')::int"""
        )
        == []
    )
    assert company.rows("SELECT count(*) FROM dispatch_dayplan WHERE status IN ('queued', 'solving')") == [
        (0,)
    ]
    assert company.sandbox is not None
    filed = company.sandbox.messages(limit=10_000)
    assert [(len(filed),)] == company.rows("SELECT count(*) FROM billing_invoice")


def each_message_once(company: Company) -> None:
    """What Twilio has is what is on record: no notice twice, none that nobody knows of."""
    assert company.sandbox is not None
    theirs = company.sandbox.messages(limit=10_000, party="twilio")
    sids = [message["sid"] for message in theirs]
    ours = company.rows(
        "SELECT provider_message_id FROM core_smsmessage WHERE provider_message_id <> '' ORDER BY 1"
    )
    assert sids
    assert sorted(sids) == [sid for (sid,) in ours]
    told = [(message["to"], message["body"]) for message in theirs]
    assert len(told) == len(set(told)), "a customer read the same twice"


def both_verifiers_agree(company: Company, date: str) -> None:
    """The bank's file is what was posted and queued, and both systems say the same, to the last field."""
    assert company.rows("SELECT count(*) > 0 FROM billing_bankdeposit") == [(True,)]
    company.manage("verify_bank", "--date", date)
    company.manage("verify_consistency")
