"""The deposit file as the bank writes it, held against the published field list."""

from datetime import date

import pytest

from sandbox.bank.records import Movement, UnwritableError, file_bytes, name_field, record

# (name, width in Big5 bytes), typed from the published list and used by nothing else.
FIELD_LIST = [
    ("account", 11), ("ROC date", 7), ("trade no", 4), ("trade code", 4), ("export", 7), ("withdrawal", 15),
    ("deposit", 15), ("sign", 1), ("balance", 15), ("virtual account", 16), ("status", 1), ("name", 13),
]  # fmt: skip


def sliced(line: bytes) -> dict[str, bytes]:
    found, at = {}, 0
    for name, width in FIELD_LIST:
        found[name], at = line[at : at + width], at + width
    assert at == len(line)
    return found


def movement(**changes: object) -> Movement:
    usual = {
        "account": "24310012345",
        "day": date(2026, 11, 23),
        "number": 7,
        "amount": 1900,
        "balance": 125400,
        "virtual_account": "99218014001032",
        "payer": "王家小館",
    }
    return Movement(**(usual | changes))  # type: ignore[arg-type]


def test_a_record_has_every_field_at_its_place() -> None:
    fields = sliced(record(movement()))
    assert fields == {
        "account": b"24310012345",
        "ROC date": b"1151123",
        "trade no": b"0007",
        "trade code": b"0301",
        "export": b"       ",
        "withdrawal": b"000000000000000",
        "deposit": b"000000000001900",
        "sign": b"+",
        "balance": b"000000000125400",
        "virtual account": b"99218014001032  ",
        "status": b"0",
        "name": "王家小館".encode("big5") + b"     ",
    }


def test_money_that_leaves_stands_in_the_withdrawal_with_a_minus() -> None:
    fields = sliced(record(movement(amount=-300, balance=125100, virtual_account="", payer="")))
    assert (fields["withdrawal"], fields["deposit"]) == (b"000000000000300", b"000000000000000")
    assert (fields["sign"], fields["virtual account"], fields["name"]) == (b"-", b" " * 16, b" " * 13)


def test_every_record_ends_with_cr_lf_the_last_one_too() -> None:
    data = file_bytes([movement(), movement(number=8)])
    assert len(data) == 2 * 111
    assert data[109:111] == data[-2:] == b"\r\n"
    assert file_bytes([]) == b""


def test_a_long_name_is_cut_before_the_character_that_does_not_fit() -> None:
    assert name_field("幸福氣瓦斯行公司") == "幸福氣瓦斯行".encode("big5") + b" "
    assert name_field("A幸福氣瓦斯行公司") == b"A" + "幸福氣瓦斯行".encode("big5")
    with pytest.raises(UnwritableError, match="'\U00020bb7' of '\U00020bb7野家' is not in Big5"):
        name_field("\U00020bb7野家")


def test_what_has_no_room_is_refused() -> None:
    with pytest.raises(UnwritableError, match="makes a record of 110 bytes, not 109"):
        record(movement(amount=10**15))
    with pytest.raises(UnwritableError, match="makes a record of 110 bytes"):
        record(movement(number=10_000))
