"""Rows the verifier must not stumble over, and one it must not count as another."""

import pytest

from luckygas.core import clock
from luckygas.core.testing import plant
from orders.models import Product
from orders.services import orders
from pilot.models import SyncDirty
from pilot.tests.mirrored import LEAD, mirrored
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def order_of(mirrored):
    return orders.create_order(
        mirrored.row, [(Product.objects.get(kind="GAS-C20-R"), 2)], scheduled_date=clock.today(), actor=LEAD
    )


def test_what_is_no_date_there_is_a_difference_and_ends_no_compare(mirrored):
    order = order_of(mirrored)
    mirrored.settle()
    with mirrored.legacy.connect() as there:
        there.execute("SET session_replication_role = replica")
        there.execute(
            "UPDATE ord_order SET trade_date = 'abcdefg', actual_delivery_time = 'xx' WHERE order_id = %s",
            [order.number],
        )
    (said,) = mirrored.differences()
    assert said.startswith(f"{order.number}: date ") and "?abcdefg" in said and "delivered_at" in said


def test_a_second_record_of_ours_under_the_same_number_is_named(mirrored):
    """It reads the same as the first, and stands nowhere there."""
    first = order_of(mirrored)
    mirrored.settle()
    second = order_of(mirrored)
    SyncDirty.objects.all().delete()
    plant(
        "UPDATE orders_order SET number_there = %(there)s WHERE id = %(id)s",
        values={"there": first.number, "id": second.pk},
    )
    (said,) = mirrored.differences()
    assert said.startswith(f"{first.number}: 2 ") or f"{first.number}：" in said
