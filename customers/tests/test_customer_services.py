import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from customers.models import (
    Area,
    Customer,
    CustomerAccount,
    CustomerCylinder,
    DataGap,
    Equipment,
    PlannedVisit,
    UsageArea,
    UsageMetrics,
)
from customers.services import accounts, areas, customers
from luckygas.core.errors import Busy, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(actor):
    return customers.create_customer(
        {"short_name": "幸福小館", "phones": "089-331234、0912-345678"}, actor=actor
    )


def test_a_new_customer_has_a_code_an_account_and_his_numbers(shop, actor):
    assert (shop.code, shop.invoice_title, shop.kind) == ("1000001", "幸福小館", "commercial")
    assert [(p.number, p.is_primary) for p in shop.phones.all()] == [
        ("+88689331234", True),
        ("+886912345678", False),
    ]
    assert CustomerAccount.objects.get(customer=shop).credit_limit == 30_000
    assert shop.availability.slot == "all_day"
    assert set(shop.gaps.values_list("missing", flat=True)) == {
        "tax_id", "email", "carrier", "virtual_account", "payer_account", "point", "area",
    }  # fmt: skip
    assert customers.create_customer({"short_name": "隔壁"}, actor=actor).code == "1000002"


def test_a_code_of_his_own_and_the_code_taken(shop, actor):
    assert customers.create_customer({"short_name": "新店", "code": "1400103"}, actor=actor).code == "1400103"
    with pytest.raises(Refused) as refused:
        customers.create_customer({"short_name": "新店", "code": "1400103"}, actor=actor)
    assert (refused.value.code, refused.value.field) == ("duplicate_code", "code")
    assert Customer.objects.count() == 2


def test_no_code_left_is_told(actor):
    customers.create_customer({"short_name": "最後", "code": "9999999"}, actor=actor)
    with pytest.raises(Refused) as refused:
        customers.create_customer({"short_name": "再一家"}, actor=actor)
    assert refused.value.code == "no_code"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"short_name": " "}, "short_name"),
        ({"code": "14"}, "code"),
        ({"tax_id": "12345678"}, "tax_id"),
        ({"phones": "沒有"}, "phones"),
        ({"phones": ["12"]}, "phones"),
        ({"carrier_id": "ABC"}, "carrier_id"),
        ({"donation_code": "1"}, "donation_code"),
        ({"donation_code": "919", "carrier_id": "/ABC1234"}, "donation_code"),
        ({"donation_code": "919", "tax_id": "04595257"}, "donation_code"),
        ({"virtual_account": "12"}, "virtual_account"),
        ({"payer_account": "12"}, "payer_account"),
        ({"rest_rule": "隔週"}, "rest_rule"),
        ({"rest_rule": "10.40"}, "rest_rule"),
        ({"system_cylinders": "五桶"}, "system_cylinders"),
        ({"max_cycle_days": 0}, "max_cycle_days"),
        ({"lat": Decimal("22.7")}, "lng"),
        ({"lng": Decimal("121.1")}, "lat"),
    ],
)
def test_what_cannot_stand_is_refused_by_field(data, field, actor):
    with pytest.raises(Refused) as refused:
        customers.create_customer({"short_name": "幸福小館"} | data, actor=actor)
    assert refused.value.field == field
    assert Customer.objects.count() == 0


def test_fields_are_normalised(actor):
    row = customers.create_customer(
        {
            "short_name": "幸福小館", "carrier_id": "ab12345678901234", "payer_account": "822-0012 3456", "email": "",
            "tax_id": "０４５９５２５７", "hours": [9, 10], "slot": "morning", "rest_rule": "６.７",
        },
        actor=actor,
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.carrier_type, row.carrier_id) == ("CQ0001", "AB12345678901234")
    assert (row.payer_account, row.tax_id) == ("82200123456", "04595257")
    assert row.windows() == [(9 * 3600, 11 * 3600)]
    assert (row.availability.weekly_rest, row.availability.rest_rule) == ("67", "6.7")


def test_a_change_writes_only_what_is_given(shop, actor):
    customers.change_customer(
        shop, {"email": "shop@example.com", "phones": "0912345678、0933-111222"}, actor=actor
    )
    shop.refresh_from_db()
    assert (shop.email, shop.short_name) == ("shop@example.com", "幸福小館")
    assert [(p.number, p.is_primary) for p in shop.phones.all()] == [
        ("+886912345678", True),
        ("+886933111222", False),
    ]
    assert not DataGap.objects.filter(customer=shop, missing="email").exists()
    customers.change_customer(shop, {"phones": ""}, actor=actor)
    assert shop.phones.count() == 0
    assert DataGap.objects.filter(customer=shop, missing="phone").exists()


def test_a_change_is_checked_against_what_is_known(shop, actor):
    customers.change_customer(shop, {"donation_code": "919"}, actor=actor)
    with pytest.raises(Refused) as refused:
        customers.change_customer(shop, {"tax_id": "04595257"}, actor=actor)
    assert refused.value.field == "donation_code"
    shop.refresh_from_db()
    assert shop.tax_id == ""
    customers.change_customer(shop, {"tax_id": "04595257", "donation_code": ""}, actor=actor)


