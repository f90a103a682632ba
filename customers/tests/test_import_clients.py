from decimal import Decimal

import pghistory.models
import pytest
from django.apps import apps

from customers.models import Customer, CustomerAccount, CustomerCylinder, DataGap
from customers.tests.workbooks import client_workbook
from luckygas.core.models import ImportRun

DONE, REFUSED, DRY = ImportRun.Status.DONE, ImportRun.Status.REFUSED, ImportRun.Status.DRY
RICH = {
    "20KG": 5, "好運16": 1, "系統上鋼瓶數量": "20*5+16*1", "公休日": 6.7, "8~9": "V", "9~10": "V", "時段早1午2晚3全天0": 1,
    "月配送量": 160.456, "平均日使用": 5.3, "最大週期": 11, "可延後天數": 5, "帶線切替器": "V", "切替器型號": "重量發報",
    "第一使用區域(串接)": "廚房 20*2", "結帳方式": "月結", "類型": "夜市",
}  # fmt: skip


def counts(run):
    return (run.status, run.created, run.changed, run.unchanged, run.rejected)


def test_customers_come_in_with_everything_the_sheet_knows(bring_in, tmp_path):
    run = bring_in("customers", client_workbook(tmp_path / "客戶資料.xlsx", RICH))
    assert counts(run) == (DONE, 1, 0, 0, 0)
    customer = Customer.objects.select_related("area", "availability", "equipment", "usage_metrics").get()
    assert (customer.code, customer.short_name, str(customer.area)) == ("1400103", "幸福小館", "A-瑞光")
    assert (customer.payment_method, customer.segment, customer.max_cycle_days) == ("monthly", "夜市", 11)
    assert {c.kind: c.quantity for c in customer.cylinders.all()} == {"GAS-C20-R": 5, "GAS-C16-H": 1}
    assert customer.windows() == [(8 * 3600, 10 * 3600)]
    assert (customer.availability.weekly_rest, customer.availability.rest_rule) == ("67", "6.7")
    assert (customer.equipment.wired_changeover, customer.equipment.switch_model) == (True, "重量發報")
    assert customer.usage_metrics.monthly_kg == Decimal("160.46")
    assert [(u.sequence, u.cylinder_config) for u in customer.usage_areas.all()] == [(1, "20*2")]
    assert customer.account.credit_limit == 30_000
    assert "new 1" in run.said


def test_the_same_file_twice_changes_nothing(bring_in, tmp_path):
    path = client_workbook(tmp_path / "客戶資料.xlsx", RICH, {"客戶": 1400104})
    bring_in("customers", path)
    before = list(Customer.objects.values().order_by("id"))
    run = bring_in("customers", path)
    assert counts(run) == (DONE, 0, 0, 2, 0)
    assert list(Customer.objects.values().order_by("id")) == before
    assert apps.get_model("customers", "CustomerEvent").objects.count() == 0
    assert apps.get_model("customers", "CustomerCylinderEvent").objects.count() == 0


def test_a_changed_cell_changes_its_customer_only_and_history_says_who(bring_in, tmp_path):
    bring_in("customers", client_workbook(tmp_path / "一.xlsx", RICH, {"客戶": 1400104}, {"客戶": 1400105}))
    changed = RICH | {"最大週期": 12, "好運16": "", "20KG": 6}
    run = bring_in(
        "customers",
        client_workbook(tmp_path / "二.xlsx", changed, {"客戶": 1400104, "50KG": 1}, {"客戶": 1400105}),
    )
    assert counts(run) == (DONE, 0, 2, 1, 0)
    customer = Customer.objects.get(code="1400103")
    assert customer.max_cycle_days == 12
    assert {c.kind: c.quantity for c in customer.cylinders.all()} == {"GAS-C20-R": 6}
    event = apps.get_model("customers", "CustomerEvent").objects.get()
    assert event.code == "1400103"
    context = pghistory.models.Context.objects.get(pk=event.pgh_context_id)
    assert context.metadata["actor"] == "import_customers"
    assert context.metadata["run"] == run.pk


