"""The fleet and the price list."""

import datetime as dt
from collections import Counter

import pytest

from luckygas.sample import fleet, prices
from luckygas.sample.kinds import KINDS
from luckygas.sample.tests import books

UNTIL = dt.date(2026, 11, 22)
LIST_PRICES = {
    "GAS-C50-R": 2375, "GAS-C20-R": 950, "GAS-C16-R": 760, "GAS-C10-R": 475, "GAS-C04-R": 220, "GAS-C20-CM": 980,
    "GAS-C16-CM": 780, "GAS-C20-H": 980, "GAS-C16-H": 780, "GAS-C10-P": 500, "GAS-C00-X": 180, "GAS-F50-R": 47.5,
    "GAS-F20-R": 47.5, "GAS-F16-R": 47.5, "GAS-F20-H": 49, "GAS-F16-H": 49,
}  # fmt: skip


def test_the_fleet_has_its_vehicles_and_crews():
    company = fleet.fleet(7, 1.0, UNTIL)
    assert Counter(vehicle.kind for vehicle in company.vehicles) == {"小貨車": 12, "機車": 3}
    assert len(company.drivers) == 14
    assert Counter(driver.section for driver in company.drivers) == {
        "計畫南": 4, "計畫北": 3, "來電": 3, "外線": 2, "來電機車": 2,
    }  # fmt: skip
    assert len({driver.plate for driver in company.drivers}) == 14
    assert len({driver.name for driver in company.drivers}) == 14
    kinds = {vehicle.plate: vehicle.kind for vehicle in company.vehicles}
    assert len(kinds) == 15
    assert all((kinds[d.plate] == "機車") == (d.section == "來電機車") for d in company.drivers)
    assert {v.capacity_kg for v in company.vehicles if v.kind == "機車"} == {60}


def test_tomorrow_one_permit_and_one_certificate_expire():
    company = fleet.fleet(7, 1.0, UNTIL)
    tomorrow = dt.date(2026, 11, 24)  # of the day after the history
    permits = [vehicle.permit_until for vehicle in company.vehicles if vehicle.permit_until]
    certificates = [driver.certificate_until for driver in company.drivers]
    assert permits.count(tomorrow) == 1
    assert certificates.count(tomorrow) == 1
    assert all(date > tomorrow + dt.timedelta(days=30) for date in permits + certificates if date != tomorrow)
    assert all((vehicle.kind == "小貨車") == bool(vehicle.permit) for vehicle in company.vehicles)


@pytest.mark.parametrize(
    ("scale", "trucks", "motorcycles", "drivers"), [(0.05, 3, 1, 4), (0.5, 6, 2, 7), (3, 36, 9, 44)]
)
def test_the_fleet_grows_and_shrinks_with_the_company(scale, trucks, motorcycles, drivers):
    company = fleet.fleet(7, scale, UNTIL)
    assert Counter(vehicle.kind for vehicle in company.vehicles) == {"小貨車": trucks, "機車": motorcycles}
    assert len(company.drivers) == drivers
    assert {"計畫南", "計畫北", "來電", "來電機車"} <= {driver.section for driver in company.drivers}
    assert len({vehicle.plate for vehicle in company.vehicles}) == trucks + motorcycles


def test_the_fleet_workbook_has_the_three_sheets(small):
    sheets = books.sheets(small / "車隊.xlsx")
    assert {name: rows[0] for name, rows in sheets.items()} == {
        "站點": ["代號", "名稱", "地址", "緯度", "經度"],
        "車輛": ["車號", "車種", "載重公斤", "通行證號", "通行證到期", "站點"],
        "駕駛": [
            "工號",
            "姓名",
            "電話",
            "訓練證號",
            "訓練證到期",
            "車號",
            "班別",
            "上班",
            "午休起",
            "午休迄",
            "下班",
        ],
    }
    assert sorted(row[4] for row in sheets["車輛"][1:] if row[4])[0] == 1_151_124
    assert sorted(row[4] for row in sheets["駕駛"][1:])[0] == 1_151_124
    assert {row[5] for row in sheets["車輛"][1:]} == {sheets["站點"][1][0]}
    for row in sheets["駕駛"][1:]:
        assert row[7] < row[8] < row[9] < row[10]


def test_the_price_list_begins_with_the_known_prices(small):
    rows = books.records(books.sheets(small / "價目表.xlsx")["價目表"])
    assert list(rows[0]) == ["產品", "品名", "單價", "生效日", "客戶編號"]
    first = {row["產品"]: row["單價"] for row in rows if row["生效日"] == 1_100_101}
    assert first == LIST_PRICES
    days = {row["生效日"] for row in rows if row["客戶編號"] == ""}
    assert len(days) == 7
    assert max(days) <= 1_151_122
    assert all(row["單價"] > 0 for row in rows)
    last = {row["產品"]: row["單價"] for row in rows if row["客戶編號"] == "" and row["生效日"] == max(days)}
    assert last == LIST_PRICES


def test_some_customers_have_agreed_on_less(full):
    rows = prices.price_rows(7, full.clients, full.days.first, UNTIL)
    contracts = [row for row in rows if row[4] is not None]
    monthly = {int(code) for code, paid in zip(full.clients.codes, full.clients.monthly, strict=True) if paid}
    assert len({row[4] for row in contracts}) == 30
    assert {row[4] for row in contracts} <= monthly
    assert all(row[2] < LIST_PRICES[row[0]] for row in contracts)


def test_prices_reach_back_to_the_first_delivery(full):
    early = dt.date(2012, 1, 1)
    rows = prices.price_rows(7, full.clients, early, dt.date(2016, 5, 1))
    assert {row[3] for row in rows if row[4] is None} == {1_010_101}
    assert len([row for row in rows if row[4] is None]) == len(KINDS)
