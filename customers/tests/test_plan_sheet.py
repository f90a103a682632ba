import datetime as dt

import pytest

from customers.kinds import CylinderKind
from customers.sheets.cells import Cells
from customers.sheets.findings import Problem
from customers.sheets.plan import HEADINGS, WeekdayError, date_of, is_subtotal, month_of, parse

NEAR = dt.date(2026, 7, 15)
AREAS = {"力國-太平": 20}
BASE = {"日期標記": "0701三", "客戶編號": "2000001", "客戶名稱": "林宜蓁"}


def read(tag="", **values):
    given = BASE | values
    cells = Cells(5, [given.get(name, "") for name in HEADINGS], {n: i for i, n in enumerate(HEADINGS)})
    return parse(cells, AREAS, tag=tag, near=NEAR), cells


def problems(cells):
    return [(f.column, f.problem, f.rejects) for f in cells.findings]


@pytest.mark.parametrize(
    ("tag", "date"),
    [
        ("0701三", dt.date(2026, 7, 1)),
        ("0701二", dt.date(2025, 7, 1)),
        ("0701", dt.date(2026, 7, 1)),
        ("701", dt.date(2026, 7, 1)),
        ("7/01(三)", dt.date(2026, 7, 1)),
        ("07月01日", dt.date(2026, 7, 1)),
        ("0229四", dt.date(2024, 2, 29)),
        ("2026-07-01", dt.date(2026, 7, 1)),
        ("2026-07-01 00:00:00", dt.date(2026, 7, 1)),
        ("1231", dt.date(2026, 12, 31)),
    ],
)
def test_a_date_tag_finds_its_year_by_the_weekday(tag, date):
    assert date_of(tag, NEAR) == date


def test_a_tag_near_the_turn_of_the_year_takes_the_nearer_one():
    assert date_of("1231", dt.date(2026, 1, 3)) == dt.date(2025, 12, 31)


@pytest.mark.parametrize("tag", ["七月", "1301", "0230", "2026-13-01"])
def test_no_date_is_no_date(tag):
    with pytest.raises(ValueError):
        date_of(tag, NEAR)


def test_a_weekday_that_fits_no_near_year_is_told():
    with pytest.raises(WeekdayError):
        date_of("0701五", dt.date(2026, 7, 15))


def test_a_visit_is_read():
    row, cells = read(
        **{
            "序號": "3",
            "地址": "臺東縣臺東市太平路1號",
            "電話": "089-331234、0912345678",
            "20": "2",
            "幸福丸": "1",
            "配送": "早",
            "區域": "力國-太平",
            "備註": "後門",
            "服務人次": "1",
            "來電預約": "V",
            "去前電": "V",
            "改期": "0705",
        }
    )
    assert cells.findings == []
    assert row.quantities == {CylinderKind.C20.value: 2, CylinderKind.XINGFU.value: 1}
    assert row.phones == ("+88689331234", "+886912345678")
    assert (row.date, row.moved_to) == (dt.date(2026, 7, 1), dt.date(2026, 7, 5))
    assert (row.code, row.name, row.area, row.sequence, row.people) == ("2000001", "林宜蓁", 20, 3, 1)
    assert (row.call_booked, row.call_before, row.cancelled) == (True, True, False)
    assert (row.crew, row.note, row.address) == ("早", "後門", "臺東縣臺東市太平路1號")


def test_a_blank_tag_takes_the_one_above():
    row, cells = read(tag="0702四", 日期標記="")
    assert row.date == dt.date(2026, 7, 2)
    assert cells.findings == []


def test_moved_without_a_date_yet_is_put_off_and_told():
    row, cells = read(改期="V")
    assert (row.moved_to, row.put_off) == (None, True)
    assert problems(cells) == [("改期", Problem.NO_DATE, False)]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"日期標記": ""}, ("日期標記", Problem.NO_DATE, True)),
        ({"日期標記": "七月"}, ("日期標記", Problem.DATE, True)),
        ({"日期標記": "0701五"}, ("日期標記", Problem.DATE_WEEKDAY, True)),
        ({"客戶編號": ""}, ("客戶編號", Problem.REQUIRED, True)),
        ({"客戶名稱": ""}, ("客戶名稱", Problem.REQUIRED, True)),
        ({"電話": "找阿姨"}, ("電話", Problem.PHONE, True)),
        ({"區域": "月球"}, ("區域", Problem.UNKNOWN_CODE, True)),
        ({"20": "二"}, ("20", Problem.NOT_A_NUMBER, True)),
        ({"改期": "改天"}, ("改期", Problem.DATE, True)),
        ({"改期": "0701五"}, ("改期", Problem.DATE_WEEKDAY, True)),
        ({"改期": "0705", "取消": "V"}, ("改期", Problem.MOVED_AND_CANCELLED, True)),
    ],
)
def test_what_cannot_be_understood_rejects_its_row(values, problem):
    _, cells = read(**values)
    assert problems(cells) == [problem]


def test_a_moved_visit_without_its_own_date_tells_the_first_only():
    row, cells = read(日期標記="七月", 改期="0705")
    assert row.moved_to is None
    assert problems(cells) == [("日期標記", Problem.DATE, True)]


def test_subtotals_are_no_visits():
    assert is_subtotal(["", "小計", "", "", "", "", "12"])
    assert not is_subtotal(["0701三", "1", "2000001", "小計先生", ""])


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("115年07月", dt.date(2026, 7, 15)),
        ("11507", dt.date(2026, 7, 15)),
        ("2026-07", dt.date(2026, 7, 15)),
        ("114年12月 住家", dt.date(2025, 12, 15)),
        ("11513", NEAR),
        ("七月", NEAR),
    ],
)
def test_a_sheet_named_for_its_month_tells_the_year(name, month):
    assert month_of(name, NEAR) == month
