"""First Bank's deposit file ``FIRyyyymmdd.TXT``: one record of fixed width per movement.

Field list (a public reader of these files; widths in bytes of Big5, in this order): account 11, ROC date 7, trade
no 4, trade code 4, export 7, withdrawal 15, deposit 15, sign 1, balance 15, virtual account 16, status 1, name 13;
109 bytes, then CR LF, also after the last record. What that list leaves open is in `Reading`, and
``docs/decisions/0010-first-bank-profile.md`` says why.
"""

import codecs
import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

FIELDS: tuple[tuple[str, int], ...] = (
    ("account", 11),
    ("date", 7),
    ("trade_no", 4),
    ("trade_code", 4),
    ("export", 7),
    ("withdrawal", 15),
    ("deposit", 15),
    ("sign", 1),
    ("balance", 15),
    ("virtual_account", 16),
    ("status", 1),
    ("name", 13),
)
"""Name and width in Big5 bytes, in the order of the record."""
WIDTH = sum(width for _name, width in FIELDS)
END = b"\r\n"
_ROC_YEARS = 1911
_SHOWN_BYTES = 24
_NAMES = "first-bank-names"
_OWN_SIGNS = re.compile(rb"(?:[\x81-\xa0\xfa-\xfe][\x40-\x7e\xa1-\xfe])|[\xc6-\xc8][\xa1-\xfe]")
"""Where Big5 leaves room for characters of one's own; banks keep rare ones of names there."""
MISSING = "〓"
"""What stands for a character nobody else has: the sign printers set for a type they lack."""


def N_(text: str) -> str:  # noqa: N802 - the name message extractors know
    """Mark a text for the message catalogue; a page translates it."""
    return text


def _beyond_the_table(error: UnicodeError) -> tuple[str, int]:
    """What a payer's name may have that cp950 cannot read; anything else is raised again.

    A name is cut at the field's end wherever that falls: the first half of a character that had no room is left out.
    """
    assert isinstance(error, UnicodeDecodeError)
    rest = error.object[error.start :]
    if len(rest) == 1 and 0x81 <= rest[0] <= 0xFE:
        return "", error.start + 1
    if _OWN_SIGNS.match(rest):
        return MISSING, error.start + 2
    raise error


