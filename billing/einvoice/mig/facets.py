"""What one value of a message may look like: each facet is a function from text to a complaint or None."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from billing.einvoice.mig.problem import N_

Complaint = tuple[str, dict[str, object]]
"""A sentence for `Problem.rule` and its values."""
Facet = Callable[[str], Complaint | None]

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(r"[0-9]{8}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
XML_SPACE = " \t\r\n"


def text(most: int, *, least: int = 0, collapse: bool = False) -> Facet:
    """A text of `least` to `most` characters, counted after collapsing white space if `collapse`."""

    def facet(value: str) -> Complaint | None:
        counted = " ".join(value.split()) if collapse else value
        if len(counted) < least:
            return N_("needs at least %(least)s characters"), {"least": least}
        if len(counted) > most:
            return N_("has %(length)s characters, at most %(most)s fit"), {
                "length": len(counted),
                "most": most,
            }
        return None

    return facet


def pattern(expression: str, shape: str) -> Facet:
    """A text that matches `expression` as a whole; `shape` says it in words."""
    compiled = re.compile(expression)

    def facet(value: str) -> Complaint | None:
        if compiled.fullmatch(value):
            return None
        return N_("“%(value)s” is not of the form %(shape)s"), {"value": value, "shape": shape}

    return facet


def one_of(*allowed: str) -> Facet:
    """One of a closed list of codes."""

    def facet(value: str) -> Complaint | None:
        if value in allowed:
            return None
        return N_("“%(value)s” is none of %(allowed)s"), {"value": value, "allowed": ", ".join(allowed)}

    return facet


def is_decimal(value: str) -> bool:
    """Is it written as a decimal number of XML (no exponent, white space around it allowed)?"""
    return _DECIMAL.fullmatch(value.strip(XML_SPACE)) is not None


def decimal(digits: int, fraction: int, *, least: Decimal | None = None) -> Facet:
    """A number of at most `digits` digits, `fraction` of them decimals; zeros at either end do not count."""

    def facet(value: str) -> Complaint | None:
        if not is_decimal(value):
            return N_("“%(value)s” is not a number"), {"value": value}
        whole, _, behind = value.strip(XML_SPACE).lstrip("+-").partition(".")
        whole, behind = whole.lstrip("0"), behind.rstrip("0")
        if len(behind) > fraction:
            return N_("“%(value)s” has more than %(fraction)s decimals"), {
                "value": value,
                "fraction": fraction,
            }
        if len(whole) + len(behind) > digits:
            return N_("“%(value)s” has more than %(digits)s digits"), {"value": value, "digits": digits}
        if least is not None and Decimal(value.strip(XML_SPACE)) < least:
            return N_("“%(value)s” is below %(least)s"), {"value": value, "least": least}
        return None

    return facet


def rate(*allowed: str) -> Facet:
    """A decimal number out of a closed list, however it is written (`0.05`, `0.050`)."""
    values = {Decimal(one) for one in allowed}

    def facet(value: str) -> Complaint | None:
        if is_decimal(value) and Decimal(value.strip(XML_SPACE)) in values:
            return None
        return N_("“%(value)s” is none of %(allowed)s"), {"value": value, "allowed": ", ".join(allowed)}

    return facet


def day(value: str) -> Complaint | None:
    """A day of the calendar as YYYYMMDD. The ministry's pattern lets 20260231 through; no deadline can."""
    if not _DATE.fullmatch(value):
        return N_("“%(value)s” is not of the form %(shape)s"), {"value": value, "shape": "YYYYMMDD"}
    try:
        date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return N_("“%(value)s” is not a day of the calendar"), {"value": value}
    return None


def clock_time(value: str) -> Complaint | None:
    """A time of day as HH:MM:SS, white space around it allowed."""
    if _TIME.fullmatch(value.strip(XML_SPACE)):
        return None
    return N_("“%(value)s” is not of the form %(shape)s"), {"value": value, "shape": "HH:MM:SS"}
