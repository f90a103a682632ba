"""/api/v1/orders: list, read, create, cancel, and every refusal as a problem document."""

from __future__ import annotations

import datetime as dt

import pytest

from luckygas.core.testing import assert_query_count
from orders.models import Order
from orders.services import orders as service

ORDERS = "/api/v1/orders"


@pytest.fixture
def api(client, api_token):
    """``api(method, path, body, key=…, scopes=…)`` with a token."""
    tokens = {}

    def call(method, path, body=None, *, key="", scopes=("orders:read", "orders:write"), **query):
        if scopes not in tokens:
            tokens[scopes] = api_token(*scopes)
        headers = {"authorization": f"Bearer {tokens[scopes]}", "accept-language": "en"}
        if key:
            headers["idempotency-key"] = key
        if method == "get":
            return client.get(path, query, headers=headers)
        return client.post(path, body, content_type="application/json", headers=headers)

    return call


def body(**fields):
    return {
        "customer": "1400103",
        "lines": [{"product": "GAS-C20-R", "quantity": 2}],
        "scheduled_date": "2026-11-24",
    } | fields


def test_an_order_is_created_read_listed_and_cancelled(api, customer, prices):
    customer()
    made = api("post", ORDERS, body(slot="evening", note="後門", source="telemetry"), key="a")
    assert made.status_code == 201
    order = made.json()
    assert order == order | {
        "number": "O-20261123-000001",
        "customer": "1400103",
        "source": "telemetry",
        "status": "confirmed",
        "scheduled_date": "2026-11-24",
        "slot": "evening",
        "note": "後門",
        "total_amount": "1900",
        "version": 1,
    }
    assert order["lines"] == [
        {
            "product": "GAS-C20-R",
            "quantity": 2,
            "unit_price": "950.0000",
            "delivered_quantity": None,
            "empties_returned": None,
            "full_returned": 0,
        }
    ]
    assert api("get", f"{ORDERS}/{order['number']}").json() == order
    assert api("get", ORDERS).json() == {"next": None, "previous": None, "results": [order]}
    gone = api("post", f"{ORDERS}/{order['number']}/cancel", {"reason": "客戶取消"}, key="b")
    assert (gone.status_code, gone.json()["status"]) == (200, "cancelled")
    assert Order.objects.get().created_by == "測試程式"


def test_the_same_key_is_the_same_order(api, customer, prices):
    customer()
    first = api("post", ORDERS, body(), key="one")
    again = api("post", ORDERS, body(), key="one")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    other = api("post", ORDERS, body(note="other"), key="one")
    assert other.status_code == 422
    assert api("post", ORDERS, body()).status_code == 400
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"customer": "14"}, 400, "customer"),
        ({"customer": "1999999"}, 422, "customer"),
        ({"lines": []}, 400, "lines"),
        ({"lines": [{"product": "GAS-X", "quantity": 1}]}, 422, "lines"),
        ({"lines": [{"product": "GAS-C20-R", "quantity": 101}]}, 400, "lines"),
        ({"lines": [{"product": "GAS-C20-R", "quantity": 0}]}, 422, "lines"),
        ({"scheduled_date": "2026-11-22"}, 422, "scheduled_date"),
        ({"scheduled_date": "2026-12-30"}, 422, "scheduled_date"),
        ({"scheduled_date": "soon"}, 400, "scheduled_date"),
        ({"slot": "night"}, 400, "slot"),
        ({"source": "history"}, 400, "source"),
        ({"note": "x" * 501}, 400, "note"),
        ({"window_start": "15:00", "window_end": "14:00"}, 422, "window_end"),
    ],
)
def test_bad_input_names_the_field_and_writes_nothing(api, customer, prices, fields, status, named):
    customer()
    answer = api("post", ORDERS, body(**fields), key="k")
    problem = answer.json()
    assert (answer.status_code, list(problem["errors"])) == (status, [named])
    assert answer.headers["content-type"] == "application/problem+json"
    assert Order.objects.count() == 0
    assert api("post", ORDERS, body(), key="k").status_code == 201  # the key is free again


def test_broken_json_and_missing_orders_are_problems(api):
    broken = api("post", ORDERS, "{", key="k")
    assert (broken.status_code, broken.headers["content-type"]) == (400, "application/problem+json")
    assert api("get", f"{ORDERS}/O-20261123-000009").status_code == 404
    assert api("get", f"{ORDERS}/%00").status_code == 404
    assert api("get", ORDERS, customer="\x00").status_code == 400
    assert api("get", ORDERS, cursor="x").status_code == 404
    assert api("post", f"{ORDERS}/O-1/cancel", {"reason": "x"}, key="x").status_code == 404


def test_scopes_are_needed(api, client):
    assert client.get(ORDERS).status_code == 401
    assert api("get", ORDERS, scopes=("orders:write",)).status_code == 403
    refused = api("post", ORDERS, body(), key="k", scopes=("orders:read",))
    assert (refused.status_code, "orders:write" in refused.json()["detail"]) == (403, True)


def test_cancelling_what_moved_on_is_refused(api, customer, order_of, c20, actor):
    order = order_of(customer(), (c20, 1))
    stale = api("post", f"{ORDERS}/{order.number}/cancel", {"reason": "x", "version": 9}, key="a")
    assert stale.status_code == 409
    service.assign([order.pk], actor=actor)
    service.start_delivery([order.pk], actor=actor)
    late = api("post", f"{ORDERS}/{order.number}/cancel", {"reason": "x"}, key="b")
    assert late.status_code == 422
    order.refresh_from_db()
    assert order.status == "in_delivery"


def test_filters_and_pages(api, customer, order_of, c20, actor):
    first, second = customer("1400001"), customer("1400002")
    for number in range(5):
        order_of(first, (c20, 1), scheduled_date=dt.date(2026, 11, 23 + number))
    service.cancel_order(order_of(second, (c20, 1)), reason="x", actor=actor)

    def listed(**query):
        return [row["number"][-1] for row in api("get", ORDERS, **query).json()["results"]]

    assert listed() == ["6", "5", "4", "3", "2", "1"]
    assert listed(date="2026-11-23") == ["6", "1"]
    assert listed(date_from="2026-11-26", date_to="2026-11-27") == ["5", "4"]
    assert listed(status="cancelled") == ["6"]
    assert listed(customer="1400002") == ["6"]
    assert listed(customer="9999999") == []
    assert api("get", ORDERS, status="lost").status_code == 400
    page = api("get", ORDERS, page_size=4).json()
    assert len(page["results"]) == 4
    rest = api("get", page["next"]).json()
    assert [row["number"][-1] for row in rest["results"]] == ["2", "1"]


def test_a_page_asks_as_many_questions_for_fifty_orders_as_for_one(api, customer, order_of, c20):
    buyer = customer()
    order_of(buyer, (c20, 1))
    api("get", ORDERS)
    with assert_query_count("api order page"):
        api("get", ORDERS)
    for number in range(49):
        order_of(customer(str(1500000 + number)), (c20, 1))
    with assert_query_count("api order page"):
        assert len(api("get", ORDERS).json()["results"]) == 50


def test_answers_are_as_the_schema_says(api, customer, prices):
    """The serializers that make the schema describe exactly what is sent."""
    from orders.api import LineShown, OrderShown

    customer()
    sent = api("post", ORDERS, body(), key="a").json()
    assert set(sent) == set(OrderShown().fields)
    assert set(sent["lines"][0]) == set(LineShown().fields)
    parsed = OrderShown(data=sent)
    assert parsed.is_valid(), parsed.errors
