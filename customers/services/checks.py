"""What a customer's fields may hold, in words: one place for the form, the API and other programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from customers.identifiers import (
    is_valid_citizen_certificate,
    is_valid_donation_code,
    is_valid_mobile_barcode,
)
from customers.models import Customer
from customers.models.customer import CarrierType
from customers.queries.taxnumbers import is_accepted
from customers.services.words import WORDS
from customers.sheets import rest
from customers.sheets.cells import cylinder_notation, digits_of, plain
from customers.sheets.findings import Problem
from customers.sheets.phones import NotAPhoneError, phones_of
from luckygas.core.errors import Refused

# As the constraint on the table says; see Customer.
TAIWAN_LAT = Decimal("21.5"), Decimal("26.5")
TAIWAN_LNG = Decimal(118), Decimal("122.5")


def refuse(field: str, problem: Problem, **params: Any) -> Refused:
    """The refusal of one field, in the words of the import report."""
    wrong, right = (str(text) % params for text in WORDS[problem])
    return Refused(f"{wrong} – {right}", code=problem.value, field=field)


def checked(data: Mapping[str, Any], customer: Customer | None = None) -> dict[str, Any]:
    """The same fields, normalised. Raises Refused naming the first field that cannot stand.

    Rules across fields are checked against what the customer has already.
    """
    clean = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
    for name, check in _CHECKS.items():
        if name in clean:
            clean[name] = check(clean[name])
    if "carrier_id" in clean or clean.get("carrier_type"):
        kind, code = carrier(clean.get("carrier_id", getattr(customer, "carrier_id", "")))
        if clean.get("carrier_type", kind) not in (kind, ""):
            raise refuse("carrier_id", Problem.CARRIER if code else Problem.REQUIRED)
        clean["carrier_type"], clean["carrier_id"] = kind, code

    def now(name: str, empty: Any = "") -> Any:
        return clean[name] if name in clean else getattr(customer, name, empty)

    if now("donation_code") and now("carrier_id"):
        raise refuse("donation_code", Problem.CARRIER_AND_DONATION)
    if now("donation_code") and now("tax_id"):
        raise refuse("donation_code", Problem.BUSINESS_DONATES)
    if (now("lat", None) is None) != (now("lng", None) is None):
        raise refuse("lng" if now("lng", None) is None else "lat", Problem.HALF_POINT)
    if account := clean.get("virtual_account"):
        others = Customer.objects.filter(virtual_account=account)
        owner = (
            (others.exclude(pk=customer.pk) if customer else others).values_list("code", flat=True).first()
        )
        if owner:
            raise refuse("virtual_account", Problem.ACCOUNT_TAKEN, customer=owner)
    return clean


def carrier(text: str) -> tuple[str, str]:
    """(type, code) of a carrier, told by its shape; both empty for none."""
    code = plain(text).upper()
    if not code:
        return "", ""
    if is_valid_mobile_barcode(code):
        return CarrierType.MOBILE.value, code
    if is_valid_citizen_certificate(code):
        return CarrierType.CITIZEN.value, code
    raise refuse("carrier_id", Problem.CARRIER)


def _tax_id(text: str) -> str:
    number = digits_of(text)
    if number and not is_accepted(number):
        raise refuse("tax_id", Problem.TAX_ID)
    return number


def _donation(text: str) -> str:
    code = digits_of(text)
    if code and not is_valid_donation_code(code):
        raise refuse("donation_code", Problem.DONATION)
    return code


def _account(field: str, low: int, high: int) -> Any:
    def check(text: str) -> str:
        number = plain(text).replace("-", "").replace(" ", "")
        if number and not (number.isascii() and number.isdigit() and low <= len(number) <= high):
            raise refuse(field, Problem.ACCOUNT, low=low, high=high)
        return number

    return check


def _notation(text: str) -> str:
    if text and cylinder_notation(text) is None:
        raise refuse("system_cylinders", Problem.CYLINDERS)
    return text


def _rest_rule(text: str) -> str:
    text = plain(text)
    try:
        rest.parse(text)
    except rest.UnknownRestDayError as error:
        raise refuse("rest_rule", Problem.REST_DAY, word=error.word) from error
    except rest.RestDayRangeError as error:
        raise refuse("rest_rule", Problem.REST_DAY_RANGE, word=error.word) from error
    return text


def _phones(value: str | Iterable[str]) -> tuple[str, ...]:
    text = value if isinstance(value, str) else "、".join(value)
    try:
        return phones_of(text)
    except NotAPhoneError as error:
        raise refuse("phones", Problem.PHONE) from error


def _code(text: str) -> str:
    code = digits_of(text)
    if code and not (code.isascii() and code.isdigit() and len(code) == 7):
        raise refuse("code", Problem.CUSTOMER_CODE)
    return code


def _name(field: str) -> Any:
    def check(text: str) -> str:
        if not text:
            raise refuse(field, Problem.REQUIRED)
        return text

    return check


def _between(field: str, low: Decimal | int, high: Decimal | int) -> Any:
    def check(value: Decimal | int | None) -> Decimal | int | None:
        if value is not None and not low <= value <= high:
            raise Refused(
                _("between %(low)s and %(high)s") % {"low": low, "high": high}, code="range", field=field
            )
        return value

    return check


_CHECKS: Mapping[str, Any] = {
    "code": _code,
    "short_name": _name("short_name"),
    "tax_id": _tax_id,
    "donation_code": _donation,
    "virtual_account": _account("virtual_account", 10, 16),
    "payer_account": _account("payer_account", 8, 20),
    "system_cylinders": _notation,
    "lat": _between("lat", *TAIWAN_LAT),
    "lng": _between("lng", *TAIWAN_LNG),
    "max_cycle_days": _between("max_cycle_days", 1, 365),
    "postpone_days": _between("postpone_days", 0, 365),
    "rest_rule": _rest_rule,
    "phones": _phones,
}
