"""A wrong payment is taken back by a second row: once, with a reason, and every sum follows."""

import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connections, transaction
from django.urls import reverse

from billing.models import Payment, PaymentAllocation
from billing.queries import cash as cash_queries
from billing.services import balances, cash, payments
from billing.tests.conftest import ACTOR
from billing.tests.test_payments import account, collect, pay
from billing.verifiers import verify
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent, Event

CLERK = Actor("user", 7, "會計小芳")


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def laid_out() -> list[tuple[str, str, int]]:
    rows = PaymentAllocation.objects.order_by("id").select_related("payment", "invoice")
    return [(one.payment.source, one.invoice.number, int(one.amount)) for one in rows]


def test_what_was_paid_is_open_again(billed, track, customer):
    track()
    buyer = customer(payment_method="monthly")
    billed(buyer, C20=1)
    billed(buyer, C20=1)
    wrong = pay(buyer, 1000)
    assert account(buyer) == (620, clock.today())

    row = payments.reverse_payment(wrong, reason=" 客戶弄錯 ", actor=CLERK)
    assert (row.reverses, row.amount, row.kind, row.received_on, row.note, row.actor_name) == (
        wrong, -1000, "transfer", wrong.received_on, "客戶弄錯", "會計小芳",
    )  # fmt: skip
    assert account(buyer) == (1620, clock.today())
    assert [int(one.open_amount) for one in balances.open_invoices(buyer.pk)] == [810, 810]
    assert laid_out() == [
        ("desk:1", "QA20000050", 810),
        ("desk:1", "QA20000051", 190),
        (f"reversal:{wrong.pk}", "QA20000050", -810),
        (f"reversal:{wrong.pk}", "QA20000051", -190),
    ]
    assert list(balances.open_payments(buyer.pk)) == []
    deed = AuditEvent.objects.get(action="billing.payment_reversed")
    assert (deed.actor_name, deed.reason, deed.subject) == (
        "會計小芳", "客戶弄錯", f"billing.Payment:{wrong.pk}",
    )  # fmt: skip
    told = Event.objects.get(name="billing.payment_reversed").payload
    assert (told["payment_id"], told["reversal_id"], told["amount"]) == (wrong.pk, row.pk, "1000")
    assert verify() == []


def test_money_paid_ahead_pays_what_came_open(billed, track, customer):
    """The same payment may come to the same invoice a second time."""
    track()
    buyer = customer()
    billed(buyer, C20=1)
    wrong = pay(buyer, 500)
    pay(buyer, 700, "desk:2")
    assert account(buyer) == (-390, None)
    payments.reverse_payment(wrong, reason="退票", actor=CLERK)
    assert account(buyer) == (110, clock.today())
    assert laid_out()[1:] == [
        ("desk:2", "QA20000050", 310),
        (f"reversal:{wrong.pk}", "QA20000050", -500),
        ("desk:2", "QA20000050", 390),
    ]
    assert verify() == []


def test_a_payment_ahead_that_paid_nothing_yet_pays_nothing_later(billed, track, customer):
    track()
    buyer = customer()
    wrong = pay(buyer, 300)
    payments.reverse_payment(wrong, reason="記錯客戶", actor=CLERK)
    assert account(buyer) == (0, None)
    billed(buyer, C20=1)
    assert laid_out() == []
    assert account(buyer) == (810, clock.today())
    assert verify() == []


def test_the_cash_of_the_drivers_day_follows(billed, track, driver, stand_at):
    track()
    one = driver()
    order = billed(C20=1).order
    collect(order, one, 8100)
    day = clock.today()
    wrong = Payment.objects.get()
    stand_at("2026-11-24 09:00")

    row = payments.reverse_payment(wrong, reason="多打一個零", right_amount=Decimal(810), actor=CLERK)
    (seen,) = cash_queries.day(day)
    assert (seen.driver, seen.stops, seen.expected) == (one, 1, 810)
    assert cash_queries.day(clock.today()) == []
    instead = Payment.objects.get(source=f"instead:{wrong.pk}")
    assert (instead.amount, instead.driver, instead.order, instead.received_on, instead.note) == (
        810, one, order, day, "多打一個零",
    )  # fmt: skip
    assert row.driver == one
    assert account(order.customer) == (0, None)
    assert cash.count_cash(one, day, Decimal(810), actor=ACTOR).difference == 0
    assert verify(day) == []


def test_cash_reversed_after_the_count_asks_for_another(billed, track, driver):
    track()
    one = driver()
    collect(billed(C20=1).order, one, 810)
    cash.count_cash(one, clock.today(), Decimal(810), actor=ACTOR)
    payments.reverse_payment(Payment.objects.get(), reason="沒有收到", actor=CLERK)
    (row,) = cash_queries.day(clock.today())
    assert (row.stops, row.expected, row.difference, row.came_later) == (0, 0, 810, True)
    assert [line for line in verify() if "counted against NT$ 810, his stops now say NT$ 0" in line]
    cash.count_cash(one, clock.today(), Decimal(0), note="重新點收", actor=ACTOR)
    assert verify() == []


