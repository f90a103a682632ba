"""Why a deposit waits for a person, and what an amount is proposed for, in words.

Clearings keep a code and plain values, so that the sentence is in the language of whoever reads it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Any] = {
    "money_left": _("Money left the account: a withdrawal or a correction by the bank."),
    "bank_status": _("The bank marks it with the state “%(status)s”."),
    "no_account": _("It names no virtual account."),
    "not_our_number": _("%(account)s is not one of our virtual accounts."),
    "bad_check_digit": _("The check digit of %(account)s is wrong."),
    "unknown_account": _("No customer has the virtual account %(account)s."),
    "closed_customer": _("The customer %(customer)s is closed."),
    "too_much": _("Too much: NT$ %(amount)s came in, NT$ %(open)s is open."),
    "too_little": _("Too little: NT$ %(amount)s came in and pays no invoice exactly; NT$ %(open)s is open."),
    "paid_already": _("Paid already: nothing is open, and invoice %(invoice)s over this amount is paid."),
    "second_row": _(
        "The second transfer for the same bill: invoice %(invoice)s was paid by transfer on %(date)s."
    ),
    "nothing_open": _("Nothing of the customer %(customer)s is open."),
    "rest": _("NT$ %(open)s of it is not assigned yet."),
    "reversed": _("The payment made of it was reversed: %(reason)s"),
    "reopened": _("Taken back into the queue: %(reason)s"),
}


def explain(code: str, values: dict[str, Any]) -> str:
    """The sentence of a code in the reader's language; amounts with thousands separated."""
    if not code:
        return ""
    shown = {
        name: f"{Decimal(text):,}" if name in ("amount", "open") else text for name, text in values.items()
    }
    return str(REASONS[code]) % shown
