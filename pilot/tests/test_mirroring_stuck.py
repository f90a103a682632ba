"""What cannot go on waits by itself: it holds up nobody else, and goes on once it can."""

import datetime as dt

import psycopg
import pytest
from django.db import connection

from customers.models import Customer
from luckygas.core import clock, outbound
from luckygas.core.models import OutboundAttempt
from orders.models import Product
from orders.services import orders
from pilot.models import LegacyWrite, SyncDirty, SyncLink
from pilot.services import conflicts, enrolment, mirroring, pauses
from pilot.tests.mirrored import CODE, LEAD, mirrored
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
OTHER = "1000002"


@pytest.fixture
def order_of(mirrored):
    def take(row):
        return orders.create_order(
            row, [(Product.objects.get(kind="GAS-C20-R"), 2)], scheduled_date=clock.today(), actor=LEAD
        )

    return take


@pytest.fixture
def unwritable(mirrored, customer, order_of):
    """Enrolled under a name the old system cannot write, with two orders that so cannot stand there either."""
    row = customer(OTHER, short_name="王家堃館")
    row.waiting = [order_of(row), order_of(row)]
    enrolment.move(row, "dual", reason="試辦", actor=LEAD)
    mirrored.settle()
    return row


def there(mirrored, order):
    return mirrored.legacy.rows("SELECT 1 FROM ord_order WHERE order_id = %s", order.number) != []


def test_orders_of_a_customer_who_cannot_be_written_hold_up_nobody(mirrored, unwritable, order_of):
    assert [one.kind for one in mirrored.conflicts()] == ["unencodable"]
    assert mirroring.is_quiet()
    order = order_of(mirrored.row)
    mirroring.tell(limit=2)
    outbound.run_due(LegacyWrite)
    assert there(mirrored, order)


def test_they_are_explained_by_their_customers_conflict_and_told_after_it(mirrored, unwritable):
    assert mirrored.differences() == []
    Customer.objects.filter(pk=unwritable.pk).update(short_name="王家坤館")
    mirrored.settle()
    assert [there(mirrored, order) for order in unwritable.waiting] == [True, True]
    assert mirrored.is_equal()


def test_a_row_somebody_edits_does_not_keep_the_others_from_being_read(mirrored, customer):
    other = customer(OTHER)
    enrolment.move(other, "dual", reason="試辦", actor=LEAD)
    mirrored.settle()
    known = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(**{name: known[name] for name in names if known.get(name)}) as editor:
        editor.execute("SELECT 1 FROM customers_customer WHERE id = %s FOR UPDATE", [mirrored.row.pk])
        mirrored.legacy.edit("cust_customer", CODE, notes="按鈴")
        mirrored.legacy.edit("cust_customer", OTHER, notes="後門")
        mirroring.read()
        assert Customer.objects.get(code=OTHER).notes == "後門"
    mirrored.settle()
    assert Customer.objects.get(code=CODE).notes == "按鈴"
    assert mirrored.is_equal()


def test_a_write_that_waited_two_months_is_written_down(mirrored):
    Customer.objects.filter(code=CODE).update(notes="後門")
    mirroring.tell()
    LegacyWrite.objects.filter(status="queued").update(marked_at=clock.now() - dt.timedelta(days=60))
    outbound.run_due(LegacyWrite)
    assert LegacyWrite.objects.get(image__notes="後門").status == "done"
    mirrored.settle()
    assert mirrored.is_equal()


def test_what_is_queued_when_a_pause_begins_waits_without_a_try(mirrored):
    Customer.objects.filter(code=CODE).update(notes="後門")
    mirroring.tell()
    pauses.pause("customer", reason="盤點", actor=LEAD)
    outbound.run_due(LegacyWrite)
    LegacyWrite.objects.filter(status="queued").update(not_before=clock.now())
    outbound.run_due(LegacyWrite)
    row = LegacyWrite.objects.get(status="queued")
    assert (
        row.attempts,
        OutboundAttempt.objects.filter(row_id=row.pk, kind="pilot.LegacyWrite").count(),
    ) == (0, 0)
    assert "暫停" in row.last_said or "paused" in row.last_said
    pauses.resume("customer", actor=LEAD)
    LegacyWrite.objects.filter(status="queued").update(not_before=clock.now())
    mirrored.settle()
    assert mirrored.there()["notes"] == "後門"


def test_what_could_not_be_written_is_sent_again_when_ours_shall_stand(mirrored):
    """The old system refused it; a person had it mended there, and says so by taking ours."""
    mirrored.legacy.do(
        "ALTER TABLE cust_customer ADD CONSTRAINT no_back CHECK (notes <> '\\xab'::bytea OR notes IS NULL)"
    )
    try:
        mirrored.legacy.do(
            "ALTER TABLE cust_customer ADD CONSTRAINT no_door CHECK (octet_length(notes) <> 4)"
        )
        Customer.objects.filter(code=CODE).update(notes="後門")
        mirrored.settle()
        (found,) = mirrored.conflicts()
        assert found.kind == "unencodable"
    finally:
        mirrored.legacy.do(
            "ALTER TABLE cust_customer DROP CONSTRAINT no_back, DROP CONSTRAINT IF EXISTS no_door"
        )
    conflicts.resolve(found, "ours", actor=LEAD)
    mirrored.settle()
    assert mirrored.there()["notes"] == "後門"
    assert mirrored.is_equal()


def test_a_record_made_anew_under_its_old_name_takes_its_place(mirrored):
    """The link still names a row that is gone."""
    SyncLink.objects.filter(external_id=CODE).update(object_id=mirrored.row.pk + 1_000_000)
    Customer.objects.filter(code=CODE).update(notes="後門")
    mirrored.settle()
    assert mirrored.link().object_id == mirrored.row.pk
    assert mirrored.there()["notes"] == "後門"
    assert not SyncDirty.objects.exists()


def test_an_order_given_to_a_customer_who_takes_no_part_is_a_persons_decision(mirrored, customer, order_of):
    customer(OTHER)
    mirrored.legacy.do(
        "INSERT INTO cust_customer (customer_id, customer_name) VALUES (%s, '\\x41'::bytea)", OTHER
    )
    order = order_of(mirrored.row)
    mirrored.settle()
    mirrored.legacy.edit("ord_order", order.number, customer_id=OTHER)
    mirrored.settle()
    (found,) = mirrored.conflicts()
    assert (found.kind, found.link.external_id) == ("refused", order.number)
    assert mirrored.differences() == []


def test_an_order_half_written_there_is_waited_for_and_not_written_at_again_and_again(mirrored, order_of):
    order = order_of(mirrored.row)
    mirrored.settle()
    before = LegacyWrite.objects.count()
    mirrored.legacy.do("UPDATE ord_order SET line_count = 2 WHERE order_id = %s", order.number)
    orders.change_order(order, note="後門", actor=LEAD)
    mirroring.until_quiet(rounds=6)
    row = LegacyWrite.objects.get(status="queued")
    assert (LegacyWrite.objects.count(), row.attempts) == (before + 1, 1)
    mirrored.legacy.do("UPDATE ord_order SET line_count = 1 WHERE order_id = %s", order.number)
    mirrored.settle()
    assert mirrored.there("ord_order", order.number)["notes"] == "後門"
    assert mirrored.is_equal()
