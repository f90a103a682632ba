"""A small company for the orders' tests: Monday 23 November 2026, eight in the morning in Taipei."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

MONDAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday(stand_at: Callable[[str], dt.datetime]) -> None:
    stand_at("2026-11-23 08:00")


@pytest.fixture
def product(db: Any) -> Callable[[str], Any]:
    """``product("GAS-C20-R")``."""
    from orders.models import Product

    return lambda sku: Product.objects.get(sku=sku)


@pytest.fixture
def c20(product: Callable[[str], Any]) -> Any:
    return product("GAS-C20-R")


@pytest.fixture
def prices(db: Any) -> None:
    """List prices of all products since 2021: 950 for 20 kg, 760 for 16 kg, 2,375 for 50 kg, else 100."""
    from orders.models import Price, Product

    known: dict[str, Any] = {"GAS-C20-R": 950, "GAS-C16-R": 760, "GAS-C50-R": 2375, "GAS-F50-R": "47.5"}
    Price.objects.bulk_create(
        Price(product=row, unit_price=Decimal(known.get(row.sku, 100)), valid_from=dt.date(2021, 1, 1))
        for row in Product.objects.all()
    )


@pytest.fixture
def customer(db: Any) -> Callable[..., Any]:
    """``customer("1400103", kind="residential", max_cycle_days=10, rest="7")`` with an account."""
    from customers.models import Availability, Customer, CustomerAccount
    from customers.sheets.rest import parse
    from luckygas.core import clock

    def make(code: str = "1400103", *, rest: str = "", **fields: Any) -> Customer:
        fields = {"short_name": f"客戶{code[-3:]}", "invoice_title": f"客戶{code[-3:]}行"} | fields
        row = Customer.objects.create(code=code, created_at=clock.now(), updated_at=clock.now(), **fields)
        CustomerAccount.objects.create(customer=row, updated_at=clock.now(), credit_limit=30000)
        Availability.objects.create(customer=row, rest_rule=rest, weekly_rest=parse(rest).weekly_digits)
        return row

    return make


@pytest.fixture
def vehicle(db: Any, actor: Any) -> Any:
    from orders.services import places

    return places.make("vehicle", "ABC-1234", actor=actor)


@pytest.fixture
def order_of(actor: Any, prices: None) -> Callable[..., Any]:
    """``order_of(customer, (product, 2), …)`` taken by phone for today."""
    from orders.services import orders

    def take(customer: Any, *lines: Any, **fields: Any) -> Any:
        return orders.create_order(
            customer, list(lines), actor=actor, **({"scheduled_date": MONDAY} | fields)
        )

    return take


@pytest.fixture
def delivered_on(db: Any) -> Callable[..., Any]:
    """``delivered_on(customer, "2026-11-10", {product: 2})``: a past delivery, written as the importer does."""
    from django.db import connection, transaction

    from luckygas.core import clock
    from orders.models import Order, OrderLine
    from orders.models.order import HISTORY_SETTING
    from orders.services import numbers

    def write(customer: Any, day: str, quantities: dict[Any, int], *, hour: int = 10) -> Order:
        at = clock.at(dt.date.fromisoformat(day), dt.time(hour))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, 'on', true)", [HISTORY_SETTING])
            order = Order.objects.create(
                number=numbers.take(at.date())[0],
                customer=customer,
                source="history",
                status="delivered",
                scheduled_date=at.date(),
                delivered_at=at,
                occurrence=1,
                served_by="legacy",
            )
            cursor.execute("SELECT set_config(%s, '', true)", [HISTORY_SETTING])
        OrderLine.objects.bulk_create(
            OrderLine(order=order, product=product, quantity=n, delivered_quantity=n)
            for product, n in quantities.items()
        )
        return order

    return write


@pytest.fixture
def workbook(tmp_path: Any) -> Callable[..., Any]:
    """``workbook("歷史", HEADINGS, rows, name="歷史_115.xlsx")`` writes a file and gives its path."""
    import xlsxwriter

    def write(sheet: str, headings: Any, rows: Any, *, name: str = "檔案.xlsx") -> Any:
        path = tmp_path / name
        book = xlsxwriter.Workbook(path)
        page = book.add_worksheet(sheet)
        for number, row in enumerate([headings, *rows]):
            for column, cell in enumerate(row):
                if cell is not None:
                    page.write(number, column, cell)
        book.close()
        return path

    return write


@pytest.fixture
def bring_in(db: Any, settings: Any, tmp_path: Any, actor: Any) -> Callable[..., Any]:
    """``bring_in("history", path, accept_good=True)`` imports a file and gives the run with its counts."""
    from luckygas.core import importing

    settings.MEDIA_ROOT = tmp_path / "media"

    def run(kind: str, path: Any, **options: Any) -> Any:
        row = importing.start(kind, path, file_name=path.name, actor=actor)
        return importing.run(row, actor=actor, **options)

    return run
