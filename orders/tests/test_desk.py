"""The order desk through plain requests: found, opened, taken, changed, cancelled, refused in words."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.db import connection

from luckygas.core.testing import as_owner, assert_query_count
from orders.models import Order
from orders.services import orders as service

DESK = "/admin/orders/order/desk/"
SCRIPT = {"X-Desk": "1"}


@pytest.fixture
def clerk(client_as):
    return client_as("office")


@pytest.fixture
def caller(customer, delivered_on, c20, prices):
    row = customer(notes="後門送", address="臺東縣臺東市中山路1號")
    row.phones.create(number="+88689331234", is_primary=True)
    delivered_on(row, "2026-11-14", {c20: 2})
    return row


@pytest.fixture(autouse=True)
def _lunar(request):
    """Rest days by the lunar calendar are known until 2050 only; the desk must not ask beyond."""
    if "caller" in request.fixturenames:
        caller = request.getfixturevalue("caller")
        caller.availability.rest_rule = "初一"
        caller.availability.save()


def form(customer, product, quantity: Any = 2, **fields):
    return {
        "customer": customer.code,
        "client_key": str(uuid.uuid4()),
        f"q_{product.pk}": quantity,
        "day": "2026-11-23",
        "slot": "morning",
        "note": "",
    } | fields


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def test_the_address_people_remember_leads_to_the_desk(clerk):
    assert clerk.get("/orders/desk/?q=331").headers["location"] == f"{DESK}?q=331"
    assert clerk.get(DESK).status_code == 200


@pytest.mark.parametrize("text", ["331234", "089-331234", "1400103", "客戶103"])
def test_a_caller_is_found_by_number_code_or_name(clerk, caller, text):
    html = clerk.get(f"{DESK}find/", {"q": text}).content.decode()
    assert 'data-code="1400103"' in html
    assert "089-331234" in html
    page = clerk.get(DESK, {"q": text}).content.decode()
    assert 'href="?customer=1400103"' in page


def test_nobody_found_says_so(clerk):
    html = clerk.get(f"{DESK}find/", {"q": "不存在"}).content.decode()
    assert "沒有客戶符合「不存在」。" in html
    assert clerk.get(f"{DESK}find/").content.decode().strip() == ""


def test_the_card_tells_balance_cylinders_last_order_and_prices(clerk, caller):
    caller.account.open_balance = 4120
    caller.account.save()
    caller.cylinders.create(kind="GAS-C20-R", quantity=3)
    with assert_query_count("desk card"):
        html = clerk.get(f"{DESK}card/", {"customer": "1400103"}).content.decode()
    for said in (
        "NT$ 4,120 / NT$ 30,000",
        "20公斤 × 3",
        "11/14 (六)",
        "20公斤 × 2",
        "後門送",
        "NT$ 950",
        "↵",
    ):
        assert said in html
    assert 'data-last="2"' in html
    assert clerk.get(f"{DESK}card/", {"customer": "9999999"}).status_code == 404


def test_the_page_repeats_the_last_order_without_a_script(clerk, caller, c20):
    html = clerk.get(DESK, {"customer": "1400103", "repeat": 1}).content.decode()
    field = re.search(rf'name="q_{c20.pk}"[^>]*value="(\d+)"', html)
    assert field
    assert field[1] == "2"


def test_an_order_is_taken_and_the_page_tells_its_number(clerk, caller, c20):
    answer = clerk.post(f"{DESK}save/", form(caller, c20, note="先打電話"))
    order = Order.objects.get(source="phoned")
    assert answer.headers["location"] == f"{DESK}?saved={order.pk}"
    assert (order.status, order.total_amount, order.slot, order.note) == (
        "confirmed",
        1900,
        "morning",
        "先打電話",
    )
    assert order.created_by == "測試office"
    page = clerk.get(answer.headers["location"]).content.decode()
    assert order.number in page
    assert "NT$ 1,900" in page


def test_the_same_form_twice_is_one_order(clerk, caller, c20):
    data = form(caller, c20)
    numbers = set()
    for _ in range(2):
        html = clerk.post(f"{DESK}save/", data, headers=SCRIPT).content.decode()
        numbers |= set(re.findall(r"O-\d{8}-\d{6}", html))
    assert numbers == {Order.objects.get(source="phoned").number}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"q": ""}, "訂單是空的"),
        ({"q": "1.5"}, "「1.5」不是整數的鋼瓶數量"),
        ({"q": "101"}, "一張訂單可訂 0 到 100 支"),
        ({"q": "-1"}, "一張訂單可訂 0 到 100 支"),
        ({"q": "99999999999"}, "不是整數的鋼瓶數量"),
        ({"day": "2026-11-20"}, "已過"),
        ({"day": "other", "other_day": ""}, "請選配送日"),
        ({"day": "other", "other_day": "2026-13-40"}, "請選配送日"),
        ({"day": "other", "other_day": "2300-01-01"}, "超過 30 天之後"),
        ({"day": "other", "other_day": "0001-01-01"}, "已過"),
        ({"note": "字" * 501}, "備註有 501 個字"),
        ({"slot": "night"}, "不是時段"),
        ({"client_key": "x"}, "表單不完整"),
    ],
)
def test_bad_input_is_named_the_form_kept_and_nothing_written(clerk, caller, c20, fields, said):
    fields = {(f"q_{c20.pk}" if name == "q" else name): value for name, value in fields.items()}
    for headers in ({}, SCRIPT):
        answer = clerk.post(f"{DESK}save/", form(caller, c20) | fields, headers=headers)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert said in html
        assert 'role="alert"' in html
    assert not Order.objects.filter(source="phoned").exists()


def test_unknown_products_and_customers(clerk, caller, c20):
    data = form(caller, c20, 0) | {"q_999999": "2", "q_x": "3"}
    assert clerk.post(f"{DESK}save/", data).status_code == 422
    assert clerk.post(f"{DESK}save/", form(caller, c20) | {"customer": "7"}).status_code == 404
    assert clerk.get(DESK, {"order": "²"}).status_code == 404
    for path in (DESK, f"{DESK}find/"):
        assert clerk.get(path, {"q": "\x00王" * 900, "customer": "\x00"}).status_code == 200
    assert clerk.get(f"{DESK}prices/", {"customer": "1400103\x00", "date": "2300-01-01"}).status_code == 404
    assert clerk.post(f"{DESK}cancel/", {"order": "1", "reason": "\x00"}).status_code in (302, 404)
    assert clerk.get(DESK, {"order": "9" * 30}).status_code == 404
    assert not Order.objects.filter(source="phoned").exists()


def test_two_clerks_on_one_order(clerk, client_as, caller, c20, order_of, actor):
    order = order_of(caller, (c20, 1))
    first = clerk.get(DESK, {"order": order.pk}).content.decode()
    version = hidden(first, "version")
    service.change_order(order, lines=[(c20, 5)], actor=actor)  # the other clerk was quicker
    answer = clerk.post(
        f"{DESK}save/",
        form(caller, c20, 3, order=order.pk, number=order.number, version=version),
        headers=SCRIPT,
    )
    html = answer.content.decode()
    assert answer.status_code == 409
    assert f"訂單 {order.number} 剛被別人修改過" in html
    assert f"?order={order.pk}" in html
    order.refresh_from_db()
    assert order.lines.get().quantity == 5
    fresh = clerk.get(DESK, {"order": order.pk}).content.decode()
    data = form(caller, c20, 3, order=order.pk, version=hidden(fresh, "version"), slot="evening")
    assert clerk.post(f"{DESK}save/", data).status_code == 302
    order.refresh_from_db()
    assert (order.lines.get().quantity, order.slot, order.version) == (3, "evening", 3)


def test_an_order_of_another_customer_is_not_changed(clerk, caller, customer, c20, order_of):
    order = order_of(customer("1400999"), (c20, 1))
    data = form(caller, c20, 3, order=order.pk, version=1)
    assert clerk.post(f"{DESK}save/", data).status_code == 404
    assert order.lines.get().quantity == 1


def test_an_order_is_cancelled_with_a_reason(clerk, caller, c20, order_of):
    order = order_of(caller, (c20, 1))
    clerk.post(f"{DESK}cancel/", {"order": order.pk, "version": 1, "reason": ""})
    order.refresh_from_db()
    assert order.status == "confirmed"
    clerk.post(f"{DESK}cancel/", {"order": order.pk, "version": 7, "reason": "誤登"})
    order.refresh_from_db()
    assert order.status == "confirmed"
    answer = clerk.post(f"{DESK}cancel/", {"order": order.pk, "version": 1, "reason": "誤登"}, follow=True)
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert f"訂單 {order.number} 已取消。" in answer.content.decode()


def test_another_day_has_its_prices_slots_and_rest_days(clerk, caller, c20, order_of, customer):
    order_of(customer("1400777"), (c20, 1), scheduled_date=dt.date(2026, 11, 24), slot="evening")
    facts = clerk.get(f"{DESK}prices/", {"customer": "1400103", "date": "2026-11-24"}).json()
    assert facts["prices"][str(c20.pk)] == "950.0000"
    assert facts["slots"]["evening"] == 1
    assert facts["closed"] == ""
    sunday = clerk.get(f"{DESK}prices/", {"customer": "1400103", "date": "2026-11-29"}).json()
    assert sunday["closed"] == "當天不配送。"
    assert clerk.get(f"{DESK}prices/", {"customer": "1400103", "date": "x"}).status_code == 404


def test_an_open_order_is_shown_before_a_second_one_is_taken(clerk, caller, c20, order_of):
    order = order_of(caller, (c20, 1))
    html = clerk.get(f"{DESK}card/", {"customer": "1400103"}).content.decode()
    assert "已有未完成的訂單：" in html
    assert f"?order={order.pk}" in html


@pytest.mark.parametrize(
    ("role", "status"),
    [("office", 200), ("manager", 200), ("viewer", 403), ("dispatcher", 403), ("accountant", 403)],
)
def test_the_desk_is_for_those_who_take_orders(client_as, caller, role, status):
    client = client_as(role)
    assert client.get(DESK).status_code == status
    assert client.get(f"{DESK}card/", {"customer": "1400103"}).status_code == status


def test_when_the_next_visit_is_expected(clerk, customer, delivered_on, c20):
    """By the cycle, by a resident's median, or not at all."""
    delivered_on(customer("1400001", max_cycle_days=11), "2026-11-14", {c20: 1})
    home = customer("2000001", kind="residential")
    for day in ("2026-09-04", "2026-09-14", "2026-10-04", "2026-11-03"):
        delivered_on(home, day, {c20: 1})
    customer("1400002")
    for code, expected in (("1400001", "11/25 (三)"), ("2000001", "11/23 (一)"), ("1400002", "<dd>–</dd>")):
        html = clerk.get(f"{DESK}card/", {"customer": code}).content.decode()
        assert expected in html.partition("預計下次")[2][:60]


