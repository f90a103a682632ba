"""When a crew sets out, the customers of its route are told."""

import datetime as dt

import pytest

from customers.messaging import consents, links
from customers.models import CustomerPhone
from dispatch.models import RouteStop
from dispatch.services import moves, routes
from dispatch.tests.conftest import ACTOR
from luckygas.core import clock
from luckygas.core.models import SmsMessage
from orders.models import Order

NOON = dt.datetime(2026, 11, 23, 8, 5, tzinfo=clock.TAIPEI)


@pytest.fixture
def agreed(customer):
    """A customer with a mobile number who agreed to messages."""
    numbers = iter(range(100, 200))

    def make():
        row = customer()
        CustomerPhone.objects.create(customer=row, number=f"+886912345{next(numbers)}", is_primary=True)
        consents.record(row, "service", True, source="phone", actor=ACTOR)
        return row

    return make


@pytest.fixture
def provider(settings):
    settings.TWILIO_ACCOUNT, settings.TWILIO_FROM = "AC1", "+15005550006"


def test_each_customer_of_the_route_is_told_when_it_leaves(
    planned, order, agreed, customer, provider, monkeypatch
):
    monkeypatch.setattr(links, "_links", type(links._links)("link"))
    links.register(
        "out_for_delivery", lambda context: f"https://x.tw/{context['stop_pk']}/{context['order_pk']}"
    )
    day = planned([order(agreed(), C20=1), order(agreed(), C20=1), order(customer(), C20=1)])
    clock.freeze(NOON)
    routes.leave(routes.lock(day.route.pk), at=clock.now(), actor=ACTOR)
    told = SmsMessage.objects.filter(occasion="out_for_delivery").order_by("id")
    assert [message.subject for message in told] == [f"order:{one.pk}" for one in day.orders[:2]]
    stop = RouteStop.objects.get(order=day.orders[0])
    assert stop.eta is not None
    eta = f"{clock.taipei(stop.eta):%H:%M}"
    assert told[0].body == (
        f"【幸福氣】陳大明 已出發，訂單 {day.orders[0].number} 約 {eta} 送達。進度 https://x.tw/{stop.pk}/{stop.order_id}"
    )
    assert told[0].not_after == max(stop.eta, NOON) + dt.timedelta(hours=1)
    assert told[0].once_key == f"out_for_delivery:order:{stop.order_id}:2026-11-23"


def test_who_joins_a_crew_on_the_road_is_told_too(planned, order, agreed, provider):
    day = planned([order(C20=1)])
    clock.freeze(NOON)
    routes.leave(routes.lock(day.route.pk), at=clock.now(), actor=ACTOR)
    late = order(agreed(), C20=1)
    moves.add_order(late, day.route, actor=ACTOR)
    (told,) = SmsMessage.objects.filter(occasion="out_for_delivery")
    stop = RouteStop.objects.get(order=late)
    assert told.subject == f"order:{late.pk}"
    assert stop.eta is not None
    assert f"約 {clock.taipei(stop.eta):%H:%M} 送達" in told.body


def test_who_joins_a_crew_that_has_not_left_is_told_when_it_leaves(planned, order, agreed, provider):
    day = planned([order(C20=1)])
    clock.freeze(NOON)
    moves.add_order(order(agreed(), C20=1), day.route, actor=ACTOR)
    assert not SmsMessage.objects.filter(occasion="out_for_delivery").exists()
    routes.leave(routes.lock(day.route.pk), at=clock.now(), actor=ACTOR)
    assert SmsMessage.objects.filter(occasion="out_for_delivery").count() == 1


def test_leaving_twice_tells_once(planned, order, agreed, provider):
    day = planned([order(agreed(), C20=1)])
    clock.freeze(NOON)
    for _twice in range(2):
        routes.leave(routes.lock(day.route.pk), at=clock.now(), actor=ACTOR)
    assert SmsMessage.objects.filter(occasion="out_for_delivery").count() == 1


def test_without_a_provider_the_crew_just_leaves(planned, order, agreed):
    day = planned([order(agreed(), C20=1)])
    routes.leave(routes.lock(day.route.pk), at=clock.now(), actor=ACTOR)
    assert SmsMessage.objects.count() == 0
    assert Order.objects.get(pk=day.orders[0].pk).status == "in_delivery"
