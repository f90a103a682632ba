"""Customers and orders in both systems at once, through the real line."""

import pytest
from django.db import connection

from customers.models import Customer
from luckygas.core import clock
from orders.models import Order, Product
from orders.services import orders
from pilot.models import LegacyWrite, SyncRead
from pilot.tests.mirrored import CODE, LEAD, mirrored
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def order_of(mirrored):
    def take(quantity=2, **fields):
        return orders.create_order(
            mirrored.row, [(Product.objects.get(kind="GAS-C20-R"), quantity)],
            scheduled_date=clock.today(), actor=LEAD, **fields,
        )  # fmt: skip

    return take


def test_an_enrolled_customer_stands_in_the_old_system(mirrored):
    there = mirrored.there()
    assert (there["short_name"], there["delivery_address"]) == ("王家小館", "臺東縣臺東市中山路1號")
    assert there["update_user"] == "PILOT"
    assert mirrored.link().state == "agreed"
    assert mirrored.is_equal()


def test_our_change_is_told_once_and_its_echo_asks_for_nothing(mirrored):
    Customer.objects.filter(code=CODE).update(notes="後門")
    mirrored.settle()
    assert mirrored.there()["notes"] == "後門"
    assert LegacyWrite.objects.count() == 2
    assert list(SyncRead.objects.exclude(outcome="echo")) == []
    revision = mirrored.there()["revision"]
    mirrored.settle()
    assert mirrored.there()["revision"] == revision
    assert LegacyWrite.objects.count() == 2
    assert mirrored.is_equal()


def test_their_change_is_taken_and_not_sent_back(mirrored):
    mirrored.legacy.edit("cust_customer", CODE, delivery_address="臺東縣臺東市中山路2號")
    mirrored.settle()
    assert Customer.objects.get(code=CODE).address == "臺東縣臺東市中山路2號"
    assert mirrored.there()["update_user"] == "A01"
    assert LegacyWrite.objects.count() == 1
    assert list(SyncRead.objects.filter(outcome="taken").values_list("external_id", flat=True)) == [CODE]
    assert mirrored.is_equal()


def test_changes_of_different_fields_on_both_sides_merge(mirrored):
    mirrored.legacy.edit("cust_customer", CODE, notes="按鈴")
    Customer.objects.filter(code=CODE).update(address="臺東縣臺東市正氣路9號")
    mirrored.settle()
    here, there = Customer.objects.get(code=CODE), mirrored.there()
    assert (here.notes, here.address) == ("按鈴", "臺東縣臺東市正氣路9號")
    assert (there["notes"], there["delivery_address"]) == ("按鈴", "臺東縣臺東市正氣路9號")
    assert mirrored.conflicts() == []
    assert mirrored.is_equal()


def test_our_order_stands_there_as_ours_and_follows_its_changes(mirrored, order_of):
    order = order_of()
    mirrored.settle()
    there = mirrored.there("ord_order", order.number)
    assert (there["dispatch_sys"], there["status"], there["customer_id"].strip()) == ("N", "02", CODE)
    assert mirrored.there("ord_line", order.number)["qty_20"] == 2
    orders.change_order(order, lines=[(Product.objects.get(kind="GAS-C16-R"), 3)], actor=LEAD)
    mirrored.settle()
    line = mirrored.there("ord_line", order.number)
    assert (line["qty_20"], line["qty_16"]) == (0, 3)
    orders.cancel_order(order, reason="客戶取消", actor=LEAD)
    mirrored.settle()
    assert mirrored.there("ord_order", order.number)["status"] == "06"
    assert mirrored.is_equal()


def test_their_order_comes_in_as_foreign_and_is_never_planned_here(mirrored):
    mirrored.legacy.act("clerk", date="20261123", edits=12, seed=3, customers="pilot")
    mirrored.settle()
    found = Order.objects.filter(served_by="legacy")
    assert (
        found.count()
        == mirrored.legacy.rows(
            "SELECT count(*) FROM ord_order WHERE dispatch_sys = 'O' AND delete_flag = 'N'"
        )[0][0]
    )
    assert found.count() > 0
    assert set(found.values_list("status", flat=True)) <= {"confirmed", "cancelled"}
    assert orders.assign(list(found.values_list("pk", flat=True)), actor=LEAD) == []
    assert mirrored.conflicts() == []
    assert mirrored.is_equal()
    mirrored.legacy.act("deliver", date="20261123", seed=3)
    mirrored.settle()
    assert found.filter(status="delivered").exists()
    assert mirrored.is_equal()


def test_changes_by_raw_sql_are_told_too(mirrored):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET short_name = '王家' WHERE code = %s", [CODE])
    mirrored.settle()
    assert mirrored.there()["short_name"] == "王家"


def test_nobody_elses_changes_are_told_or_read(mirrored, customer):
    customer("1000002")
    mirrored.legacy.act("load", customers=3)
    mirrored.settle()
    assert mirrored.legacy.rows("SELECT 1 FROM cust_customer WHERE customer_id = '1000002'") == []
    assert Customer.objects.filter(code__startswith="C").count() == 0
    assert mirrored.is_equal()
