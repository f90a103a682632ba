"""Whatever stands in a cell or a file, the readers answer with a finding, never with another exception."""

import datetime as dt
import random
import zipfile

from hypothesis import example, given, settings
from hypothesis import strategies as st

from customers.sheets import client, plan, rest, supplement
from customers.sheets.cells import Cells
from customers.sheets.container import WorkbookError
from customers.sheets.reader import open_workbook, row_count, rows
from customers.tests.workbooks import client_workbook

AREAS = {"A-瑞光": 1}
HARD = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789.,-+*/eE#VvXRed初一十五週日見紅休 　²①٣൭Ⅳ", max_size=20),
    st.floats().map(repr),
    st.integers().map(str),
)


def cells(columns, values):
    return Cells(2, values, {name: position for position, name in enumerate(columns)})


@given(st.lists(HARD, min_size=76, max_size=76))
@settings(max_examples=150, deadline=None)
def test_client_rows(values):
    row = client.parse(cells(client.COLUMNS, values), AREAS)
    assert set(row.customer) >= {"code", "area", "payment_method"}


@given(st.lists(HARD, min_size=21, max_size=21), HARD)
@settings(max_examples=150, deadline=None)
def test_plan_rows(values, tag):
    plan.parse(cells(plan.HEADINGS, values), AREAS, tag=tag, near=dt.date(2026, 11, 23))
    assert plan.month_of(tag, dt.date(2026, 11, 23)).year > 1911


@given(st.lists(HARD, min_size=12, max_size=12))
@settings(max_examples=150, deadline=None)
def test_supplement_rows(values):
    read = cells(supplement.HEADINGS, values)
    row = supplement.parse(read)
    assert read.rejected or (row.lat is None) == (row.lng is None)


@given(HARD)
@example("²")
@example("٣")
def test_rest_days(text):
    try:
        rule = rest.parse(text)
    except (rest.UnknownRestDayError, rest.RestDayRangeError) as error:
        assert error.word
    else:
        assert set(rule.weekly_digits) <= set("1234567")
        assert rule.closed_on(dt.date(2026, 11, 23), True) in {"", "weekly", "monthly", "lunar", "holiday"}


def read_or_refuse(path):
    try:
        with open_workbook(path) as book:
            for sheet in book.sheets:
                assert row_count(sheet) >= sum(1 for row in rows(sheet) if 1 <= row.number <= 1_048_576)
    except WorkbookError as error:
        assert error.kind


def test_damaged_bytes(tmp_path):
    whole = client_workbook(tmp_path / "a.xlsx", {}, {"客戶": 1400104}).read_bytes()
    dice = random.Random(7)
    damaged = tmp_path / "b.xlsx"
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 12)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        damaged.write_bytes(data[: dice.choice([len(data), dice.randrange(len(data))])])
        read_or_refuse(damaged)


def test_damaged_parts(tmp_path):
    """The archive is whole, what is in it is not."""
    with zipfile.ZipFile(client_workbook(tmp_path / "a.xlsx", {"公休日": 6.7}, {"客戶": 1400104})) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    dice = random.Random(11)
    read_by_us = [name for name in parts if name.startswith("xl/") and "theme" not in name]
    for _ in range(200):
        name = dice.choice(read_by_us)
        data = bytearray(parts[name])
        for _ in range(dice.randint(1, 6)):
            place = dice.randrange(len(data))
            data[place : place + 1] = dice.choice(
                [b"", b"9" * 12, b'"', b"-", "²".encode(), b"/", b"x", b"&#9;"]
            )
        with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
            for part, text in (parts | {name: bytes(data)}).items():
                archive.writestr(part, text)
        read_or_refuse(tmp_path / "b.xlsx")
