"""The bank's side of a deposit file: a movement becomes a record of 109 bytes in Big5 and CR LF.

The field list is the bank's: account 11, ROC date 7, trade no 4, trade code 4, export 7, withdrawal 15, deposit 15,
sign 1, balance 15, virtual account 16, status 1, name 13.
"""

from dataclasses import dataclass
from datetime import date

RECORD_BYTES = 109
LINE_END = b"\r\n"
NAME_BYTES = 13
TRADE_CODE = "0301"
NO_EXPORT = " " * 7
BOOKED = "0"


class UnwritableError(ValueError):
    """A movement that no record can hold; the message says which part."""


@dataclass(frozen=True)
class Movement:
    """One line of the account. ``amount`` in whole NT$, below 0 for money that left; ``balance`` is after it."""

    account: str
    day: date
    number: int
    amount: int
    balance: int
    virtual_account: str
    payer: str
    status: str = BOOKED


def name_field(payer: str) -> bytes:
    """The payer's name in Big5, cut before the character that does not fit, filled with blanks."""
    field = b""
    for character in payer:
        try:
            written = character.encode("cp950")
        except UnicodeEncodeError as error:
            raise UnwritableError(f"{character!r} of {payer!r} is not in Big5") from error
        if len(field) + len(written) > NAME_BYTES:
            break
        field += written
    return field.ljust(NAME_BYTES)


def record(movement: Movement) -> bytes:
    """The 109 bytes of one movement. Raises `UnwritableError` for what has no room."""
    roc_year = movement.day.year - 1911
    out, into = max(0, -movement.amount), max(0, movement.amount)
    parts = [
        movement.account.zfill(11),
        f"{roc_year:03d}{movement.day.month:02d}{movement.day.day:02d}",
        f"{movement.number:04d}",
        TRADE_CODE,
        NO_EXPORT,
        f"{out:015d}",
        f"{into:015d}",
        "-" if movement.amount < 0 else "+",
        f"{abs(movement.balance):015d}",
        movement.virtual_account.ljust(16),
        movement.status,
    ]
    written = "".join(parts).encode("ascii") + name_field(movement.payer)
    if len(written) != RECORD_BYTES:
        raise UnwritableError(f"{movement} makes a record of {len(written)} bytes, not {RECORD_BYTES}")
    return written


def file_bytes(movements: list[Movement]) -> bytes:
    """A whole file: each record with its line end, the last one too."""
    return b"".join(record(movement) + LINE_END for movement in movements)
