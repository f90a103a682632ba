"""The link in the message, and the page behind it: what the customer sees, for how long, and when not."""

import base64
import datetime as dt
import uuid

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from customers.messaging import links
from dispatch import tracking
from dispatch.models import RouteStop
from dispatch.services import routes, stops
from dispatch.tests.conftest import ACTOR, DAY
from dispatch.views.tracking import MOST_A_MINUTE
from luckygas.core import clock, flags
from luckygas.core.actor import Actor
from orders.services import foreign
from orders.services import orders as order_services


class Switch:
    """A provider of flags that says what the test wants."""

    def __init__(self):
        self.on = True
        self.asked = []

    def resolve(self, name, key, default, attributes):
        self.asked.append((name, key, attributes))
        return flags.Answer(self.on, "on", "boolean_flag")


@pytest.fixture
def switch(monkeypatch):
    found = Switch()
    monkeypatch.setattr(flags, "_provider", found)
    return found


@pytest.fixture
def public(settings):
    settings.PUBLIC_URL = "https://gas.example.tw"
    settings.SELLER_PHONE = "089-123456"


@pytest.fixture
def day(planned, order, switch, public):
    """A published day of three stops, its customer's token each, on the morning of the day."""
    cache.clear()
    found = planned([order(C20=1), order(C16=1), order(C20=2)])
    found.stops = list(RouteStop.objects.select_related("order__customer").order_by("sequence"))
    found.actor = Actor.driver(found.driver.pk, found.driver.name)
    found.tokens = [tracking.make(stop.order_id, DAY) for stop in found.stops]
    return found


def look(token, *, language="zh-Hant", phone="203.0.113.9"):
    headers = {"accept-language": language, "x-forwarded-for": phone}
    return Client(headers=headers).get(f"/t/{token}")


def text_of(answer, status=200):
    assert answer.status_code == status
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert not answer.cookies
    return answer.content.decode()


def deliver(day, stop, at):
    counts = {line.product_id: line.quantity for line in stop.order.lines.all()}
    clock.freeze(at)
    stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=counts, empties=counts, cash=0, at=at,
                  actor=day.actor)  # fmt: skip


def test_the_link_is_short_and_names_nobody(today, order, switch, public):
    one = order()
    context = {"customer": one.customer, "order_pk": one.pk, "date": DAY}
    address = links.url("out_for_delivery", context)
    assert address == f"https://gas.example.tw/t/{tracking.make(one.pk, DAY)}"
    assert len(address.rpartition("/")[2]) == 20
    assert switch.asked == [
        ("real_time_tracking", one.customer.code, {"kind": "commercial", "area": one.customer.area.code})
    ]


def test_without_flag_or_public_address_there_is_no_link(today, order, switch, public, settings):
    one = order()
    context = {"customer": one.customer, "order_pk": one.pk, "date": DAY}
    switch.on = False
    assert links.url("out_for_delivery", context) == ""
    switch.on, settings.PUBLIC_URL = True, ""
    assert links.url("out_for_delivery", context) == ""


@given(
    order_id=st.integers(1, 2**32 - 1),
    date=st.dates(dt.date(2026, 1, 1), dt.date(2099, 12, 31)),
    place=st.integers(0, 14),
    bit=st.integers(0, 7),
)
def test_a_token_says_what_it_was_made_of_and_nothing_else(order_id, date, place, bit):
    token = tracking.make(order_id, date)
    ends = clock.at(date + dt.timedelta(days=1), dt.time(4))
    assert tracking.read(token) == (order_id, ends)
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[place] ^= 1 << bit
    with pytest.raises(tracking.NoLink):
        tracking.read(base64.urlsafe_b64encode(bytes(raw)).decode())


@pytest.mark.parametrize(
    "token", ["", "a", "A" * 20, "A" * 24, "幸福" * 10, "=" * 20, "../../../../etc/pwd.."]
)
def test_what_nobody_gave_out_is_no_token(token):
    with pytest.raises(tracking.NoLink):
        tracking.read(token)


def test_links_of_the_key_before_still_hold(settings):
    token = tracking.make(7, DAY)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key" * 5
    assert tracking.read(token)[0] == 7
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(tracking.NoLink):
        tracking.read(token)


