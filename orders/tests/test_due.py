"""Due visits: cycles, residents' medians, appointments, rest days; run again it finds everything made."""

from __future__ import annotations

import datetime as dt

import pytest

from customers.models import PlannedVisit
from luckygas.core.errors import Refused
from luckygas.core.models import CalendarDay
from orders.models import DueRun, Order
from orders.services import orders as service
from orders.services.due import make_due

MONDAY = dt.date(2026, 11, 23)


@pytest.fixture
def due(actor, prices):
    """``due(date)`` runs it and gives [(customer code, source, latest day, {sku: n})]."""

    def run(date=MONDAY):
        report = make_due(date, actor=actor)
        rows = Order.objects.filter(pk__in=report.order_ids).order_by("customer__code")
        run.report = report  # type: ignore[attr-defined]
        return [
            (
                row.customer.code,
                row.source,
                row.latest_date,
                {line.product.sku: line.quantity for line in row.lines.all()},
            )
            for row in rows
        ]

    return run


def test_a_customer_with_a_cycle_is_due_when_it_has_passed(customer, delivered_on, c20, due):
    on_time = customer("1400001", max_cycle_days=10, postpone_days=3)
    delivered_on(on_time, "2026-11-13", {c20: 2})  # due today
    early = customer("1400002", max_cycle_days=10, postpone_days=3)
    delivered_on(early, "2026-11-14", {c20: 2})  # due tomorrow
    assert due() == [("1400001", "forecast", dt.date(2026, 11, 26), {"GAS-C20-R": 2})]
    order = Order.objects.get(due_date=MONDAY)
    assert (order.status, order.total_amount, order.scheduled_date) == ("confirmed", 1900, MONDAY)
    assert [(row.old, row.new) for row in order.status_changes.all()] == [("", "confirmed")]


def test_beyond_the_days_it_may_slip_the_cycle_is_exceeded(customer, delivered_on, c20, due):
    last_day = customer("1400001", max_cycle_days=10, postpone_days=3)
    delivered_on(last_day, "2026-11-10", {c20: 1})  # due the 20th, latest today
    late = customer("1400002", max_cycle_days=10, postpone_days=2)
    delivered_on(late, "2026-11-10", {c20: 1})  # latest yesterday
    assert [(code, source) for code, source, _latest, _what in due()] == [
        ("1400001", "forecast"),
        ("1400002", "overdue"),
    ]


def test_run_again_nothing_is_new(customer, delivered_on, c20, due):
    for number in range(3):
        delivered_on(customer(f"140000{number}", max_cycle_days=5), "2026-11-10", {c20: 1})
    delivered_on(customer("1400009", max_cycle_days=5, rest="1"), "2026-11-10", {c20: 1})
    assert len(due()) == 3
    assert due() == []
    assert Order.objects.filter(due_date=MONDAY).count() == 3
    assert DueRun.objects.get().counts == {
        "booked": 0,
        "forecast": 0,
        "overdue": 3,
        "resting": 1,
        "without_quantity": 0,
    }


def test_a_cancelled_visit_is_not_made_again_that_day(customer, delivered_on, c20, due, actor):
    delivered_on(customer(max_cycle_days=5), "2026-11-18", {c20: 1})
    assert len(due()) == 1
    service.cancel_order(Order.objects.get(due_date=MONDAY), reason="不用", actor=actor)
    assert due() == []


def test_who_has_an_open_order_gets_no_second_one(customer, delivered_on, order_of, c20, due):
    buyer = customer(max_cycle_days=5)
    delivered_on(buyer, "2026-11-10", {c20: 1})
    order_of(buyer, (c20, 1), scheduled_date=dt.date(2026, 11, 25))
    assert due() == []


def test_terminated_never_served_and_without_a_cycle_are_not_due(customer, delivered_on, c20, due):
    delivered_on(customer("1400001", max_cycle_days=5, status="terminated"), "2026-11-10", {c20: 1})
    delivered_on(customer("1400002"), "2026-11-10", {c20: 1})
    customer("1400003", max_cycle_days=5)
    assert due() == []


