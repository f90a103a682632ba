"""Findings and refusals in the reader's language: what is wrong, what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.sheets.container import WorkbookError
from customers.sheets.findings import Finding, Problem
from luckygas.core.importing import Foreign, Report

# Problem -> (what is wrong, what would be right)
WORDS: Mapping[Problem, tuple[Any, Any]] = {
    Problem.REQUIRED: (_("is blank"), _("fill it in")),
    Problem.CUSTOMER_CODE: (_("is no customer code"), _("seven digits, for example 1400103")),
    Problem.DUPLICATE_CODE: (
        _("stands a second time in this file"),
        _("keep one row for each customer; the first is row %(first_row)s"),
    ),
    Problem.UNKNOWN_CUSTOMER: (
        _("no such customer"),
        _("import the client workbook first, or mend the code"),
    ),
    Problem.TOO_LONG: (_("is too long"), _("at most %(limit)s characters")),
    Problem.NOT_A_NUMBER: (_("is not a number"), _("digits only, or blank")),
    Problem.NOT_WHOLE: (_("is not a whole number"), _("a number without a fraction")),
    Problem.OUT_OF_RANGE: (_("is implausible and was left out"), _("between %(low)s and %(high)s")),
    Problem.SPREADSHEET_ERROR: (
        _("is an error value and was left out"),
        _("mend the formula, or leave it blank"),
    ),
    Problem.DIGITS_LOST: (
        _("was stored as a number and lost its last digits"),
        _("format the column as text and type the number again"),
    ),
    Problem.UNKNOWN_CODE: (_("is not a known code"), _("one of %(allowed)s")),
    Problem.FLAG: (_("is neither V nor blank"), _("V, or blank")),
    Problem.REST_DAY: (
        _("“%(word)s” names no rest day"),
        _("1 to 7 with dots (6.7), Red, days of the month (10.20.30) or 初一十五"),
    ),
    Problem.REST_DAY_RANGE: (
        _("“%(word)s” is no day; no rest day was taken"),
        _("weekdays are 1 to 7, days of the month 1 to 31"),
    ),
    Problem.CYLINDERS: (_("is not a set of cylinders"), _("size*number joined by +, for example 20*5+16*1")),
    Problem.NO_PAYMENT: (_("is blank; cash was taken"), _("現金, 月結 or 收現")),
    Problem.NO_DAILY_USE: (
        _("has cylinders but no daily use"),
        _("kilograms per day, so that visits can be forecast"),
    ),
    Problem.DATE: (_("is not a date"), _("month, day and weekday, for example 0701二")),
    Problem.DATE_WEEKDAY: (
        _("that date has another weekday"),
        _("month, day and weekday of one date, for example 0701二"),
    ),
    Problem.NO_DATE: (_("has no date"), _("month, day and weekday, for example 0701二")),
    Problem.DUPLICATE_VISIT: (
        _("this customer has a visit on that day already"),
        _("one row for a customer and day; the first is row %(first_row)s"),
    ),
    Problem.MOVED_AND_CANCELLED: (_("is both moved and cancelled"), _("keep one of the two")),
    Problem.PHONE: (
        _("is not a phone number"),
        _("with its area code, for example 089-331234 or 0912-345678"),
    ),
    Problem.TAX_ID: (
        _("is not a valid tax number"),
        _("eight digits whose check digit is right; one seen on paper goes to the known tax numbers first"),
    ),
    Problem.EMAIL: (_("is not an e-mail address"), _("for example name@example.com")),
    Problem.CARRIER: (
        _("is not a carrier"),
        _("a mobile barcode (/ABC1234) or a citizen certificate (AB12345678901234)"),
    ),
    Problem.DONATION: (_("is not a donation code"), _("three to seven digits")),
    Problem.CARRIER_AND_DONATION: (
        _("the customer has a carrier; an invoice cannot go to both"),
        _("keep the carrier or the donation code"),
    ),
    Problem.BUSINESS_DONATES: (
        _("the customer has a tax number; a business cannot donate its invoice"),
        _("remove the donation code or the tax number"),
    ),
    Problem.ACCOUNT: (_("is not an account number"), _("%(low)s to %(high)s digits")),
    Problem.ACCOUNT_TAKEN: (
        _("belongs to customer %(customer)s"),
        _("one virtual account for each customer"),
    ),
    Problem.HALF_POINT: (
        _("is missing; half a point is no point"),
        _("both latitude and longitude, or neither"),
    ),
}

_WANTED = _("Wanted is an Excel workbook (.xlsx).")
FOREIGN: Mapping[str, Any] = {
    "missing": _("The file is not there."),
    "empty": _("The file is empty."),
    "encrypted": _("The workbook is encrypted. Save it again without a password."),
    "old_excel": _("This is an old Excel file (.xls). Save it as an Excel workbook (.xlsx)."),
    "binary_excel": _("This is a binary Excel workbook (.xlsb). Save it as an Excel workbook (.xlsx)."),
    "opendocument": _("This is an OpenDocument file. Save it as an Excel workbook (.xlsx)."),
    "word": _("This is a Word document."),
    "powerpoint": _("This is a PowerPoint presentation."),
    "pdf": _("This is a PDF file."),
    "image": _("This is a picture."),
    "archive": _("This is an archive that holds no workbook. Unpack it first."),
    "web_page": _("This is a web page saved under a workbook's name. Save it as an Excel workbook (.xlsx)."),
    "text": _("This is a text file. Open it in Excel and save it as an Excel workbook (.xlsx)."),
    "unknown": _("This is no file that can be read."),
    "damaged": _("The workbook is damaged. Open it in Excel and save it again."),
    "too_large": _("The workbook unpacks to %(megabytes)s MB; at most %(limit)s MB are read. Split it."),
    "no_sheet": _("The sheet “%(wanted)s” is missing; the workbook has %(found)s."),
    "too_many_rows": _("Sheet “%(sheet)s” has more than %(limit)s rows. Split the file."),
}
# Where naming the file does not yet say what would be right.
_SAYS_WANTED = {"missing", "empty", "word", "powerpoint", "pdf", "image", "unknown", "archive"}


def tell(report: Report, sheet: str, finding: Finding) -> None:
    """Put a finding into the report of an import."""
    problem, remedy = (str(text) % finding.params for text in WORDS[finding.problem])
    say = report.error if finding.rejects else report.warning
    say(sheet, finding.row, finding.column, finding.value, problem, remedy)


def foreign(error: WorkbookError) -> Foreign:
    """The refusal for a file that is not what is wanted: what it is, and what is."""
    text = str(FOREIGN[error.kind]) % error.details
    if error.kind in _SAYS_WANTED:
        text = f"{text} {_WANTED}"
    return Foreign(text, code=error.kind)
