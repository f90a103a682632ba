"""The old system down, slow, silent; pauses; phases; who serves an order."""

import datetime as dt

import pytest

from customers.models import Customer
from luckygas.core import breakers, clock, outbound
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent
from orders.models import Order, Product
from orders.services import orders
from pilot.models import EnrolmentChange, LegacyWrite, SyncCursor, SyncDirty
from pilot.services import enrolment, mirroring, pauses
from pilot.tests.mirrored import CODE, LEAD, mirrored
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def order_of(mirrored):
    def take(days=0, **fields):
        return orders.create_order(
            mirrored.row, [(Product.objects.get(kind="GAS-C20-R"), 2)],
            scheduled_date=clock.today() + dt.timedelta(days=days), actor=LEAD, **fields,
        )  # fmt: skip

    return take


def answering(mirrored):
    """The line works again, and nobody waits for a breaker or a backoff."""
    mirrored.legacy.clear()
    breakers.reset("legacy", actor=Actor.system("test"), reason="test")
    LegacyWrite.objects.filter(status__in=["queued", "unknown"]).update(not_before=clock.now())


def test_while_it_is_down_rows_wait_and_say_since_when(mirrored):
    mirrored.legacy.fault("down")
    Customer.objects.filter(code=CODE).update(notes="後門")
    mirroring.read()
    mirroring.tell()
    outbound.run_due(LegacyWrite)
    row = LegacyWrite.objects.get(status="queued")
    assert row.attempts == 1
    assert row.not_before > row.created_at
    assert "cannot be reached" in row.last_said or "連" in row.last_said
    cursor = SyncCursor.objects.get(entity="customer")
    assert cursor.failing_since is not None
    assert mirrored.there()["notes"] in ("", None)
    answering(mirrored)
    mirrored.settle()
    assert mirrored.there()["notes"] == "後門"
    assert SyncCursor.objects.get(entity="customer").failing_since is None
    assert mirrored.is_equal()


def test_a_lost_reply_is_asked_about_and_nothing_is_written_twice(mirrored):
    mirrored.legacy.fault("reply_lost", times=1)
    Customer.objects.filter(code=CODE).update(notes="後門")
    mirroring.tell()
    outbound.run_due(LegacyWrite)
    row = LegacyWrite.objects.get(image__notes="後門")
    assert row.status == "unknown"
    revision = mirrored.there()["revision"]
    answering(mirrored)
    mirrored.settle()
    row.refresh_from_db()
    assert row.status == "done"
    assert mirrored.there()["notes"] == "後門"
    assert mirrored.there()["revision"] == revision
    assert mirrored.is_equal()


def test_our_next_change_after_a_lost_reply_is_no_conflict(mirrored):
    """Going back to the old value must not look like their change undone."""
    mirrored.legacy.fault("reply_lost", times=1)
    Customer.objects.filter(code=CODE).update(notes="後門")
    mirroring.tell()
    outbound.run_due(LegacyWrite)
    Customer.objects.filter(code=CODE).update(notes="")
    answering(mirrored)
    mirrored.settle()
    assert Customer.objects.get(code=CODE).notes == ""
    assert mirrored.there()["notes"] in ("", None)
    assert mirrored.conflicts() == []
    assert mirrored.is_equal()


def test_a_write_killed_before_it_was_recorded_is_found_and_not_repeated(mirrored):
    """kill -9 between their commit and our record: the row is inflight, nobody knows."""
    Customer.objects.filter(code=CODE).update(notes="後門")
    mirroring.tell()
    row = LegacyWrite.objects.get(status="queued")
    from pilot.services.line import legacy as line

    line().write("customer", CODE, row.image, expected=row.expected)
    revision = mirrored.there()["revision"]
    LegacyWrite.objects.filter(pk=row.pk).update(
        status="inflight", attempts=1, inflight_since=clock.now() - dt.timedelta(minutes=5)
    )
    mirrored.settle()
    row.refresh_from_db()
    assert (row.status, row.written_revision) == ("done", revision)
    assert mirrored.there()["revision"] == revision
    assert mirrored.is_equal()


def test_they_changed_it_first_and_both_changes_live(mirrored):
    Customer.objects.filter(code=CODE).update(notes="後門")
    mirroring.tell()
    mirrored.legacy.edit("cust_customer", CODE, delivery_address="臺東縣臺東市中山路2號")
    outbound.run_due(LegacyWrite)
    mirrored.settle()
    here, there = Customer.objects.get(code=CODE), mirrored.there()
    assert (here.notes, here.address) == ("後門", "臺東縣臺東市中山路2號")
    assert (there["notes"], there["delivery_address"]) == ("後門", "臺東縣臺東市中山路2號")
    assert mirrored.is_equal()


def test_a_pause_keeps_everything_where_it_is_until_it_ends(mirrored):
    with pytest.raises(Refused):
        pauses.pause("all", reason=" ", actor=LEAD)
    pauses.pause("all", reason="盤點", actor=LEAD)
    Customer.objects.filter(code=CODE).update(notes="我們")
    mirrored.legacy.edit("cust_customer", CODE, delivery_address="臺東縣臺東市中山路2號")
    assert mirroring.read() + mirroring.tell() == 0
    assert mirrored.there()["notes"] in ("", None)
    assert SyncDirty.objects.count() == 1
    assert mirrored.differences() == []
    assert pauses.resume("all", actor=LEAD)
    mirrored.settle()
    assert mirrored.there()["notes"] == "我們"
    assert Customer.objects.get(code=CODE).address == "臺東縣臺東市中山路2號"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"pilot.sync_paused", "pilot.sync_resumed"} <= actions


