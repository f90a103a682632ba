"""A tax number that breaks the check digit: vouched for by a person, accepted from then on, withdrawn again."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse

from customers.models import Customer, KnownTaxNumber
from customers.queries import taxnumbers as queries
from customers.services import customers as service
from customers.services import taxnumbers
from customers.tests.workbooks import client_workbook, supplement_workbook
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent
from luckygas.core.testing import filled_form

ODD, RIGHT = "12345678", "04595257"
ACCOUNTANT = Actor("user", 5, "會計小芳")
LIST = "/admin/customers/knowntaxnumber/"
ADD = f"{LIST}add/"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def vouched(**more) -> KnownTaxNumber:
    return taxnumbers.vouch({"number": ODD, "reason": "看過登記表"} | more, actor=ACCOUNTANT)


def test_it_is_accepted_from_then_on_and_no_more_when_withdrawn(db):
    shop = service.create_customer({"short_name": "小吃店"}, actor=ACCOUNTANT)
    with pytest.raises(Refused, match="known tax numbers") as refused:
        service.change_customer(shop, {"tax_id": ODD}, actor=ACCOUNTANT)
    assert (refused.value.code, refused.value.field) == ("tax_id", "tax_id")
    assert (queries.is_accepted(ODD), queries.is_accepted(RIGHT)) == (False, True)

    row = vouched(number=" １２３４５６７８ ", reason=" 看過登記表 ")
    assert (row.number, row.reason, row.added_by, row.stands) == (ODD, "看過登記表", "會計小芳", True)
    service.change_customer(shop, {"tax_id": ODD}, actor=ACCOUNTANT)
    assert Customer.objects.get().tax_id == ODD
    assert (queries.is_accepted(ODD), queries.known(), queries.known_among([ODD, RIGHT])) == (
        True, {ODD}, {ODD},
    )  # fmt: skip

    taxnumbers.withdraw(row, {"withdrawal": " 看錯了 "}, actor=ACCOUNTANT)
    row.refresh_from_db()
    assert (row.withdrawal, row.withdrawn_by, row.stands) == ("看錯了", "會計小芳", False)
    assert (queries.is_accepted(ODD), queries.known()) == (False, frozenset())
    assert Customer.objects.get().tax_id == ODD, "what stands with a customer is a person's to mend"
    deeds = AuditEvent.objects.filter(subject=f"customers.KnownTaxNumber:{row.pk}").order_by("pk")
    assert [(one.action, one.actor_name, one.reason) for one in deeds] == [
        ("customers.tax_number_known", "會計小芳", "看過登記表"),
        ("customers.tax_number_withdrawn", "會計小芳", "看錯了"),
    ]
    assert vouched(reason="沒有看錯").stands


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"number": "1234567"}, "shape", "number"),
        ({"number": "1234567A"}, "shape", "number"),
        ({"number": "00000000"}, "shape", "number"),
        ({"number": RIGHT}, "valid", "number"),
        ({"reason": "  "}, "reason", "reason"),
    ],
)
def test_what_needs_no_word_or_gets_none_is_refused(db, more, code, field):
    with pytest.raises(Refused) as refused:
        vouched(**more)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert KnownTaxNumber.objects.count() == 0


def test_once_and_withdrawn_once(db):
    row = vouched()
    with pytest.raises(Refused, match="entered already"):
        vouched()
    with pytest.raises(Refused) as refused:
        taxnumbers.withdraw(row, {"withdrawal": " "}, actor=ACCOUNTANT)
    assert refused.value.field == "withdrawal"
    assert KnownTaxNumber.objects.get().stands
    taxnumbers.withdraw(row, {"withdrawal": "看錯了"}, actor=ACCOUNTANT)
    with pytest.raises(Refused, match="withdrawn already"):
        taxnumbers.withdraw(row, {"withdrawal": "again"}, actor=ACCOUNTANT)
    assert KnownTaxNumber.objects.get().withdrawal == "看錯了"


def test_the_table_itself_holds_it(db):
    row = vouched()
    rows = KnownTaxNumber.objects.filter(pk=row.pk)
    for change in ({"number": "12345679"}, {"reason": "x"}, {"added_by": "x"}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_knowntaxnumber")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(withdrawn_at=row.added_at)
    for wrong in ({"number": "x2345678"}, {"number": "12345677", "reason": ""}, {"number": ODD}):
        with pytest.raises(IntegrityError), transaction.atomic():
            KnownTaxNumber.objects.create(**({"reason": "x", "added_by": "x"} | wrong))
    assert KnownTaxNumber.objects.get().reason == "看過登記表"


def test_an_import_accepts_it_too(bring_in, found, tmp_path):
    bring_in("customers", client_workbook(tmp_path / "客戶資料.xlsx", {}))
    run = bring_in("supplement", supplement_workbook(tmp_path / "一.xlsx", {"統編": ODD}))
    assert [(column, value) for _row, column, value, _how in found(run)] == [("統編", ODD)]
    assert Customer.objects.get().tax_id == ""
    vouched()
    run = bring_in("supplement", supplement_workbook(tmp_path / "二.xlsx", {"統編": ODD}))
    assert (run.status, run.changed, found(run)) == ("done", 1, [])
    assert Customer.objects.get().tax_id == ODD


@pytest.mark.parametrize("role", ["accountant", "manager"])
def test_on_its_page(db, client_as, role):
    browser = client_as(role)
    for wrong in (
        {"number": ODD, "reason": ""},
        {"number": RIGHT, "reason": "x"},
        {"number": "12", "reason": "x"},
    ):
        assert browser.post(ADD, wrong, follow=True).status_code == 200
    assert KnownTaxNumber.objects.count() == 0
    browser.post(ADD, {"number": ODD, "reason": "營業登記影本"})
    row = KnownTaxNumber.objects.get()
    assert (row.number, row.reason, row.added_by) == (ODD, "營業登記影本", f"測試{role}")
    page = reverse("admin:customers_knowntaxnumber_change", args=[row.pk])
    assert LIST in browser.get(reverse("admin:index")).content.decode()
    assert 'name="withdrawal"' in browser.get(page).content.decode()
    assert 'name="reason"' not in browser.get(page).content.decode()

    browser.post(page, {"withdrawal": ""})
    assert KnownTaxNumber.objects.get().stands
    browser.post(page, {"withdrawal": "影本是別人的", "number": RIGHT})
    row.refresh_from_db()
    assert (row.number, row.withdrawal, row.withdrawn_by) == (ODD, "影本是別人的", f"測試{role}")
    text = browser.get(page).content.decode()
    assert "影本是別人的" in text
    assert 'name="withdrawal"' not in text
    assert "影本是別人的" in browser.get(LIST, {"q": ODD}).content.decode()


def test_the_customers_form_accepts_it(db, client_as):
    shop = service.create_customer({"short_name": "小吃店"}, actor=ACCOUNTANT)
    page = reverse("admin:customers_customer_change", args=[shop.pk])
    clerk = client_as("office")
    data = filled_form(clerk.get(page).content.decode(), "customer_form") | {"tax_id": [ODD]}
    assert "tax_id" in clerk.post(page, data).context["adminform"].form.errors
    assert Customer.objects.get().tax_id == ""
    vouched()
    answer = clerk.post(page, data)
    assert answer.status_code == 302, answer.context["errors"]
    assert Customer.objects.get().tax_id == ODD


@pytest.mark.parametrize(
    ("role", "sees"), [("office", True), ("dispatcher", True), ("viewer", False), ("driver", False)]
)
def test_who_may_not_vouch(db, client_as, role, sees):
    row = vouched()
    browser = client_as(role)
    assert (browser.get(LIST).status_code == 200) == sees
    assert browser.post(ADD, {"number": "12345679", "reason": "x"}).status_code in (302, 403)
    page = reverse("admin:customers_knowntaxnumber_change", args=[row.pk])
    assert browser.post(page, {"withdrawal": "x"}).status_code in (302, 403)
    assert KnownTaxNumber.objects.get().stands
