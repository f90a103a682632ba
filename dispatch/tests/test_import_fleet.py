from io import StringIO

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command

from dispatch.models import Depot, Driver, Vehicle
from dispatch.services.fleet_import import COLUMNS, DEPOTS, DRIVERS, VEHICLES
from luckygas.core.models import ImportRun
from orders.models import Place

DEPOT = {"代號": "S1", "名稱": "本店", "地址": "臺東市中興路1號", "緯度": 22.755, "經度": 121.145}
VEHICLE = {
    "車號": "ABC-1234", "車種": "小貨車", "載重公斤": 500, "通行證號": "P-1", "通行證到期": 1161231, "站點": "S1",
}  # fmt: skip
DRIVER = {
    "工號": "D01", "姓名": "陳大明", "電話": "0912-345-678", "訓練證號": "H-1", "訓練證到期": "1161231",
    "車號": "ABC-1234", "班別": "計畫南", "上班": "07:30", "午休起": "12:00", "午休迄": "13:00", "下班": "18:00",
}  # fmt: skip


@pytest.fixture
def bring_in(today, settings, tmp_path):
    """`bring_in(vehicles=[…])` writes the workbook, other sheets as usual, and imports it."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def run(depots=({},), vehicles=({},), drivers=({},), leave_out="", **options):
        path = tmp_path / "車隊.xlsx"
        sheets = {DEPOTS: (DEPOT, depots), VEHICLES: (VEHICLE, vehicles), DRIVERS: (DRIVER, drivers)}
        with xlsxwriter.Workbook(path) as book:
            for name, (usual, rows) in sheets.items():
                sheet = book.add_worksheet(name)
                heads = [head for head in COLUMNS[name] if head != leave_out]
                sheet.write_row(0, 0, heads)
                for number, changes in enumerate(rows, start=1):
                    for column, head in enumerate(heads):
                        if (value := (usual | changes)[head]) != "":
                            sheet.write(number, column, value)
        try:
            call_command("import_fleet", path, stdout=StringIO(), **options)
        except CommandError as refusal:
            assert "車隊.xlsx" in str(refusal)
        return ImportRun.objects.latest("id")

    return run


def findings(run):
    return [(p.sheet, p.row, p.column, p.problem, p.severity) for p in run.problems.order_by("id")]


def test_a_fleet_comes_in(bring_in):
    run = bring_in()

    assert (run.status, run.created, run.rejected, run.warnings) == ("done", 3, 0, 0)
    driver, vehicle = Driver.objects.get(), Vehicle.objects.get()
    assert (driver.name, driver.phone, driver.section) == ("陳大明", "+886912345678", "south")
    assert driver.vehicle == vehicle
    assert str(driver.hazmat_valid_to) == "2027-12-31"
    assert (str(driver.works_from), str(driver.lunch_to)) == ("07:30:00", "13:00:00")
    assert (vehicle.kind, vehicle.depot.name, vehicle.place.kind, vehicle.place.name) == (
        "truck",
        "本店",
        "vehicle",
        "ABC-1234",
    )
    assert Depot.objects.get().place == Place.objects.get(kind="shop")


def test_the_same_file_twice_changes_nothing(bring_in):
    bring_in()

    run = bring_in()

    assert (run.created, run.changed, run.unchanged) == (0, 0, 3)


def test_a_changed_row_changes_the_vehicle(bring_in):
    bring_in()

    run = bring_in(vehicles=[{"載重公斤": 700}])

    assert (run.created, run.changed, run.unchanged) == (0, 1, 2)
    assert Vehicle.objects.get().capacity_kg == 700


def test_papers_that_end_soon_have_ended_or_are_missing_are_warned_of(bring_in):
    run = bring_in(
        vehicles=[
            {"通行證到期": "1151124"},
            {"車號": "OLD-0001", "通行證到期": "1151122"},
            {"車號": "NOP-0001", "通行證號": "", "通行證到期": ""},
            {"車號": "MTR-001", "車種": "機車", "載重公斤": 60, "通行證號": "", "通行證到期": ""},
        ],
        drivers=[{"訓練證到期": "1151223"}],
    )

    assert (run.status, run.created, run.warnings) == ("done", 6, 4)
    assert findings(run) == [
        ("車輛", 2, "通行證到期", "通行證再 1 天到期", "warning"),
        ("車輛", 3, "通行證到期", "通行證已過期", "warning"),
        ("車輛", 4, "通行證號", "空白：此車只能載 50 公斤", "warning"),
        ("駕駛", 2, "訓練證到期", "訓練證再 30 天到期", "warning"),
    ]


@pytest.mark.parametrize(
    ("sheet", "changes", "column", "problem"),
    [
        ("depots", {"代號": ""}, "代號", "空白"),
        ("depots", {"緯度": "北"}, "緯度", "不是臺灣的位置"),
        ("depots", {"經度": 12.1}, "經度", "不是臺灣的位置"),
        ("depots", {"緯度": "NaN"}, "緯度", "不是臺灣的位置"),
        ("vehicles", {"車種": "卡車"}, "車種", "不認得"),
        ("vehicles", {"載重公斤": 0}, "載重公斤", "數字不在範圍內"),
        ("vehicles", {"載重公斤": "五百"}, "載重公斤", "數字不在範圍內"),
        ("vehicles", {"通行證到期": "1151332"}, "通行證到期", "不是日期"),
        ("vehicles", {"通行證到期": ""}, "通行證到期", "不是日期"),
        ("vehicles", {"站點": "S9"}, "站點", "不認得"),
        ("vehicles", {"車號": "ABC-1234-567890"}, "車號", "太長"),
        ("drivers", {"班別": "夜班"}, "班別", "不認得"),
        ("drivers", {"車號": "ZZZ-9999"}, "車號", "不認得"),
        ("drivers", {"上班": "七點半"}, "上班", "不是時刻"),
        ("drivers", {"上班": "07:30+08:00"}, "上班", "不是時刻"),
        ("drivers", {"上班": "12:30"}, "上班", "時刻順序不對"),
    ],
)
def test_a_bad_cell_is_named_and_nothing_comes_in(bring_in, sheet, changes, column, problem):
    run = bring_in(**{sheet: [changes]})

    assert (run.status, run.rejected >= 1) == ("refused", True)
    assert (column, problem, "error") in [(c, p, s) for _sheet, _row, c, p, s in findings(run)]
    assert (Depot.objects.count(), Vehicle.objects.count(), Driver.objects.count()) == (0, 0, 0)


def test_a_row_there_twice_is_rejected_and_the_good_rows_can_be_taken(bring_in):
    run = bring_in(drivers=[{}, {"姓名": "另一位"}], accept_good=True)

    assert (run.status, run.created, run.rejected) == ("done", 3, 1)
    assert findings(run) == [("駕駛", 3, "工號", "重複出現", "error")]
    assert Driver.objects.get().name == "陳大明"


def test_a_telephone_number_that_is_none_comes_in_empty(bring_in):
    run = bring_in(drivers=[{"電話": "沒有"}])

    assert (run.status, run.warnings, Driver.objects.get().phone) == ("done", 1, "")


def test_a_missing_column_is_named_before_anything_is_read(bring_in):
    run = bring_in(leave_out="載重公斤")

    assert (run.status, run.message) == ("refused", "工作表「車輛」缺少欄位 載重公斤。")
    assert Depot.objects.count() == 0


def test_a_file_that_is_no_workbook_says_what_is_wanted(today, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    path = tmp_path / "車隊.xlsx"
    path.write_bytes(b"%PDF-1.7 ...")

    with pytest.raises(CommandError):
        call_command("import_fleet", path, stdout=StringIO())

    run = ImportRun.objects.get()
    assert run.status == "refused"
    assert "PDF" in run.message


def test_a_dry_run_writes_nothing(bring_in):
    run = bring_in(dry_run=True)

    assert (run.status, Depot.objects.count()) == ("dry", 0)
