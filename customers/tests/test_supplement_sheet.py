from decimal import Decimal

import pytest

from customers.sheets.cells import Cells
from customers.sheets.findings import Problem
from customers.sheets.phones import national
from customers.sheets.supplement import HEADINGS, OPTIONAL, parse


def read(**values):
    given = {"編號": "1400103"} | values
    columns = [*HEADINGS, *OPTIONAL]
    cells = Cells(4, [given.get(name, "") for name in columns], {n: i for i, n in enumerate(columns)})
    return parse(cells), cells


def problems(cells):
    return [(f.column, f.problem, f.rejects) for f in cells.findings]


def test_a_full_row_is_read():
    row, cells = read(
        **{
            "統編": "4595257.0",
            "電話": "89331234.0",
            "行動": "912345678.0",
            "E-mail": "Shop@example.com",
            "載具": "/abc1234",
            "虛擬帳號": "99881115068312",
            "付款人帳號": "822-0012345678",
            "緯度": "22.7583",
            "經度": "121.1444",
            "座標來源": "GPS",
        }
    )
    assert cells.findings == []
    assert row.tax_id == "04595257"
    assert row.phones == (("+88689331234", "landline"), ("+886912345678", "mobile"))
    assert (row.email, row.carrier_type, row.carrier_id) == ("Shop@example.com", "3J0002", "/ABC1234")
    assert (row.virtual_account, row.payer_account) == ("99881115068312", "8220012345678")
    assert (row.lat, row.lng, row.point_source) == (Decimal("22.758300"), Decimal("121.144400"), "GPS")


def test_a_row_that_says_nothing_is_empty():
    row, cells = read()
    assert cells.findings == []
    assert (row.tax_id, row.phones, row.email, row.carrier_id, row.donation_code) == ("", (), "", "", "")
    assert (row.lat, row.lng) == (None, None)


def test_carrier_of_a_citizen_certificate_and_donation():
    assert read(載具="ab12345678901234")[0].carrier_type == "CQ0001"
    assert read(愛心碼="919.0")[0].donation_code == "919"


def test_the_same_number_twice_counts_once():
    assert read(電話="0912345678/0912-345-678", 行動="0912345678")[0].phones == (
        ("+886912345678", "landline"),
    )


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"編號": "9"}, ("編號", Problem.CUSTOMER_CODE, True)),
        ({"統編": "12345678"}, ("統編", Problem.TAX_ID, True)),
        ({"統編": "0"}, ("統編", Problem.TAX_ID, True)),
        ({"電話": "123"}, ("電話", Problem.PHONE, True)),
        ({"行動": "沒有"}, ("行動", Problem.PHONE, True)),
        ({"E-mail": "shop@"}, ("E-mail", Problem.EMAIL, True)),
        ({"載具": "ABC"}, ("載具", Problem.CARRIER, True)),
        ({"愛心碼": "12"}, ("愛心碼", Problem.DONATION, True)),
        ({"愛心碼": "919", "載具": "/ABC1234"}, ("愛心碼", Problem.CARRIER_AND_DONATION, True)),
        ({"愛心碼": "919", "統編": "04595257"}, ("愛心碼", Problem.BUSINESS_DONATES, True)),
        ({"虛擬帳號": "1234"}, ("虛擬帳號", Problem.ACCOUNT, True)),
        ({"付款人帳號": "1.2345678901234567e+16"}, ("付款人帳號", Problem.DIGITS_LOST, True)),
        ({"緯度": "22.75"}, ("經度", Problem.HALF_POINT, True)),
        ({"經度": "121.1"}, ("緯度", Problem.HALF_POINT, True)),
        ({"緯度": "北", "經度": "121.1"}, ("緯度", Problem.NOT_A_NUMBER, True)),
        ({"緯度": "48.2", "經度": "121.1"}, ("緯度", Problem.OUT_OF_RANGE, False)),
    ],
)
def test_what_is_wrong_is_told(values, problem):
    row, cells = read(**values)
    assert problems(cells) == [problem]
    assert (row.lat, row.lng) == (None, None)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+886912345678", "0912-345-678"),
        ("+88689331234", "089-331234"),
        ("+886227001234", "02-27001234"),
        ("+88637123456", "037-123456"),
        ("+886800123456", "+886800123456"),
        ("+819012345678", "+819012345678"),
    ],
)
def test_numbers_are_shown_as_people_write_them(number, written):
    assert national(number) == written


@pytest.mark.parametrize(
    ("cell", "agreed"), [("是", True), ("V", True), ("否", False), ("x", False), ("", None)]
)
def test_whether_the_customer_wants_messages(cell, agreed):
    row, cells = read(簡訊=cell)
    assert (row.agreed, cells.findings) == (agreed, [])
