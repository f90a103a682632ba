"""The admin's pages: found in two steps, as many questions for a hundred rows as for one, services only."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from luckygas.core import extend
from luckygas.core.testing import assert_query_count
from orders import extensions
from orders.models import Order, Price
from orders.services import orders as service
from orders.services.due import make_due

LIST = "/admin/orders/order/"


@pytest.fixture
def clerk(client_as):
    return client_as("office")


def numbers(answer):
    return [row.number for row in answer.context["cl"].result_list]


def test_the_list_asks_as_many_questions_for_many_rows_as_for_few(clerk, customer, order_of, c20):
    buyers = [customer(str(code)) for code in range(1400000, 1400030)]
    order_of(buyers[0], (c20, 1))
    clerk.get(LIST)  # sessions and content types are warm now
    with assert_query_count("order list"):
        assert len(numbers(clerk.get(LIST))) == 1
    for buyer in buyers[1:]:
        order_of(buyer, (c20, 1))
    with assert_query_count("order list"):
        assert len(numbers(clerk.get(LIST))) == 30
    with assert_query_count("order list searched"):
        assert len(numbers(clerk.get(LIST, {"q": "客戶"}))) == 30


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("O-20261123-000002", [2]),
        ("o-20261123", [2, 1]),
        ("20261123-000001", [1]),
        ("1400002", [2]),
        ("客戶001", [1]),
        ("331234", [1]),
        ("nobody", []),
    ],
)
def test_orders_are_found_by_number_or_customer(clerk, customer, order_of, c20, text, found):
    first, second = customer("1400001"), customer("1400002")
    first.phones.create(number="+88689331234", is_primary=True)
    order_of(first, (c20, 1))
    order_of(second, (c20, 1))
    assert numbers(clerk.get(LIST, {"q": text})) == [f"O-20261123-00000{n}" for n in found]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"day": "today"}, 2),
        ({"day": "next"}, 1),
        ({"day": "week"}, 3),
        ({"day": "late"}, 1),
        ({"status__exact": "cancelled"}, 1),
        ({"source__exact": "phoned"}, 4),
        ({"lacks_price__exact": "1"}, 0),
    ],
)
def test_the_filters_people_use(clerk, customer, order_of, c20, actor, query, count):
    buyer = customer()
    order_of(buyer, (c20, 1))
    service.cancel_order(order_of(buyer, (c20, 1)), reason="x", actor=actor)
    order_of(buyer, (c20, 1), scheduled_date=dt.date(2026, 11, 24))
    late = order_of(buyer, (c20, 1))
    Order.objects.filter(pk=late.pk).update(scheduled_date=dt.date(2026, 11, 20))
    assert len(numbers(clerk.get(LIST, query))) == count


def test_an_order_tells_its_whole_life(clerk, customer, order_of, c20, vehicle, actor):
    order = order_of(customer(), (c20, 2))
    service.assign([order.pk], actor=actor)
    service.record_delivery(
        order, quantities={c20.pk: 2}, empties={c20.pk: 2}, vehicle_place=vehicle, actor=actor
    )
    with assert_query_count("order page"):
        html = clerk.get(f"{LIST}{order.pk}/change/").content.decode()
    for said in (order.number, "已送達", "20公斤", "ABC-1234", "已排程"):
        assert said in html


def test_orders_are_cancelled_from_the_list_and_refusals_named(
    clerk, customer, order_of, c20, vehicle, actor
):
    wanted, done = order_of(customer(), (c20, 1)), order_of(customer("1400999"), (c20, 1))
    service.assign([done.pk], actor=actor)
    service.record_delivery(done, quantities={c20.pk: 1}, vehicle_place=vehicle, actor=actor)
    chosen = {"action": "cancel_orders", "_selected_action": [wanted.pk, done.pk]}
    html = clerk.post(LIST, chosen, follow=True).content.decode()
    assert done.number in html
    assert sorted(Order.objects.values_list("status", flat=True)) == ["cancelled", "delivered"]


def test_a_price_is_entered_through_its_service(clerk, c20):
    url = "/admin/orders/price/add/"
    data = {"product": c20.pk, "customer": "", "unit_price": "950", "valid_from": "2026-11-23"}
    assert clerk.post(url, data).status_code == 302
    made = Price.objects.get()
    assert (made.unit_price, made.created_by) == (Decimal(950), "測試office")
    answer = clerk.post(url, data | {"valid_from": "2026-12-01", "unit_price": "-5"}, follow=True)
    assert "價格必須大於零" in answer.content.decode()
    late = clerk.post(url, data | {"valid_from": "2026-11-22"}, follow=True)
    assert late.status_code == 200
    assert Price.objects.count() == 2  # nothing was priced on the 22nd: a gap may be filled
    assert (
        clerk.post(f"/admin/orders/price/{made.pk}/change/", data | {"unit_price": "1"}, follow=True)
        .content.decode()
        .count("已生效")
        == 1
    )
    made.refresh_from_db()
    assert made.unit_price == Decimal(950)


def test_every_page_of_the_floor_opens(clerk, customer, order_of, c20, vehicle, actor):
    buyer = customer()
    order = order_of(buyer, (c20, 1))
    service.assign([order.pk], actor=actor)
    service.record_delivery(order, quantities={c20.pk: 1}, vehicle_place=vehicle, actor=actor)
    make_due(dt.date(2026, 11, 23), actor=actor)
    for page in ("product", "price", "place", "cylindermovement", "meterreading", "duerun"):
        assert clerk.get(f"/admin/orders/{page}/", {"q": "1400103"}).status_code == 200
    html = clerk.get(f"/admin/orders/place/{buyer.place.pk}/change/").content.decode()
    assert "20公斤" in html
    assert clerk.get("/admin/orders/order/999999/change/").status_code == 302


def test_the_home_card_counts_today(customer, order_of, c20, vehicle, actor, person):
    buyer = customer()
    done = order_of(buyer, (c20, 1))
    order_of(buyer, (c20, 1))
    service.assign([done.pk], actor=actor)
    service.record_delivery(done, quantities={c20.pk: 1}, vehicle_place=vehicle, actor=actor)
    user = person("manager")
    card = extend.home_cards["orders"](user)
    assert card is not None
    assert [figure.value for figure in card.figures] == ["2", "1", "0", "1", "0"]
    assert [label for label, _number in card.series] == ["二", "三", "四", "五", "六", "日", "一"]
    assert [number for _label, number in card.series] == [0, 0, 0, 0, 0, 0, 1]
    assert extensions.home_card(person("driver")) is None


def test_what_needs_a_person_is_counted(customer, c20, actor, person, order_of, product):
    buyer = customer()
    failed, late = order_of(buyer, (c20, 1)), order_of(buyer, (c20, 1))
    service.assign([failed.pk], actor=actor)
    service.record_failure(failed, reason_code="absent", actor=actor)
    Order.objects.filter(pk=late.pk).update(scheduled_date=dt.date(2026, 11, 20))
    Price.objects.filter(product=c20).delete()
    order_of(buyer, (c20, 1))
    found = extensions.attention(person("office"))
    assert [(line.count, line.level) for line in found] == [(1, "red"), (1, "amber"), (1, "red")]
    assert extensions.attention(person("driver")) == []


def test_the_customers_page_shows_his_last_orders(clerk, customer, order_of, c20):
    buyer = customer()
    order = order_of(buyer, (c20, 2))
    html = clerk.get(f"/admin/customers/customer/{buyer.pk}/change/").content.decode()
    assert order.number in html
    assert f"{'/admin/orders/order/desk/'}?customer=1400103" in html
