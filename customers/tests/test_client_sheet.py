import re
from decimal import Decimal

import pytest

from customers.kinds import CylinderKind
from customers.sheets.cells import Cells
from customers.sheets.client import COLUMNS, parse
from customers.sheets.findings import Problem

AREAS = {"A-瑞光": 1, "F-成功線": 6, "H-鹿野線": 8}
BASE = {
    "客戶": "1400103",
    "電子發票抬頭": "幸福小館有限公司",
    "客戶簡稱": "幸福小館",
    "計價方式": "桶裝",
    "結帳方式": "現金",
}


def read(**values):
    given = BASE | values
    cells = Cells(2, [given.get(name, "") for name in COLUMNS], {n: i for i, n in enumerate(COLUMNS)})
    return parse(cells, AREAS), cells


def problems(cells):
    return [(f.column, f.problem, f.rejects) for f in cells.findings]


def test_a_full_row_is_read():
    row, cells = read(
        **{
            "地址": "臺東縣臺東市中山路123號",
            "系統上鋼瓶數量": "20＊5+16*1",
            "20KG": "5.0",
            "好運16": "1",
            "計價方式": "桶裝",
            "結帳方式": "月結",
            "結帳用檔案": "V",
            "訂閱式會員": "V",
            "發報": "V",
            "排巡": "夜市",
            "設備客戶買斷": "V",
            "需要當天配送": "V",
            "8~9": "V",
            "9~10": "V",
            "時段早1午2晚3全天0": "1.0",
            "公休日": "6.7.Red",
            "切替器型號": "KA32AK 90",
            "月配送量": "160.456",
            "退氣": "1.5",
            "實際購買公斤數": "158.956",
            "退氣比例": "0.00935",
            "平均日使用": "5.2985",
            "串接數量": "100",
            "備用量": "20",
            "最大週期": "11",
            "可延後天數": "5",
            "是否需要當天去": "0.25",
            "區域": "A-瑞光",
            "1汽車/2機車/0全部": "2",
            "單一區域供應": "2",
            "第二使用區域(串接)": "廚房 20*2",
            "預備桶": "20*1",
            "串接場所申報": "4KG定期巡",
            "流量表": "客戶自備",
            "帶線流量錶": "V",
            "切替器": "V",
            "帶線切替器": "V",
            "接點式壓力錶": "V",
            "壓差開關": "V",
            "微動開關": "V",
            "永勝": "V",
            "智慧秤": "V",
            "類型": "夜市",
        }
    )
    assert cells.findings == []
    assert dict(row.customer) == {
        "code": "1400103",
        "kind": "commercial",
        "segment": "夜市",
        "invoice_title": "幸福小館有限公司",
        "short_name": "幸福小館",
        "address": "臺東縣臺東市中山路123號",
        "area": 1,
        "status": "active",
        "pricing_method": "by_cylinder",
        "payment_method": "monthly",
        "vehicle_requirement": "motorcycle",
        "max_cycle_days": 11,
        "postpone_days": 5,
        "supply_points": 2,
        "system_cylinders": "20*5+16*1",
        "spare_cylinders": "20*1",
        "subscription": "member",
        "patrol": "night_market",
        "auto_report": True,
        "needs_settlement_file": True,
        "owns_equipment": True,
        "needs_same_day": True,
    }
    assert dict(row.cylinders) == {CylinderKind.C20: 5, CylinderKind.C16_HAOYUN: 1}
    assert row.availability["slot"] == "morning"
    assert [h for h in range(8, 20) if row.availability[f"hour_{h}"]] == [8, 9]
    assert (row.availability["weekly_rest"], row.availability["rest_rule"]) == ("67", "6.7.Red")
    assert row.equipment == {
        "switch_model": "KA32AK 90",
        "site_declaration": "4KG定期巡",
        "flow_meter": True,
        "flow_meter_is_customers": True,
        "wired_flow_meter": True,
        "changeover": True,
        "wired_changeover": True,
        "contact_gauge": True,
        "pressure_switch": True,
        "micro_switch": True,
        "yongsheng": True,
        "smart_scale": True,
    }
    assert row.usage_areas == ((2, "廚房 20*2", "20*2"),)
    assert row.metrics["monthly_kg"] == Decimal("160.46")
    assert row.metrics["return_ratio"] == Decimal("0.0094")
    assert row.metrics["daily_kg"] == Decimal("5.299")


