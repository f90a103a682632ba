import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from django.apps import apps

from customers.models import Customer, DataGap, MessageConsent
from customers.tests.workbooks import client_workbook, supplement_workbook
from luckygas.core import clock, importing
from luckygas.core.models import ImportRun
from luckygas.core.notify import sms

DONE, REFUSED = ImportRun.Status.DONE, ImportRun.Status.REFUSED
FULL = {
    "統編": "04595257", "電話": "089-331234", "行動": 912345678, "E-mail": "shop@example.com", "載具": "/ABC1234",
    "虛擬帳號": "99881115068312", "付款人帳號": "822-0012345678", "緯度": 22.7583, "經度": 121.1444, "座標來源": "GPS",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _customers(bring_in, tmp_path):
    bring_in("customers", client_workbook(tmp_path / "客戶資料.xlsx", {}, {"客戶": 1400104}))


def counts(run):
    return (run.status, run.created, run.changed, run.unchanged, run.rejected)


def gaps(code):
    return set(DataGap.objects.filter(customer__code=code).values_list("missing", flat=True))


def test_additions_come_in_and_fill_their_gaps(bring_in, tmp_path):
    assert gaps("1400103") == {
        "phone",
        "tax_id",
        "email",
        "carrier",
        "virtual_account",
        "payer_account",
        "point",
    }
    run = bring_in("supplement", supplement_workbook(tmp_path / "補充資料.xlsx", FULL))
    assert counts(run) == (DONE, 0, 1, 0, 0)
    assert run.details["filled"] == 7
    customer = Customer.objects.get(code="1400103")
    assert (customer.tax_id, customer.email) == ("04595257", "shop@example.com")
    assert (customer.carrier_type, customer.carrier_id) == ("3J0002", "/ABC1234")
    assert (customer.virtual_account, customer.payer_account) == ("99881115068312", "8220012345678")
    assert (customer.lat, customer.lng, customer.point_source) == (
        Decimal("22.758300"),
        Decimal("121.144400"),
        "GPS",
    )
    assert [(p.number, p.is_primary) for p in customer.phones.all()] == [
        ("+886912345678", True),
        ("+88689331234", False),
    ]
    assert gaps("1400103") == set()
    assert len(gaps("1400104")) == 7


def test_a_blank_cell_says_nothing(bring_in, tmp_path):
    bring_in("supplement", supplement_workbook(tmp_path / "一.xlsx", FULL))
    run = bring_in("supplement", supplement_workbook(tmp_path / "二.xlsx", {"E-mail": "new@example.com"}))
    assert counts(run) == (DONE, 0, 1, 0, 0)
    customer = Customer.objects.get(code="1400103")
    assert (customer.email, customer.tax_id, customer.carrier_id) == (
        "new@example.com",
        "04595257",
        "/ABC1234",
    )
    assert customer.phones.count() == 2


def test_the_same_file_twice_changes_nothing(bring_in, tmp_path):
    path = supplement_workbook(tmp_path / "補充資料.xlsx", FULL, {"編號": 1400104, "愛心碼": 919})
    assert counts(bring_in("supplement", path)) == (DONE, 0, 2, 0, 0)
    before = list(Customer.objects.values().order_by("id"))
    events = apps.get_model("customers", "CustomerEvent").objects.count()
    assert counts(bring_in("supplement", path)) == (DONE, 0, 0, 2, 0)
    assert list(Customer.objects.values().order_by("id")) == before
    assert apps.get_model("customers", "CustomerEvent").objects.count() == events


@pytest.mark.parametrize(
    ("rows", "row", "column"),
    [
        ([{"編號": 1499999}], 2, "編號"),
        ([{}, {}], 3, "編號"),
        ([{"統編": 12345678}], 2, "統編"),
        ([{"愛心碼": 919, "統編": "04595257"}], 2, "愛心碼"),
        ([{"愛心碼": 919, "載具": "/ABC1234"}], 2, "愛心碼"),
        ([FULL, {"編號": 1400104, "虛擬帳號": "99881115068312"}], 3, "虛擬帳號"),
        ([{"緯度": 22.7}], 2, "經度"),
    ],
)
def test_a_bad_row_keeps_the_file_out(bring_in, found, tmp_path, rows, row, column):
    run = bring_in("supplement", supplement_workbook(tmp_path / "補充資料.xlsx", *rows))
    assert run.status == REFUSED
    assert [(r, c, s) for r, c, _v, s in found(run)] == [(row, column, "error")]
    assert not Customer.objects.exclude(email="", tax_id="", donation_code="").exists()


@pytest.mark.parametrize(
    ("known", "said", "column"),
    [
        ({"carrier_type": "3J0002", "carrier_id": "/ABC1234"}, {"愛心碼": 919}, "愛心碼"),
        ({"donation_code": "919"}, {"載具": "/ABC1234"}, "載具"),
        ({"tax_id": "04595257"}, {"愛心碼": 919}, "愛心碼"),
        ({"donation_code": "919"}, {"統編": "04595257"}, "統編"),
    ],
)
def test_a_cell_that_contradicts_what_is_known_is_told(bring_in, found, tmp_path, known, said, column):
    Customer.objects.filter(code="1400103").update(**known)
    run = bring_in("supplement", supplement_workbook(tmp_path / "補充資料.xlsx", said))
    assert run.status == REFUSED
    assert [(r, c, s) for r, c, _v, s in found(run)] == [(2, column, "error")]


def test_a_virtual_account_of_another_customer_is_told(bring_in, found, tmp_path):
    Customer.objects.filter(code="1400104").update(virtual_account="99881115068312")
    run = bring_in("supplement", supplement_workbook(tmp_path / "補充資料.xlsx", FULL))
    assert run.status == REFUSED
    assert "1400104" in run.problems.get().problem


def test_a_customer_changed_between_reading_and_writing_keeps_the_file_out(media, tmp_path, actor):
    run = importing.start(
        "supplement", supplement_workbook(tmp_path / "補.xlsx", FULL), file_name="補.xlsx", actor=actor
    )
    importer = importing.get("supplement")

    def read_then_lose_the_race(path, report):
        additions = importer.read(path, report)
        Customer.objects.filter(code="1400104").update(virtual_account="99881115068312")
        return additions

    late = dataclasses.replace(importer, kind="late", read=read_then_lose_the_race)
    importing.register(late)
    run.kind = "late"
    importing.run(run, actor=actor)
    del importing._importers["late"]
    assert (run.status, run.message) == (REFUSED, "讀取期間這個檔案裡的客戶被修改過，請重新匯入。")
    assert Customer.objects.get(code="1400103").email == ""


def test_what_customers_say_about_messages_comes_in_once_and_a_no_stops_what_waits(
    bring_in, tmp_path, settings, stand_at
):
    stand_at("2026-11-23 12:00")
    settings.TWILIO_ACCOUNT, settings.TWILIO_FROM = "AC1", "+15005550006"
    yes = supplement_workbook(tmp_path / "一.xlsx", {"簡訊": "是"}, {"編號": 1400104, "簡訊": "否"})
    assert counts(bring_in("supplement", yes)) == (DONE, 0, 1, 1, 0)
    words = MessageConsent.objects.order_by("id").values_list("customer__code", "kind", "granted", "source")
    assert list(words) == [("1400103", "service", True, "workbook")]
    assert counts(bring_in("supplement", yes)) == (DONE, 0, 0, 2, 0)
    customer = Customer.objects.get(code="1400103")
    waiting = sms.make(
        "+886912345678", "【幸福氣】嗨", occasion="x", once_key="x", addressee=f"customer:{customer.pk}",
        not_after=clock.now() + dt.timedelta(hours=1),
    )  # fmt: skip
    no = supplement_workbook(tmp_path / "二.xlsx", {"簡訊": "否"})
    assert counts(bring_in("supplement", no)) == (DONE, 0, 1, 0, 0)
    assert list(words.all().values_list("granted", flat=True)) == [True, False]
    waiting.refresh_from_db()
    assert waiting.status == "expired"


def test_a_workbook_without_the_column_about_messages_says_nothing(bring_in, tmp_path):
    bring_in("supplement", supplement_workbook(tmp_path / "一.xlsx", {"簡訊": "是"}))
    assert counts(bring_in("supplement", supplement_workbook(tmp_path / "二.xlsx", FULL, with_all=False))) == (
        DONE, 0, 1, 0, 0,
    )  # fmt: skip
    assert MessageConsent.objects.count() == 1


def test_an_answer_about_messages_is_yes_or_no(bring_in, found, tmp_path):
    run = bring_in("supplement", supplement_workbook(tmp_path / "一.xlsx", {"簡訊": "隨便"}))
    assert (run.status, MessageConsent.objects.count()) == (REFUSED, 0)
    assert [(row, column) for row, column, _value, _severity in found(run)] == [(2, "簡訊")]
