from decimal import Decimal

import pytest

from customers.sheets.cells import Cells, cylinder_notation, digits_of, notation_within
from customers.sheets.findings import Finding, Problem


def one(value):
    return Cells(7, [value], {"欄": 0})


def problems(cells):
    return [(f.row, f.column, f.value, f.problem, f.rejects, dict(f.params)) for f in cells.findings]


@pytest.mark.parametrize(
    ("value", "digits"),
    [("912345678.0", "912345678"), ("１４００１０３", "1400103"), (" 12 ", "12"), ("1.5", "1.5"), ("", "")],
)
def test_codes_lose_what_a_spreadsheet_added(value, digits):
    assert digits_of(value) == digits


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("20*5+16*1", {20: 5, 16: 1}),
        ("20＊5＋16＊1", {20: 5, 16: 1}),
        ("50x2", {50: 2}),
        ("20*1+20*2", {20: 3}),
        ("20*", None),
        ("二十", None),
    ],
)
def test_cylinder_notation(text, sizes):
    assert cylinder_notation(text) == sizes


def test_notation_inside_a_description():
    assert notation_within("廚房 20*2 + 16*1 串接") == "20*2+16*1"
    assert notation_within("後門") == ""


def test_a_row_shorter_than_its_headings_is_blank_there():
    cells = Cells(3, [], {"欄": 4})
    assert cells.raw("欄") == ""
    assert cells.flag("欄") is False


@pytest.mark.parametrize(
    ("value", "flag"), [("V", True), ("ｖ", True), ("✓", True), ("", False), ("X", False)]
)
def test_flags(value, flag):
    cells = one(value)
    assert cells.flag("欄") is flag
    assert not cells.rejected


def test_a_flag_that_is_neither_rejects_its_row():
    cells = one("也許")
    assert cells.flag("欄") is False
    assert problems(cells) == [(7, "欄", "也許", Problem.FLAG, True, {})]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("", None),
        ("160", Decimal("160.00")),
        ("1,200.5", Decimal("1200.50")),
        ("２０", Decimal("20.00")),
        ("0.125", Decimal("0.13")),
    ],
)
def test_numbers(value, number):
    cells = one(value)
    assert cells.number("欄", Decimal(0), Decimal(5000), 2) == number
    assert cells.findings == []


@pytest.mark.parametrize("value", ["1800000", "-1", "NaN", "1E+400"])
def test_an_implausible_number_comes_in_empty_with_a_warning(value):
    cells = one(value)
    assert cells.number("欄", Decimal(0), Decimal(5000), 2) is None
    assert problems(cells) == [(7, "欄", value, Problem.OUT_OF_RANGE, False, {"low": "0", "high": "5000"})]
    assert not cells.rejected


def test_letters_where_a_number_belongs_reject_the_row():
    cells = one("兩桶")
    assert cells.number("欄", Decimal(0), Decimal(5000), 2) is None
    assert problems(cells) == [(7, "欄", "兩桶", Problem.NOT_A_NUMBER, True, {})]


def test_an_error_value_of_a_formula_comes_in_empty():
    for read in (lambda c: c.number("欄", Decimal(0), Decimal(1), 4), lambda c: c.text("欄", 10) or None):
        cells = one("#DIV/0!")
        assert read(cells) is None
        assert problems(cells) == [(7, "欄", "#DIV/0!", Problem.SPREADSHEET_ERROR, False, {})]


def test_whole_numbers_have_no_fraction():
    assert one("3.0").whole("欄", 0, 9) == 3
    assert one("").whole("欄", 0, 9) is None
    cells = one("2.5")
    assert cells.whole("欄", 0, 9) is None
    assert problems(cells) == [(7, "欄", "2.5", Problem.NOT_WHOLE, True, {})]


def test_codes_come_from_a_table():
    table = {"V": "member", "先不裝": "not_yet", "1": "truck"}
    assert one("").choice("欄", table, "none") == "none"
    assert one("ｖ").choice("欄", table, "none") == "member"
    assert one("1.0").choice("欄", table, "none") == "truck"
    cells = one("Q")
    assert cells.choice("欄", table, "none") == "none"
    assert problems(cells) == [(7, "欄", "Q", Problem.UNKNOWN_CODE, True, {"allowed": "V、先不裝、1"})]


@pytest.mark.parametrize(
    ("value", "problem"),
    [("", Problem.REQUIRED), ("140010", Problem.CUSTOMER_CODE), ("A400103", Problem.CUSTOMER_CODE)],
)
def test_a_customer_code_has_seven_digits(value, problem):
    cells = one(value)
    cells.customer_code("欄")
    assert problems(cells) == [(7, "欄", value, problem, True, {})]
    assert one("1400103.0").customer_code("欄") == "1400103"


def test_text_longer_than_its_column_rejects_the_row():
    cells = one("長" * 11)
    assert cells.text("欄", 10) == ""
    assert problems(cells) == [(7, "欄", "長" * 11, Problem.TOO_LONG, True, {"limit": 10})]
    assert one("　長　").text("欄", 10) == "長"


def test_accounts_are_digits_that_no_spreadsheet_rounded():
    assert one("").account("欄", 8, 16) == ""
    assert one("822-0012 3456").account("欄", 8, 16) == "82200123456"
    for value, problem in (
        ("1.2345678901234567e+16", Problem.DIGITS_LOST),
        ("82A", Problem.ACCOUNT),
        ("12", Problem.ACCOUNT),
    ):
        cells = one(value)
        assert cells.account("欄", 8, 16) == ""
        assert [f.problem for f in cells.findings] == [problem]


def test_findings_are_values():
    assert Finding(1, "欄", "", Problem.FLAG, True) == Finding(1, "欄", "", Problem.FLAG, True)
