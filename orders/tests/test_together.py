"""Several at once: one order for one form, one number for one order, one run for one day."""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from luckygas.core.actor import Actor
from luckygas.core.errors import Busy, Refused
from orders.models import Order, OrderLine
from orders.services import due
from orders.services import orders as service
from orders.services.due import make_due

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ACTOR = Actor.system("test")
TODAY = dt.date(2026, 11, 23)


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run each in a thread of its own at the same moment; results or exceptions in order."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(position: int, work: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[position] = work()
        except (Refused, Busy) as refusal:
            results[position] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_numbers_are_given_out_once(customer, c20, prices):
    buyers = [customer(str(1400000 + n)) for n in range(8)]
    made = together(
        *(
            lambda buyer=buyer: service.create_order(buyer, [(c20, 1)], scheduled_date=TODAY, actor=ACTOR)
            for buyer in buyers
        )
    )
    assert sorted(order.number for order in made) == [f"O-20261123-{n:06d}" for n in range(1, 9)]


def test_one_form_sent_twice_at_once_is_one_order(customer, c20, prices):
    buyer, key = customer(), uuid.uuid4()

    def send():
        return service.create_order(
            buyer, [(c20, 1)], scheduled_date=TODAY, client_key=key, actor=ACTOR
        ).number

    numbers = together(send, send, send)
    assert set(numbers) == {Order.objects.get().number}
    assert OrderLine.objects.count() == 1


def test_two_clerks_change_one_order_at_once(customer, c20, prices):
    order = service.create_order(customer(), [(c20, 1)], scheduled_date=TODAY, actor=ACTOR)

    def change(quantity):
        row = Order.objects.get(pk=order.pk)
        return service.change_order(row, lines=[(c20, quantity)], expected_version=1, actor=ACTOR)

    results = together(lambda: change(5), lambda: change(7))
    assert sum(isinstance(result, Busy) for result in results) == 1
    order.refresh_from_db()
    assert (order.version, order.lines.get().quantity in (5, 7)) == (2, True)


def test_due_visits_made_twice_at_once(customer, c20, prices, delivered_on):
    for number in range(5):
        delivered_on(customer(str(1400000 + number), max_cycle_days=5), "2026-11-10", {c20: 1})
    results = together(*[lambda: make_due(TODAY, actor=ACTOR)] * 3)
    made = [result.made for result in results if not isinstance(result, Busy)]
    assert sorted(made)[-1] == 5
    assert sum(made) == 5
    assert Order.objects.filter(due_date=TODAY).count() == 5


def test_while_a_long_run_works_another_is_told_at_once(customer, c20, prices, delivered_on, monkeypatch):
    delivered_on(customer(max_cycle_days=5), "2026-11-10", {c20: 1})
    at_work, told = threading.Event(), threading.Event()
    write = due._write

    def slow(*arguments):
        at_work.set()
        assert told.wait(20)
        return write(*arguments)

    def second():
        assert at_work.wait(20)
        started = time.monotonic()
        try:
            return due.make_due(TODAY, actor=ACTOR)
        except Busy as busy:
            return busy, time.monotonic() - started
        finally:
            told.set()

    monkeypatch.setattr(due, "_write", slow)
    report, answer = together(lambda: due.make_due(TODAY, actor=ACTOR), second)
    assert report.made == 1
    busy, seconds = answer
    assert (busy.code, seconds < 3) == ("busy", True)


def test_one_idempotency_key_twice_at_once_over_the_api(customer, c20, prices, api_token):
    customer()
    headers = {
        "authorization": f"Bearer {api_token('orders:read', 'orders:write')}",
        "idempotency-key": "one-deed",
    }
    body = {
        "customer": "1400103",
        "lines": [{"product": "GAS-C20-R", "quantity": 2}],
        "scheduled_date": "2026-11-23",
    }

    def send():
        answer = Client().post("/api/v1/orders", body, content_type="application/json", headers=headers)
        return answer.status_code, answer.json().get("number")

    results = together(send, send)
    number = Order.objects.get().number
    assert set(results) <= {(201, number), (409, None)}
    assert (201, number) in results
