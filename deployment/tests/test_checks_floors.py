"""Every way of reaching upward is found, and none of the ways down is."""

import ast

import pytest

from deployment.checks.floors import FLOORS, floor_of, outside, upward

CUSTOMERS = FLOORS.index("customers")
ROOF = FLOORS.index("luckygas")

UPWARD = [
    ("import billing.models", "imports billing.models"),
    ("def f():\n    from orders.models import Order", "imports orders.models.Order"),
    ("if TYPE_CHECKING:\n    from dispatch import routing", "imports dispatch.routing"),
    ("from luckygas import access", "imports luckygas.access"),
    ("from luckygas.access import ROLES", "imports luckygas.access.ROLES"),
    ("import importlib\nimportlib.import_module('orders.services')", "imports orders.services"),
    ("from django.apps import apps\napps.get_model('orders', 'Order')", "get_model('orders')"),
    ("from django.apps import apps\napps.get_model('billing.Invoice')", "get_model('billing.Invoice')"),
    (
        "from django.db import models\nx = models.ForeignKey('orders.Order', models.PROTECT)",
        "ForeignKey('orders.Order')",
    ),
    ("x = OneToOneField(to='dispatch.Route', on_delete=CASCADE)", "OneToOneField('dispatch.Route')"),
    ("x = ManyToManyField('customers.Site', through='orders.Visit')", "ManyToManyField('orders.Visit')"),
    (
        "from django.contrib.contenttypes.models import ContentType\n"
        "ContentType.objects.get(app_label='orders', model='order')",
        "app_label='orders'",
    ),
    (
        "from django.contrib.contenttypes.models import ContentType\n"
        "ContentType.objects.get_by_natural_key('orders', 'order')",
        "the content type of 'orders'",
    ),
    ("cursor.execute('SELECT count(*) FROM orders_order')", "SQL on orders_o"),
]


@pytest.mark.parametrize(("code", "what"), UPWARD, ids=[what for _, what in UPWARD])
def test_a_customers_module_reaching_upward_is_named(code, what):
    (problem,) = upward("customers/x.py", "customers.x", CUSTOMERS, ast.parse(code))
    line = len(code.splitlines())
    assert problem.startswith(f"customers/x.py:{line}: {what}")
    assert "customers must not know" in problem


@pytest.mark.parametrize(
    "code",
    [
        "from customers.models import Customer",
        "from luckygas.core.clock import now",
        "from . import models\nfrom .services import accounts",
        "x = ForeignKey('customers.Customer', PROTECT)",
        "x = ForeignKey('core.User', PROTECT)",
        "cursor.execute('SELECT id FROM customers_customer')",
        "def f():\n    'Deliveries come from orders_order later.'",
    ],
)
def test_what_lies_below_may_be_used(code):
    assert list(upward("customers/x.py", "customers.x", CUSTOMERS, ast.parse(code))) == []


def test_the_roof_may_use_every_floor_but_the_outside_world():
    code = "from billing.models import Invoice\nimport sandbox.einvoice\n"
    assert list(upward("luckygas/home.py", "luckygas.home", ROOF, ast.parse(code))) == [
        "luckygas/home.py:2: imports sandbox.einvoice: the outside world is reached by its own protocols only"
    ]


def test_a_relative_import_is_resolved_before_it_is_judged():
    code = "from ..orders import models"
    (problem,) = upward("customers/a/x.py", "customers.x", CUSTOMERS, ast.parse(code))
    assert problem.startswith("customers/a/x.py:1: imports orders.models")


def test_a_migration_depending_upward_is_named():
    code = (
        "class Migration:\n"
        "    dependencies = [\n"
        "        ('customers', '0001'),\n"
        "        ('orders', '0001'),\n"
        "    ]\n"
    )
    path = "customers/migrations/0002_x.py"
    (problem,) = upward(path, "customers.migrations.0002_x", CUSTOMERS, ast.parse(code))
    assert problem.startswith(f"{path}:4: a migration depends on orders")


def test_the_outside_world_shares_nothing_with_the_house():
    code = "import socket\ndef f():\n    from luckygas.core import clock\n"
    assert list(outside("sandbox/x.py", ast.parse(code))) == [
        "sandbox/x.py:3: imports luckygas.core.clock: the outside world shares nothing with the house"
    ]


@pytest.mark.parametrize(
    ("module", "floor"),
    [
        ("luckygas.core.clock", 0),
        ("customers", 1),
        ("billing.einvoice.mig", 4),
        ("luckygas.access", 6),
        ("luckygas", 6),
        ("django.db", None),
        ("customersx", None),
    ],
)
def test_each_module_stands_on_one_floor(module, floor):
    assert floor_of(module) == floor