@pytest.mark.parametrize("rule", ["1", "1.3", "10.23", "十五"])  # Monday, lunar 10/15
def test_on_a_rest_day_nobody_comes_and_the_next_day_he_is_due(
    customer, delivered_on, c20, due, stand_at, rule
):
    delivered_on(customer(max_cycle_days=10, rest=rule), "2026-11-13", {c20: 1})
    rule_today = due()
    assert rule_today == []
    assert due.report.resting == 1
    stand_at("2026-11-24 08:00")
    assert [code for code, *_rest in due(dt.date(2026, 11, 24))] == ["1400103"]


def resident(customer, delivered_on, c20, *days, code="2000001", **fields):
    row = customer(code, kind="residential", **fields)
    for day in days:
        delivered_on(row, day, {c20: 1})
    return row


def test_a_resident_is_due_by_the_median_of_the_last_intervals(customer, delivered_on, c20, due):
    # intervals 10, 20, 30: median 20, due today
    resident(customer, delivered_on, c20, "2026-09-04", "2026-09-14", "2026-10-04", "2026-11-03")
    # the same shifted by a day: due tomorrow
    resident(
        customer, delivered_on, c20, "2026-09-05", "2026-09-15", "2026-10-05", "2026-11-04", code="2000002"
    )
    # two intervals tell nothing
    resident(customer, delivered_on, c20, "2026-09-14", "2026-10-04", "2026-11-03", code="2000003")
    assert due() == [("2000001", "forecast", MONDAY, {"GAS-C20-R": 1})]


def test_a_resident_passed_by_is_not_due_every_day_after(customer, delivered_on, c20, due):
    # median 20, due the 13th: the run of that day had him
    resident(customer, delivered_on, c20, "2026-08-25", "2026-09-04", "2026-09-24", "2026-10-24")
    # due on Saturday the 21st, the working day before: that day's, not today's
    saturday = ("2026-09-02", "2026-09-12", "2026-10-02", "2026-11-01")
    resident(customer, delivered_on, c20, *saturday, code="2000002")
    assert due() == []


def test_days_without_a_run_are_made_good(customer, delivered_on, c20, due, stand_at):
    due(MONDAY)  # leaves its mark
    resident(
        customer, delivered_on, c20, "2026-09-05", "2026-09-15", "2026-10-05", "2026-11-04"
    )  # due the 24th
    stand_at("2026-11-26 08:00")
    assert [code for code, *_rest in due(dt.date(2026, 11, 26))] == ["2000001"]


def test_a_sunday_falls_on_monday_and_a_rest_day_on_the_next(customer, delivered_on, c20, due, stand_at):
    # median 20, due Sunday the 22nd
    days = ("2026-09-03", "2026-09-13", "2026-10-03", "2026-11-02")
    resident(customer, delivered_on, c20, *days)
    resident(customer, delivered_on, c20, *days, code="2000002", rest="1")
    assert [code for code, *_rest in due()] == ["2000001"]
    stand_at("2026-11-24 08:00")
    assert [code for code, *_rest in due(dt.date(2026, 11, 24))] == ["2000002"]


def test_days_the_company_does_not_deliver_have_no_visits(customer, delivered_on, c20, due, stand_at):
    delivered_on(customer(max_cycle_days=5), "2026-11-10", {c20: 1})
    stand_at("2026-11-22 08:00")
    assert (due(dt.date(2026, 11, 22)), due.report.closed) == ([], "sunday")
    CalendarDay.objects.create(date=MONDAY, kind="typhoon", note="颱風")
    assert (due(MONDAY), due.report.closed) == ([], "typhoon")
    assert not DueRun.objects.exists()


