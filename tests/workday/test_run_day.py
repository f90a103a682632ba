"""One working day through the whole house, as a person runs it, on days of every kind."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from tests.workday.company import Company, table_of

pytestmark = pytest.mark.slow

SATURDAY, SUNDAY, MONDAY = "2026-11-21", "2026-11-22", "2026-11-23"


def run(company: Company, date: str, *more: str) -> dict[str, str]:
    return table_of(company.manage("run_day", "--date", date, "--seed", "7", "--seconds", "2", *more).stdout)


def number(text: str) -> int:
    return int(re.sub(r"[^\d-]", "", text.split("  ")[0]))


def sound(company: Company) -> None:
    """The invariants as an outsider sees them."""
    assert company.rows("SELECT status, count(*) FROM billing_einvoicesubmission GROUP BY 1") in (
        [],
        [("done", company.rows("SELECT count(*) FROM billing_invoice")[0][0])],
    )
    assert company.rows("SELECT count(*) FROM core_eventdelivery WHERE status <> 'done'") == [(0,)]
    gaps = company.rows(
        """SELECT n FROM (SELECT right(number, 8)::int - row_number() OVER (PARTITION BY track_id ORDER BY number)
                                 - min(right(number, 8)::int) OVER (PARTITION BY track_id) + 1 AS n
                            FROM billing_invoice) x WHERE n <> 0"""
    )
    assert gaps == []
    assert company.rows(
        "SELECT coalesce(sum(cash), 0) -"
        " (SELECT coalesce(sum(amount), 0) FROM billing_payment WHERE kind = 'cash') FROM dispatch_routestop"
    ) == [(0,)]


def test_a_working_day_is_planned_driven_billed_filed_and_counted(company: Callable[..., Company]) -> None:
    one = company(SATURDAY)
    table = run(one, MONDAY)
    planned, delivered, failed = (number(table[key]) for key in ("已排", "已送達", "未送達"))
    assert planned > 5
    assert delivered + failed == planned
    assert delivered > failed
    assert number(table["發票已上傳"]) == number(table["發票已確認"]) > 0
    assert table["應收現金"] == table["點收現金"]
    assert number(table["應收現金"]) > 0
    assert table["差異"] == "0"
    assert one.rows(
        "SELECT count(*) FROM orders_order WHERE status = 'delivered' AND source <> 'history'"
    ) == [(delivered,)]
    sound(one)
    again = run(one, MONDAY)
    assert again == table


def test_a_sunday_takes_calls_and_drives_nowhere_and_monday_does_the_work(
    company: Callable[..., Company],
) -> None:
    one = company(SATURDAY)
    sunday = run(one, SUNDAY)
    assert sunday["停止營業，因為"] == "sunday"
    assert (sunday["應訪"], sunday["已排"], sunday["已送達"], sunday["差異"]) == ("0", "0", "0", "0")
    taken = one.rows(
        "SELECT count(*) FROM orders_order WHERE source = 'phoned' AND scheduled_date = %(d)s", {"d": MONDAY}
    )
    assert taken == [(number(sunday["電話訂單"]),)]
    monday = run(one, MONDAY)
    assert number(monday["已排"]) > 0
    assert monday["差異"] == "0"
    sound(one)


def test_on_a_typhoon_day_nobody_drives(company: Callable[..., Company]) -> None:
    one = company(SATURDAY)
    one.execute(
        "INSERT INTO core_calendarday (date, kind, note) VALUES (%(d)s, 'typhoon', '陸上警報')", {"d": MONDAY}
    )
    table = run(one, MONDAY)
    assert table["停止營業，因為"] == "typhoon"
    assert (table["已排"], table["已送達"], table["差異"]) == ("0", "0", "0")
    assert one.rows("SELECT count(*) FROM dispatch_dayplan") == [(0,)]


def test_the_last_day_of_an_invoice_period_uses_that_period_s_numbers(
    company: Callable[..., Company],
) -> None:
    one = company("2026-10-30")
    table = run(one, "2026-10-31")
    assert table["差異"] == "0"
    assert number(table["發票已確認"]) > 0
    assert one.rows("SELECT DISTINCT period FROM billing_invoice") == [("11510",)]
    sound(one)


def test_on_the_real_clock_today_is_run(company: Callable[..., Company]) -> None:
    today = dt.datetime.now(ZoneInfo("Asia/Taipei")).date()
    one = company((today - dt.timedelta(days=1)).isoformat(), simulation=False)
    one.execute(
        "INSERT INTO core_calendarday (date, kind, note) VALUES (%(d)s, 'open', '測試')", {"d": today}
    )
    table = run(one, today.isoformat())
    assert number(table["已排"]) > 0
    assert table["差異"] == "0"
    sound(one)
    refused = one.manage("run_day", "--date", "2026-01-05", ok=False)
    assert refused.returncode == 1
    assert "只能執行今天" in refused.stderr


def test_planted_damage_is_found_and_named(company: Callable[..., Company]) -> None:
    one = company(SATURDAY)
    run(one, MONDAY)
    [(stop, cash)] = one.rows("SELECT id, cash FROM dispatch_routestop WHERE cash > 0 ORDER BY id LIMIT 1")
    one.execute("UPDATE dispatch_routestop SET cash = cash + 1 WHERE id = %(id)s", {"id": stop})
    broken = one.manage("run_day", "--date", MONDAY, "--seed", "7", ok=False)
    assert broken.returncode == 1
    assert f"stop {stop} took NT$ {int(str(cash)) + 1} in cash, its payment says NT$ {cash}" in broken.stdout


def test_customers_who_agreed_are_told_of_their_orders(company: Callable[..., Company]) -> None:
    """Each notice once, by a provider that is asked because no web server takes its receipts."""
    one = company(SATURDAY)
    table = run(one, MONDAY)
    assert number(table["簡訊已送達"]) > 3
    assert (table["簡訊保留"], table["簡訊過期"], table["差異"]) == ("0", "0", "0")
    rows = one.rows(
        "SELECT status, count(*), count(DISTINCT provider_message_id) FROM core_smsmessage GROUP BY 1"
    )
    assert rows == [("done", number(table["簡訊已送達"]), number(table["簡訊已送達"]))]
    assert one.sandbox is not None
    there = one.sandbox.messages("", 10_000, party="twilio")
    assert sorted(m["sid"] for m in there) == sorted(
        str(sid) for (sid,) in one.rows("SELECT provider_message_id FROM core_smsmessage")
    )
    found = one.rows("SELECT occasion, count(*) FROM core_smsmessage GROUP BY 1")
    assert {occasion for occasion, _count in found} == {
        "order_confirmation",
        "out_for_delivery",
        "delivery_completed",
    }
    assert run(one, MONDAY) == table
    assert len(one.sandbox.messages("", 10_000, party="twilio")) == len(there)
