"""Billing's pages as people see them."""

import re
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing import panels
from billing.models import BillableEvent, CashCount, EInvoiceSubmission, Invoice, InvoicePrint, Payment
from billing.services import payments
from billing.tests.conftest import ACTOR
from luckygas.core import clock, extend
from luckygas.core.outbound import run_due

LISTS = [
    "invoice",
    "billableevent",
    "payment",
    "creditdecision",
    "cashcount",
    "einvoicesubmission",
    "platformfinding",
    "turnkeyfile",
    "numbertrack",
]


@pytest.fixture
def busy(billed, track, customer, driver):
    """A day with something on every page: paid, unpaid, waiting, to be looked at."""
    track()
    buyer = customer(tax_id="04595257", invoice_title="海邊餐廳")
    event = billed(buyer, C20=2)
    billed(customer(carrier_type="3J0002", carrier_id="/QK-7.+Z"), C04=1)
    billed(customer(tax_id="12345678"), C20=1)
    metered = customer(pricing_method="by_flow")
    billed(metered, reading="100", F20=1)
    billed(metered, reading="90", F20=1)
    payments.record_payment(
        buyer,
        Decimal(500),
        kind="cash",
        source="stop:1",
        driver_id=driver().pk,
        order_id=event.order_id,
        actor=ACTOR,
    )
    run_due(EInvoiceSubmission)
    return event


@pytest.mark.parametrize("model", LISTS)
def test_every_list_and_page_opens(busy, client_as, model):
    client = client_as("accountant")
    page = client.get(reverse(f"admin:billing_{model}_changelist"))
    assert page.status_code == 200
    found = re.search(rf"/admin/billing/{model}/(\d+)/change/", page.content.decode())
    if found:
        assert client.get(found.group(0)).status_code == 200


