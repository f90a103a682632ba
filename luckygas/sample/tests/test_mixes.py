"""Every column of the client workbook holds what the company's own list holds, counted there by hand."""

from collections import Counter
from statistics import median, quantiles
from typing import Any

import pytest

from luckygas.sample import client_sheet, clients, equipment, openings
from luckygas.sample.draw import apportion, share

FILLED = {
    1: 1267, 2: 1267, 3: 1267, 4: 1267, 5: 184, 6: 62, 7: 7, 8: 0, 9: 587, 10: 69, 11: 5, 12: 56, 13: 54, 14: 2,
    15: 11, 16: 0, 17: 245, 18: 227, 19: 0, 20: 0, 21: 144, 22: 1267, 23: 1266, 24: 10, 25: 320, 26: 794,
    27: 1267, 28: 3, 29: 10, 30: 11, 31: 677, 32: 750, 33: 834, 34: 837, 35: 800, 36: 807, 37: 788, 38: 796,
    39: 832, 40: 797, 41: 696, 42: 661, 43: 1124, 44: 316, 45: 0, 46: 691, 47: 1150, 48: 731, 49: 731, 50: 731,
    51: 1176, 57: 1266, 58: 1263, 59: 1008, 60: 867, 61: 393, 62: 193, 63: 40, 64: 5, 65: 294, 66: 1, 67: 264,
    68: 219, 69: 342, 70: 132, 71: 269, 72: 35, 73: 3, 74: 5, 75: 298, 76: 103,
}  # fmt: skip
SUMS = {6: 142, 7: 15, 9: 1154, 10: 84, 11: 5, 12: 83, 13: 85, 14: 2, 15: 44, 17: 707, 18: 365, 21: 145}
VALUES: dict[int, dict[Any, int]] = {
    22: {"桶裝": 783, "流量": 483, "桶裝現金": 1},
    23: {"現金": 651, "月結": 607, "收現": 8, "": 1},
    25: {"V": 319, "先不裝": 1},
    27: {"X": 45, "餐車": 9, "夜市": 6},
    43: {0: 422, 1: 378, 2: 287, 3: 37, None: 143},
    46: {
        "重量發報": 251, "壓力錶(大錶)發報": 136, "自動切替器 KA32AK": 90, "流量錶發報": 24, "接點式壓力發報": 24,
        "KA30K": 22, "TAX-30A": 19, "壓差開關 KA35": 19,
    },
    57: {
        "A-瑞光": 355, "B-四維": 281, "C-漢中": 225, "D-東方大鎮": 160, "E-力國": 78, "G-都蘭線": 26, "Y-富岡": 25,
        "L-大武線": 24, "F-成功線": 24, "F-成功線縣": 1, "H-鹿野線": 23, "H-鹿野線縣": 2, "M-商校商圈": 21,
        "K-東大線": 9, "J-知本線": 9, "I-池上線": 3, "": 1,
    },
    58: {1: 1052, 2: 195, 0: 16, None: 4},
    59: {1: 661, 2: 176, 3: 130, 4: 38, 5: 3},
    67: {"客戶自備": 2},
    76: {"夜市": 37, "學校": 36, "市場": 12, "餐車": 7, "辦桌": 3},
}  # fmt: skip


def test_the_sheet_has_76_columns_and_column_70_has_no_heading(client_rows):
    assert len(client_sheet.HEADINGS) == 76
    assert client_sheet.HEADINGS[69] == ""
    assert client_sheet.HEADINGS.count("") == 1
    assert {len(row) for row in client_rows} == {76}


@pytest.mark.parametrize("column", FILLED)
def test_a_column_is_filled_as_often_as_in_the_real_list(client_rows, column):
    assert sum(row[column] not in (None, "") for row in client_rows) == FILLED[column]


@pytest.mark.parametrize("column", SUMS)
def test_as_many_cylinders_stand_at_customers(client_rows, column):
    assert sum(row[column] or 0 for row in client_rows) == SUMS[column]


