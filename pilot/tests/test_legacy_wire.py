"""Images and the old system's columns: laws over the whole of cp950, and every code both ways."""

import datetime as dt
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.legacy import codes, wire
from pilot.legacy.records import (
    CODED,
    DAMAGED,
    ENTITIES,
    FIELDS,
    GROUPS,
    QUANTITIES,
    Image,
    empty,
    unknown_codes,
)
from pilot.legacy.wire import DoesNotFit, Meaningless, Undecodable, Unencodable, Value


def _pairs() -> dict[bytes, str]:
    """Microsoft's cp950: without the rows C6A1–C8FE, where every table has something else."""
    found = {}
    for number in range(0x8000, 0x10000):
        data = number.to_bytes(2, "big")
        if b"\xc6\xa1" <= data <= b"\xc8\xfe":
            continue
        try:
            text = data.decode("cp950")
        except UnicodeDecodeError:
            continue
        if len(text) == 1:
            found[data] = text
    return found


PAIRS = _pairs()
SAME = {"¢": "￠", "£": "￡", "¥": "￥", "•": "‧", "‾": "¯", "∼": "～", "☉": "⊙", "♁": "⊕", "､": "﹑"}


def new_customer() -> dict[str, Value]:
    return dict.fromkeys(wire.columns("customer"))


def new_order() -> dict[str, Value]:
    return dict.fromkeys((*wire.columns("order"), *codes.LINE_COLUMNS))


def test_every_field_has_one_group_and_one_part() -> None:
    for entity in ENTITIES:
        grouped = [field for fields in GROUPS[entity].values() for field in fields]
        parted = [field for part in wire.PARTS[entity] for field in part.fields]
        assert sorted(grouped) == sorted(FIELDS[entity]) == sorted(parted)
    assert set(QUANTITIES) <= set(FIELDS["order"])
    assert len(set(codes.LINE_COLUMNS)) == 16


def test_every_character_of_cp950_comes_back() -> None:
    assert len(PAIRS) == 13503  # 13,053 Chinese characters, 408 signs, 41 of ETEN's, the euro
    wrong = []
    for text in PAIRS.values():
        if text.strip() and wire.decode(wire.encode("notes", text, 2)) != text:
            wrong.append(text)
    assert wrong == []


def test_every_character_is_written_as_itself_or_named() -> None:
    """No character of Unicode is changed on the way without a word, but nine that have a neighbour."""
    changed = {}
    for point in [*range(0x20, 0x7F), *range(0xA0, 0xD800), *range(0xE000, 0x20000)]:
        text = chr(point)
        if not text.strip():
            continue
        try:
            back = wire.decode(wire.encode("notes", text, 4))
        except Unencodable as error:
            assert error.characters == text
            continue
        if back != text:
            changed[text] = back
    assert changed == SAME
    assert {text: wire.canonical(text) for text in SAME} == SAME


@given(st.text(alphabet=st.sampled_from([*PAIRS.values(), *"abc 019\n"]), max_size=40))
def test_text_comes_back(text: str) -> None:
    assert wire.decode(wire.encode("notes", wire.canonical(text), 200)) == wire.canonical(text)


@given(st.binary(max_size=12))
def test_any_bytes_are_text_or_told(data: bytes) -> None:
    try:
        text = wire.decode(data)
    except Undecodable as error:
        assert error.data == data
    else:
        assert wire.canonical(text) == text
        assert wire.decode(wire.encode("notes", text, 40)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\xff",
        "\u798f".encode(),
        "福".encode("cp950")[:1],
        b"\x81\x40",
        b"\xfa\x40",
        b"a\x00b",
        b"\xc6\xe7",
        b"\xc7\x40",
    ],
)
def test_what_is_no_text(data: bytes) -> None:
    row = {**new_customer(), "notes": data}
    image, damaged = wire.image("customer", row)
    assert damaged == {"notes": data.hex()}
    assert image["notes"] == DAMAGED + data.hex()
    assert "notes" not in wire.row("customer", image | {"address": "新"}, row)
    with pytest.raises(Unencodable):
        wire.encode("notes", image["notes"], 100)


def test_both_ways_of_writing_taiwan_stay_apart() -> None:
    for text in ("臺東", "台東", "１２３", "123", "碁銹裏墻恒粧嫺", "€"):
        assert wire.decode(wire.encode("notes", text, 40)) == text


def test_rows_that_every_table_reads_otherwise_are_nobodys() -> None:
    """C6E7 is ぁ on a machine with ETEN's characters and ゃ to Python: neither is guessed, in or out."""
    assert (b"\xc6\xe7".decode("cp950"), b"\xc6\xe7".decode("big5hkscs")) == ("ゃ", "ぁ")
    for text in ("ゃ", "の", "①", "々"):
        with pytest.raises(Unencodable) as refused:
            wire.encode("notes", f"甲{text}乙", 40)
        assert refused.value.characters == text


