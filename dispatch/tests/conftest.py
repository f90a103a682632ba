"""A small company in Taitung for the tests: one depot, a fleet, customers and orders on demand."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from decimal import Decimal
from types import SimpleNamespace

import pytest

from customers.kinds import CylinderKind
from customers.models import Area, Customer
from dispatch.models import CrewSection
from dispatch.services import fleet, plans
from luckygas.core import clock
from luckygas.core.actor import Actor
from orders.models import Price, Product
from orders.services import orders as order_services

DAY = dt.date(2026, 11, 23)  # a Monday
ACTOR = Actor.system("test")
KINDS = ({"C20": 2}, {"C16": 1}, {"C50": 1})


@pytest.fixture
def today(stand_at):
    """Monday 2026-11-23, seven in the morning."""
    return stand_at("2026-11-23 07:00")


@pytest.fixture
def product(db):
    """`product("C20")` is the catalogue's product of that kind; the list prices are there."""
    prices = {"C50": "2375", "C20": "950", "C16": "760", "C10": "475", "C04": "220", "F20": "47.5"}
    for name, price in prices.items():
        found = Product.objects.get(kind=CylinderKind[name])
        Price.objects.create(product=found, unit_price=Decimal(price), valid_from=dt.date(2026, 1, 1))
    return lambda name: Product.objects.get(kind=CylinderKind[name])


@pytest.fixture
def depot(today):
    return fleet.add_depot(
        {"code": "S1", "name": "本店", "lat": Decimal("22.755000"), "lng": Decimal("121.145000")}, actor=ACTOR
    )


@pytest.fixture
def vehicle(depot):
    """`vehicle("ABC-1234")` is a truck of 500 kg with a pass until the end of 2027."""

    def make(plate="ABC-1234", **more):
        papers = {"permit_no": "P-1", "permit_valid_to": dt.date(2027, 12, 31)}
        data = {"plate": plate, "kind": "truck", "capacity_kg": 500, "depot": depot} | papers | more
        return fleet.add_vehicle(data, actor=ACTOR)

    return make


@pytest.fixture
def driver(vehicle):
    """`driver("陳大明")` drives a truck of his own on the south plan, with a certificate until 2027."""
    numbers = itertools.count(1)

    def make(name="陳大明", *, vehicle_=None, **more):
        number = next(numbers)
        data = {
            "staff_no": f"D{number:02d}",
            "name": name,
            "section": CrewSection.SOUTH,
            "vehicle": vehicle_ or vehicle(f"TRK-{number:04d}"),
            "hazmat_cert_no": f"H-{number}",
            "hazmat_valid_to": dt.date(2027, 12, 31),
        }
        return fleet.add_driver(data | more, actor=ACTOR)

    return make


@pytest.fixture
def customer(db):
    """`customer()` pays cash and has a point a kilometre or so from the depot."""
    numbers = itertools.count(1)

    def make(**more):
        number = next(numbers)
        data = {
            "code": f"{1_400_000 + number}",
            "invoice_title": f"測試商行{number}",
            "short_name": f"測試{number}",
            "address": f"臺東市中山路{number}號",
            "area": Area.objects.get(code="A"),
            "lat": Decimal("22.750000") + Decimal(number % 7) / 500,
            "lng": Decimal("121.140000") + Decimal(number % 5) / 500,
            "created_at": clock.now(),
            "updated_at": clock.now(),
        }
        return Customer.objects.create(**(data | more))

    return make


@pytest.fixture
def order(customer, product):
    """`order(C20=2)` is a confirmed phone order of a customer of its own for the morning of the day."""

    def make(customer_=None, *, scheduled_date=DAY, **more):
        kinds = {name: more.pop(name) for name in list(more) if name in CylinderKind.__members__}
        lines = [(product(name), number) for name, number in (kinds or {"C20": 1}).items()]
        return order_services.create_order(
            customer_ or customer(),
            lines,
            scheduled_date=scheduled_date,
            actor=ACTOR,
            **({"slot": "morning"} | more),
        )

    return make


@pytest.fixture
def planned(driver, order):
    """A published day: one driver, three orders; `planned(orders)` plans those given instead."""

    def make(orders=None, *, drivers=None):
        crews = drivers or [driver()]
        wanted = orders if orders is not None else [order(slot="morning", **kind) for kind in KINDS]
        plan = plans.start(DAY, iterations=30, seed=1, actor=ACTOR)
        plan = plans.publish(plans.solve(plan.pk), actor=ACTOR)
        routes = list(plan.routes.order_by("pk"))
        return SimpleNamespace(plan=plan, routes=routes, route=routes[0] if routes else None, orders=wanted,
                               drivers=crews, driver=crews[0])  # fmt: skip

    return make


@pytest.fixture
def new_uuid():
    return uuid.uuid4