def test_the_day_from_plan_to_door(day, driver):
    first, second, _third = day.stops
    text = text_of(look(day.tokens[1]))
    assert "已排程" in text
    assert "08:00–12:00" in text
    assert '<meta http-equiv="refresh" content="60">' in text

    leaves = clock.at(DAY, dt.time(8))
    clock.freeze(leaves)
    routes.leave(routes.lock(day.route.pk), at=leaves, actor=ACTOR)
    text = text_of(look(day.tokens[1]))
    assert "配送中" in text
    assert "司機尚未回報" in text
    assert "您前面還有 1 站" in text

    late = first.eta + dt.timedelta(minutes=30)
    deliver(day, first, late)
    text = text_of(look(day.tokens[1]))
    assert "下一站就是您" in text
    assert f"<b>{clock.taipei(second.eta + dt.timedelta(minutes=30)):%H:%M}</b>" in text
    assert f"司機 {clock.taipei(late):%H:%M} 的最近一次回報" in text

    at = second.eta + dt.timedelta(minutes=35)
    clock.freeze(at)
    stops.arrive(second, post_uuid=uuid.uuid4(), at=at, actor=day.actor)
    assert "司機已到您門口" in text_of(look(day.tokens[1]))

    deliver(day, second, at + dt.timedelta(minutes=4))
    text = text_of(look(day.tokens[1]))
    assert "已送達" in text
    assert "http-equiv" not in text


def test_an_estimate_is_never_past(day):
    first, second, _third = day.stops
    clock.freeze(clock.at(DAY, dt.time(8)))
    deliver(day, first, first.eta)
    now = second.eta + dt.timedelta(minutes=50)
    clock.freeze(now)
    assert f"<b>{clock.taipei(now):%H:%M}</b>" in text_of(look(day.tokens[1]))


def test_nobody_was_there(day):
    stop = day.stops[0]
    at = clock.at(DAY, dt.time(9))
    clock.freeze(at)
    stops.fail(stop, post_uuid=uuid.uuid4(), reason="absent", at=at, actor=day.actor)
    text = text_of(look(day.tokens[0]))
    assert "未能送達" in text
    assert "089-123456" in text


def test_nothing_of_the_customer_is_on_the_page(day):
    for stop, token in zip(day.stops, day.tokens, strict=True):
        customer = stop.order.customer
        text = text_of(look(token))
        for secret in (customer.short_name, customer.address, customer.code, day.driver.name):
            assert secret not in text


def test_it_ends_some_hours_after_the_day(day):
    clock.freeze(clock.at(DAY + dt.timedelta(days=1), dt.time(3, 59)))
    text_of(look(day.tokens[0]))
    clock.freeze(clock.at(DAY + dt.timedelta(days=1), dt.time(4)))
    assert "連結已失效" in text_of(look(day.tokens[0]), 410)


def test_a_cancelled_order_has_no_page(day, order):
    one = order()
    token = tracking.make(one.pk, DAY)
    order_services.cancel_order(one, reason="客戶取消", actor=ACTOR)
    assert "連結已失效" in text_of(look(token), 410)
    other = order()
    foreign.hand_over(other, "legacy", reason="退出試辦", actor=ACTOR)
    text_of(look(tracking.make(other.pk, DAY)), 410)
    text_of(look(tracking.make(4_000_000_000, DAY)), 410)


def test_a_wrong_link_is_told_kindly_and_asks_for_no_order(day):
    wrong = day.tokens[0][:-1] + ("A" if day.tokens[0][-1] != "A" else "B")
    with CaptureQueriesContext(connection) as asked:
        text = text_of(look(wrong), 404)
    assert [query["sql"] for query in asked if "orders_order" in query["sql"]] == []
    assert "連結不完整" in text
    assert "089-123456" in text


def test_the_kill_switch_takes_the_page_away_too(day, switch):
    switch.on = False
    assert "暫時無法查詢配送進度" in text_of(look(day.tokens[0]), 404)


def test_too_many_looks_are_slowed_down(day):
    for _time in range(MOST_A_MINUTE):
        assert look("x").status_code == 404
    assert "查詢太頻繁" in text_of(look(day.tokens[0]), 429)
    clock.freeze(clock.now() + dt.timedelta(minutes=1))
    assert look(day.tokens[0]).status_code == 200


def test_one_who_looks_too_often_slows_nobody_else_behind_our_proxy(day, settings):
    settings.PROXY_COUNT = 1
    for _time in range(MOST_A_MINUTE):
        look("x")
    assert look(day.tokens[0]).status_code == 429
    assert look(day.tokens[0], phone="203.0.113.10").status_code == 200


def test_it_is_there_in_english_and_only_to_look_at(day):
    assert "Planned" in look(day.tokens[0], language="en").content.decode()
    assert Client().post(f"/t/{day.tokens[0]}").status_code == 405
