"""Orders of the old system: it alone changes and delivers them, and an order changes hands before anybody began."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent, Event
from orders.models import CylinderMovement, Order
from orders.services import foreign
from orders.services import orders as ours
from orders.tests.conftest import MONDAY

TUESDAY = MONDAY + dt.timedelta(days=1)


@pytest.fixture
def theirs(customer, c20, actor):
    return foreign.take(
        customer(), [(c20, 2)], number_there="WEB-1", scheduled_date=MONDAY, note="後門", actor=actor
    )


def events():
    return list(Event.objects.order_by("id").values_list("name", flat=True))


def test_an_order_of_the_old_system_is_confirmed_and_its_own(theirs):
    assert (theirs.served_by, theirs.status, theirs.number_there) == ("legacy", "confirmed", "WEB-1")
    assert theirs.is_foreign
    assert (theirs.total_amount, theirs.lacks_price, theirs.note) == (0, False, "後門")
    assert list(theirs.lines.values_list("product__sku", "quantity", "unit_price")) == [
        ("GAS-C20-R", 2, None)
    ]
    assert list(theirs.status_changes.values_list("old", "new")) == [("", "confirmed")]


def test_the_same_number_gives_the_same_order(theirs, c20, actor):
    again = foreign.take(
        theirs.customer, [(c20, 5)], number_there=" WEB-1 ", scheduled_date=TUESDAY, actor=actor
    )
    assert again.pk == theirs.pk
    assert (Order.objects.count(), again.lines.get().quantity) == (1, 2)


def test_a_number_of_another_customer_is_refused(theirs, customer, c20, actor):
    with pytest.raises(Refused) as refusal:
        foreign.take(
            customer("1400104"), [(c20, 1)], number_there="WEB-1", scheduled_date=MONDAY, actor=actor
        )
    assert refusal.value.code == "number_taken"
    assert Order.objects.count() == 1


@pytest.mark.parametrize("number", ["", "  ", "x" * 41])
def test_a_number_is_needed(customer, c20, actor, number):
    with pytest.raises(Refused) as refusal:
        foreign.take(customer(), [(c20, 1)], number_there=number, scheduled_date=MONDAY, actor=actor)
    assert refusal.value.field == "number_there"
    assert Order.objects.count() == 0


def test_a_day_that_is_past_is_the_old_systems_business(customer, c20, actor):
    past = MONDAY - dt.timedelta(days=3)
    order = foreign.take(customer(), [(c20, 1)], number_there="WEB-2", scheduled_date=past, actor=actor)
    assert order.scheduled_date == past


def test_its_changes_come_over(theirs, product, actor):
    c16 = product("GAS-C16-R")
    foreign.change(theirs, lines=[(c16, 3)], scheduled_date=TUESDAY, slot="morning", note="", actor=actor)
    assert (theirs.scheduled_date, theirs.slot, theirs.note, theirs.version) == (TUESDAY, "morning", "", 2)
    assert list(theirs.lines.values_list("product__sku", "quantity")) == [("GAS-C16-R", 3)]
    assert events() == ["orders.foreign_order_moved"]


def test_a_change_of_nothing_but_the_lines_keeps_its_day(theirs, c20, actor):
    foreign.change(theirs, lines=[(c20, 4)], scheduled_date=MONDAY, actor=actor)
    assert theirs.lines.get().quantity == 4
    assert events() == []


def test_delivered_there_it_is_delivered_here_without_cylinders_or_billing(theirs, c20, product, actor):
    c16 = product("GAS-C16-R")
    at = dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC)
    for _time in range(2):
        foreign.delivered(theirs, {c20.pk: 1, c16.pk: 1}, at=at, actor=actor)
    assert (theirs.status, theirs.delivered_at, theirs.version) == ("delivered", at, 2)
    assert list(
        theirs.lines.order_by("pk").values_list("quantity", "delivered_quantity", "empties_returned")
    ) == [
        (2, 1, 1),
        (0, 1, 1),
    ]
    assert CylinderMovement.objects.count() == 0
    assert events() == ["orders.foreign_order_delivered"]


@pytest.mark.parametrize(
    ("quantities", "code"), [({999_999: 1}, "product"), ({}, "empty"), (None, "quantity")]
)
def test_news_of_a_delivery_that_cannot_be(theirs, c20, actor, quantities, code):
    wrong = {c20.pk: 101} if quantities is None else quantities
    with pytest.raises(Refused) as refusal:
        foreign.delivered(theirs, wrong, at=dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC), actor=actor)
    assert refusal.value.code == code
    theirs.refresh_from_db()
    assert (theirs.status, events()) == ("confirmed", [])


def test_cancelled_there_it_is_cancelled_here_and_stays_so(theirs, c20, actor):
    with pytest.raises(Refused):
        foreign.cancel(theirs, reason=" ", actor=actor)
    for _time in range(2):
        foreign.cancel(theirs, reason="客戶取消", actor=actor)
    assert (theirs.status, events()) == ("cancelled", ["orders.order_cancelled"])
    with pytest.raises(Refused):
        foreign.delivered(theirs, {c20.pk: 1}, at=dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC), actor=actor)
    with pytest.raises(Refused) as refusal:
        foreign.change(theirs, note="x", actor=actor)
    assert refusal.value.code == "not_editable"


def test_our_services_keep_their_hands_off(theirs, c20, vehicle, actor):
    deeds = [
        lambda: ours.change_order(theirs, note="x", actor=actor),
        lambda: ours.cancel_order(theirs, reason="x", actor=actor),
        lambda: ours.record_delivery(theirs, quantities={c20.pk: 1}, vehicle_place=vehicle, actor=actor),
        lambda: ours.record_failure(theirs, reason_code="absent", actor=actor),
    ]
    for deed in deeds:
        with pytest.raises(Refused) as refusal:
            deed()
        assert refusal.value.code == "foreign"
    assert ours.assign([theirs.pk], actor=actor) == []
    theirs.refresh_from_db()
    assert (theirs.status, theirs.version, theirs.note, events()) == ("confirmed", 1, "後門", [])


def test_the_database_lets_no_order_of_the_old_system_be_on_the_way(theirs):
    for status in ("assigned", "in_delivery", "failed", "pending"):
        with pytest.raises(IntegrityError, match="orders_order_foreign_status"), transaction.atomic():
            Order.objects.filter(pk=theirs.pk).update(status=status)


def test_the_old_system_cannot_change_ours(order_of, customer, c20, actor):
    order = order_of(customer(), (c20, 2))
    at = dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC)
    for deed in (
        lambda: foreign.change(order, note="x", actor=actor),
        lambda: foreign.cancel(order, reason="x", actor=actor),
        lambda: foreign.delivered(order, {c20.pk: 2}, at=at, actor=actor),
    ):
        with pytest.raises(Refused) as refusal:
            deed()
        assert refusal.value.code == "ours"
    order.refresh_from_db()
    assert (order.status, order.version) == ("confirmed", 1)


def test_an_order_changes_hands_and_back_with_its_price(order_of, customer, c20, actor):
    order = order_of(customer(), (c20, 2))
    foreign.hand_over(order, "legacy", reason="退出試辦", actor=actor)
    assert (order.served_by, order.is_foreign) == ("legacy", True)
    order.lines.update(unit_price=None)
    Order.objects.filter(pk=order.pk).update(total_amount=0)
    foreign.hand_over(order, "ours", reason="加入試辦", actor=actor)
    foreign.hand_over(order, "ours", reason="", actor=actor)
    assert (order.served_by, order.total_amount, order.lacks_price) == ("ours", 1900, False)
    assert events() == ["orders.order_handed_over"] * 2
    told = AuditEvent.objects.filter(action="orders.handed_over").order_by("id")
    assert [(row.reason, row.data["to"]) for row in told] == [("退出試辦", "legacy"), ("加入試辦", "ours")]


def test_an_order_without_a_price_says_so_when_it_becomes_ours(customer, c20, actor):
    order = foreign.take(customer(), [(c20, 2)], number_there="W", scheduled_date=MONDAY, actor=actor)
    foreign.hand_over(order, "ours", reason="加入試辦", actor=actor)
    assert (order.total_amount, order.lacks_price) == (0, True)


def test_what_somebody_began_stays_where_it_is(order_of, customer, c20, actor):
    order = order_of(customer(), (c20, 2))
    for to, reason, code in (("theirs", "x", "owner"), ("legacy", " ", "reason")):
        with pytest.raises(Refused) as refusal:
            foreign.hand_over(order, to, reason=reason, actor=actor)
        assert refusal.value.code == code
    ours.assign([order.pk], actor=actor)
    with pytest.raises(Refused) as refusal:
        foreign.hand_over(order, "legacy", reason="退出試辦", actor=actor)
    assert refusal.value.code == "begun"
    order.refresh_from_db()
    assert (order.served_by, order.status, events()) == ("ours", "assigned", [])


def test_history_is_nobodys_work(delivered_on, customer, c20):
    past = delivered_on(customer(), "2026-11-10", {c20: 2})
    assert (past.served_by, past.is_foreign) == ("legacy", False)


def test_a_row_written_by_sql_is_ours(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_default FROM information_schema.columns"
            " WHERE table_name = 'orders_order' AND column_name IN ('served_by', 'number_there') ORDER BY column_name"
        )
        assert [default for (default,) in cursor.fetchall()] == [
            "''::character varying",
            "'ours'::character varying",
        ]
