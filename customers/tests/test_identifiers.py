import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.identifiers import (
    is_valid_citizen_certificate,
    is_valid_donation_code,
    is_valid_mobile_barcode,
    is_valid_ubn,
    normalise_phone,
)


@pytest.mark.parametrize(
    "number",
    [
        "04595257",  # sum 40, right by the old rule too
        "22099131",
        "10458575",  # 7th digit 7: the sum itself divides
        "10458574",  # 7th digit 7: only the sum plus one divides
        "10458570",  # right only since 2023-04-01
        "12345671",
        "00501503",
    ],
)
def test_business_numbers_that_hold(number):
    assert is_valid_ubn(number) is True


@pytest.mark.parametrize(
    "number",
    [
        "12345678",
        "04595253",
        "00501502",
        "10458573",
        "00000000",  # the arithmetic holds, but it stands for "no buyer"
        "1234567",
        "045952570",
        "1234567x",
        "０４５９５２５７",
        " 04595257",
        "04595257\n",
        "",
    ],
)
def test_business_numbers_that_do_not_hold(number):
    assert is_valid_ubn(number) is False


@given(st.from_regex(r"[0-9]{6}[0-68-9][0-9]", fullmatch=True))
def test_of_ten_last_digits_two_hold(stem):
    held = [digit for digit in "0123456789" if is_valid_ubn(stem[:7] + digit)]
    expected = 1 if stem[:7] == "0000000" else 2
    assert len(held) == expected


@pytest.mark.parametrize("code", ["/TRM+O+P", "/AB.-+99", "/1234567", "/-------"])
def test_mobile_barcodes_that_hold(code):
    assert is_valid_mobile_barcode(code) is True


@pytest.mark.parametrize(
    "code", ["", "TRM+O+P", "/ABC12345", "/ABC_123", "/ABC 123", "/abc+123", "/ABC+123\n", "／ABC+123"]
)
def test_mobile_barcodes_that_do_not_hold(code):
    assert is_valid_mobile_barcode(code) is False


def test_citizen_certificates():
    assert is_valid_citizen_certificate("AB12345678901234") is True
    for code in ("ab12345678901234", "AB1234567890123", "AB123456789012345", "A112345678901234", ""):
        assert is_valid_citizen_certificate(code) is False


def test_donation_codes():
    for code in ("168", "5678", "168001", "1234567"):
        assert is_valid_donation_code(code) is True
    for code in ("12", "12345678", "X5678", "１６８", "168\n", ""):
        assert is_valid_donation_code(code) is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0912345678", "+886912345678"),
        ("0912-345-678", "+886912345678"),
        ("０９１２３４５６７８", "+886912345678"),
        ("０９１２－３４５－６７８", "+886912345678"),
        ("+886 912 345 678", "+886912345678"),
        ("＋886912345678", "+886912345678"),
        ("886912345678", "+886912345678"),
        ("00886912345678", "+886912345678"),
        ("00886-89-331234", "+88689331234"),
        ("089331234", "+88689331234"),
        ("089-331234", "+88689331234"),
        ("(089)331-234", "+88689331234"),
        ("（０８９）３３１２３４", "+88689331234"),
        (" 089 33 1234 ", "+88689331234"),
        ("089—331234", "+88689331234"),
        ("02-23456789", "+886223456789"),
        ("0800-000-000", "+886800000000"),
        ("+81 3 1234 5678", "+81312345678"),
    ],
)
def test_one_spelling_for_a_phone(text, expected):
    assert normalise_phone(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("　", "empty"),
        ("12345", "too few digits"),
        ("331234", "too few digits .* area code"),
        ("09123456789", "not a number in use"),
        ("091234567890123456", "too many digits"),
        ("09123456781234567890", "not a phone number"),
        ("091234567a", "characters that no phone number has"),
        ("0912345678,0987654321", "characters that no phone number has"),
        ("王先生", "characters that no phone number has"),
        ("089331234#12", "extension"),
        ("0" * 41, "at most 40 characters"),
        ("((((", "not a phone number"),
        ("00886", "not a phone number"),
        ("0089331234", "not a number in use"),
    ],
)
def test_what_is_no_phone_says_why(text, says):
    with pytest.raises(ValueError, match=says):
        normalise_phone(text)


@given(st.text(max_size=60))
def test_a_phone_is_normalised_once_or_refused_with_a_reason(text):
    try:
        spelled = normalise_phone(text)
    except ValueError as error:
        assert str(error)
    else:
        assert spelled.startswith("+")
        assert spelled[1:].isdigit()
        assert normalise_phone(spelled) == spelled
