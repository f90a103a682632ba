import datetime as dt
from typing import Any

import pytest

from customers.models import Customer, CustomerPhone, PlannedVisit
from customers.sheets import plan
from customers.tests.workbooks import VISIT, client_workbook, plain_workbook, plan_workbook
from luckygas.core.models import ImportRun

DONE, REFUSED = ImportRun.Status.DONE, ImportRun.Status.REFUSED


@pytest.fixture(autouse=True)
def _july(stand_at):
    stand_at("2026-07-10 09:00")


def counts(run):
    return (run.status, run.created, run.changed, run.unchanged, run.rejected)


FIRST = {
    "電話": "089-331234/0912345678",
    "地址": "臺東縣臺東市更生路1號",
    "區域": "力國-太平",
    "來電預約": "V",
    "備註": "後門",
}


def test_visits_come_in_and_their_customers_on_first_sight(bring_in, tmp_path):
    path = plan_workbook(
        tmp_path / "住家計畫.xlsx", FIRST, None, {"日期標記": "0708三", "幸福丸": 2}, {"客戶編號": 2000002}
    )
    run = bring_in("customers", path)
    assert counts(run) == (DONE, 3, 0, 0, 0)
    assert run.details["customers"] == 2
    customer = Customer.objects.get(code="2000001")
    assert (customer.kind, customer.short_name, str(customer.area)) == ("residential", "林宜蓁", "力國-太平")
    assert [(p.number, p.label, p.is_primary) for p in customer.phones.all()] == [
        ("+88689331234", "landline", True),
        ("+886912345678", "mobile", False),
    ]
    visits = list(
        customer.planned_visits.order_by("date").values_list("date", "quantities", "call_booked", "note")
    )
    assert visits == [
        (dt.date(2026, 7, 1), {"GAS-C20-R": 1}, True, "後門"),
        (dt.date(2026, 7, 8), {"GAS-C20-R": 1, "GAS-C00-X": 2}, False, ""),
    ]
    assert customer.account.credit_limit == 10_000
    assert customer.availability.slot == "all_day"


def test_the_same_plan_twice_changes_nothing(bring_in, tmp_path):
    path = plan_workbook(tmp_path / "住家計畫.xlsx", FIRST, {"客戶編號": 2000002})
    bring_in("customers", path)
    before = list(PlannedVisit.objects.values().order_by("id"))
    assert counts(bring_in("customers", path)) == (DONE, 0, 0, 2, 0)
    assert list(PlannedVisit.objects.values().order_by("id")) == before
    assert CustomerPhone.objects.count() == 2


def test_a_changed_visit_is_updated(bring_in, tmp_path):
    bring_in("customers", plan_workbook(tmp_path / "一.xlsx", FIRST, {"客戶編號": 2000002}))
    run = bring_in(
        "customers", plan_workbook(tmp_path / "二.xlsx", FIRST | {"改期": "0703"}, {"客戶編號": 2000002})
    )
    assert counts(run) == (DONE, 0, 1, 1, 0)
    assert PlannedVisit.objects.get(customer__code="2000001").moved_to == dt.date(2026, 7, 3)


def test_a_customer_known_already_is_left_as_he_is(bring_in, tmp_path):
    bring_in("customers", client_workbook(tmp_path / "客戶資料.xlsx", {"客戶": 2000001}))
    bring_in("customers", plan_workbook(tmp_path / "住家計畫.xlsx", FIRST))
    customer = Customer.objects.get()
    assert (customer.kind, customer.short_name, str(customer.area)) == ("commercial", "幸福小館", "A-瑞光")
    assert customer.planned_visits.count() == 1


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"客戶編號": ""}, "客戶編號"),
        ({"日期標記": "0701五"}, "日期標記"),
        ({"區域": "月球"}, "區域"),
        ({"電話": "沒有"}, "電話"),
    ],
)
def test_a_bad_visit_keeps_the_file_out(bring_in, found, tmp_path, cells, column):
    run = bring_in(
        "customers", plan_workbook(tmp_path / "住家計畫.xlsx", FIRST, {"客戶編號": 2000002} | cells)
    )
    assert counts(run) == (REFUSED, 0, 0, 0, 1)
    assert [(row, name, severity) for row, name, _value, severity in found(run)] == [(3, column, "error")]
    assert Customer.objects.count() == PlannedVisit.objects.count() == 0


def test_two_visits_of_a_customer_on_a_day_are_told(bring_in, found, tmp_path):
    path = plan_workbook(tmp_path / "住家計畫.xlsx", FIRST, FIRST | {"序號": 2})
    run = bring_in("customers", path)
    assert found(run) == [(3, "客戶編號", "2000001", "error")]
    assert counts(bring_in("customers", path, accept_good=True)) == (DONE, 1, 0, 0, 1)
    assert PlannedVisit.objects.get().sequence == 1


def test_a_copied_sheet_is_told_as_twice(bring_in, found, tmp_path):
    row = [(VISIT | FIRST).get(name, "") for name in plan.HEADINGS]
    table: list[list[Any]] = [list(plan.HEADINGS), row]
    path = plain_workbook(tmp_path / "住家計畫.xlsx", {"11507": table, "11507 (2)": table})
    run = bring_in("customers", path)
    assert counts(run) == (REFUSED, 0, 0, 0, 1)
    assert [(p.sheet, p.row, p.column) for p in run.problems.all()] == [("11507 (2)", 2, "客戶編號")]
    assert counts(bring_in("customers", path, accept_good=True)) == (DONE, 1, 0, 0, 1)
    assert PlannedVisit.objects.count() == 1


def test_the_month_in_the_name_of_the_sheet_tells_the_year(bring_in, tmp_path):
    bring_in("customers", plan_workbook(tmp_path / "住家計畫.xlsx", {"日期標記": "0105"}, sheet="114年01月"))
    assert PlannedVisit.objects.get().date == dt.date(2025, 1, 5)
