"""The files: their sheets and headings, the rows that are wrong on purpose, and that a seed repeats them."""

import csv
import datetime as dt
import io
import re
import shutil
from collections import Counter
from typing import Any

import pytest

from luckygas.sample import company
from luckygas.sample.tests import books

NAMES = {
    "README.txt", "客戶資料.xlsx", "住家計畫.xlsx", "補充資料.xlsx", "車隊.xlsx", "價目表.xlsx", "故意的錯誤.csv",
    "字軌_11510.csv", "字軌_11512.csv", "字軌_11602.csv",
    "歷史_111.xlsx", "歷史_112.xlsx", "歷史_113.xlsx", "歷史_114.xlsx", "歷史_115.xlsx",
}  # fmt: skip
HISTORY = [
    "編號", "業務員", "交易日期", "交易時間", "50公斤", "丙烷20", "丙烷16", "20公斤", "16公斤", "10公斤", "4公斤",
    "好運桶16", "瓶安桶10", "幸福丸4", "好運桶20", "流量50公斤", "流量20公斤", "流量16公斤", "流量好運20公斤",
    "流量好運16公斤",
]  # fmt: skip
PLAN = [
    "日期標記", "序號", "客戶編號", "客戶名稱", "地址", "電話", "20", "16", "10", "4", "好運16", "瓶安10", "幸福丸",
    "配送", "區域", "備註", "服務人次", "來電預約", "去前電", "取消", "改期",
]  # fmt: skip


def write(directory, *, seed=7, scale=0.05, until=dt.date(2026, 11, 22)):
    directory.mkdir(exist_ok=True)
    return list(company.write(directory, seed, scale, until))


def history_rows(directory):
    for path in sorted(directory.glob("歷史_*.xlsx")):
        for number, row in enumerate(books.sheets(path)["歷史"], start=1):
            yield path.name, number, row


def test_all_files_are_there_and_nothing_else(small):
    assert {path.name for path in small.iterdir()} == NAMES


def test_the_readme_says_that_nobody_is_real_and_how_to_make_it_again(small):
    text = (small / "README.txt").read_text(encoding="utf-8")
    assert "--seed 7 --scale 0.05 --until 2026-11-22" in text
    assert "Synthetic data" in text


def test_the_same_arguments_give_the_same_bytes(small, tmp_path):
    again = tmp_path / "again"
    write(again)
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {
        p.name: p.read_bytes() for p in small.iterdir()
    }


def test_another_seed_gives_another_company(small, tmp_path):
    other = tmp_path / "other"
    write(other, seed=8)
    mine, theirs = (
        [row[1:4] for row in books.sheets(directory / "客戶資料.xlsx")["客戶資料"][1:]]
        for directory in (small, other)
    )
    assert sum(a == b for a, b in zip(mine, theirs, strict=True)) < 5


def test_an_earlier_company_is_replaced_whole(tmp_path):
    directory = tmp_path / "company"
    write(directory, scale=0.01, until=dt.date(2024, 5, 31))
    (directory / ".客戶資料.xlsx.partial").write_text("left behind by a kill")
    write(directory, scale=0.01)
    assert {path.name for path in directory.iterdir()} == NAMES


def test_a_directory_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "客戶資料.xlsx").write_bytes(b"the real one")
    with pytest.raises(company.ForeignDirectoryError):
        list(company.write(tmp_path, 7, 0.05, dt.date(2026, 11, 22)))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [
        ("客戶資料.xlsx", b"the real one")
    ]


