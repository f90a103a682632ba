"""Between an image and the old system's columns: code page 950, dates of the Republic, two-digit codes. Pure.

``image`` reads a row into canonical text, ``row`` says which columns have to be written so that a row reads as an
image. What reads the same already is not written: a finer code, another spelling of a number, bytes nobody can read
and nobody touched stay as the old system has them.

Text is Microsoft's cp950, strictly; ``docs/decisions/0011-legacy-text.md`` says what that leaves out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from customers.sheets.phones import NotAPhoneError, national, phones_of
from luckygas.core import rocdate
from pilot.legacy.codes import (
    CUSTOMER_KIND,
    CUSTOMER_SLOT,
    CUSTOMER_STATUS,
    INVOICE_ROOM,
    LINE_COLUMNS,
    ORDER_SLOT,
    ORDER_STATUS,
    OTHER_REASON,
    PAYMENT_TERMS,
    QUANTITY_COLUMN,
    SERVED_BY,
    URGENT_SLOT,
)
from pilot.legacy.records import DAMAGED, FIELDS, QUANTITIES, UNKNOWN, Image

Value = bytes | str | int | None
Row = Mapping[str, Value]
Columns = dict[str, Value]

CODEC = "cp950"
PHONES_BETWEEN = "|"


class WireError(ValueError):
    """An image that cannot stand in the old system's row; ``field`` is the image's."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Unencodable(WireError):
    """Text with characters that cp950 lacks; ``characters`` has each once, in the order they come."""

    def __init__(self, field: str, characters: str) -> None:
        super().__init__(field, f"{field}: cp950 has no {' '.join(characters)}")
        self.characters = characters


class DoesNotFit(WireError):
    """Text longer than its column: ``size`` and ``room`` in bytes of cp950."""

    def __init__(self, field: str, size: int, room: int) -> None:
        super().__init__(field, f"{field}: {size} bytes, the old system has room for {room}")
        self.size, self.room = size, room


class Meaningless(WireError):
    """A value that no code or date of the old system says."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(field, f"{field}: the old system has no word for {value!r}")
        self.value = value


class Undecodable(Exception):
    """Bytes that are not cp950 text; ``data`` is the column's whole content."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data.hex())
        self.data = data


def canonical(text: str) -> str:
    """Text of this house as an image has it: without space around it, in the characters cp950 would read back.

    Nine characters are written as a neighbour: ¥ as ￥, • as ‧. What cp950 lacks stays, for ``encode`` to name.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_NEIGHBOURS).strip()


def encode(field: str, text: str, room: int) -> bytes:
    """Text as the old system keeps it. Raises Unencodable or DoesNotFit."""
    text = text.replace("\n", "\r\n")
    lacking = "".join(dict.fromkeys(character for character in text if not _has(character)))
    if lacking:
        raise Unencodable(field, lacking)
    data = text.encode(CODEC)
    if len(data) > room:
        raise DoesNotFit(field, len(data), room)
    return data


def decode(data: bytes) -> str:
    """Canonical text: without space around it, lines ending in one newline. Raises Undecodable."""
    try:
        text = data.decode(CODEC)
    except UnicodeDecodeError:
        raise Undecodable(data) from None
    if _NO_TEXT.search(text):
        raise Undecodable(data)
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _disputed() -> str:
    """The characters Python reads in C6A1–C7FC: Microsoft has none there, ETEN has others."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    pairs = [bytes((lead, trail)) for lead in (0xC6, 0xC7) for trail in trails]
    return "".join(pair.decode(CODEC, "ignore") for pair in pairs if pair >= b"\xc6\xa1")


# Nothing a person typed and we could be sure of: control characters but tab and line ends, and the disputed rows.
_NO_TEXT = re.compile(f"[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f{_disputed()}]")
_NEIGHBOURS = str.maketrans(
    {
        each: each.encode(CODEC).decode(CODEC)
        for each in "\u00a2\u00a3\u00a5\u2022\u203e\u223c\u2609\u2641\uff64"
    }
)


def _has(character: str) -> bool:
    try:
        character.encode(CODEC)
    except UnicodeEncodeError:
        return False
    return not _NO_TEXT.match(character)


@dataclass(frozen=True)
class Part:
    """Fields of an image that stand in some columns together: ``read`` a row, ``write`` the columns for an image."""

    fields: tuple[str, ...]
    columns: tuple[str, ...]
    read: Callable[[Row], Image]
    write: Callable[[Image], Columns]


def image(entity: str, row: Row) -> tuple[Image, dict[str, str]]:
    """The row's image, and by field the hex of what in it is not cp950."""
    found: Image = {}
    damaged: dict[str, str] = {}
    for part in PARTS[entity]:
        try:
            found |= part.read(row)
        except Undecodable as error:
            for field in part.fields:
                damaged[field] = error.data.hex()
                found[field] = DAMAGED + error.data.hex()
    return {field: found[field] for field in FIELDS[entity]}, damaged