def test_lines_end_as_the_old_system_ends_them() -> None:
    assert wire.encode("notes", "甲\n乙", 10) == "甲\r\n乙".encode("cp950")
    assert wire.decode(b"  a\r\nb\rc \r\n") == "a\nb\nc"


def test_too_long_is_told_in_bytes() -> None:
    with pytest.raises(DoesNotFit) as refused:
        wire.encode("short_name", "福" * 26, 50)
    assert (refused.value.field, refused.value.size, refused.value.room) == ("short_name", 52, 50)
    with pytest.raises(Unencodable) as named:
        wire.encode("short_name", "a\x1bb\x00", 50)
    assert named.value.characters == "\x1b\x00"


TABLES: Mapping[tuple[str, str, str], Mapping[str, str]] = {
    ("customer", "kind", "customer_type"): {
        "01": "commercial", "02": "residential", "03": "commercial", "04": "commercial", "05": "school", "06": "?06",
        "": "",
    },
    ("customer", "status", "status"): {"01": "active", "02": "terminated", "03": "?03", "04": "?04"},
    ("customer", "slot", "delivery_time_pref"): {
        "01": "morning", "02": "afternoon", "03": "any", "": "any", "09": "?09",
    },
    ("customer", "payment", "payment_terms"): {
        "CASH": "cash", "MON30": "monthly", "MON60": "monthly", "CHECK": "?CHECK",
    },
    ("order", "status", "status"): {
        "01": "open", "02": "open", "03": "open", "04": "open", "05": "delivered", "06": "cancelled", "07": "open",
        "08": "?08",
    },
    ("order", "slot", "time_slot"): {
        "01": "morning", "02": "afternoon", "03": "evening", "04": "any", "05": "any", "06": "?06",
    },
    ("order", "served_by", "dispatch_sys"): {"O": "legacy", "N": "ours", "X": "?X"},
}  # fmt: skip


@pytest.mark.parametrize("where", TABLES)
def test_codes_both_ways(where: tuple[str, str, str]) -> None:
    entity, field, column = where
    for code, meaning in TABLES[where].items():
        row = {**(new_customer() if entity == "customer" else new_order()), column: code}
        image, _damaged = wire.image(entity, row)
        assert image[field] == meaning
        assert (field in unknown_codes(image)) == meaning.startswith("?")
        # Unchanged it is not written; a change of something else leaves it; written anew it means the same.
        assert column not in wire.row(entity, image, row)
        if meaning and column != "dispatch_sys":
            written = wire.row(entity, _filled(entity) | {field: meaning}, None)[column]
            assert wire.image(entity, {**row, column: written})[0][field] == meaning
    assert field in CODED


def _filled(entity: str) -> Image:
    if entity == "customer":
        words = {"kind": "commercial", "status": "active", "slot": "any", "payment": "cash"}
    else:
        words = {"served_by": "ours", "status": "open", "slot": "any", "date": "2026-11-24"}
    return empty(entity) | words


@pytest.mark.parametrize(
    ("entity", "field", "value"),
    [
        ("customer", "kind", "industrial"), ("customer", "slot", "evening"), ("order", "date", "2026-02-30"),
        ("order", "date", "1151124"), ("order", "status", "assigned"), ("order", "GAS-C20-R", "-1"),
        ("order", "GAS-C20-R", "1000"), ("order", "GAS-C20-R", "2.5"), ("order", "delivered_at", "2026-11-24"),
        ("order", "delivered_at", "2026-11-24 25:00"), ("order", "urgent", "yes"), ("order", "invoice_no", "AB123456789"),
    ],
)  # fmt: skip
def test_what_the_old_system_has_no_word_for(entity: str, field: str, value: str) -> None:
    with pytest.raises(Meaningless) as refused:
        wire.row(entity, _filled(entity) | {field: value}, None)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("digits", "shown"),
    [
        ("1151124", "2026-11-24"),
        ("0010101", "1912-01-01"),
        ("1151332", "?1151332"),
        ("", ""),
        ("115112", "?115112"),
    ],
)
def test_days_of_the_republic(digits: str, shown: str) -> None:
    row = {**new_order(), "trade_date": digits}
    image, _damaged = wire.image("order", row)
    assert image["date"] == shown
    assert wire.row("order", _filled("order") | {"date": shown}, None)["trade_date"] == digits


@pytest.mark.parametrize(
    ("digits", "shown"),
    [("11511241405", "2026-11-24 14:05"), ("", ""), ("1151124", "?1151124"), ("11511242460", "?11511242460")],
)
def test_moments(digits: str, shown: str) -> None:
    row = {**new_order(), "actual_delivery_time": digits}
    assert wire.image("order", row)[0]["delivered_at"] == shown
    written = wire.row("order", _filled("order") | {"delivered_at": shown}, None)["actual_delivery_time"]
    assert written == (digits or None)


