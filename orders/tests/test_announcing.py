"""Customers are told about their orders, by the system that serves them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils.translation import override

from customers.messaging import consents
from customers.models import CustomerPhone
from luckygas.core import clock
from luckygas.core.errors import Refused
from luckygas.core.models import SmsMessage
from orders.models import Order, OrderSource
from orders.services import announcing, delivery, foreign, orders
from orders.services.due import make_due

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> None:
    settings.TWILIO_ACCOUNT, settings.TWILIO_FROM = "AC1", "+15005550006"


@pytest.fixture
def shop(customer: Any, actor: Any) -> Any:
    """A shop with a mobile number that agreed to messages."""
    row = customer(max_cycle_days=10)
    CustomerPhone.objects.create(customer=row, number="+886912345678", is_primary=True)
    consents.record(row, "service", True, source="phone", actor=actor)
    return row


def told() -> list[tuple[str, str]]:
    return list(SmsMessage.objects.order_by("id").values_list("occasion", "subject_label"))


def test_who_orders_by_phone_is_told_once(shop: Any, order_of: Any, c20: Any) -> None:
    order = order_of(shop, (c20, 2))
    message = SmsMessage.objects.get()
    assert (message.subject, message.subject_label) == (f"order:{order.pk}", order.number)
    assert (message.occasion, message.once_key) == (
        "order_confirmation",
        f"order_confirmation:order:{order.pk}",
    )
    assert order.number in message.body
    assert "11/23 (一)" in message.body
    assert message.not_after == clock.at(MONDAY, dt.time(20))


def test_the_same_form_twice_is_one_message(shop: Any, order_of: Any, c20: Any) -> None:
    import uuid

    key = uuid.uuid4()
    first = order_of(shop, (c20, 2), client_key=key)
    assert order_of(shop, (c20, 2), client_key=key).pk == first.pk
    assert len(told()) == 1


def test_a_refused_order_tells_nobody(shop: Any, order_of: Any, c20: Any) -> None:
    with pytest.raises(Refused):
        order_of(shop, (c20, 101))
    assert told() == []


@pytest.mark.parametrize("source", [OrderSource.TELEMETRY, OrderSource.FORECAST, OrderSource.OVERDUE])
def test_what_nobody_ordered_is_not_confirmed(shop: Any, order_of: Any, c20: Any, source: str) -> None:
    order_of(shop, (c20, 2), source=source)
    assert told() == []


def test_planned_visits_are_not_confirmed(shop: Any, actor: Any) -> None:
    make_due(MONDAY, actor=actor)
    assert told() == []


def test_when_it_comes_in_words_of_the_customer(shop: Any, order_of: Any, c20: Any) -> None:
    assert announcing.delivery_time(order_of(shop, (c20, 1), slot="afternoon")) == "11/23 (一) 下午"
    timed = order_of(shop, (c20, 1), window_start=dt.time(14), window_end=dt.time(16))
    assert announcing.delivery_time(timed) == "11/23 (一) 14:00–16:00"


def test_a_delivery_is_told_and_is_news_for_three_hours(
    shop: Any, order_of: Any, c20: Any, vehicle: Any, actor: Any
) -> None:
    order = order_of(shop, (c20, 2))
    orders.assign([order.pk], actor=actor)
    at = clock.now() + dt.timedelta(minutes=5)
    clock.freeze(at)
    delivery.record_delivery(order, quantities={c20.pk: 2}, vehicle_place=vehicle, at=at, actor=actor)
    assert told() == [("order_confirmation", order.number), ("delivery_completed", order.number)]
    assert SmsMessage.objects.get(occasion="delivery_completed").not_after == at + dt.timedelta(hours=3)


def test_a_delivery_that_comes_in_late_is_no_news(
    shop: Any, order_of: Any, c20: Any, vehicle: Any, actor: Any
) -> None:
    order = order_of(shop, (c20, 2))
    orders.assign([order.pk], actor=actor)
    at = clock.now()
    clock.freeze(at + dt.timedelta(hours=4))
    delivery.record_delivery(order, quantities={c20.pk: 2}, vehicle_place=vehicle, at=at, actor=actor)
    assert told() == [("order_confirmation", order.number)]
    order.refresh_from_db()
    assert order.status == "delivered"


def test_what_the_old_system_serves_it_announces_itself(
    shop: Any, order_of: Any, c20: Any, settings: Any, actor: Any
) -> None:
    settings.TWILIO_ACCOUNT = ""
    order = order_of(shop, (c20, 2))
    settings.TWILIO_ACCOUNT = "AC1"
    Order.objects.filter(pk=order.pk).update(served_by="legacy")
    order.refresh_from_db()
    assert announcing.confirmed(order, actor=actor).code == "other_system"
    assert announcing.delivered(order, at=clock.now(), actor=actor).code == "other_system"
    assert told() == []


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (
            lambda order, actor: orders.cancel_order(order, reason="打錯", actor=actor),
            "The order was cancelled.",
        ),
        (
            lambda order, actor: foreign.hand_over(order, "legacy", reason="退出", actor=actor),
            "The old system serves it now.",
        ),
    ],
)
def test_what_waits_over_night_is_not_said_of_an_order_that_is_not_ours_any_more(
    shop: Any, order_of: Any, c20: Any, actor: Any, stand_at: Any, end: Any, said: str
) -> None:
    stand_at("2026-11-22 22:30")
    order, other = order_of(shop, (c20, 2)), order_of(shop, (c20, 1))
    with override("en"):
        end(order, actor)
    rows = SmsMessage.objects.order_by("id").values_list("subject", "status", "last_said", "attempts")
    assert list(rows) == [
        (f"order:{order.pk}", "expired", said, 0),
        (f"order:{other.pk}", "held", "", 0),
    ]


def test_what_was_said_before_the_order_was_cancelled_stays_said(
    shop: Any, order_of: Any, c20: Any, actor: Any
) -> None:
    order = order_of(shop, (c20, 2))
    SmsMessage.objects.update(status="done", last_said="delivered")
    orders.cancel_order(order, reason="打錯", actor=actor)
    assert list(SmsMessage.objects.values_list("status", "last_said")) == [("done", "delivered")]