@pytest.mark.parametrize(("failed_on", "codes"), [("2026-11-21", []), ("2026-11-20", ["1400001"])])
def test_a_failed_visit_waits_three_days_for_a_person_to_decide(
    customer, delivered_on, order_of, c20, due, failed_on, codes
):
    buyer = customer("1400001", max_cycle_days=10)
    delivered_on(buyer, "2026-11-01", {c20: 1})
    order = order_of(buyer, (c20, 1))
    Order.objects.filter(pk=order.pk).update(status="failed", scheduled_date=failed_on)
    assert [code for code, _source, _latest, _what in due()] == codes


def test_appointments_of_the_plan_come_with_their_quantities(customer, delivered_on, c20, due):
    def planned(code, date, **fields):
        return PlannedVisit.objects.create(customer=customer(code, kind="residential"), date=date, **fields)

    planned("2000001", MONDAY, quantities={"GAS-C16-R": 2}, note="後門", call_before=True)
    planned("2000002", MONDAY, quantities={"GAS-C20-R": 1}, cancelled=True)
    planned("2000003", MONDAY, quantities={"GAS-C20-R": 1}, moved_to=dt.date(2026, 11, 25))
    planned("2000004", dt.date(2026, 11, 19), quantities={"GAS-C20-R": 1}, moved_to=MONDAY)
    planned("2000005", dt.date(2026, 11, 22), quantities={"GAS-C20-R": 3})  # Sunday
    planned("2000006", dt.date(2026, 11, 20), quantities={"GAS-C20-R": 3})  # had its day
    planned("2000008", MONDAY, quantities={"GAS-C20-R": 1}, put_off=True)
    planned("2000007", MONDAY, quantities={})  # nothing said, nothing delivered before
    found = due()
    assert [(code, what) for code, _source, _latest, what in found] == [
        ("2000001", {"GAS-C16-R": 2}),
        ("2000004", {"GAS-C20-R": 1}),
        ("2000005", {"GAS-C20-R": 3}),
    ]
    assert (due.report.booked, due.report.without_quantity) == (3, 1)
    note = Order.objects.get(customer__code="2000001").note
    assert note.endswith("後門")
    assert len(note) > len("後門")


def test_the_plan_has_the_last_word_about_a_resident(customer, delivered_on, c20, due):
    days = ("2026-09-04", "2026-09-14", "2026-10-04", "2026-11-03")
    row = resident(customer, delivered_on, c20, *days)
    PlannedVisit.objects.create(customer=row, date=dt.date(2026, 11, 27), quantities={"GAS-C20-R": 1})
    assert due() == []


def test_quantities_are_those_delivered_last(customer, delivered_on, c20, product, due):
    buyer = customer(max_cycle_days=5)
    delivered_on(buyer, "2026-10-01", {product("GAS-C50-R"): 4})
    delivered_on(buyer, "2026-11-18", {c20: 2, product("GAS-C16-R"): 1})
    assert due()[0][3] == {"GAS-C20-R": 2, "GAS-C16-R": 1}


def test_a_day_in_the_past_is_refused(due):
    with pytest.raises(Refused):
        due(dt.date(2026, 11, 20))
    assert not DueRun.objects.exists()


def test_a_thousand_customers_take_no_more_questions_than_ten(customer, delivered_on, c20, due, actor):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for code in range(1400000, 1400012):
        delivered_on(customer(str(code), max_cycle_days=5), "2026-11-18", {c20: 1})
    for date in (MONDAY, dt.date(2026, 11, 24)):
        with CaptureQueriesContext(connection) as asked:
            make_due(date, actor=actor)
        counts.append(len(asked))
        Order.objects.filter(due_date=MONDAY).update(status="cancelled")
        for code in range(1500000, 1500040):
            if date == MONDAY:
                delivered_on(customer(str(code), max_cycle_days=5), "2026-11-18", {c20: 1})
    assert Order.objects.filter(due_date__isnull=False).count() == 12 + 52
    assert counts[1] <= counts[0]
