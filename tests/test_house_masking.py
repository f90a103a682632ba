"""Who may look but not know: on no page of the admin stands a household's name, number, address or note."""

import pytest
from django.contrib import admin
from django.urls import reverse

from customers.models import Customer, CustomerPhone, PlannedVisit
from dispatch.models import DayPlan, DriverPost, RouteStop
from orders.models import Order, Place
from tests.rows import row_of

NAME, STREET, NOTE, TITLE = "覃祕密", "祕密路七十七號", "鑰匙在盆栽下", "覃祕密住宅"
SECRETS = (NAME, "祕密", STREET, "0912-765-432", "912765432", NOTE, TITLE, "hidden@example.com", "/ABC+123")
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
IDS = [model._meta.label for model in MODELS]


@pytest.fixture
def household():
    """A household of which every other row of these tests tells."""
    home = Customer.objects.create(
        code="2000001", kind="residential", short_name=NAME, invoice_title=TITLE, address=f"臺東縣臺東市{STREET}",
        notes=NOTE, email="hidden@example.com", carrier_type="3J0002", carrier_id="/ABC+123",
    )  # fmt: skip
    CustomerPhone.objects.create(customer=home, number="+886912765432", is_primary=True)
    Place.objects.create(kind="customer", customer=home, name=f"{home.code} {NAME}")
    order = row_of(Order)
    order.note = NOTE
    order.save()
    stop = row_of(RouteStop)
    stop.note = NOTE
    stop.save()
    post = row_of(DriverPost)
    post.payload, post.stop = {"note": NOTE}, stop
    post.save()
    visit = row_of(PlannedVisit)
    visit.note = NOTE
    visit.save()
    return home


def told(browser, url):
    page = browser.get(url, headers={"accept-language": "zh-Hant"})
    return page.content.decode() if page.status_code == 200 else ""


def pages_of(model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = row_of(model)
    return [reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])]


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_a_viewer_reads_no_secret_of_a_household(client_as, household, model):
    browser = client_as("viewer")
    for url in pages_of(model):
        page = told(browser, url)
        assert [secret for secret in SECRETS if secret in page] == [], url


@pytest.mark.django_db
def test_the_pages_beside_the_lists_are_masked_too(client_as, household):
    browser, plan = client_as("viewer"), row_of(DayPlan)
    row_of(RouteStop)
    urls = [
        reverse("admin:dispatch_dayplan_change", args=[plan.pk]),
        reverse("admin:dispatch_dayplan_sheet", args=[plan.pk]),
        reverse("admin:billing_invoice_print_list"),
        f"{reverse('admin:customers_customer_changelist')}?q=2000001",
    ]
    pages = [told(browser, url) for url in urls]
    assert all(pages)
    assert [
        (url, secret) for url, page in zip(urls, pages, strict=True) for secret in SECRETS if secret in page
    ] == []
    assert "2000001" in pages[1]
    assert "覃○○" in pages[1]
    assert "覃○○" in pages[3]


@pytest.mark.django_db
def test_who_takes_orders_reads_everything(client_as, household):
    browser = client_as("office")
    assert NAME in told(browser, reverse("admin:customers_customer_changelist"))
    assert NAME in told(browser, reverse("admin:orders_order_changelist"))
    assert NOTE in told(browser, reverse("admin:orders_order_change", args=[Order.objects.get().pk]))


@pytest.mark.django_db
def test_a_shop_has_its_name_over_the_door(client_as):
    shop = Customer.objects.create(
        code="1400103", short_name="王家小館", invoice_title="王家小館", address="臺東市"
    )
    assert shop.masked_name == "王家小館"
    assert "王家小館" in told(client_as("viewer"), reverse("admin:customers_customer_changelist"))