def row(entity: str, wanted: Image, there: Row | None) -> Columns:
    """The columns to write so that the row reads as ``wanted``; those of a new row when ``there`` is None.

    Raises Unencodable, DoesNotFit or Meaningless, naming the field.
    """
    held = image(entity, there)[0] if there is not None else None
    written: Columns = {}
    for part in PARTS[entity]:
        if held is None or any(wanted[field] != held[field] for field in part.fields):
            written |= part.write(wanted)
    return written


def columns(entity: str) -> tuple[str, ...]:
    """The head's columns an image is read from."""
    names = dict.fromkeys(name for part in PARTS[entity] for name in part.columns)
    return tuple(name for name in names if name not in LINE_COLUMNS)


# -- the parts


def _bytes(row: Row, column: str) -> bytes:
    value = row[column]
    return bytes(value) if isinstance(value, bytes | memoryview) else b""


def _plain(row: Row, column: str) -> str:
    value = row[column]
    return "" if value is None else str(value).strip()


def text(field: str, column: str, room: int) -> Part:
    return Part(
        (field,),
        (column,),
        lambda row: {field: decode(_bytes(row, column))},
        lambda image: {column: encode(field, image[field], room)},
    )


def word(field: str, column: str, room: int) -> Part:
    """A short word of ASCII: a number, a letter."""

    def write(image: Image) -> Columns:
        value = image[field]
        if not value.isascii():
            raise Unencodable(field, "".join(dict.fromkeys(c for c in value if not c.isascii())))
        if len(value) > room:
            raise DoesNotFit(field, len(value), room)
        return {column: value}

    return Part((field,), (column,), lambda row: {field: _plain(row, column)}, write)


def _said(table: Mapping[str, str], code: str) -> str:
    """The canonical word for a code; one without a word stays itself behind ``UNKNOWN``, and an empty one empty."""
    return table.get(code, UNKNOWN + code if code else "")


def _code(field: str, table: Mapping[str, str], value: str) -> str:
    """The first code that stands for a word."""
    if value.startswith(UNKNOWN):
        return value[len(UNKNOWN) :]
    for code, meaning in table.items():
        if meaning == value:
            return code
    raise Meaningless(field, value)


def coded(field: str, column: str, table: Mapping[str, str]) -> Part:
    return Part(
        (field,),
        (column,),
        lambda row: {field: _said(table, _plain(row, column))},
        lambda image: {column: _code(field, table, image[field])},
    )


def _day(digits: str) -> str:
    try:
        return rocdate.parse(digits, digits=7).isoformat() if digits else ""
    except ValueError:
        return UNKNOWN + digits


def _digits(field: str, day: str) -> str:
    if day.startswith(UNKNOWN):
        return day[len(UNKNOWN) :]
    try:
        return rocdate.format(dt.date.fromisoformat(day)) if day else ""
    except ValueError:
        raise Meaningless(field, day) from None


def _clock(digits: str) -> str:
    """``1405`` → ``14:05``; 0000 is what the old system types where there is no time."""
    if digits in ("", "0000"):
        return ""
    return f"{digits[:2]}:{digits[2:]}" if _TIME.fullmatch(digits) else UNKNOWN + digits


def _clock_digits(field: str, time: str) -> str:
    if time.startswith(UNKNOWN):
        return time[len(UNKNOWN) :]
    digits = time.replace(":", "", 1)
    if digits and not (_TIME.fullmatch(digits) and len(time) == 5):
        raise Meaningless(field, time)
    return digits


_TIME = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]")


def _read_moment(row: Row) -> Image:
    digits = _plain(row, "actual_delivery_time")
    day, time = _day(digits[:7]), _clock(digits[7:])
    whole = f"{day} {time}" if len(digits) == 11 and not f"{day}{time}".count(UNKNOWN) else ""
    return {"delivered_at": whole or (UNKNOWN + digits if digits else "")}


def _write_moment(image: Image) -> Columns:
    moment = image["delivered_at"]
    if moment.startswith(UNKNOWN):
        return {"actual_delivery_time": moment[len(UNKNOWN) :]}
    if not moment:
        return {"actual_delivery_time": None}
    day, _space, time = moment.partition(" ")
    digits = _digits("delivered_at", day) + _clock_digits("delivered_at", time)
    if len(digits) != 11:
        raise Meaningless("delivered_at", moment)
    return {"actual_delivery_time": digits}


PHONE_COLUMNS = (("phone_primary", 20), ("phone_secondary", 20), ("mobile", 15))


def _read_phones(row: Row) -> Image:
    """Each number once, in E.164; what is no number stays as typed behind ``UNKNOWN``."""
    found: dict[str, None] = {}
    for column, _room in PHONE_COLUMNS:
        typed = decode(_bytes(row, column))
        try:
            found |= dict.fromkeys(phones_of(typed))
        except NotAPhoneError:
            found[UNKNOWN + typed.replace("%", "%25").replace(PHONES_BETWEEN, "%7C")] = None
    return {"phones": PHONES_BETWEEN.join(found)}