def test_a_pause_of_orders_lets_customers_through(mirrored, order_of):
    pauses.pause("order", reason="盤點", actor=LEAD)
    order = order_of()
    Customer.objects.filter(code=CODE).update(notes="我們")
    mirrored.settle()
    assert mirrored.there()["notes"] == "我們"
    assert mirrored.legacy.rows("SELECT 1 FROM ord_order WHERE order_id = %s", order.number) == []


def test_back_in_shadow_the_old_system_serves_what_nobody_has_begun(mirrored, order_of):
    begun, unbegun = order_of(), order_of()
    orders.assign([begun.pk], actor=LEAD)
    mirrored.settle()
    moved = enrolment.roll_back_all(reason="錯誤太多", actor=LEAD)
    assert moved == 1
    mirrored.settle()
    assert Order.objects.get(pk=unbegun.pk).served_by == "legacy"
    assert Order.objects.get(pk=begun.pk).served_by == "ours"
    assert mirrored.there("ord_order", unbegun.number)["dispatch_sys"] == "O"
    assert mirrored.there("ord_order", begun.number)["dispatch_sys"] == "N"
    assert orders.assign([unbegun.pk], actor=LEAD) == []
    assert list(EnrolmentChange.objects.order_by("id").values_list("old", "new", "reason")) == [
        ("off", "dual", "試辦"),
        ("dual", "shadow", "錯誤太多"),
    ]
    assert mirrored.is_equal()


def test_an_order_the_old_system_cannot_write_stays_ours_until_it_can(mirrored, order_of):
    """Let go of, it would be nobody's."""
    enrolment.move(mirrored.row, "shadow", reason="先退一步", actor=LEAD)
    order = order_of(note="請快😀")
    mirrored.settle()
    order.refresh_from_db()
    assert order.served_by == "ours"
    assert [one.kind for one in mirrored.conflicts()] == ["unencodable"]
    orders.change_order(order, note="請快", actor=LEAD)
    mirrored.settle()
    order.refresh_from_db()
    assert order.served_by == "legacy"
    assert mirrored.there("ord_order", order.number)["dispatch_sys"] == "O"
    assert mirrored.is_equal()


def test_where_we_lead_their_coming_orders_become_ours_once_they_let_go(mirrored):
    tomorrow = clock.today() + dt.timedelta(days=1)
    mirrored.legacy.do(
        "INSERT INTO ord_order (order_id, customer_id, trade_date, status, line_count, update_user)"
        " VALUES ('L900001', %s, %s, '02', 1, 'A01')",
        CODE, f"{tomorrow.year - 1911:03}{tomorrow:%m%d}",
    )  # fmt: skip
    mirrored.legacy.do(
        "INSERT INTO ord_line (order_id, line_number, qty_20, update_user) VALUES ('L900001', 1, 2, 'A01')"
    )
    mirrored.settle()
    order = Order.objects.get(number_there="L900001")
    assert order.served_by == "legacy"
    enrolment.move(mirrored.row, "ours_leads", reason="穩定兩週", actor=LEAD)
    mirroring.tell()
    order.refresh_from_db()
    assert order.served_by == "legacy"
    mirrored.settle()
    order.refresh_from_db()
    assert order.served_by == "ours"
    assert mirrored.there("ord_order", "L900001")["dispatch_sys"] == "N"
    assert mirrored.is_equal()


def test_nobody_leaves_while_something_of_his_waits(mirrored):
    enrolment.move(mirrored.row, "shadow", reason="先退一步", actor=LEAD)
    mirrored.legacy.edit("cust_customer", CODE, notes="他們的")
    Customer.objects.filter(code=CODE).update(notes="我們的")
    mirrored.settle()
    with pytest.raises(Refused):
        enrolment.move(mirrored.row, "off", reason="不玩了", actor=LEAD)
    assert mirrored.row.enrolment.phase == "dual" or enrolment.phase_of(CODE) == "shadow"


def test_a_step_the_table_does_not_know_is_refused(mirrored, customer):
    other = customer("1000002")
    with pytest.raises(Refused):
        enrolment.move(other, "ours_leads", reason="太快", actor=LEAD)
    with pytest.raises(Refused):
        enrolment.move(other, "shadow", reason="", actor=LEAD)
    assert enrolment.phase_of("1000002") == "off"


def test_who_left_and_comes_back_is_read_from_the_beginning(mirrored):
    enrolment.move(mirrored.row, "off", reason="休息", actor=LEAD)
    mirrored.legacy.edit("cust_customer", CODE, notes="這段時間改的")
    mirrored.settle()
    assert Customer.objects.get(code=CODE).notes == ""
    enrolment.move(mirrored.row, "dual", reason="回來", actor=LEAD)
    mirrored.settle()
    assert Customer.objects.get(code=CODE).notes == "這段時間改的"
    assert mirrored.is_equal()
