"""The clock's job: due visits each morning, again without harm, and quiet while another run works."""

from __future__ import annotations

import datetime as dt

from django.core.management import call_command

from luckygas.core.leases import lease
from orders import tasks
from orders.models import Order
from orders.queries import price_on
from orders.sheets.prices import HEADINGS, SHEET


def test_the_morning_run_makes_what_is_due_once(customer, delivered_on, c20, prices):
    delivered_on(customer(max_cycle_days=5), "2026-11-18", {c20: 1})
    tasks.make_due()
    tasks.make_due()
    order = Order.objects.get(source="forecast")
    assert order.created_by == "due visits"
    assert tasks.BEAT["orders-due-visits"]["task"] == tasks.make_due.name


def test_a_run_that_finds_another_at_work_leaves(customer, delivered_on, c20, prices):
    delivered_on(customer(max_cycle_days=5), "2026-11-18", {c20: 1})
    with lease(tasks.LEASE, seconds=60):
        tasks.make_due()
    assert not Order.objects.filter(source="forecast").exists()


def test_prices_come_in_by_the_command(workbook, settings, tmp_path, c20, capsys):
    settings.MEDIA_ROOT = tmp_path / "media"
    call_command("import_prices", workbook(SHEET, HEADINGS, [("GAS-C20-R", "", 950, 1150101, None)]))
    assert "new 1" in capsys.readouterr().out
    assert price_on(c20, dt.date(2026, 11, 23)) == 950
