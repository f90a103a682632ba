"""Phone cells: several numbers in one, and zeros that a spreadsheet took away."""

from __future__ import annotations

import re

from customers.identifiers import normalise_phone
from customers.sheets.cells import digits_of

_NATIONAL = (
    (re.compile(r"\+886(9[0-9]{2})([0-9]{3})([0-9]{3})"), r"0\1-\2-\3"),
    (re.compile(r"\+886(89|37|49|82|826|836)([0-9]{5,7})"), r"0\1-\2"),
    (re.compile(r"\+886([2-7]|8(?!0))([0-9]{7,8})"), r"0\1-\2"),
)
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


def national(number: str) -> str:
    """A number as people of Taiwan write it: ``0912-345-678``, ``089-331234``; others stay in E.164."""
    for shape, written in _NATIONAL:
        if match := shape.fullmatch(number):
            return match.expand(written)
    return number