def test_what_the_sheet_does_not_know_is_left_alone(bring_in, tmp_path):
    path = client_workbook(tmp_path / "客戶資料.xlsx", RICH)
    bring_in("customers", path)
    Customer.objects.update(email="a@example.com", tax_id="04595257", lat="22.75", lng="121.14")
    CustomerAccount.objects.update(open_balance=4120, credit_limit=50_000)
    assert counts(bring_in("customers", path)) == (DONE, 0, 0, 1, 0)
    customer = Customer.objects.get()
    assert (customer.email, customer.tax_id, customer.lat) == ("a@example.com", "04595257", Decimal("22.75"))
    assert (customer.account.open_balance, customer.account.credit_limit) == (4120, 50_000)


BAD = {"客戶": 1400104, "區域": "Z-火星", "20KG": "兩"}


def test_one_bad_row_keeps_the_whole_file_out(bring_in, found, tmp_path):
    run = bring_in("customers", client_workbook(tmp_path / "客戶資料.xlsx", RICH, BAD))
    assert counts(run) == (REFUSED, 0, 0, 0, 1)
    assert found(run) == [(3, "20KG", "兩", "error"), (3, "區域", "Z-火星", "error")]
    problem = run.problems.get(column="區域")
    assert (problem.sheet, problem.problem) == ("客戶資料", "不是已知的代碼")
    assert problem.remedy.startswith("應為 A-瑞光、")
    assert Customer.objects.count() == CustomerCylinder.objects.count() == DataGap.objects.count() == 0
    assert "Z-火星" in run.said


def test_the_good_rows_come_in_when_a_person_says_so(bring_in, tmp_path):
    path = client_workbook(tmp_path / "客戶資料.xlsx", RICH, BAD, {"客戶": 1400105})
    run = bring_in("customers", path, accept_good=True)
    assert counts(run) == (DONE, 2, 0, 0, 1)
    assert list(Customer.objects.values_list("code", flat=True)) == ["1400103", "1400105"]
    assert counts(bring_in("customers", path, accept_good=True)) == (DONE, 0, 0, 2, 1)


def test_a_dry_run_writes_nothing(bring_in, tmp_path):
    run = bring_in("customers", client_workbook(tmp_path / "客戶資料.xlsx", RICH), dry_run=True)
    assert (run.status, run.rows_read) == (DRY, 1)
    assert Customer.objects.count() == 0


def test_a_code_twice_is_told_with_its_first_row(bring_in, found, tmp_path):
    run = bring_in("customers", client_workbook(tmp_path / "客戶資料.xlsx", {}, {"客戶": 1400104}, {}))
    assert run.status == REFUSED
    assert found(run) == [(4, "客戶", "1400103", "error")]
    assert "第 2 列" in run.problems.get().remedy
    assert Customer.objects.count() == 0


@pytest.mark.parametrize(
    ("cells", "column", "value"),
    [
        ({"月配送量": 1_800_000}, "月配送量", "1800000"),
        ({"退氣比例": "#DIV/0!"}, "退氣比例", "#DIV/0!"),
        ({"結帳方式": ""}, "結帳方式", ""),
        ({"20KG": 3}, "平均日使用", ""),
        ({"20KG": 900, "平均日使用": 1}, "20KG", "900"),
        ({"公休日": "0"}, "公休日", "0"),
    ],
)
def test_an_implausible_cell_comes_in_empty_with_a_warning(bring_in, found, tmp_path, cells, column, value):
    run = bring_in("customers", client_workbook(tmp_path / "客戶資料.xlsx", cells))
    assert counts(run) == (DONE, 1, 0, 0, 0)
    assert found(run) == [(2, column, value, "warning")]
    assert run.warnings == 1
    customer = Customer.objects.get()
    assert customer.usage_metrics.monthly_kg is None
    assert customer.usage_metrics.return_ratio is None


def test_a_missing_column_is_named_before_any_row_is_read(bring_in, tmp_path):
    run = bring_in("customers", client_workbook(tmp_path / "客戶資料.xlsx", RICH, leave_out="計價方式"))
    assert run.status == REFUSED
    assert "計價方式" in run.message
    assert run.rows_read == 0
    assert Customer.objects.count() == 0