codecs.register_error(_NAMES, _beyond_the_table)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the field list does not say, agreed with the bank for one contract.

    ``decimals``: implied decimals of the three amounts (0 or 2; the amounts are whole NT$ either way).
    ``sign_of``: whether the sign tells about the movement or about the balance after it.
    ``padding``: how a shorter virtual account fills its field, with blanks or with zeros on its left;
    ``virtual_length``: how many digits it then has.
    """

    decimals: Literal[0, 2] = 0
    sign_of: Literal["movement", "balance"] = "movement"
    padding: Literal["blanks", "zeros"] = "blanks"
    virtual_length: int = 14


@dataclass(frozen=True, slots=True)
class Deposit:
    """One record, by the field list's own names. Amounts are whole NT$, not below 0 but for ``balance``.

    ``line`` counts from 1; ``raw`` is the record without its line end.
    """

    account: str
    date: dt.date
    trade_no: str
    trade_code: str
    export: str
    withdrawal: Decimal
    deposit: Decimal
    sign: str
    balance: Decimal
    virtual_account: str
    status: str
    name: str
    line: int
    raw: bytes
    is_negative: bool

    @property
    def amount(self) -> Decimal:
        """What the movement brought in, whole NT$; below 0 for a withdrawal or a correction.

        A minus beside a withdrawal says once more that money left, and never that it came in: should the bank mean a
        withdrawal taken back, a person finds out, and nothing is posted.
        """
        net = self.deposit - self.withdrawal
        return -abs(net) if self.is_negative else net


class FormatError(ValueError):
    """Why a file is refused whole: ``byte`` counts from 1, ``line`` from 1, ``field`` may be empty.

    ``rule`` is an English sentence with ``%(name)s`` places for ``values``, the key of its translation.
    """

    def __init__(self, rule: str, *, byte: int, line: int, field: str = "", **values: str) -> None:
        self.rule, self.byte, self.line, self.field, self.values = rule, byte, line, field, values
        super().__init__(
            f"refused at byte {byte} (line {line}{f', {field}' if field else ''}): {rule % values}"
        )


def parse(data: bytes, reading: Reading = Reading()) -> list[Deposit]:
    """Every record of the file in its order. Raises FormatError at the first byte that cannot be right."""
    if not data:
        raise FormatError(N_("the file is empty"), byte=1, line=1)
    found: list[Deposit] = []
    start = 0
    while start < len(data):
        line = len(found) + 1
        _check_end(data, start, line)
        found.append(_Record(data[start : start + WIDTH], start, line, reading).deposit())
        start += WIDTH + len(END)
    return found


def _check_end(data: bytes, start: int, line: int) -> None:
    """The record is as long as it must be and ends with CR LF; says where it ends instead."""
    record, end = data[start : start + WIDTH], data[start + WIDTH : start + WIDTH + len(END)]
    for sign in (b"\r", b"\n"):
        at = record.find(sign)
        # A line end may be the second byte of nothing: Big5's second bytes begin at 0x40.
        if at >= 0:
            raise FormatError(
                N_("the record ends after %(found)s bytes, it must have %(wanted)s"),
                byte=start + at + 1,
                line=line,
                found=str(at),
                wanted=str(WIDTH),
            )
    if len(record) + len(end) < WIDTH + len(END):
        raise FormatError(
            N_("the file is cut off: the record has %(found)s of %(wanted)s bytes"),
            byte=len(data) + 1,
            line=line,
            found=str(len(record) + len(end)),
            wanted=str(WIDTH + len(END)),
        )
    if end != END:
        raise FormatError(
            N_("CR LF must follow the record, not %(hex)s"), byte=start + WIDTH + 1, line=line, hex=end.hex()
        )


class _Record:
    def __init__(self, raw: bytes, start: int, line: int, reading: Reading) -> None:
        self.raw, self.start, self.line, self.reading = raw, start, line, reading
        self.bytes: dict[str, bytes] = {}
        self.at: dict[str, int] = {}
        at = 0
        for name, width in FIELDS:
            self.bytes[name], self.at[name] = raw[at : at + width], at
            at += width

    def deposit(self) -> Deposit:
        sign = self._sign()
        is_negative = sign == "-"
        balance = self._amount("balance")
        of_movement = self.reading.sign_of == "movement"
        return Deposit(
            account=self._digits("account"),
            date=self._date(),
            trade_no=self._digits("trade_no"),
            trade_code=self._ascii("trade_code"),
            export=self._ascii("export"),
            withdrawal=self._amount("withdrawal"),
            deposit=self._amount("deposit"),
            sign=sign,
            balance=-balance if is_negative and not of_movement else balance,
            virtual_account=self._virtual_account(),
            status=self._ascii("status"),
            name=self._name(),
            line=self.line,
            raw=self.raw,
            is_negative=is_negative and of_movement,
        )

    def _refuse(self, field: str, rule: str, within: int = 0, **values: str) -> FormatError:
        byte = self.start + self.at[field] + within + 1
        return FormatError(rule, byte=byte, line=self.line, field=field, **values)

    def _ascii(self, field: str) -> str:
        """Printable ASCII without the blanks around it."""
        for within, byte in enumerate(self.bytes[field]):
            if not 0x20 <= byte < 0x7F:
                raise self._refuse(
                    field,
                    N_("%(hex)s is no letter, digit or blank"),
                    within,
                    hex=self.bytes[field][within:].hex(),
                )
        return self.bytes[field].decode("ascii").strip()

    def _digits(self, field: str) -> str:
        for within, byte in enumerate(self.bytes[field]):
            if not 0x30 <= byte <= 0x39:
                raise self._refuse(
                    field, N_("%(hex)s is no digit"), within, hex=self.bytes[field][within : within + 1].hex()
                )
        return self.bytes[field].decode("ascii")

    def _sign(self) -> str:
        text = self.bytes["sign"].decode("latin-1")
        if text not in "+- ":
            raise self._refuse("sign", N_("%(hex)s is no sign (+, - or blank)"), hex=self.bytes["sign"].hex())
        return text

    def _amount(self, field: str) -> Decimal:
        number = int(self._digits(field))
        whole, rest = divmod(number, 10**self.reading.decimals)
        if rest:
            raise self._refuse(
                field,
                N_("%(found)s is not whole NT$"),
                found=str(Decimal(number) / 10**self.reading.decimals),
            )
        return Decimal(whole)

    def _date(self) -> dt.date:
        text = self._digits("date")
        try:
            return dt.date(int(text[:3]) + _ROC_YEARS, int(text[3:5]), int(text[5:]))
        except ValueError:
            raise self._refuse(
                "date", N_("%(found)s is no day of the ROC calendar (YYYMMDD)"), found=text
            ) from None

    def _virtual_account(self) -> str:
        """The digits alone; empty when the field is blank (or, padded with zeros, nothing but zeros)."""
        text = self._ascii("virtual_account")
        if text and not text.isdigit():
            raise self._refuse("virtual_account", N_("“%(found)s” is no account number"), found=text)
        if self.reading.padding == "zeros":
            padding, digits = text[: -self.reading.virtual_length], text[-self.reading.virtual_length :]
            if padding.strip("0"):
                raise self._refuse(
                    "virtual_account",
                    N_("“%(found)s” has more than %(wanted)s digits"),
                    found=text,
                    wanted=str(self.reading.virtual_length),
                )
            return digits if digits.strip("0") else ""
        return text

    def _name(self) -> str:
        field = self.bytes["name"]
        try:
            text = field.decode("cp950", _NAMES)
        except UnicodeDecodeError as error:
            raise self._refuse(
                "name",
                N_("%(hex)s is no Big5 text"),
                error.start,
                hex=field[error.start :][:_SHOWN_BYTES].hex(),
            ) from None
        control = next((within for within, sign in enumerate(text) if ord(sign) < 0x20), None)
        if control is not None:
            within = field.index(ord(text[control]))
            raise self._refuse("name", N_("%(hex)s is no Big5 text"), within, hex=f"{ord(text[control]):02x}")
        return text.strip(" \u3000")
