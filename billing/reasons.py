"""Why an event is not invoiced, in words, and where to mend it.

Events keep a code and plain values, so that the sentence is in the language of whoever reads it.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.einvoice.mig import Problem

# code -> sentence with places for the values
REASONS: dict[str, Any] = {
    # nothing is due
    "legacy": _("The old system serves and bills this order."),
    "metered_delivery": _("A metered customer pays for readings, not for cylinders."),
    "nothing_delivered": _("Nothing was delivered, so there is nothing to bill."),
    "zero_total": _("It comes to nothing, and an invoice over nothing is not issued."),
    "baseline": _("First reading, %(to)s kg: from here on it is counted."),
    "no_usage": _("The meter still shows %(to)s kg: nothing was used."),
    "new_baseline": _("Counted anew from %(to)s kg; what was used before is not billed."),
    "set_aside": _("A person set the reading aside; later ones are billed already."),
    # a person should look
    "reading_lower": _("The meter shows %(to)s kg, less than the %(from)s kg before."),
    "reading_older": _("The reading is older than one that was billed already."),
    # cannot be invoiced yet
    "no_price": _("%(product)s has no price on %(date)s."),
    "no_product": _("No metered product is known for this customer."),
    "no_track": _("There are no invoice numbers for the period %(period)s."),
    "track_exhausted": _("The invoice numbers of the period %(period)s are used up."),
    "period_closing": _("The period %(period)s ends in a moment; it goes on in the next one."),
    "earlier_reading": _("An earlier reading of this customer waits to be invoiced."),
    "no_seller": _("The company's own business number is not set (LUCKYGAS_SELLER_UBN)."),
    "bad_buyer": _("%(tax_id)s is not a valid business number."),
    "bad_carrier": _("%(carrier)s is not a number of the customer's carrier type."),
    "not_fileable": _("The tax platform would not take it: %(problems)s"),
}

# code -> (what to do, URL name, needs the customer's id)
_REMEDIES: dict[str, tuple[Any, str, bool]] = {
    "no_price": (_("Add the price"), "admin:orders_price_changelist", False),
    "no_product": (_("Look at the customer"), "admin:customers_customer_change", True),
    "no_track": (_("Import the numbers"), "admin:core_importrun_upload", False),
    "track_exhausted": (_("Import more numbers"), "admin:core_importrun_upload", False),
    "bad_buyer": (_("Mend the customer"), "admin:customers_customer_change", True),
    "bad_carrier": (_("Mend the customer"), "admin:customers_customer_change", True),
    "not_fileable": (_("Mend the customer"), "admin:customers_customer_change", True),
}


def say(problem: Problem) -> str:
    """A problem of a message in the reader's language."""
    return _said(problem.path, problem.rule, dict(problem.values))


def _said(path: str, rule: str, places: dict[str, str]) -> str:
    text = gettext(rule) % places
    return f"{path}: {text}" if path else text


def explain(code: str, values: dict[str, Any]) -> str:
    """The sentence of a code in the reader's language; problems of a message are translated one by one."""
    if not code:
        return ""
    shown = dict(values)
    if "problems" in shown:
        shown["problems"] = "; ".join(
            _said(path, rule, dict(places)) for path, rule, places in shown["problems"]
        )
    return str(REASONS[code]) % shown


def remedy(code: str, values: dict[str, Any], customer_id: int) -> tuple[str, str] | None:
    """(what to do, path of the page) for a code that a person can mend."""
    if code not in _REMEDIES:
        return None
    text, name, wants_customer = _REMEDIES[code]
    return str(text), reverse(name, args=[customer_id] if wants_customer else [])