def test_cash_told_again_after_the_reversal_stays_reversed(billed, track, driver):
    track()
    one, event = driver(), billed(C20=1)
    collect(event.order, one, 810)
    payments.reverse_payment(Payment.objects.get(), reason="沒有收到", actor=CLERK)
    again = payments.record_cash(
        stop_id=1, order_id=event.order_id, driver_id=one.pk, amount=Decimal(810), at=clock.now(), actor=ACTOR
    )
    assert again is not None
    assert again.reversed_by is not None
    assert Payment.objects.count() == 2
    assert account(event.customer) == (810, clock.today())


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"reason": "  "}, "reason", "reason"),
        ({"right_amount": Decimal(500)}, "same_amount", "right_amount"),
        ({"right_amount": Decimal(0)}, "amount", "right_amount"),
        ({"right_amount": Decimal("0.5")}, "amount", "right_amount"),
        ({"right_amount": Decimal("NaN")}, "amount", "right_amount"),
    ],
)
def test_what_is_refused_changes_nothing(customer, today, more, code, field):
    buyer = customer()
    wrong = pay(buyer, 500)
    with pytest.raises(Refused) as refused:
        payments.reverse_payment(wrong, **({"reason": "錯", "actor": CLERK} | more))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert Payment.objects.get() == wrong
    assert account(buyer) == (-500, None)


def test_only_once_and_never_a_reversal(customer, today):
    buyer = customer()
    wrong = pay(buyer, 500)
    row = payments.reverse_payment(wrong, reason="記錯客戶", actor=CLERK)
    with pytest.raises(Refused, match="會計小芳 reversed this payment already on 2026-11-23 10:00: 記錯客戶"):
        payments.reverse_payment(Payment.objects.get(pk=wrong.pk), reason="again", actor=ACTOR)
    with pytest.raises(Refused) as refused:
        payments.reverse_payment(row, reason="again", actor=ACTOR)
    assert refused.value.code == "is_reversal"
    assert Payment.objects.count() == 2
    assert account(buyer) == (0, None)


def test_the_table_itself_holds_it(customer, today):
    buyer = customer()
    wrong = pay(buyer, 500)
    same = {
        "customer": buyer, "kind": "transfer", "received_at": wrong.received_at,
        "received_on": wrong.received_on, "actor_name": "test",
    }  # fmt: skip
    payments.reverse_payment(wrong, reason="錯", actor=CLERK)
    for broken in (
        {"reverses": wrong, "amount": -500, "note": "twice"},
        {"amount": -500, "note": "of nothing"},
        {"reverses": Payment.objects.get(amount=-500), "amount": 500, "note": "upwards"},
        {"reverses": Payment.objects.get(amount=-500), "amount": -500, "note": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.create(source="desk:x", **same, **broken)
    assert Payment.objects.count() == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_clerks_at_once(billed, track, customer):
    track()
    buyer = customer()
    billed(buyer, C20=1)
    wrong = pay(buyer, 810)
    gate, said = threading.Barrier(4), []

    def work(number: int) -> None:
        try:
            mine = Payment.objects.get(pk=wrong.pk)
            gate.wait(10)
            payments.reverse_payment(mine, reason=f"第{number}位", actor=Actor("user", number, "x"))
            said.append("done")
        except Refused as refusal:
            said.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["done", "reversed", "reversed", "reversed"]
    assert Payment.objects.filter(reverses=wrong).count() == 1
    assert account(buyer) == (810, clock.today())
    assert verify() == []


def test_the_accountant_reverses_on_the_payments_page(billed, track, customer, client_as):
    track()
    buyer = customer()
    billed(buyer, C20=1)
    wrong = pay(buyer, 1810)
    browser = client_as("accountant")
    page = reverse("admin:billing_payment_change", args=[wrong.pk])
    deed = reverse("admin:billing_payment_reverse", args=[wrong.pk])
    before, _, _ = browser.get(page).content.decode().partition(deed)
    assert before.count("<form") == before.count("</form") + 1, "a form within a form is none to a browser"

    for refused in (
        {"reason": ""},
        {"reason": "錯", "right_amount": "-3"},
        {"reason": "錯", "right_amount": "1810"},
    ):
        answer = browser.post(deed, refused, follow=True)
        assert answer.status_code == 200
        assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert Payment.objects.count() == 1
    assert browser.get(deed).status_code == 302

    text = browser.post(deed, {"reason": "多打一千", "right_amount": "810"}, follow=True).content.decode()
    assert "多打一千" in text
    assert deed not in text, "nobody is offered to reverse it twice"
    rows = Payment.objects.order_by("pk")
    assert [(row.source, int(row.amount), row.actor_name) for row in rows] == [
        ("desk:1", 1810, "test"),
        (f"reversal:{wrong.pk}", -1810, "測試accountant"),
        (f"instead:{wrong.pk}", 810, "測試accountant"),
    ]
    assert account(buyer) == (0, None)
    again = browser.post(deed, {"reason": "again"}, follow=True)
    assert "測試accountant" in str(next(iter(again.context["messages"])))
    assert Payment.objects.count() == 3
    text = browser.get(reverse("admin:billing_payment_change", args=[rows[1].pk])).content.decode()
    assert page in text
    text = browser.get(reverse("admin:billing_payment_changelist")).content.decode()
    assert "-1,810" in text


@pytest.mark.parametrize("role", ["office", "dispatcher", "viewer", "driver"])
def test_who_may_not_reverse(customer, today, client_as, role):
    wrong = pay(customer(), 500)
    browser = client_as(role)
    answer = browser.post(reverse("admin:billing_payment_reverse", args=[wrong.pk]), {"reason": "x"})
    assert answer.status_code in (302, 403)
    assert Payment.objects.get() == wrong
    page = browser.get(reverse("admin:billing_payment_change", args=[wrong.pk]))
    assert "/reverse/" not in page.content.decode()
