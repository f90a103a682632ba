"""The price workbook: list prices, contracts, changes, and what is wrong named by row."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from orders.models import Price
from orders.queries import price_on
from orders.services import orders as service
from orders.sheets.prices import HEADINGS, SHEET


@pytest.fixture
def price_list(workbook):
    return lambda *rows: workbook(SHEET, HEADINGS, rows, name="價目表.xlsx")


def counts(run):
    return (run.status, run.created, run.changed, run.unchanged, run.rejected)


def test_prices_come_in_change_and_stay(price_list, bring_in, customer, c20, product):
    buyer = customer("1400001")
    path = price_list(
        ("GAS-C20-R", "20公斤", 950, 1150101, None),
        ("GAS-F50-R", "流量", 47.5, 1150101, None),
        ("GAS-C20-R", "20公斤", 900, 1150601, 1400001),
    )
    assert counts(bring_in("prices", path)) == ("done", 3, 0, 0, 0)
    day = dt.date(2026, 11, 23)
    assert price_on(c20, day) == 950
    assert price_on(c20, day, buyer) == 900
    assert price_on(product("GAS-F50-R"), day) == Decimal("47.5")
    assert counts(bring_in("prices", path)) == ("done", 0, 0, 3, 0)
    path = price_list(("GAS-C20-R", "20公斤", 960, 1150101, None))
    assert counts(bring_in("prices", path)) == ("done", 0, 1, 0, 0)
    assert price_on(c20, day) == 960


def test_orders_that_waited_for_a_price_get_it(price_list, bring_in, customer, c20, actor):
    order = service.create_order(customer(), [(c20, 2)], actor=actor)
    assert (order.total_amount, order.lacks_price) == (0, True)
    bring_in("prices", price_list(("GAS-C20-R", "", 950, 1150101, None)))
    order.refresh_from_db()
    assert (order.total_amount, order.lacks_price, order.version) == (1900, False, 2)


def test_bad_rows_are_named(price_list, bring_in):
    run = bring_in(
        "prices",
        price_list(
            ("GAS-C20-R", "", 950, 1150101, None),
            ("GAS-X", "", 950, 1150101, None),
            ("GAS-C20-R", "", 0, 1150101, None),
            ("GAS-C20-R", "", 950, 1150101, 1999999),
            ("GAS-C20-R", "", 960, 1150101, None),
        ),
    )
    assert counts(run) == ("refused", 0, 0, 0, 4)
    assert [(p.row, p.column) for p in run.problems.all()] == [
        (3, "產品"), (4, "單價"), (5, "客戶編號"), (6, "生效日"),
    ]  # fmt: skip
    assert Price.objects.count() == 0


def test_a_foreign_workbook_is_named(workbook, bring_in):
    run = bring_in("prices", workbook("別的", ["a", "b"], []))
    assert (run.status, SHEET in run.message) == ("refused", True)
