"""Phone cells: several numbers in one, and zeros that a spreadsheet took away."""

from __future__ import annotations

import re

from customers.identifiers import normalise_phone
from customers.sheets.cells import digits_of

_BETWEEN = re.compile(r"[、,;/\n]|\s{2,}|或")


class NotAPhoneError(ValueError):
    """A piece of the cell is no number that can be dialled."""


def phones_of(text: str) -> tuple[str, ...]:
    """The numbers of a cell in E.164, each once, in the order written.

    A number that arrived as a number has lost its leading zero: nine digits from a mobile (``912345678``),
    eight from a Taitung line (``89331234``). Raises NotAPhoneError.
    """
    found: dict[str, None] = {}
    for piece in _BETWEEN.split(text):
        digits = digits_of(piece)
        if not digits:
            continue
        if digits.isdigit() and len(digits) in (8, 9) and not digits.startswith("0"):
            digits = f"0{digits}"
        try:
            found[normalise_phone(digits)] = None
        except ValueError as error:
            raise NotAPhoneError(piece) from error
    return tuple(found)
