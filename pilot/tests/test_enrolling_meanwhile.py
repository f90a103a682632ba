"""Customers who are enrolled, moved and let go while the mirroring is at work lose nothing of what is there."""

import pytest

from customers.models import Customer
from luckygas.core.errors import Refused
from orders.models import Order
from pilot.models import SyncCursor, SyncDirty
from pilot.services import enrolment, mirroring
from pilot.tests.mirrored import CODE, LEAD, mirrored
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
OTHER = "1000002"


def order_there(mirrored, number, code):
    mirrored.legacy.do(
        "INSERT INTO ord_order (order_id, customer_id, trade_date, status, line_count, update_user)"
        " VALUES (%s, %s, '1151124', '02', 1, 'A01')",
        number, code,
    )  # fmt: skip
    mirrored.legacy.do(
        "INSERT INTO ord_line (order_id, line_number, qty_20, update_user) VALUES (%s, 1, 2, 'A01')", number
    )


@pytest.fixture
def other(mirrored, customer):
    """A customer whom both systems know and who takes no part, with an order there."""
    row = customer(OTHER)
    mirrored.legacy.do(
        "INSERT INTO cust_customer (customer_id, customer_name) VALUES (%s, '\\x41'::bytea)", OTHER
    )
    order_there(mirrored, "L20001", OTHER)
    return row


def enrol_in_the_middle(monkeypatch, row):
    """He is enrolled after the changes were fetched and before it is written how far they were read."""
    move = mirroring._move
    todo = [row]

    def late(*words):
        if todo:
            enrolment.move(todo.pop(), "dual", reason="試辦", actor=LEAD)
        return move(*words)

    monkeypatch.setattr(mirroring, "_move", late)


def test_who_is_enrolled_while_all_is_read_from_the_beginning_is_read_too(mirrored, other, monkeypatch):
    """Both send the reading back to the same beginning: it must not go on as if nothing had happened."""
    SyncCursor.objects.update(revision=0)
    enrol_in_the_middle(monkeypatch, other)
    mirroring._read("order", 200)
    mirrored.settle()
    assert Order.objects.filter(number_there="L20001").count() == 1
    assert mirrored.is_equal()


def test_who_is_enrolled_between_two_batches_is_read_too(mirrored, other, monkeypatch):
    for number in range(4):
        order_there(mirrored, f"L1000{number}", CODE)
    enrol_in_the_middle(monkeypatch, other)
    mirroring._read("order", 2)
    mirrored.settle()
    assert Order.objects.filter(number_there="L20001").count() == 1
    assert Order.objects.filter(number_there__startswith="L1").count() == 4
    assert mirrored.is_equal()


def test_nobody_leaves_before_his_last_change_is_told(mirrored):
    Customer.objects.filter(code=CODE).update(notes="後門")
    with pytest.raises(Refused) as refusal:
        enrolment.move(mirrored.row, "off", reason="休息", actor=LEAD)
    assert refusal.value.code == "not_quiet"
    assert (enrolment.phase_of(CODE), SyncDirty.objects.count()) == ("dual", 1)
    mirrored.settle()
    assert enrolment.move(mirrored.row, "off", reason="休息", actor=LEAD).phase == "off"
    assert mirrored.there()["notes"] == "後門"


def test_a_mark_made_while_its_record_was_found_to_be_nobodys_stays(mirrored, other, monkeypatch):
    """Read as not enrolled, enrolled at that moment: the mark of the enrolment is another one."""
    SyncDirty.objects.create(entity="customer", object_id=other.pk)
    links_of = mirroring._links_of
    todo = [other]

    def late(*words):
        found = links_of(*words)
        if todo:
            enrolment.move(todo.pop(), "dual", reason="試辦", actor=LEAD)
        return found

    monkeypatch.setattr(mirroring, "_links_of", late)
    mirroring.tell()
    assert list(SyncDirty.objects.values_list("object_id", flat=True)).count(other.pk) == 1
    mirrored.settle()
    assert mirrored.link(key=OTHER).state in ("agreed", "contested")