def test_a_virtual_account_belongs_to_one(shop, actor):
    customers.change_customer(shop, {"virtual_account": "99881115068312"}, actor=actor)
    customers.change_customer(shop, {"virtual_account": "99881115068312"}, actor=actor)
    with pytest.raises(Refused) as refused:
        customers.create_customer({"short_name": "隔壁", "virtual_account": "99881115068312"}, actor=actor)
    assert shop.code in str(refused.value)


def test_terminate_and_reopen(shop, actor):
    customers.terminate(shop, actor=actor)
    shop.refresh_from_db()
    assert not shop.is_active
    assert shop.gaps.count() == 0
    with pytest.raises(Refused):
        customers.terminate(shop, actor=actor)
    customers.reopen(shop, actor=actor)
    shop.refresh_from_db()
    assert shop.is_active
    with pytest.raises(Refused):
        customers.reopen(shop, actor=actor)


def test_billing_writes_the_balance_and_the_limit_stays(shop):
    accounts.write_balance(shop.pk, open_balance=Decimal(4120), oldest_due=dt.date(2026, 11, 1))
    account = accounts.locked(shop.pk)
    assert (account.open_balance, account.oldest_due, account.credit_limit) == (
        4120,
        dt.date(2026, 11, 1),
        30_000,
    )
    before = account.updated_at
    accounts.write_balance(shop.pk, open_balance=Decimal(4120), oldest_due=dt.date(2026, 11, 1))
    assert accounts.locked(shop.pk).updated_at == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"donation_code": "919", "carrier_type": "3J0002", "carrier_id": "/ABC1234"},
        {"donation_code": "919", "tax_id": "04595257"},
        {"lat": Decimal("22.7")},
        {"lat": Decimal("48.2"), "lng": Decimal("121.1")},
        {"code": "14"},
        {"carrier_id": "/ABC1234"},
        {"kind": "hotel"},
        {"max_cycle_days": 0},
    ],
)
def test_the_database_refuses_what_no_service_writes(shop, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=shop.pk).update(**wrong)


def test_closed_days_say_why(shop, actor):
    customers.change_customer(shop, {"rest_rule": "1.Red"}, actor=actor)
    shop = Customer.objects.get(pk=shop.pk)
    assert shop.closed_on(dt.date(2026, 11, 23)) == "每週公休日"
    assert shop.closed_on(dt.date(2026, 11, 24)) == ""
    assert shop.closed_on(dt.date(2026, 10, 10)) == "國定假日公休"
    assert Customer(code="1").closed_on(dt.date(2026, 11, 23)) == ""
    assert Customer(code="1").windows() == [(8 * 3600, 20 * 3600)]


def test_the_areas_of_the_company_are_there():
    assert Area.objects.count() == 20
    assert set(Area.objects.filter(route_side="outside").values_list("code", flat=True)) == {
        "F",
        "G",
        "H",
        "I",
        "L",
    }
    assert str(Area.objects.get(code="A")) == "A-瑞光"


def test_an_area_is_named_once(actor):
    with pytest.raises(Refused):
        areas.add({"code": "A", "name": "新", "sheet_name": "新", "lat": 22, "lng": 121}, actor=actor)
    assert Area.objects.count() == 20


def test_rows_name_themselves(shop):
    assert str(CustomerAccount.objects.get(customer=shop)) == str(shop.pk)
    visit = PlannedVisit(customer=shop, date=dt.date(2026, 11, 23))
    assert str(visit) == f"2026-11-23 {shop.pk}"
    assert str(CustomerCylinder(kind="GAS-C20-R", quantity=2)) == "20公斤 × 2"
    assert [str(row) for row in (Equipment(), UsageArea(description="廚房"), UsageMetrics(monthly_kg=160))] == [
        "設備", "廚房", "160 kg",
    ]  # fmt: skip
    assert str(DataGap(missing="email")) == "電子郵件"


@pytest.mark.parametrize("deed", ["create", "change"])
def test_a_virtual_account_taken_after_the_check_is_told(shop, actor, monkeypatch, deed):
    other = customers.create_customer({"short_name": "隔壁"}, actor=actor)

    def checked_then_taken(data, customer=None):
        Customer.objects.filter(pk=other.pk).update(virtual_account="99881115068312")
        return dict(data)

    monkeypatch.setattr(customers, "checked", checked_then_taken)
    with pytest.raises(Busy):
        if deed == "create":
            customers.create_customer(
                {"short_name": "新店", "virtual_account": "99881115068312"}, actor=actor
            )
        else:
            customers.change_customer(shop, {"virtual_account": "99881115068312"}, actor=actor)
    assert not Customer.objects.filter(short_name="新店").exists()
    shop.refresh_from_db()
    assert shop.virtual_account == ""