def test_a_failure_leaves_no_half_file(small, tmp_path):
    directory = tmp_path / "company"
    shutil.copytree(small, directory)
    before = (directory / "歷史_111.xlsx").read_bytes()
    from luckygas.sample.sheets import workbook

    def fail():
        with workbook(directory / "歷史_111.xlsx") as book:
            book.sheet("歷史", HISTORY).row([1, "x"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (directory / "歷史_111.xlsx").read_bytes() == before
    assert {path.name for path in directory.iterdir()} == NAMES


def test_history_rows_are_as_the_old_system_exports_them(small):
    wrong = {(m["檔案"], int(m["列"])) for m in books.mistakes(small)}
    clients = {int(row[0]) for row in books.sheets(small / "客戶資料.xlsx")["客戶資料"][1:] if row[0]}
    homes = {
        int(row[2]) for rows in books.sheets(small / "住家計畫.xlsx").values() for row in rows[1:]
        if isinstance(row[2], float)
    }  # fmt: skip
    count, texts = 0, 0
    for name, number, row in history_rows(small):
        if number == 1:
            assert row == HISTORY
        elif (name, number) not in wrong:
            code, staff, date, time, *quantities = row
            taken = [q for q in quantities if q != ""]
            assert int(code) in clients or int(code) in homes
            assert staff
            assert f"{date:.0f}"[:3] == name[3:6]
            assert dt.date(int(date) // 10_000 + 1911, int(date) // 100 % 100, int(date) % 100) <= dt.date(
                2026, 11, 22
            )
            assert 8 <= int(time) // 100 < 20
            assert int(time) % 100 < 60
            assert 1 <= len(taken) <= 2
            assert all(q >= 1 and q == int(q) for q in taken)
            count += 1
            texts += isinstance(time, str)
    assert 17_300 <= count <= 17_700
    assert 0.03 < texts / count < 0.07


def test_every_household_stands_in_the_plan_of_the_last_twelve_months(small):
    sheets = books.sheets(small / "住家計畫.xlsx")
    names = list(sheets)
    assert names[0] == "114年12月"
    assert names[11] == "115年11月"
    assert len(names) in (12, 13)
    served = {row[2] for rows in sheets.values() for row in rows[1:] if isinstance(row[2], float)}
    assert len(served) >= 601


def test_plan_days_end_with_a_subtotal(small):
    for name, rows in books.sheets(small / "住家計畫.xlsx").items():
        assert rows[0] == PLAN
        day = []
        for row in rows[1:]:
            if row[0] != "小計":
                day.append(row)
                continue
            assert row[16] == len(day) == sum(r[16] for r in day)
            assert len({r[0] for r in day} - {"0231二"}) == 1
            day = []
        assert day == [], name


def test_plan_marks_are_those_of_the_desk(small):
    rows = [
        row for rows in books.sheets(small / "住家計畫.xlsx").values() for row in rows[1:] if row[0] != "小計"
    ]
    marks = Counter(PLAN[i] for row in rows for i in (17, 18, 19) if row[i] == "V")
    moved = [row[20] for row in rows if row[20] not in ("", "下週")]
    assert 200 < marks["來電預約"] < 450
    assert marks["去前電"] > 80
    assert marks["取消"] >= 10
    assert len(moved) >= 5
    assert all(re.fullmatch(r"\d{4}[一二三四五六日]", tag) for tag in moved)
    assert not any(row[19] == "V" and row[20] for row in rows)
    assert {row[15] for row in rows} > {"", "放門口"}


def test_nobody_is_planned_twice_on_a_day(small):
    keys = Counter(
        (name, row[0], row[2])
        for name, rows in books.sheets(small / "住家計畫.xlsx").items() for row in rows[1:] if row[0] != "小計"
    )  # fmt: skip
    assert max(keys.values()) == 1


def test_appointments_lie_ahead(small):
    ahead = [
        row for name, rows in books.sheets(small / "住家計畫.xlsx").items() for row in rows[1:]
        if row[0] != "小計" and (name == "115年12月" or (name == "115年11月" and row[0][:4] > "1122"))
    ]  # fmt: skip
    assert 15 <= len(ahead) <= 25


def test_every_planted_mistake_stands_where_the_list_says(small):
    planted = books.mistakes(small)
    assert Counter(m["程度"] for m in planted) == {"拒收": 12 + 8 + 10 + 10, "留空": 5 + 2 + 1, "缺漏": 5}
    read: dict[str, Any] = {}
    for mistake in planted:
        sheets = read.setdefault(mistake["檔案"], books.sheets(small / mistake["檔案"]))
        rows = sheets[mistake["工作表"]]
        found = rows[int(mistake["列"]) - 1][rows[0].index(mistake["欄位"])]
        assert (
            f"{found:g}" if isinstance(found, float) and found < 1e6 else str(found).removesuffix(".0")
        ) == (mistake["值"]), mistake


def test_good_rows_of_the_client_list_are_as_many_as_customers(small):
    rejected = {
        int(m["列"]) for m in books.mistakes(small) if m["檔案"] == "客戶資料.xlsx" and m["程度"] == "拒收"
    }
    rows = books.sheets(small / "客戶資料.xlsx")["客戶資料"]
    good = [row[0] for number, row in enumerate(rows, start=1) if number > 1 and number not in rejected]
    assert len(good) == len(set(good)) == 63


def test_number_tracks_are_as_the_platform_gives_them(small):
    seen: set[int] = set()
    for name, between in (
        ("字軌_11510.csv", "115/09 ~ 115/10"),
        ("字軌_11512.csv", "115/11 ~ 115/12"),
        ("字軌_11602.csv", "116/01 ~ 116/02"),
    ):
        rows = list(csv.reader(io.StringIO((small / name).read_bytes().decode("cp950"), newline="")))
        assert rows[0] == [
            "營業人統編",
            "發票類別代號",
            "發票類別",
            "發票期別",
            "發票字軌名稱",
            "發票起號",
            "發票迄號",
        ]
        assert len(rows) == 3
        for seller, kind, kind_name, period, letters, first, last in rows[1:]:
            assert (seller, kind, kind_name, period) == ("99000002", "07", "一般稅額計算", between)
            assert re.fullmatch("[A-Z]{2}", letters)
            assert re.fullmatch(r"\d{8}", first)
            assert int(first) % 50 == 0
            assert (int(last) - int(first) + 1) % 50 == 0
            assert not any(number in seen for number in range(int(first), int(last) + 1))
            seen.update(range(int(first), int(last) + 1))


def test_in_january_the_period_before_lies_in_the_year_before(tmp_path):
    written = write(tmp_path, scale=0.01, until=dt.date(2026, 1, 5))
    assert [file.name for file in written if file.name.startswith("字軌")] == [
        "字軌_11412.csv", "字軌_11502.csv", "字軌_11504.csv",
    ]  # fmt: skip


def test_every_file_is_reported_with_its_rows(tmp_path):
    written = {file.name: file.rows for file in write(tmp_path, scale=0.01)}
    assert written.keys() == NAMES
    assert written["客戶資料.xlsx"] == len(books.sheets(tmp_path / "客戶資料.xlsx")["客戶資料"]) - 1
    assert written["歷史_115.xlsx"] == len(books.sheets(tmp_path / "歷史_115.xlsx")["歷史"]) - 1
    assert written["故意的錯誤.csv"] == len(books.mistakes(tmp_path))


def test_the_smallest_company_can_be_written(tmp_path):
    written = write(tmp_path, scale=0.001)
    assert {file.name for file in written} == NAMES
