"""What a product costs on a day, and what may be entered."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from luckygas.core.errors import Refused
from orders.models import Price
from orders.queries import price_on, prices_for
from orders.services import catalogue, orders, pricing

TODAY = dt.date(2026, 11, 23)


def test_the_youngest_price_whose_day_has_come_holds(c20):
    for day, amount in (("2026-01-01", 900), ("2026-06-01", 950), ("2026-12-01", 990)):
        Price.objects.create(product=c20, unit_price=amount, valid_from=day)
    assert price_on(c20, dt.date(2026, 5, 31)) == 900
    assert price_on(c20, dt.date(2026, 6, 1)) == 950
    assert price_on(c20, TODAY) == 950
    with pytest.raises(Refused) as refusal:
        price_on(c20, dt.date(2025, 12, 31))
    assert refusal.value.code == "no_price"


def test_a_contract_beats_the_list_whatever_their_days(c20, customer):
    buyer, other = customer("1400001"), customer("1400002")
    Price.objects.create(product=c20, unit_price=950, valid_from="2026-06-01")
    Price.objects.create(product=c20, unit_price=880, valid_from="2026-03-01", customer=buyer)
    assert price_on(c20, TODAY, buyer) == 880
    assert price_on(c20, TODAY, other) == 950
    assert price_on(c20, TODAY) == 950
    assert prices_for(buyer.pk, None, dt.date(2026, 2, 1)) == {}


def test_a_new_price_holds_from_today_or_later(c20, actor):
    pricing.set_price(c20, Decimal(950), TODAY, actor=actor)
    made = pricing.add_price(
        {"product": c20, "unit_price": Decimal(990), "valid_from": dt.date(2026, 12, 1), "customer": None},
        actor=actor,
    )
    assert (made.created_by, price_on(c20, dt.date(2026, 12, 1))) == ("test", 990)


def test_a_gap_in_the_past_may_be_filled_but_not_priced_anew(c20, actor, customer):
    pricing.set_price(c20, Decimal(900), dt.date(2026, 11, 1), actor=actor)
    for buyer in (None, customer()):
        with pytest.raises(Refused) as refusal:
            pricing.set_price(c20, Decimal(910), dt.date(2026, 11, 2), customer=buyer, actor=actor)
        assert refusal.value.code == "price_past"
    assert list(Price.objects.values_list("unit_price", flat=True)) == [900]


@pytest.mark.parametrize("amount", [Decimal(0), Decimal(-1)])
def test_a_price_is_above_zero(c20, actor, amount):
    with pytest.raises(Refused) as refusal:
        pricing.set_price(c20, amount, TODAY, actor=actor)
    assert (refusal.value.field, Price.objects.count()) == ("unit_price", 0)


def test_one_price_a_day(c20, actor):
    pricing.set_price(c20, Decimal(900), dt.date(2026, 12, 1), actor=actor)
    with pytest.raises(Refused) as refusal:
        pricing.set_price(c20, Decimal(910), dt.date(2026, 12, 1), actor=actor)
    assert (refusal.value.code, Price.objects.get().unit_price) == ("price_exists", 900)


def test_a_price_in_force_stays_and_a_coming_one_may_be_mended(c20, actor):
    held = pricing.set_price(c20, Decimal(900), TODAY, actor=actor)
    coming = pricing.set_price(c20, Decimal(950), dt.date(2026, 12, 1), actor=actor)
    with pytest.raises(Refused) as refusal:
        pricing.change_price(held, {"unit_price": Decimal(1)}, actor=actor)
    assert refusal.value.code == "price_in_force"
    with pytest.raises(Refused):
        pricing.change_price(coming, {"valid_from": dt.date(2026, 11, 1)}, actor=actor)
    pricing.change_price(coming, {"unit_price": Decimal(960)}, actor=actor)
    assert sorted(Price.objects.values_list("unit_price", flat=True)) == [900, 960]


def test_a_coming_price_moved_to_a_day_that_has_one_is_refused(c20, actor, client_as):
    pricing.set_price(c20, Decimal(900), dt.date(2026, 12, 1), actor=actor)
    coming = pricing.set_price(c20, Decimal(950), dt.date(2026, 12, 2), actor=actor)
    with pytest.raises(Refused) as refusal:
        pricing.change_price(coming, {"valid_from": dt.date(2026, 12, 1)}, actor=actor)
    assert (refusal.value.code, refusal.value.field) == ("price_exists", "valid_from")
    answer = client_as("office").post(
        f"/admin/orders/price/{coming.pk}/change/",
        {"unit_price": "950", "valid_from": "2026-12-01"},
        follow=True,
    )
    assert "從 2026-12-01 起已有價格" in answer.content.decode()
    coming.refresh_from_db()
    assert coming.valid_from == dt.date(2026, 12, 2)


def test_a_coming_price_moved_forward_is_filled_in_where_orders_wait(c20, actor, customer):
    wanted = dt.date(2026, 11, 25)
    order = orders.create_order(customer(), [(c20, 2)], scheduled_date=wanted, actor=actor)
    coming = pricing.set_price(c20, Decimal(950), dt.date(2026, 12, 1), actor=actor)
    order.refresh_from_db()
    assert order.lacks_price
    pricing.change_price(coming, {"valid_from": wanted}, actor=actor)
    order.refresh_from_db()
    assert (order.lacks_price, order.total_amount) == (False, 1900)


def test_only_the_loose_facts_of_a_product_change(c20, actor):
    catalogue.change_product(c20, {"deposit": Decimal(1600), "is_active": False}, actor=actor)
    for bad in ({"size_kg": 25}, {"deposit": Decimal(-1)}):
        with pytest.raises(Refused):
            catalogue.change_product(c20, bad, actor=actor)
    c20.refresh_from_db()
    assert (c20.size_kg, c20.deposit, c20.is_active) == (20, 1600, False)


def test_sixteen_products_in_the_order_of_the_sheets(db):
    from orders.models import Product

    rows = list(Product.objects.values_list("sku", "net_kg", "deposit"))
    assert len(rows) == 16
    assert rows[0] == ("GAS-C50-R", 50, 3000)
    assert ("GAS-C00-X", 4, 0) in rows
    assert rows[-1] == ("GAS-F16-H", 16, 0)
