"""A small company with numbers, prices, drivers and customers; deliveries go through the orders' own services."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import pytest

from billing.models import BillableEvent, NumberTrack
from customers.kinds import CylinderKind
from customers.models import Customer
from dispatch.models import CrewSection
from dispatch.services import fleet
from luckygas.core import clock, outbound
from luckygas.core.actor import Actor
from orders.models import Place, Price, Product
from orders.services import delivery
from orders.services import orders as order_services

ACTOR = Actor.system("test")
SELLER = "22099131"
PRICES = {"C20": "810", "C16": "655.5", "C04": "230.5", "F20": "41.25"}


@pytest.fixture(autouse=True)
def company(settings, tmp_path):
    """The company's own number, and a Turnkey folder of this test."""
    settings.SELLER_UBN = SELLER
    settings.SELLER_NAME = "幸福氣瓦斯行"
    settings.TURNKEY_DIR = tmp_path / "turnkey"
    settings.TURNKEY_DIR.mkdir()
    return settings


@pytest.fixture
def today(stand_at):
    """Monday 2026-11-23, ten in the morning; the period is 11512."""
    return stand_at("2026-11-23 10:00")


@pytest.fixture
def product(db):
    """`product("C20")`; every product of `PRICES` has a list price from the start of the year."""
    for name, price in PRICES.items():
        found = Product.objects.get(kind=CylinderKind[name])
        Price.objects.create(product=found, unit_price=Decimal(price), valid_from=dt.date(2026, 1, 1))
    return lambda name: Product.objects.get(kind=CylinderKind[name])


@pytest.fixture
def track(db):
    """`track()` is a range of fifty numbers QA20000050 … of the present period."""

    def make(first=20000050, last=20000099, **more):
        data = {"seller": SELLER, "period": "11512", "letters": "QA", "first": first, "last": last}
        return NumberTrack.objects.create(**(data | {"next_number": first} | more))

    return make


@pytest.fixture
def customer(db):
    """`customer()` is a consumer who pays cash and gets his invoice on paper."""
    numbers = itertools.count(1)

    def make(**more):
        number = next(numbers)
        data = {
            "code": f"{1_500_000 + number}",
            "invoice_title": f"測試商行{number}",
            "short_name": f"測試{number}",
            "address": f"臺東市中華路{number}號",
            "created_at": clock.now(),
            "updated_at": clock.now(),
        }
        return Customer.objects.create(**(data | more))

    return make


@pytest.fixture
def van(db):
    return Place.objects.create(kind="vehicle", name="TEST-01")


@pytest.fixture
def delivered(today, customer, product, van):
    """`delivered(C20=2)` is an order handed over just now; nothing of billing has run yet."""

    def make(customer_=None, *, reading=None, at=None, ordered=None, empties=None, **kinds):
        buyer = customer_ or customer()
        wanted = ordered or kinds or {"C20": 1}
        order = order_services.create_order(
            buyer, [(product(name), number) for name, number in wanted.items()], actor=ACTOR
        )
        order_services.assign([order.pk], actor=ACTOR)
        order_services.start_delivery([order.pk], actor=ACTOR)
        return delivery.record_delivery(
            order,
            quantities={product(name).pk: number for name, number in kinds.items()},
            empties={product(name).pk: number for name, number in (empties or {}).items()},
            meter_reading=Decimal(reading) if reading is not None else None,
            vehicle_place=van,
            at=at,
            actor=ACTOR,
        )

    return make


@pytest.fixture
def billed(delivered):
    """`billed(C20=2)` is the event of a delivery after the handlers ran."""

    def make(*args, **kwargs):
        order = delivered(*args, **kwargs)
        tell()
        return BillableEvent.objects.get(order=order)

    return make


def tell() -> None:
    """Let every waiting event delivery run, and nothing else leave the house."""
    from luckygas.core.models import EventDelivery

    outbound.run_until_quiet(only=[EventDelivery])


@pytest.fixture
def driver(db):
    """`driver()` drives a truck of his own."""
    numbers = itertools.count(1)

    def make(**more):
        number = next(numbers)
        depot = fleet.add_depot(
            {"code": f"S{number}", "name": "本店", "lat": Decimal("22.755"), "lng": Decimal("121.145")},
            actor=ACTOR,
        )
        truck = fleet.add_vehicle(
            {"plate": f"TRK-{number:04d}", "kind": "truck", "capacity_kg": 500, "depot": depot}, actor=ACTOR
        )
        data = {
            "staff_no": f"D{number:02d}",
            "name": f"駕駛{number}",
            "section": CrewSection.SOUTH,
            "vehicle": truck,
        }
        return fleet.add_driver(data | more, actor=ACTOR)

    return make