def test_a_closed_customer_is_told_before_the_order_is_taken(clerk, customer, c20, prices):
    customer("1400001", rest="1")
    html = clerk.get(f"{DESK}card/", {"customer": "1400001"}).content.decode()
    assert "當天公休" in html


def test_a_newcomer_sees_the_products_of_his_kind(clerk, customer, prices):
    customer("1400001", pricing_method="by_flow")
    html = clerk.get(f"{DESK}card/", {"customer": "1400001"}).content.decode()
    usual, _separator, others = html.partition("其他產品")
    assert ("流量50公斤" in usual, "20公斤</label>" in others) == (True, True)


def test_an_order_with_a_number_above_a_thousand_is_undone_and_opened_by_its_links(clerk, caller, c20, actor):
    """Real companies have 350,000 orders: the pages hand ids back without thousands separators."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('orders_order', 'id'), 350000)")
    order = service.create_order(caller, [(c20, 2)], scheduled_date=dt.date(2026, 11, 23), actor=actor)
    saved = clerk.get(DESK, {"saved": order.pk}).content.decode()
    assert hidden(saved, "order") == str(order.pk)
    for page in (
        saved,
        clerk.get(DESK, {"customer": caller.code}).content.decode(),
        clerk.get(f"/admin/orders/order/{order.pk}/change/").content.decode(),
    ):
        assert re.findall(r"\?order=([^\"]*)\"", page) == [str(order.pk)]
    clerk.post(f"{DESK}cancel/", {name: hidden(saved, name) for name in ("order", "version", "reason")})
    order.refresh_from_db()
    assert order.status == "cancelled"