def test_an_almost_empty_row_takes_the_defaults():
    row, cells = read()
    assert cells.findings == []
    assert (row.customer["kind"], row.customer["status"], row.customer["area"]) == (
        "commercial",
        "active",
        None,
    )
    assert (row.customer["vehicle_requirement"], row.customer["patrol"]) == ("any", "none")
    assert row.availability["slot"] == "all_day"
    assert row.cylinders == {}


def test_one_name_stands_for_both():
    assert read(客戶簡稱="")[0].customer["short_name"] == "幸福小館有限公司"
    assert read(電子發票抬頭="")[0].customer["invoice_title"] == "幸福小館"
    _, cells = read(電子發票抬頭="", 客戶簡稱="")
    assert problems(cells) == [("電子發票抬頭", Problem.REQUIRED, True)]


def test_school_terminated_and_metered():
    row, _ = read(類型="學校", 已解約="V", 計價方式="流量")
    assert (row.customer["kind"], row.customer["status"], row.customer["pricing_method"]) == (
        "school",
        "terminated",
        "by_flow",
    )


def test_cash_by_the_cylinder_needs_no_payment_column():
    row, cells = read(計價方式="桶裝現金", 結帳方式="")
    assert (row.customer["pricing_method"], row.customer["payment_method"]) == ("by_cylinder", "cash")
    assert cells.findings == []


def test_a_blank_payment_is_taken_as_cash_and_told():
    row, cells = read(結帳方式="")
    assert row.customer["payment_method"] == "cash"
    assert problems(cells) == [("結帳方式", Problem.NO_PAYMENT, False)]


@pytest.mark.parametrize("area", ["F-成功線", "F-成功線縣", "F-成功線(縣)", "Ｆ-成功線（縣）"])
def test_the_county_stretch_belongs_to_its_line(area):
    assert read(區域=area)[0].customer["area"] == 6


def test_no_area_is_no_area():
    row, cells = read(區域="無")
    assert row.customer["area"] is None
    assert cells.findings == []


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("客戶", "14001", Problem.CUSTOMER_CODE),
        ("計價方式", "", Problem.REQUIRED),
        ("計價方式", "包月", Problem.UNKNOWN_CODE),
        ("結帳方式", "賒帳", Problem.UNKNOWN_CODE),
        ("區域", "Z-火星", Problem.UNKNOWN_CODE),
        ("1汽車/2機車/0全部", "3", Problem.UNKNOWN_CODE),
        ("時段早1午2晚3全天0", "4", Problem.UNKNOWN_CODE),
        ("排巡", "偶爾", Problem.UNKNOWN_CODE),
        ("流量表", "借", Problem.UNKNOWN_CODE),
        ("8~9", "可", Problem.FLAG),
        ("公休日", "隔週", Problem.REST_DAY),
        ("系統上鋼瓶數量", "五桶", Problem.CYLINDERS),
        ("20KG", "兩", Problem.NOT_A_NUMBER),
        ("20KG", "1.5", Problem.NOT_WHOLE),
    ],
)
def test_what_cannot_be_understood_rejects_its_row(column, value, problem):
    _, cells = read(**{column: value})
    assert problems(cells) == [(column, problem, True)]


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("月配送量", "1800000", "monthly_kg"),
        ("退氣比例", "1.2", "return_ratio"),
        ("平均日使用", "-3", "daily_kg"),
    ],
)
def test_an_implausible_figure_comes_in_empty(column, value, field):
    row, cells = read(**{column: value})
    assert row.metrics[field] is None
    assert problems(cells) == [(column, Problem.OUT_OF_RANGE, False)]


def test_an_impossible_rest_day_comes_in_empty():
    row, cells = read(公休日="0")
    assert (row.availability["rest_rule"], row.availability["weekly_rest"]) == ("", "")
    assert problems(cells) == [("公休日", Problem.REST_DAY_RANGE, False)]


def test_cylinders_without_daily_use_are_told():
    row, cells = read(**{"20KG": "3"})
    assert row.cylinders == {CylinderKind.C20: 3}
    assert problems(cells) == [("平均日使用", Problem.NO_DAILY_USE, False)]


def test_the_placed_columns_follow_the_headings_of_the_workbook():
    assert [c for c in COLUMNS if re.fullmatch(r"\d+~\d+", c)] == [f"{h}~{h + 1}" for h in range(8, 20)]
