"""Whatever changes a record of an enrolled customer leaves a mark: services, bulk updates, raw SQL."""

import threading

import pytest
from django.db import connection, transaction

from customers.models import Area, Availability, Customer, CustomerPhone
from luckygas.core import clock
from orders.models import Order, OrderLine, Product
from pilot.models import Enrolment, SyncDirty

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolled(customer):
    one = customer("1000001")
    Enrolment.objects.create(customer=one, phase="dual", enrolled_at=clock.now())
    SyncDirty.objects.all().delete()
    return one


def order_of(one, number="O-20261123-000001", **fields):
    return Order.objects.create(
        number=number,
        customer=one,
        scheduled_date="2026-11-24",
        **({"source": "phoned", "status": "confirmed"} | fields),
    )


def marks():
    return sorted(SyncDirty.objects.values_list("entity", "object_id"))


def test_raw_sql_a_bulk_update_and_a_phone_mark_the_customer(enrolled):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET notes = 'x' WHERE id = %s", [enrolled.pk])
    assert marks() == [("customer", enrolled.pk)]
    SyncDirty.objects.all().delete()
    Customer.objects.update(notes="y")
    assert marks() == [("customer", enrolled.pk)]
    SyncDirty.objects.all().delete()
    phone = CustomerPhone.objects.create(customer=enrolled, number="+88689331234")
    assert marks() == [("customer", enrolled.pk)]
    SyncDirty.objects.all().delete()
    phone.delete()
    assert marks() == [("customer", enrolled.pk)]


def test_an_area_and_the_hours_mark_the_customer(enrolled):
    area = Area.objects.create(code="T1", name="測試", lat="22.7", lng="121.1")
    Customer.objects.update(area=area)
    SyncDirty.objects.all().delete()
    Area.objects.filter(pk=area.pk).update(code="T2")
    assert marks() == [("customer", enrolled.pk)]
    SyncDirty.objects.all().delete()
    Availability.objects.create(customer=enrolled)
    assert marks() == [("customer", enrolled.pk)]


def test_orders_and_their_lines_mark_the_order_and_history_does_not(enrolled):
    order = order_of(enrolled)
    assert marks() == [("order", order.pk)]
    SyncDirty.objects.all().delete()
    line = OrderLine.objects.create(order=order, product=Product.objects.earliest("pk"), quantity=1)
    assert marks() == [("order", order.pk)]
    SyncDirty.objects.all().delete()
    OrderLine.objects.filter(pk=line.pk).update(quantity=2)
    assert marks() == [("order", order.pk)]
    SyncDirty.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL luckygas.history_import = 'on'")
    order_of(
        enrolled,
        "O-20201123-000001",
        source="history",
        status="delivered",
        occurrence=1,
        delivered_at=clock.now(),
    )
    assert marks() == []


def test_a_phone_given_to_another_customer_marks_both(enrolled, customer):
    other = customer("1000002")
    Enrolment.objects.create(customer=other, phase="shadow", enrolled_at=clock.now())
    phone = CustomerPhone.objects.create(customer=enrolled, number="+88689331234")
    SyncDirty.objects.all().delete()
    CustomerPhone.objects.filter(pk=phone.pk).update(customer=other)
    assert marks() == [("customer", enrolled.pk), ("customer", other.pk)]


def test_nobody_else_is_marked(enrolled, customer):
    other = customer("1000002")
    order_of(other)
    Customer.objects.filter(pk=other.pk).update(notes="x")
    assert marks() == []
    Enrolment.objects.update(phase="off")
    Customer.objects.update(notes="z")
    assert marks() == []


def test_marks_coalesce_and_a_later_change_moves_the_mark(enrolled):
    Customer.objects.update(notes="x")
    first = SyncDirty.objects.get()
    Customer.objects.update(notes="y")
    again = SyncDirty.objects.get()
    assert (again.pk, again.since) == (first.pk, first.since)
    assert again.at > first.at


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_mark_read_while_its_change_is_not_committed_is_there_again_afterwards(enrolled):
    """The reader waits for the writer: no change is lost between them."""
    Customer.objects.update(notes="first")
    written, read = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            Customer.objects.filter(pk=enrolled.pk).update(notes="second")
            written.set()
            read.wait(0.3)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(5)
    with transaction.atomic():
        SyncDirty.objects.filter(entity="customer", object_id=enrolled.pk).delete()
        read.set()
        assert Customer.objects.get(pk=enrolled.pk).notes == "second"
    writer.join()
    assert marks() == []


def test_many_lines_of_an_order_in_one_statement_mark_it_once(enrolled):
    orders = [order_of(enrolled, f"O-20261123-{number:06}") for number in range(40)]
    SyncDirty.objects.all().delete()
    products = list(Product.objects.order_by("pk"))
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product=product, quantity=1) for order in orders for product in products
    )
    assert marks() == [("order", order.pk) for order in orders]
    SyncDirty.objects.all().delete()
    OrderLine.objects.update(quantity=2)
    assert marks() == [("order", order.pk) for order in orders]
