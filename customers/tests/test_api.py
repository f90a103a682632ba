"""/api/v1/customers: list, read, create, and every refusal as a problem document."""

from __future__ import annotations

import pytest

from customers.models import Customer
from customers.services import customers as service
from luckygas.core.testing import assert_query_count

CUSTOMERS = "/api/v1/customers"


@pytest.fixture
def api(client, api_token):
    tokens = {}

    def call(method, path, body=None, *, key="", scopes=("customers:read", "customers:write"), **query):
        if scopes not in tokens:
            tokens[scopes] = api_token(*scopes)
        headers = {"authorization": f"Bearer {tokens[scopes]}", "accept-language": "en"}
        if key:
            headers["idempotency-key"] = key
        if method == "get":
            return client.get(path, query, headers=headers)
        return client.post(path, body, content_type="application/json", headers=headers)

    return call


@pytest.fixture
def make(db, actor):
    return lambda name, **fields: service.create_customer({"short_name": name, **fields}, actor=actor)


BODY = {
    "kind": "commercial",
    "short_name": "王家小館",
    "address": "臺東縣臺東市中山路1號",
    "area": "A",
    "phones": ["089-331234", "0912-345678"],
    "payment_method": "monthly",
    "max_cycle_days": 11,
}


def test_a_customer_is_created_read_and_listed(api):
    made = api("post", CUSTOMERS, BODY, key="a")
    assert made.status_code == 201
    customer = made.json()
    assert customer == customer | {
        "short_name": "王家小館",
        "invoice_title": "王家小館",
        "area": "A",
        "phones": ["+88689331234", "+886912345678"],
        "status": "active",
        "payment_method": "monthly",
        "max_cycle_days": 11,
    }
    assert customer["account"] == {
        "open_balance": "0",
        "oldest_due": None,
        "credit_limit": "30000",
        "credit_hold": False,
    }
    assert api("get", f"{CUSTOMERS}/{customer['code']}").json() == customer
    assert api("get", CUSTOMERS).json()["results"] == [customer]
    again = api("post", CUSTOMERS, BODY, key="a")
    assert (again.json(), Customer.objects.count()) == (customer, 1)


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"code": "14"}, 400, "code"),
        ({"lat": "10", "lng": "121"}, 422, "lat"),  # on the sea: no reason to try again
        ({"lat": "22.7", "lng": "10"}, 422, "lng"),
        ({"carrier_type": "3J0002"}, 422, "carrier_id"),
        ({"carrier_type": "CQ0001", "carrier_id": "/ABC1234"}, 422, "carrier_id"),
        ({"kind": "factory"}, 400, "kind"),
        ({"short_name": ""}, 400, "short_name"),
        ({"area": "ZZ"}, 400, "area"),
        ({"tax_id": "1234"}, 400, "tax_id"),
        ({"tax_id": "12345678"}, 422, "tax_id"),
        ({"phones": ["123"]}, 422, "phones"),
        ({"max_cycle_days": 0}, 400, "max_cycle_days"),
        ({"lat": "22.75"}, 422, "lng"),
    ],
)
def test_bad_input_names_the_field_and_writes_nothing(api, fields, status, named):
    answer = api("post", CUSTOMERS, BODY | fields, key="k")
    assert (answer.status_code, list(answer.json()["errors"])) == (status, [named])
    assert Customer.objects.count() == 0


def test_a_code_is_given_once(api, make):
    make("甲", code="1400001")
    answer = api("post", CUSTOMERS, BODY | {"code": "1400001"}, key="k")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["code"])
    assert Customer.objects.count() == 1


def test_filters(api, make):
    make("甲餐廳", code="1400001", phones="089-331234")
    make("乙宅", code="2000001", kind="residential")

    def listed(**query):
        return [row["code"] for row in api("get", CUSTOMERS, **query).json()["results"]]

    assert listed() == ["2000001", "1400001"]
    assert listed(kind="residential") == ["2000001"]
    assert listed(q="331234") == ["1400001"]
    assert listed(q="宅") == ["2000001"]
    assert listed(area="A") == []
    assert api("get", CUSTOMERS, kind="x").status_code == 400


def test_scopes_and_missing_customers(api, client):
    assert client.get(CUSTOMERS).status_code == 401
    assert api("get", CUSTOMERS, scopes=("customers:write",)).status_code == 403
    assert api("post", CUSTOMERS, BODY, key="k", scopes=("customers:read",)).status_code == 403
    assert api("get", f"{CUSTOMERS}/9999999").status_code == 404
    assert api("get", f"{CUSTOMERS}/%00").status_code == 404
    assert api("get", CUSTOMERS, q="\x00").status_code == 400
    assert Customer.objects.count() == 0


def test_a_page_asks_as_many_questions_for_many_customers_as_for_one(api, make):
    make("一")
    api("get", CUSTOMERS)
    with assert_query_count("api customer page"):
        api("get", CUSTOMERS)
    for number in range(20):
        make(f"客{number}", phones="089-331234", area=None)
    with assert_query_count("api customer page"):
        assert len(api("get", CUSTOMERS).json()["results"]) == 21


def test_answers_are_as_the_schema_says(api):
    from customers.api import CustomerShown

    sent = api("post", CUSTOMERS, BODY, key="a").json()
    assert set(sent) == set(CustomerShown().fields)
    parsed = CustomerShown(data=sent)
    assert parsed.is_valid(), parsed.errors
