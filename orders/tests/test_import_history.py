"""The delivery history comes in as delivered orders that do nothing else, and twice is once."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from luckygas.core import clock
from luckygas.core.models import Event, ImportRun
from luckygas.core.rejects import write_rejects
from orders.models import CylinderMovement, Order, OrderLine, OrderStatusChange, Place
from orders.sheets.history import HEADINGS


def row(code, date, time, **quantities):
    found = [code, "陳大明", date, time] + [None] * 16
    for name, number in quantities.items():
        found[HEADINGS.index(name)] = number
    return found


GOOD = [
    row(1400001, 1140528, 930, **{"20公斤": 2, "16公斤": 1}),
    row(1400001, 1140528, 930, **{"20公斤": 1}),  # a second one in the same minute
    row(1400002, 1140528, "1415", 流量50公斤=4),
]


@pytest.fixture
def two(customer):
    return customer("1400001", payment_method="monthly"), customer("1400002")


@pytest.fixture
def history(workbook):
    return lambda rows, name="歷史_114.xlsx": workbook("歷史", HEADINGS, rows, name=name)


def counts(run):
    return (run.status, run.created, run.changed, run.unchanged, run.rejected)


def lines(order):
    return {line.product.sku: line.quantity for line in order.lines.select_related("product")}


def test_deliveries_become_orders_that_do_nothing_else(two, history, bring_in):
    run = bring_in("history", history(GOOD))
    assert counts(run) == ("done", 3, 0, 0, 0)
    first, second, third = Order.objects.order_by("id")
    assert (first.number, first.source, first.status) == ("O-20250528-000001", "history", "delivered")
    assert (first.scheduled_date, first.delivered_at) == (
        dt.date(2025, 5, 28),
        clock.at(dt.date(2025, 5, 28), dt.time(9, 30)),
    )
    assert (first.total_amount, first.lacks_price, first.served_by) == (0, False, "legacy")
    assert (first.payment_method, first.created_by, first.occurrence) == ("monthly", "陳大明", 1)
    assert (lines(first), lines(second), lines(third)) == (
        {"GAS-C20-R": 2, "GAS-C16-R": 1},
        {"GAS-C20-R": 1},
        {"GAS-F50-R": 4},
    )
    assert (second.occurrence, third.customer.code) == (2, "1400002")
    line = first.lines.all()[0]
    assert (line.unit_price, line.delivered_quantity, line.empties_returned) == (None, line.quantity, None)
    for model in (Event, CylinderMovement, OrderStatusChange, Place.objects.filter(kind="customer").model):
        rows = model.objects.filter(kind="customer") if model is Place else model.objects
        assert rows.count() == 0


def test_the_same_file_twice_changes_nothing(two, history, bring_in):
    path = history(GOOD)
    bring_in("history", path)
    before = list(Order.objects.order_by("id").values())
    kept = list(OrderLine.objects.order_by("id").values())
    assert counts(bring_in("history", path)) == ("done", 0, 0, 3, 0)
    assert list(Order.objects.order_by("id").values()) == before
    assert list(OrderLine.objects.order_by("id").values()) == kept


def test_a_mended_row_changes_its_order_and_no_other(two, history, bring_in):
    bring_in("history", history(GOOD))
    before = {order.pk: order.version for order in Order.objects.all()}
    mended = [GOOD[0], row(1400001, 1140528, 930, **{"10公斤": 7}), GOOD[2]]
    more = [*mended, row(1400002, 1140529, 800, **{"20公斤": 1})]
    assert counts(bring_in("history", history(more))) == ("done", 1, 1, 2, 0)
    second = Order.objects.get(customer__code="1400001", occurrence=2)
    assert lines(second) == {"GAS-C10-R": 7}
    assert Order.objects.get(number="O-20250529-000001").customer.code == "1400002"
    assert {order.pk: order.version for order in Order.objects.filter(pk__in=before)} == before | {
        second.pk: 2
    }


def test_numbers_of_a_day_are_shared_with_orders_taken_that_day(two, history, bring_in, order_of, c20):
    today = "1151123"
    order_of(two[0], (c20, 1))
    bring_in("history", history([row(1400001, today, 700, **{"20公斤": 1})]))
    numbers = list(Order.objects.order_by("number").values_list("number", flat=True))
    assert numbers == ["O-20261123-000001", "O-20261123-000002"]
    assert order_of(two[1], (c20, 1)).number == "O-20261123-000003"


BAD = [
    row(1999999, 1140528, 930, **{"20公斤": 1}),
    row(1400001, 1140230, 930, **{"20公斤": 1}),
    row(1400001, 1140528, 2575, **{"20公斤": 1}),
    row(1400001, 1140528, 930, **{"20公斤": -1}),
]


def test_bad_rows_are_named_with_their_remedy_and_nothing_comes_in(two, history, bring_in):
    run = bring_in("history", history([GOOD[0], *BAD]))
    assert counts(run) == ("refused", 0, 0, 0, 4)
    assert [
        (p.sheet, p.row, p.column, p.value, bool(p.problem and p.remedy)) for p in run.problems.all()
    ] == [
        ("歷史", 3, "編號", "1999999", True),
        ("歷史", 4, "交易日期", "1140230", True),
        ("歷史", 5, "交易時間", "2575", True),
        ("歷史", 6, "20公斤", "-1", True),
    ]
    assert Order.objects.count() == 0


def test_the_good_rows_come_in_by_a_second_choice_and_the_rest_can_be_downloaded(
    two, history, bring_in, tmp_path
):
    from customers.sheets.reader import open_workbook, rows

    run = bring_in("history", history([GOOD[0], *BAD]), accept_good=True)
    assert counts(run) == ("done", 1, 0, 0, 4)
    assert Order.objects.count() == 1
    write_rejects(run, tmp_path / "rejects.xlsx")
    with open_workbook(tmp_path / "rejects.xlsx") as book:
        assert [line.cells[3] for line in rows(book.sheets[0])] == [
            "編號", "1999999", "1400001", "1400001", "1400001",
        ]  # fmt: skip


def test_a_long_name_with_a_backslash_at_the_cut_comes_in(two, history, bring_in):
    staff = "業" * 149 + "\\" + "務"
    row = [GOOD[0][0], staff, *GOOD[0][2:]]
    assert counts(bring_in("history", history([row, *GOOD[1:]])))[:2] == ("done", 3)
    assert Order.objects.filter(created_by=staff[:150]).count() == 1


def test_checking_only_writes_nothing(two, history, bring_in):
    assert counts(bring_in("history", history(GOOD), dry_run=True)) == ("dry", 0, 0, 0, 0)
    assert Order.objects.count() == 0


def test_a_foreign_workbook_and_a_missing_column_are_named(two, workbook, bring_in):
    run = bring_in("history", workbook("客戶", ["姓名", "電話"], [["a", "b"]]))
    assert (run.status, "編號" in run.message, "客戶" in run.message) == ("refused", True, True)
    run = bring_in("history", workbook("歷史", HEADINGS[:-1], []))
    assert (run.status, "流量好運16公斤" in run.message) == ("refused", True)


def test_a_file_that_is_no_workbook(two, bring_in, tmp_path):
    path = tmp_path / "歷史.xlsx"
    path.write_text("編號,業務員", encoding="utf-8")
    run = bring_in("history", path)
    assert (run.status, bool(run.message)) == ("refused", True)


def test_the_command_says_what_came_in(two, history, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    out = StringIO()
    call_command("import_history", history(GOOD), stdout=out)
    assert "new 3" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("import_history", history(BAD, "歷史_115.xlsx"), stdout=out)
    assert [run.status for run in ImportRun.objects.order_by("id")] == ["done", "refused"]
    assert Order.objects.count() == 3
