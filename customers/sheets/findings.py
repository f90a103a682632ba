"""What is wrong with a cell: stable words that the importers put into the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Problem(StrEnum):
    """Each word has a sentence and a remedy in ``customers.services.words``; the params are theirs."""

    REQUIRED = "required"
    CUSTOMER_CODE = "customer_code"
    DUPLICATE_CODE = "duplicate_code"  # first_row
    UNKNOWN_CUSTOMER = "unknown_customer"
    TOO_LONG = "too_long"  # limit
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    OUT_OF_RANGE = "out_of_range"  # low, high
    SPREADSHEET_ERROR = "spreadsheet_error"
    DIGITS_LOST = "digits_lost"
    UNKNOWN_CODE = "unknown_code"  # allowed
    FLAG = "flag"
    REST_DAY = "rest_day"  # word
    REST_DAY_RANGE = "rest_day_range"  # word
    CYLINDERS = "cylinders"
    NO_PAYMENT = "no_payment"
    NO_DAILY_USE = "no_daily_use"
    DATE = "date"
    DATE_WEEKDAY = "date_weekday"
    NO_DATE = "no_date"
    DUPLICATE_VISIT = "duplicate_visit"  # first_row
    MOVED_AND_CANCELLED = "moved_and_cancelled"
    PHONE = "phone"
    TAX_ID = "tax_id"
    EMAIL = "email"
    CARRIER = "carrier"
    DONATION = "donation"
    CARRIER_AND_DONATION = "carrier_and_donation"
    BUSINESS_DONATES = "business_donates"
    ACCOUNT = "account"  # low, high
    ACCOUNT_TAKEN = "account_taken"  # customer
    HALF_POINT = "half_point"


@dataclass(frozen=True, slots=True)
class Finding:
    """One cell. ``rejects``: its row does not come in; otherwise the cell comes in empty or as said."""

    row: int
    column: str
    value: str
    problem: Problem
    rejects: bool
    params: Mapping[str, str | int] = field(default_factory=dict)
