"""Credit limit and hold: decided on a page with a reason, seen and obeyed at the desk, lifted again."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse

from billing.models import CreditDecision
from billing.services import credit
from billing.tests.conftest import ACTOR
from billing.tests.test_payments import account, pay
from billing.tests.test_verifier import plant
from billing.verifiers import verify
from customers.models import CustomerAccount
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Busy, Refused
from luckygas.core.models import AuditEvent
from orders.models import Order
from orders.services import orders as order_services

MANAGER = Actor("user", 3, "經理阿明")
ADD = "/admin/billing/creditdecision/add/"
DESK = "/admin/orders/order/desk/"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def held(buyer, **more) -> CreditDecision:
    data: dict[str, Any] = {"limit": Decimal(5000), "hold": True, "reason": "三個月未付", "actor": MANAGER}
    return credit.decide(buyer, **(data | more))


def projection(buyer) -> tuple[int, bool, str, str]:
    row = CustomerAccount.objects.get(customer=buyer)
    return int(row.credit_limit), row.credit_hold, row.credit_reason, row.credit_by


def test_a_hold_keeps_orders_out_until_it_is_lifted(billed, track, customer, product):
    track()
    buyer = customer(payment_method="monthly")
    billed(buyer, C20=1)
    row = held(buyer, reason=" 三個月未付 ")
    assert (row.credit_limit, row.credit_hold, row.reason, row.actor_name) == (
        5000, True, "三個月未付", "經理阿明",
    )  # fmt: skip
    assert projection(buyer) == (5000, True, "三個月未付", "經理阿明")
    assert CustomerAccount.objects.get(customer=buyer).credit_at == row.decided_at
    with pytest.raises(Refused) as refused:
        order_services.create_order(buyer, [(product("C20"), 1)], actor=ACTOR)
    assert refused.value.code == "credit_hold"
    assert str(refused.value).endswith("經理阿明 decided so: 三個月未付")
    assert Order.objects.count() == 1

    pay(buyer, 810)
    assert projection(buyer) == (5000, True, "三個月未付", "經理阿明"), "paying lifts no hold"
    assert account(buyer) == (0, None)
    credit.decide(buyer, limit=Decimal(8000), hold=False, reason="已付清", actor=ACTOR)
    assert projection(buyer) == (8000, False, "已付清", "test")
    assert order_services.create_order(buyer, [(product("C20"), 1)], actor=ACTOR).status == "confirmed"
    deeds = AuditEvent.objects.filter(action="billing.credit_decided").order_by("pk")
    assert [(one.actor_name, one.reason, one.data) for one in deeds] == [
        ("經理阿明", "三個月未付", {"credit_limit": "5000", "credit_hold": True}),
        ("test", "已付清", {"credit_limit": "8000", "credit_hold": False}),
    ]
    assert verify() == []


def test_a_customer_without_an_account_gets_one(customer, today):
    buyer = customer()
    assert not CustomerAccount.objects.exists()
    held(buyer)
    assert projection(buyer) == (5000, True, "三個月未付", "經理阿明")
    assert account(buyer) == (0, None)


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"reason": " "}, "reason", "reason"),
        ({"limit": Decimal(-1)}, "amount", "credit_limit"),
        ({"limit": Decimal("0.5")}, "amount", "credit_limit"),
        ({"limit": Decimal("NaN")}, "amount", "credit_limit"),
        ({"limit": Decimal(10) ** 10}, "amount", "credit_limit"),
        ({}, "unchanged", ""),
    ],
)
def test_what_is_refused_changes_nothing(customer, today, more, code, field):
    buyer = customer()
    held(buyer)
    with pytest.raises(Refused) as refused:
        held(buyer, **more)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert CreditDecision.objects.count() == 1
    assert projection(buyer) == (5000, True, "三個月未付", "經理阿明")


def test_a_decision_that_was_not_seen_is_not_overwritten(customer, today):
    buyer = customer()
    first = held(buyer, seen=0)
    with pytest.raises(Busy):
        held(buyer, hold=False, seen=0)
    assert projection(buyer)[1] is True
    held(buyer, hold=False, seen=first.pk)
    assert projection(buyer)[1] is False


def test_decisions_stay_as_they_were(customer, today):
    row = held(customer())
    for change in ({"reason": "x"}, {"credit_hold": False}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            CreditDecision.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM billing_creditdecision")
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditDecision.objects.create(
            customer=row.customer, credit_limit=1, credit_hold=True, reason="", actor_name="x"
        )
    assert CreditDecision.objects.get().reason == "三個月未付"


DAMAGE = [
    (
        "UPDATE customers_customeraccount SET credit_hold = false",
        "the account says limit NT$ 5000 and hold False, the last decision NT$ 5000 and True",
    ),
    (
        "UPDATE customers_customeraccount SET credit_limit = 9",
        "the account says limit NT$ 9 and hold True, the last decision NT$ 5000 and True",
    ),
    ("UPDATE customers_customeraccount SET credit_by = 'x'", "the account says limit NT$ 5000"),
    ("DELETE FROM billing_creditdecision", "is on hold, and nobody decided so"),
]


@pytest.mark.parametrize(("damage", "named"), DAMAGE)
def test_damage_is_found_and_named(customer, today, damage, named):
    held(customer())
    assert verify() == []
    plant(damage)
    (line,) = verify()
    assert named in line


def test_from_the_customers_page_to_the_hold_and_back(customer, today, product, client_as):
    buyer = customer()
    CustomerAccount.objects.create(customer=buyer, credit_limit=30000)
    browser = client_as("manager")
    link = f"{ADD}?customer={buyer.code}"
    page = reverse("admin:customers_customer_change", args=[buyer.pk])
    assert link in browser.get(page).content.decode()
    text = browser.get(link).content.decode()
    assert 'value="30000"' in text
    assert f'value="{buyer.code}"' in text

    data = {"customer_code": buyer.code, "credit_limit": "30000", "seen": "0"}
    for wrong in (
        {"reason": "", "credit_hold": "on"},
        {"reason": "x", "credit_hold": "on", "credit_limit": "-1"},
        {"reason": "x", "credit_hold": "on", "customer_code": "9999999"},
        {"reason": "沒有變"},
    ):
        assert browser.post(link, data | wrong, follow=True).status_code == 200
    assert CreditDecision.objects.count() == 0

    browser.post(link, data | {"reason": "支票退票", "credit_hold": "on"})
    assert projection(buyer) == (30000, True, "支票退票", "測試manager")
    browser.post(link, data | {"reason": "第二個視窗", "credit_limit": "1"})
    assert projection(buyer) == (30000, True, "支票退票", "測試manager"), "the form was older than that"
    for seen in (page, reverse("admin:billing_creditdecision_changelist") + f"?q={buyer.code}"):
        text = browser.get(seen).content.decode()
        assert "支票退票" in text
        assert "測試manager" in text

    clerk = client_as("office")
    text = clerk.get(DESK, {"customer": buyer.code}).content.decode()
    assert "支票退票 <small>(測試manager 2026/11/23)</small>" in text
    order = {
        "customer": buyer.code, "client_key": str(uuid.uuid4()), f"q_{product('C20').pk}": 1,
        "day": clock.today().isoformat(), "slot": "morning", "note": "",
    }  # fmt: skip
    text = clerk.post(f"{DESK}save/", order, follow=True).content.decode()
    assert text.count("測試manager") == 2, "the card and the refusal both tell who"
    assert Order.objects.count() == 0

    again = str(CreditDecision.objects.get().pk)
    client_as("accountant").post(link, data | {"reason": "補上現金", "seen": again})
    assert projection(buyer) == (30000, False, "補上現金", "測試accountant")
    clerk.post(f"{DESK}save/", order, follow=True)
    assert Order.objects.count() == 1


@pytest.mark.parametrize("role", ["office", "dispatcher", "viewer", "driver"])
def test_who_may_not_decide(customer, today, client_as, role):
    buyer = customer()
    browser = client_as(role)
    data = {"customer_code": buyer.code, "credit_limit": "1", "credit_hold": "on", "reason": "x"}
    assert browser.post(ADD, data).status_code in (302, 403)
    assert CreditDecision.objects.count() == 0
    page = browser.get(reverse("admin:customers_customer_change", args=[buyer.pk]))
    assert ADD not in page.content.decode()