def queries(client, url: str) -> int:
    """How many queries a page asks, without those for the simulated clock, which depend on the time."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return sum("simulatedclock" not in query["sql"] for query in asked.captured_queries)


@pytest.mark.parametrize("model", ["invoice", "billableevent", "einvoicesubmission", "payment"])
def test_lists_ask_no_more_for_more_rows(busy, billed, customer, client_as, model):
    client = client_as("manager")
    url = reverse(f"admin:billing_{model}_changelist")
    queries(client, url)
    few = queries(client, url)
    for number in range(5):
        buyer = customer()
        billed(buyer, C04=1)
        payments.record_payment(buyer, Decimal(1), kind="transfer", source=f"desk:{number}", actor=ACTOR)
    assert queries(client, url) == few


def test_who_may_not_look(busy, client_as):
    for role in ("driver", "dispatcher"):
        client = client_as(role)
        assert client.get(reverse("admin:billing_invoice_changelist")).status_code in (302, 403)
        assert client.get(reverse("admin:billing_payment_changelist")).status_code in (302, 403)
        assert (client.get(reverse("admin:billing_cashcount_day")).status_code == 200) == (
            role == "dispatcher"
        )
    office = client_as("office")
    assert office.get(reverse("admin:billing_invoice_changelist")).status_code == 200
    assert office.get(reverse("admin:billing_cashcount_day")).status_code == 403
    viewer = client_as("viewer")
    assert viewer.get(reverse("admin:billing_payment_add")).status_code == 403
    assert viewer.post(reverse("admin:billing_invoice_print_list"), {"invoice": "1"}).status_code == 403
    assert InvoicePrint.objects.count() == 0


def test_an_invoice_is_found_by_its_number_as_written_on_paper(busy, client_as):
    client = client_as("accountant")
    for text in ("QA-20000050", "qa20000050", busy.customer.code):
        page = client.get(reverse("admin:billing_invoice_changelist"), {"q": text}).content.decode()
        assert "QA-20000050" in page, text
        assert "QA-20000051" not in page


def test_the_events_list_says_why_and_where(busy, client_as):
    page = client_as("accountant").get(
        reverse("admin:billing_billableevent_changelist"), {"state__exact": "cannot"}
    )
    text = page.content.decode()
    event = BillableEvent.objects.get(state="cannot")
    assert "12345678" in text
    assert f'href="/admin/customers/customer/{event.customer_id}/change/"' in text


def test_a_person_decides_about_a_reading(busy, client_as):
    event = BillableEvent.objects.get(state="review")
    client = client_as("accountant")
    url = reverse("admin:billing_billableevent_change", args=[event.pk])
    assert 'name="new_baseline"' in client.get(url).content.decode()

    client.post(url, {"reason": "看錯"})
    client.post(url, {"value": "95", "reason": "看錯"}, follow=True)
    event.refresh_from_db()
    assert event.state == "review", "neither an empty decision nor one below the last reading counts"

    client.post(url, {"value": "101", "reason": "看錯一位"})
    event.refresh_from_db()
    assert (event.state, event.invoice.total, event.decided_by) == ("invoiced", 41, "測試accountant")
    assert 'name="new_baseline"' not in client.get(url).content.decode()


def test_trying_again_from_the_list(busy, client_as):
    event = BillableEvent.objects.get(state="cannot")
    event.customer.tax_id = "12345675"
    event.customer.save()
    client_as("office").post(
        reverse("admin:billing_billableevent_changelist"),
        {"action": "try_again", "_selected_action": [event.pk]},
    )
    event.refresh_from_db()
    assert event.state == "invoiced"


def test_an_accountant_sends_a_refused_invoice_again(busy, client_as):
    row = EInvoiceSubmission.objects.all()[0]
    EInvoiceSubmission.objects.filter(pk=row.pk).update(status="failed", inflight_since=None)
    url = reverse("admin:billing_einvoicesubmission_changelist")
    data = {"action": "retry_rows", "_selected_action": [row.pk]}
    client_as("viewer").post(url, data)
    row.refresh_from_db()
    assert row.status == "failed"
    client_as("accountant").post(url, data)
    row.refresh_from_db()
    assert (row.status, row.file_name) == ("queued", "F0401-QA20000050-20261123-1.xml")


def test_recording_a_payment_pressed_twice(busy, client_as):
    client = client_as("accountant")
    key = str(uuid.uuid4())
    data = {
        "customer_code": busy.customer.code,
        "kind": "transfer",
        "amount": "1000",
        "note": "匯款",
        "key": key,
    }
    for _ in range(2):
        client.post(reverse("admin:billing_payment_add"), data)
    assert [(p.source, p.amount, p.actor_name) for p in Payment.objects.filter(kind="transfer")] == [
        (f"desk:{key}", 1000, "測試accountant")
    ]
    for wrong in ({"customer_code": "0000000"}, {"amount": "-5"}, {"amount": "1.5"}, {"amount": ""}):
        page = client.post(
            reverse("admin:billing_payment_add"), data | {"key": str(uuid.uuid4())} | wrong, follow=True
        )
        assert page.status_code == 200
    assert Payment.objects.filter(kind="transfer").count() == 1


def test_printed_ones_leave_the_list(busy, client_as):
    client = client_as("office")
    url = reverse("admin:billing_invoice_print_list")
    page = client.get(url).content.decode()
    assert "QA-20000050" in page
    assert "QA-20000051" not in page, "what is on a carrier has no paper"
    invoice = Invoice.objects.get(number="QA20000050")

    proof = client.post(url, {"invoice": [str(invoice.pk)]}).content.decode()
    for text in ("電子發票證明聯", "115年11-12月", "QA-20000050", "格式 25", "總計 1620", "買方 04595257"):
        assert text in proof
    assert "補印" not in proof
    assert "QA-20000050" not in client.get(url).content.decode()
    assert InvoicePrint.objects.get().is_original

    again = client.post(reverse("admin:billing_invoice_print", args=[invoice.pk])).content.decode()
    assert "補印" in again
    assert list(InvoicePrint.objects.values_list("is_original", flat=True)) == [True, False]


def test_a_carrier_invoice_is_not_printed(busy, client_as):
    client = client_as("office")
    invoice = Invoice.objects.get(handling="carrier")
    client.post(reverse("admin:billing_invoice_print", args=[invoice.pk]))
    client.post(
        reverse("admin:billing_invoice_print_list"),
        {"invoice": [str(invoice.pk), "x", "", "²", "9" * 30, "9" * 5000]},
    )
    client.post(reverse("admin:billing_invoice_print_list"), {})
    assert InvoicePrint.objects.count() == 0


def test_counting_cash_on_its_page(busy, client_as):
    client = client_as("accountant")
    url = reverse("admin:billing_cashcount_day")
    driver = Payment.objects.get().driver
    assert driver is not None
    assert "D01" in client.get(url).content.decode()
    for wrong in ({"counted": "x"}, {"counted": "-1"}, {"counted": "400"}, {"driver": "999999"}):
        page = client.post(url, {"driver": driver.pk, "counted": "500", "note": ""} | wrong, follow=True)
        assert page.status_code == 200
    assert CashCount.objects.count() == 0
    client.post(url, {"driver": driver.pk, "counted": "500"})
    assert CashCount.objects.get().difference == 0
    assert client.get(url, {"date": "nonsense"}).status_code == 200
    assert "D01" not in client.get(url, {"date": "2026-11-22"}).content.decode()


@pytest.mark.parametrize("role", ["dispatcher", "accountant", "manager"])
def test_who_counts_the_cash_of_crews(busy, client_as, role):
    client = client_as(role)
    url = reverse("admin:billing_cashcount_day")
    assert url in client.get(reverse("admin:index")).content.decode(), "the sidebar leads there"
    driver = Payment.objects.get().driver
    assert driver is not None
    assert 'name="counted"' in client.get(url).content.decode()
    client.post(url, {"driver": driver.pk, "counted": "490", "note": "少十元"})
    row = CashCount.objects.get()
    assert (row.expected, row.counted, row.note, row.actor_name) == (500, 490, "少十元", f"測試{role}")
    assert client.get(reverse("admin:billing_cashcount_changelist")).status_code == 200
    assert client.get(reverse("admin:billing_cashcount_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("role", ["office", "viewer", "driver"])
def test_who_does_not_count_cash(busy, client_as, role):
    driver = Payment.objects.get().driver
    assert driver is not None
    answer = client_as(role).post(
        reverse("admin:billing_cashcount_day"), {"driver": driver.pk, "counted": "500"}
    )
    assert answer.status_code in (302, 403)
    assert CashCount.objects.count() == 0


def test_what_needs_a_person(busy, person, stand_at):
    user = person("accountant")
    found = {line.url: line.count for line in panels.attention(user) if line.count}
    assert found == {
        "/admin/billing/billableevent/?state__exact=cannot": 1,
        "/admin/billing/billableevent/?state__exact=review": 1,
    }
    EInvoiceSubmission.objects.filter(invoice__number="QA20000050").update(
        status="failed", inflight_since=None
    )
    stand_at("2026-11-24 10:00")
    found = {line.url: line.count for line in panels.attention(user) if line.count}
    assert found["/admin/billing/einvoicesubmission/?status__exact=failed"] == 1
    assert found["/admin/billing/einvoicesubmission/"] == 1, "the consumer's is due tomorrow"
    assert panels.health().state == "ok"
    stand_at("2026-12-02 10:00")
    assert panels.health().state == "degraded"
    assert panels.attention(person("driver")) == []


def test_numbers_running_out(today, track, person):
    user = person("accountant")
    assert [line.level for line in panels.attention(user) if line.count] == ["red"]
    track(next_number=20000096)
    assert [(line.count, line.level) for line in panels.attention(user) if line.count] == [(4, "amber")]
    track(first=20000100, last=20000199)
    assert [line for line in panels.attention(user) if line.count] == []


def test_the_home_card_and_the_customers_panel(busy, person):
    user = person("accountant")
    card = panels.home_card(user)
    assert card is not None
    assert [figure.value for figure in card.figures] == ["2", "0", "NT$ 500"]
    panel = panels.customer_panel(busy.customer, user)
    assert panel is not None
    assert (panel.context["balance"], panel.context["oldest_due"]) == (1120, clock.today())
    assert panels.home_card(person("driver")) is None
    assert panels.customer_panel(busy.customer, person("driver", "d2")) is None
    assert panels.gauges()["billable_events_waiting"][1] == 2
    assert "billing" in extend.verifiers