def test_numbers_people_typed() -> None:
    typed = {"phone_primary": "(089)331-234", "phone_secondary": "總機 轉12|%", "mobile": "0912345678"}
    row = {**new_customer(), **{name: text.encode("cp950") for name, text in typed.items()}}
    image, _damaged = wire.image("customer", row)
    assert image["phones"] == "+88689331234|?總機 轉12%7C%25|+886912345678"
    assert not {"phone_primary", "phone_secondary", "mobile"} & set(wire.row("customer", image, row))
    written = wire.row("customer", _filled("customer") | {"phones": image["phones"]}, None)
    assert written["phone_primary"] == b"089-331234"
    assert written["phone_secondary"] == typed["phone_secondary"].encode("cp950")
    assert written["mobile"] == b"0912-345-678"


def test_a_number_too_many() -> None:
    numbers = "|".join(f"+8868933123{last}" for last in range(4))
    with pytest.raises(DoesNotFit):
        wire.row("customer", _filled("customer") | {"phones": numbers}, None)


def test_an_address_is_where_the_old_system_delivers() -> None:
    row = {**new_customer(), "delivery_same_as_reg": "Y", "reg_address": "甲路1號".encode("cp950")}
    image, _damaged = wire.image("customer", row)
    assert image["address"] == "甲路1號"
    written = wire.row("customer", image | {"address": "乙路2號"}, row)
    assert written["delivery_same_as_reg"] == "N"
    assert written["delivery_address"] == "乙路2號".encode("cp950")
    assert "reg_address" not in written


def test_an_urgent_slot_of_theirs_is_any_time_and_urgent() -> None:
    row = {**new_order(), "time_slot": "05", "priority_flag": "N"}
    image, _damaged = wire.image("order", row)
    assert (image["slot"], image["urgent"]) == ("any", "Y")
    written = wire.row("order", image | {"urgent": ""}, row)
    assert (written["time_slot"], written["priority_flag"]) == ("04", "N")


def test_their_own_invoice_numbers_are_theirs() -> None:
    row = {**new_order(), "invoice_no": "ZZ00000001", "dispatch_sys": "O"}
    assert wire.image("order", row)[0]["invoice_no"] == ""
    assert wire.image("order", {**row, "dispatch_sys": "N"})[0]["invoice_no"] == "ZZ00000001"
    assert "invoice_no" not in wire.row("order", _filled("order") | {"served_by": "legacy"}, row)


@given(st.data())
def test_no_row_is_too_strange_to_read(data: st.DataObject) -> None:
    """Whatever bytes and codes its people left there: an image comes of it, and nothing of it is written back."""
    codes_of = st.one_of(st.none(), st.text(alphabet="0129ABYNO?|%- ", max_size=11))
    for entity, row in (("customer", new_customer()), ("order", new_order())):
        texts = {column for part in wire.PARTS[entity] for column in part.columns if column in TEXTS}
        strange: dict[str, Value] = {
            column: data.draw(st.binary(max_size=12) if column in texts else codes_of)
            for column in row
            if column not in codes.LINE_COLUMNS
        }
        strange |= {column: data.draw(st.integers(0, 999)) for column in row if column in codes.LINE_COLUMNS}
        image, damaged = wire.image(entity, strange)
        assert set(image) == set(FIELDS[entity])
        assert set(damaged) == {field for field, value in image.items() if value.startswith(DAMAGED)}
        assert wire.row(entity, image, strange) == {}


TEXTS = {
    "customer_name", "short_name", "phone_primary", "phone_secondary", "mobile", "email", "delivery_address",
    "reg_address", "notes",
}  # fmt: skip

IMAGES = st.fixed_dictionaries(
    {
        "customer": st.just("1000001"),
        "served_by": st.sampled_from(["ours", "legacy"]),
        "status": st.sampled_from(["open", "cancelled", "delivered"]),
        "date": st.dates(min_value=dt.date(1912, 1, 1)).map(
            lambda day: day.isoformat() if day.year < 2900 else "2026-01-01"
        ),
        "delivered_at": st.sampled_from(["", "2026-11-24 00:01", "2026-11-24 23:59"]),
        "slot": st.sampled_from(["any", "morning", "afternoon", "evening"]),
        "urgent": st.sampled_from(["", "Y"]),
        "note": st.text(alphabet=st.sampled_from(list(PAIRS.values())), max_size=20).map(wire.canonical),
        **{kind: st.sampled_from(["", "1", "999"]) for kind in QUANTITIES},
    }
)


@given(IMAGES, IMAGES)
def test_a_row_reads_as_it_was_written_over_any_other(first: Image, second: Image) -> None:
    row = new_order()
    for given_image in (first, second):
        image = {"invoice_no": "AB12345678" if given_image["served_by"] == "ours" else "", **given_image}
        row = {**row, **wire.row("order", image, row)}
        assert wire.image("order", row) == ({field: image[field] for field in FIELDS["order"]}, {})
        assert wire.row("order", image, row) == {}
