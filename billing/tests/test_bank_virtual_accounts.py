"""Check digits of virtual accounts, against the published shape and examples."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.bank.virtual_accounts import Rule, Wrong, check_digit, make, wrong_with

BOUND = Rule("12345", binds_amount=True)
OURS = Rule("99218", length=14)


def test_the_shape_with_date_number_and_amount() -> None:
    # company 12345, year digit 6, day 216 of 2026, number 000001, NT$ 1,350: 93 + 23, so 4 makes it 120.
    assert make(BOUND, 1, due=dt.date(2026, 8, 4), amount=1350) == "1234562160000014"
    assert wrong_with(BOUND, "1234562160000014", 1350) is None
    assert wrong_with(BOUND, "1234562160000014", 1351) is Wrong.CHECK_DIGIT
    assert wrong_with(BOUND, "1234562160000014", 10**8) is Wrong.CHECK_DIGIT


def test_the_shape_without_an_amount() -> None:
    account = make(OURS, 1_400_103)
    assert account[:13] == "9921801400103"
    total = sum(int(d) * w for d, w in zip(account[:13], (3, 7, 1) * 5, strict=False)) + int(account[13])
    assert total % 10 == 0
    assert wrong_with(OURS, account, 123_456_789_012) is None


def test_what_is_wrong_is_named() -> None:
    account = make(OURS, 1_400_103)
    assert wrong_with(OURS, account[:-1]) is Wrong.LENGTH
    assert wrong_with(OURS, account[:-1] + "X") is Wrong.LENGTH
    assert wrong_with(OURS, "9" + account[1:].replace("9218", "9219", 1)) is Wrong.COMPANY
    other = str((int(account[-1]) + 1) % 10)
    assert wrong_with(OURS, account[:-1] + other) is Wrong.CHECK_DIGIT


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="100000000 does not fit into 8 digits"):
        make(OURS, 10**8)
    with pytest.raises(ValueError, match="-1 does not fit"):
        make(OURS, -1)
    with pytest.raises(ValueError, match="'12' is not 13 digits"):
        check_digit(OURS, "12")
    with pytest.raises(ValueError, match="100000000 is not an amount of at most 8 digits"):
        check_digit(BOUND, "1" * 15, 10**8)


@given(st.integers(0, 10**8 - 1), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: int, place: int, step: int) -> None:
    account = make(OURS, number)
    wrong = account[:place] + str((int(account[place]) + step) % 10) + account[place + 1 :]
    assert wrong_with(OURS, wrong) in (Wrong.COMPANY, Wrong.CHECK_DIGIT)
