"""Reading First Bank's deposit file: every field, every refusal with its byte, line and field."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.bank.formats import first
from billing.bank.formats.first import Deposit, FormatError, Reading, parse
from billing.tests.first_file import USUAL, file, record


def refusal(data: bytes, reading: Reading | None = None) -> str:
    with pytest.raises(FormatError) as refused:
        parse(data, reading or Reading())
    return str(refused.value)


def test_the_published_field_list_comes_to_109_bytes() -> None:
    assert first.WIDTH == 109
    assert [name for name, _ in first.FIELDS] == list(USUAL)


def test_a_record_becomes_a_deposit_by_the_fields_own_names() -> None:
    raw = record(trade_no="0007", balance=125400)
    assert parse(file(raw)) == [
        Deposit(
            account="24310012345",
            date=dt.date(2026, 11, 23),
            trade_no="0007",
            trade_code="0301",
            export="",
            withdrawal=Decimal(0),
            deposit=Decimal(1900),
            sign="+",
            balance=Decimal(125400),
            virtual_account="99218014001030",
            status="0",
            name="王家小館",
            line=1,
            raw=raw,
            is_negative=False,
        )
    ]


def test_two_equal_deposits_are_two() -> None:
    found = parse(file(record(trade_no="0001"), record(trade_no="0002")))
    assert [(one.trade_no, one.amount, one.line) for one in found] == [
        ("0001", Decimal(1900), 1),
        ("0002", Decimal(1900), 2),
    ]


@pytest.mark.parametrize(
    ("changes", "reading", "amount", "balance"),
    [
        ({"sign": "-"}, Reading(), -1900, 1900),
        ({"sign": "-"}, Reading(sign_of="balance"), 1900, -1900),
        ({"sign": " "}, Reading(), 1900, 1900),
        ({"withdrawal": 300, "deposit": 0}, Reading(), -300, 1900),
        ({"withdrawal": 300, "deposit": 0, "sign": "-"}, Reading(), -300, 1900),
        ({"withdrawal": 300, "deposit": 0, "sign": "-"}, Reading(sign_of="balance"), -300, -1900),
        ({"deposit": 190000, "balance": 250000}, Reading(decimals=2), 1900, 2500),
    ],
)
def test_what_the_contract_says_of_signs_and_decimals(
    changes: dict[str, Any], reading: Reading, amount: int, balance: int
) -> None:
    [one] = parse(file(record(**changes)), reading)
    assert (one.amount, one.balance) == (Decimal(amount), Decimal(balance))


@pytest.mark.parametrize(
    ("field", "reading", "found"),
    [
        ("99218014001030", Reading(), "99218014001030"),
        (b"  99218014001030", Reading(), "99218014001030"),
        ("", Reading(), ""),
        (b"0099218014001030", Reading(), "0099218014001030"),
        (b"0099218014001030", Reading(padding="zeros"), "99218014001030"),
        (b"0" * 16, Reading(padding="zeros"), ""),
        ("", Reading(padding="zeros"), ""),
        (b"9921801400103012", Reading(padding="zeros", virtual_length=16), "9921801400103012"),
    ],
)
def test_how_a_virtual_account_fills_its_field(field: Any, reading: Reading, found: str) -> None:
    assert parse(file(record(virtual_account=field)), reading)[0].virtual_account == found


def test_a_name_that_was_cut_in_a_wide_blank_is_trimmed() -> None:
    assert parse(file(record(name="王家\u3000")))[0].name == "王家"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("幸福氣企業股".encode("cp950") + b"\xa5", "幸福氣企業股"),
        ("A幸福氣企業股".encode("cp950"), "A幸福氣企業股"),
        (b"            \xfe", ""),
    ],
)
def test_a_name_that_was_cut_within_a_character_loses_its_half_only(field: bytes, name: str) -> None:
    assert parse(file(record(name=field)))[0].name == name


@pytest.mark.parametrize("own", [b"\xfa\x40", b"\xfe\xfe", b"\x81\x40", b"\xa0\xa1", b"\xc8\xfe"])
def test_a_character_of_the_banks_own_is_shown_as_missing_and_refuses_nothing(own: bytes) -> None:
    raw = record(name="王".encode("cp950") + own + "明".encode("cp950").ljust(9))
    [one] = parse(file(raw))
    assert (one.name, one.raw) == ("王〓明", raw)


CASES: list[tuple[bytes, str]] = [
    (b"", "refused at byte 1 (line 1): the file is empty"),
    (record(), "refused at byte 110 (line 1): the file is cut off: the record has 109 of 111 bytes"),
    (record() + b"\r", "refused at byte 111 (line 1): the file is cut off: the record has 110 of 111 bytes"),
    (record() + b"\n\n", "refused at byte 110 (line 1): CR LF must follow the record, not 0a0a"),
    (
        file(record()) + record()[:55],
        "refused at byte 167 (line 2): the file is cut off: the record has 55 of 111 bytes",
    ),
    (
        file(record()[:-2]) + file(record()),
        "refused at byte 108 (line 1): the record ends after 107 bytes, it must have 109",
    ),
    (
        record()[:50] + b"\n" + record()[51:] + b"\r\n",
        "refused at byte 51 (line 1): the record ends after 50 bytes, it must have 109",
    ),
    (
        file(record()) + b"\x1a",
        "refused at byte 113 (line 2): the file is cut off: the record has 1 of 111 bytes",
    ),
    (file(record(account=b"2431001234X")), "refused at byte 11 (line 1, account): 58 is no digit"),
    (
        file(record(), record(date=b"1150229")),
        "refused at byte 123 (line 2, date): 1150229 is no day of the ROC calendar (YYYMMDD)",
    ),
    (file(record(date=b"115 123")), "refused at byte 15 (line 1, date): 20 is no digit"),
    (file(record(trade_no=b"00 7")), "refused at byte 21 (line 1, trade_no): 20 is no digit"),
    (
        file(record(trade_code=b"03\xa4\xa4")),
        "refused at byte 25 (line 1, trade_code): a4a4 is no letter, digit or blank",
    ),
    (
        file(record(export=b"abc\x7fdef")),
        "refused at byte 30 (line 1, export): 7f646566 is no letter, digit or blank",
    ),
    (file(record(withdrawal=b"00000000000-300")), "refused at byte 45 (line 1, withdrawal): 2d is no digit"),
    (file(record(deposit=b"0000000000 1900")), "refused at byte 59 (line 1, deposit): 20 is no digit"),
    (file(record(sign="*")), "refused at byte 64 (line 1, sign): 2a is no sign (+, - or blank)"),
    (file(record(balance=b"000000001254.00")), "refused at byte 77 (line 1, balance): 2e is no digit"),
    (
        file(record(virtual_account=b"9921801400103X  ")),
        "refused at byte 80 (line 1, virtual_account): “9921801400103X” is no account number",
    ),
    (
        file(record(name=b"\xa4\xfd\xff\xfe\x80        ")),
        "refused at byte 99 (line 1, name): fffe802020202020202020 is no Big5 text",
    ),
    (file(record(name=b"            \x80")), "refused at byte 109 (line 1, name): 80 is no Big5 text"),
    (file(record(name=b"            \xff")), "refused at byte 109 (line 1, name): ff is no Big5 text"),
    (
        file(record(name=b"\xfa\x20           ")),
        "refused at byte 97 (line 1, name): fa202020202020202020202020 is no Big5 text",
    ),
    (file(record(name=b"\xfa\x40\x00          ")), "refused at byte 99 (line 1, name): 00 is no Big5 text"),
    (file(record(name=b"\xa4\xfd\x00          ")), "refused at byte 99 (line 1, name): 00 is no Big5 text"),
]


@pytest.mark.parametrize(("data", "said"), CASES)
def test_a_file_is_refused_at_its_first_wrong_byte(data: bytes, said: str) -> None:
    assert refusal(data) == said


def test_amounts_are_whole_dollars_even_with_decimals() -> None:
    said = refusal(file(record(deposit=190050, balance=0)), Reading(decimals=2))
    assert said == "refused at byte 49 (line 1, deposit): 1900.5 is not whole NT$"


def test_padded_with_zeros_a_longer_number_is_refused() -> None:
    said = refusal(file(record(virtual_account=b"1299218014001030")), Reading(padding="zeros"))
    assert said == "refused at byte 80 (line 1, virtual_account): “1299218014001030” has more than 14 digits"


def test_a_refusal_names_byte_line_field_and_the_sentence_to_translate() -> None:
    with pytest.raises(FormatError) as refused:
        parse(file(record(), record(sign="*")))
    error = refused.value
    assert (error.byte, error.line, error.field, error.values) == (111 + 64, 2, "sign", {"hex": "2a"})
    assert error.rule == "%(hex)s is no sign (+, - or blank)"


ENCODABLE = st.characters(codec="big5", exclude_categories=("Cc", "Cs", "Zs"))
NAMES = st.text(ENCODABLE, max_size=13).filter(
    lambda text: (
        len(text.encode("cp950", "ignore")) <= 13 and text.encode("cp950", "ignore").decode("cp950") == text
    )
)
RECORDS = st.fixed_dictionaries(
    {
        "account": st.from_regex(r"[0-9]{11}", fullmatch=True),
        "date": st.dates(dt.date(1912, 1, 1), dt.date(2910, 12, 31)),
        "trade_no": st.from_regex(r"[0-9]{4}", fullmatch=True),
        "trade_code": st.from_regex(r"[0-9A-Z]{0,4}", fullmatch=True),
        "export": st.from_regex(r"[0-9A-Z]{0,7}", fullmatch=True),
        "withdrawal": st.integers(0, 10**15 - 1),
        "deposit": st.integers(0, 10**15 - 1),
        "sign": st.sampled_from("+- "),
        "balance": st.integers(0, 10**15 - 1),
        "virtual_account": st.from_regex(r"[0-9]{0,16}", fullmatch=True),
        "status": st.sampled_from("0123 *"),
        "name": NAMES,
    }
)


@given(st.lists(RECORDS, min_size=1, max_size=5))
def test_what_another_writer_wrote_is_read_back(rows: list[dict[str, Any]]) -> None:
    found = parse(file(*(record(**row) for row in rows)))
    assert len(found) == len(rows)
    for one, row in zip(found, rows, strict=True):
        assert {name: getattr(one, name) for name in row} == row | {"status": row["status"].strip()}
        net = row["deposit"] - row["withdrawal"]
        assert one.amount == (-abs(net) if row["sign"] == "-" else net)


@given(st.binary(max_size=400))
def test_rubbish_is_refused_and_never_crashes(data: bytes) -> None:
    try:
        parse(data)
    except FormatError as error:
        assert 1 <= error.byte <= len(data) + 1


@given(st.data())
def test_a_single_wrong_byte_is_found_or_changes_one_field_only(data: st.DataObject) -> None:
    whole = file(record(), record(trade_no="0002"))
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255))
    try:
        found = parse(whole[:at] + bytes([byte]) + whole[at + 1 :])
    except FormatError as error:
        assert error.byte <= at + 2
    else:
        assert len(found) == 2