def _write_phones(image: Image) -> Columns:
    numbers = image["phones"].split(PHONES_BETWEEN) if image["phones"] else []
    if len(numbers) > len(PHONE_COLUMNS):
        raise DoesNotFit("phones", len(numbers), len(PHONE_COLUMNS))
    typed = [_typed(number) for number in numbers] + [""] * (len(PHONE_COLUMNS) - len(numbers))
    shapes = zip(PHONE_COLUMNS, typed, strict=True)
    return {column: encode("phones", number, room) for (column, room), number in shapes}


def _typed(number: str) -> str:
    if number.startswith(UNKNOWN):
        return number[len(UNKNOWN) :].replace("%7C", PHONES_BETWEEN).replace("%25", "%")
    return national(number)


def _read_address(row: Row) -> Image:
    same = _plain(row, "delivery_same_as_reg") == "Y"
    return {"address": decode(_bytes(row, "reg_address" if same else "delivery_address"))}


def _write_address(image: Image) -> Columns:
    return {
        "delivery_same_as_reg": "N",
        "delivery_address": encode("address", image["address"], 200),
    }


def _read_slot(row: Row) -> Image:
    code = _plain(row, "time_slot")
    urgent = code == URGENT_SLOT or _plain(row, "priority_flag") == "Y"
    return {"slot": _said(ORDER_SLOT, code), "urgent": "Y" if urgent else ""}


def _write_slot(image: Image) -> Columns:
    if image["urgent"] not in ("", "Y"):
        raise Meaningless("urgent", image["urgent"])
    return {
        "time_slot": _code("slot", ORDER_SLOT, image["slot"]),
        "priority_flag": image["urgent"] or "N",
    }


def _read_state(row: Row) -> Image:
    return {"status": _said(ORDER_STATUS, _plain(row, "status"))}


def _write_state(image: Image) -> Columns:
    code = _code("status", ORDER_STATUS, image["status"])
    return {"status": code, "cancel_reason": OTHER_REASON if image["status"] == "cancelled" else None}


def _read_invoice(row: Row) -> Image:
    """Whoever serves an order invoices it; the old system's own numbers are not mirrored."""
    is_ours = SERVED_BY.get(_plain(row, "dispatch_sys")) == "ours"
    return {"invoice_no": _plain(row, "invoice_no") if is_ours else ""}


def _write_invoice(image: Image) -> Columns:
    if image["served_by"] != "ours":
        return {}
    if len(image["invoice_no"]) > INVOICE_ROOM or not image["invoice_no"].isascii():
        raise Meaningless("invoice_no", image["invoice_no"])
    return {"invoice_no": image["invoice_no"]}


def _read_quantities(row: Row) -> Image:
    numbers = {kind: row[column] for kind, column in QUANTITY_COLUMN.items()}
    return {kind: str(number) if number else "" for kind, number in numbers.items()}


def quantities(image: Image) -> Columns:
    """The line's columns for an image's sixteen quantities."""
    written: Columns = {}
    for kind, column in QUANTITY_COLUMN.items():
        number = image[kind] or "0"
        if not (number.isascii() and number.isdigit() and int(number) <= 999):
            raise Meaningless(kind, number)
        written[column] = int(number)
    return written


PARTS: Mapping[str, tuple[Part, ...]] = MappingProxyType(
    {
        "customer": (
            text("invoice_title", "customer_name", 100),
            text("short_name", "short_name", 50),
            coded("kind", "customer_type", CUSTOMER_KIND),
            coded("status", "status", CUSTOMER_STATUS),
            word("tax_id", "tax_id", 8),
            Part(("phones",), tuple(column for column, _ in PHONE_COLUMNS), _read_phones, _write_phones),
            text("email", "email", 100),
            Part(
                ("address",),
                ("delivery_same_as_reg", "delivery_address", "reg_address"),
                _read_address,
                _write_address,
            ),
            word("area", "service_area", 4),
            coded("slot", "delivery_time_pref", CUSTOMER_SLOT),
            coded("payment", "payment_terms", PAYMENT_TERMS),
            text("notes", "notes", 4000),
        ),
        "order": (
            word("customer", "customer_id", 10),
            coded("served_by", "dispatch_sys", SERVED_BY),
            Part(("status",), ("status",), _read_state, _write_state),
            Part(
                ("date",),
                ("trade_date",),
                lambda row: {"date": _day(_plain(row, "trade_date"))},
                lambda image: {"trade_date": _digits("date", image["date"])},
            ),
            Part(("delivered_at",), ("actual_delivery_time",), _read_moment, _write_moment),
            Part(("invoice_no",), ("invoice_no", "dispatch_sys"), _read_invoice, _write_invoice),
            Part(QUANTITIES, LINE_COLUMNS, _read_quantities, quantities),
            Part(("slot", "urgent"), ("time_slot", "priority_flag"), _read_slot, _write_slot),
            text("note", "notes", 1000),
        ),
    }
)
