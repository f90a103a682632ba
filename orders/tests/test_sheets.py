"""Rows of the history and of the price workbook, understood cell by cell."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from orders.sheets import history, prices
from orders.sheets.history import HEADINGS, HistoryReader, HistoryRow, Problem

TODAY = dt.date(2026, 11, 23)
COLUMNS = {name: position for position, name in enumerate(HEADINGS)}
READER = HistoryReader(COLUMNS, TODAY)


def cells(**values: str) -> list[str]:
    row = [""] * len(HEADINGS)
    for name, value in ({"編號": "1400103", "交易日期": "1140528", "交易時間": "930"} | values).items():
        row[COLUMNS[name]] = value
    return row


def test_the_columns_are_those_of_the_upload_list():
    assert HEADINGS == (
        "編號", "業務員", "交易日期", "交易時間", "50公斤", "丙烷20", "丙烷16", "20公斤", "16公斤", "10公斤",
        "4公斤", "好運桶16", "瓶安桶10", "幸福丸4", "好運桶20", "流量50公斤", "流量20公斤", "流量16公斤",
        "流量好運20公斤", "流量好運16公斤",
    )  # fmt: skip


def test_a_row_is_a_customer_a_minute_and_quantities():
    row, findings = READER.read(cells(**{"業務員": "陳大明", "20公斤": "2", "幸福丸4": "1", "16公斤": "0"}))
    assert findings == []
    assert row == HistoryRow(
        "1400103", "陳大明", dt.date(2025, 5, 28), dt.time(9, 30), {"GAS-C20-R": 2, "GAS-C00-X": 1}
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("930", dt.time(9, 30)),
        ("0930", dt.time(9, 30)),
        ("5", dt.time(0, 5)),
        ("2359", dt.time(23, 59)),
        ("14:05", dt.time(14, 5)),
        ("9:05:30", dt.time(9, 5)),
    ],
)
def test_times_as_people_write_them(text, expected):
    row, findings = READER.read(cells(**{"交易時間": text, "20公斤": "1"}))
    assert row is not None
    assert (row.time, findings) == (expected, [])


def test_a_blank_time_is_midnight_with_a_finding():
    row, findings = READER.read(cells(**{"交易時間": "", "20公斤": "1"}))
    assert row is not None
    assert row.time == dt.time()
    assert [(finding.problem, finding.rejects) for finding in findings] == [(Problem.NO_TIME, False)]


def test_a_year_before_100_lost_its_zero():
    row, _findings = READER.read(cells(**{"交易日期": "990131", "20公斤": "1"}))
    assert row is not None
    assert row.date == dt.date(2010, 1, 31)


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"編號": "", "20公斤": "1"}, [("編號", Problem.NO_CODE)]),
        ({"編號": "140010", "20公斤": "1"}, [("編號", Problem.CODE)]),
        ({"交易日期": "1140230", "20公斤": "1"}, [("交易日期", Problem.DATE)]),
        ({"交易日期": "", "20公斤": "1"}, [("交易日期", Problem.DATE)]),
        ({"交易日期": "1151124", "20公斤": "1"}, [("交易日期", Problem.DATE_FUTURE)]),
        ({"交易時間": "2575", "20公斤": "1"}, [("交易時間", Problem.TIME)]),
        ({"交易時間": "24:00", "20公斤": "1"}, [("交易時間", Problem.TIME)]),
        ({"交易時間": "noon", "20公斤": "1"}, [("交易時間", Problem.TIME)]),
        ({"20公斤": "-1"}, [("20公斤", Problem.QUANTITY)]),
        ({"20公斤": "1.5"}, [("20公斤", Problem.QUANTITY)]),
        ({"20公斤": "201"}, [("20公斤", Problem.QUANTITY)]),
        ({"20公斤": "二", "16公斤": "1"}, [("20公斤", Problem.QUANTITY)]),
        ({}, [("50公斤", Problem.EMPTY)]),
        (
            {"編號": "x", "交易日期": "x"},
            [("編號", Problem.CODE), ("交易日期", Problem.DATE), ("50公斤", Problem.EMPTY)],
        ),
    ],
)
def test_what_is_wrong_rejects_the_row_and_is_named(values, problems):
    row, findings = READER.read(cells(**values))
    assert row is None
    assert [(finding.column, finding.problem) for finding in findings] == problems


def test_a_row_may_end_before_its_last_columns():
    row, findings = READER.read(["1400103", "", "1140528", "0930", "3"])
    assert row is not None
    assert (row.quantities, findings) == ({"GAS-C50-R": 3}, [])
    assert READER.read(["1400103"])[0] is None


PRICE_COLUMNS = {name: position for position, name in enumerate(prices.HEADINGS)}
SKUS = frozenset({"GAS-C20-R"})


def test_a_price_row():
    row, findings = prices.read_row(["gas-c20-r", "20公斤", "950", "1150101", "1400103"], PRICE_COLUMNS, SKUS)
    assert findings == []
    assert row == prices.PriceRow("GAS-C20-R", Decimal("950.0000"), dt.date(2026, 1, 1), "1400103")


@pytest.mark.parametrize(
    ("cells", "problems"),
    [
        (["GAS-X", "", "950", "1150101"], [("產品", "product")]),
        (["GAS-C20-R", "", "0", "1150101"], [("單價", "price")]),
        (["GAS-C20-R", "", "abc", "1150101"], [("單價", "price")]),
        (["GAS-C20-R", "", "1.00001", "1150101"], [("單價", "price")]),
        (["GAS-C20-R", "", "Infinity", "1150101"], [("單價", "price")]),
        (["GAS-C20-R", "", "950", "1150230"], [("生效日", "date")]),
        (["GAS-C20-R", "", "950", "1150101", "14"], [("客戶編號", "code")]),
        ([], [("產品", "product"), ("單價", "price"), ("生效日", "date")]),
    ],
)
def test_what_is_wrong_with_a_price_is_named(cells, problems):
    row, findings = prices.read_row(cells, PRICE_COLUMNS, SKUS)
    assert row is None
    assert [(finding.column, finding.problem.value) for finding in findings] == problems


def test_the_words_cover_every_problem():
    from orders.services.importing import history as history_importer
    from orders.services.importing import prices as price_importer

    assert set(history_importer.WORDS) == set(history.Problem)
    assert set(price_importer.WORDS) == set(prices.Problem)