@pytest.mark.parametrize("column", VALUES)
def test_a_columns_values_have_their_shares(client_rows, column):
    found = Counter(row[column] for row in client_rows)
    assert {value: found[value] for value in VALUES[column]} == VALUES[column]


def test_pricing_and_payment_go_together(client_rows):
    pairs = Counter((row[22] == "流量", row[23] == "現金") for row in client_rows)
    assert pairs == {(False, True): 649, (False, False): 135, (True, False): 481, (True, True): 2}


def test_rest_days_have_every_way_of_writing_them(client_rows):
    written = {row[44] for row in client_rows}
    assert {1, 2, 3, 4, 5, 6, 7, "6.7", "Red", "見紅休", "初一十五", "10.20.30"} <= written


def test_the_metered_have_meters_and_the_others_cylinders(client_rows):
    for row in client_rows:
        metered = row[22] == "流量"
        assert any(row[column] for column in range(17, 22)) == metered
        assert any(row[column] for column in range(6, 17)) != metered
        assert bool(row[67] or row[68]) == metered


def test_use_and_cycles_lie_where_the_real_ones_do(client_rows):
    monthly = [row[47] for row in client_rows if row[47] is not None]
    assert 150 <= median(monthly) <= 170
    assert 850 <= quantiles(monthly, n=20)[-1] <= 1050
    assert median(row[54] for row in client_rows if row[54]) == 11
    slips = [(row[55], row[54]) for row in client_rows if row[54]]
    assert median(slip for slip, _ in slips) == 5
    assert all(0 < slip < cycle for slip, cycle in slips)
    assert 0.4 <= sum(slip == cycle - 1 for slip, cycle in slips) / len(slips) <= 0.6


def test_computed_columns_follow_from_each_other_as_often_as_in_the_real_list(client_rows):
    rows = [row for row in client_rows if row[48] is not None]
    assert sum(abs(row[47] - row[48] - row[49]) < 0.06 for row in rows) == 718
    assert sum(abs(row[48] / row[47] - row[50]) < 0.001 for row in rows) == 730
    assert 695 <= sum(abs(row[49] / 30 - row[51]) < 0.01 for row in rows) <= 703


def test_motorcycles_serve_only_what_they_may_carry(full):
    riding = [i for i, vehicle in enumerate(full.clients.vehicle) if vehicle == 2]
    assert len(riding) == 195
    assert max(int(full.clients.placed[i] @ clients.KG) for i in riding) <= 60


def test_a_slot_never_contradicts_the_hours(full):
    hours = {1: range(8, 12), 2: range(12, 17), 3: range(17, 20)}
    for flags, slot in zip(full.openings.flags, full.openings.slots, strict=True):
        if slot and flags.any():
            assert any(flags[hour - 8] for hour in hours[slot])


def test_nobody_with_hours_is_never_there(full):
    assert int(full.openings.flags.any(axis=1).sum()) == 870


@pytest.mark.parametrize("rows", [25, 63, 634, 3801])
def test_other_sizes_keep_the_shares(rows):
    company = clients.commercial(3, rows)
    hours = openings.openings(3, rows)
    fitted = equipment.equipment(3, company)
    assert company.rows == rows
    assert len(set(company.codes.tolist())) == rows
    assert int(company.metered.sum()) == share(483, rows)
    assert int(fitted.reporting.sum()) == share(794, rows)
    assert hours.flags.sum(axis=0).tolist() == [share(count, rows) for count in openings.FLAGGED]
    assert (company.placed.sum(axis=1) > 0).all()


def test_shares_add_up():
    assert apportion([1, 1, 1], 10) == [4, 3, 3]
    assert sum(apportion([783, 483, 1], 100)) == 100
    assert share(1, 1267) == 1
    assert share(1, 3801) == 3
