"""What an order must be before it is written; every refusal names the field and what would be right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from customers.models import Customer, CustomerAccount
from customers.models.site import SlotPreference
from luckygas.core import clock
from luckygas.core.errors import Refused
from luckygas.core.money import round_half_up
from orders.models import Product

DAYS_AHEAD = 30
MOST_OF_ONE = 100
LONGEST_NOTE = 500


def check_date(date: dt.date) -> None:
    """Not past, and at most thirty days ahead."""
    today = clock.today()
    if date < today:
        raise Refused(
            _("%(date)s is past; choose today (%(today)s) or a later day.")
            % {"date": date.isoformat(), "today": today.isoformat()},
            code="date_past",
            field="scheduled_date",
        )
    last = today + dt.timedelta(days=DAYS_AHEAD)
    if date > last:
        raise Refused(
            _("%(date)s is more than %(days)d days ahead; choose a day up to %(last)s.")
            % {"date": date.isoformat(), "days": DAYS_AHEAD, "last": last.isoformat()},
            code="date_far",
            field="scheduled_date",
        )


def check_lines(lines: Iterable[tuple[Product, int]]) -> list[tuple[Product, int]]:
    """The lines with something in them, one per product, in the catalogue's order."""
    quantities: dict[int, int] = {}
    products: dict[int, Product] = {}
    for product, quantity in lines:
        if isinstance(quantity, bool) or not isinstance(quantity, int):
            raise Refused(
                _("%(product)s: “%(quantity)s” is not a whole number.")
                % {"product": product, "quantity": quantity},
                code="quantity",
                field="lines",
            )
        products[product.pk] = product
        quantities[product.pk] = quantities.get(product.pk, 0) + quantity
        if quantity < 0 or quantities[product.pk] > MOST_OF_ONE:
            raise Refused(
                _("%(product)s: %(quantity)d is not possible; an order takes from 0 to %(most)d.")
                % {"product": product, "quantity": quantities[product.pk], "most": MOST_OF_ONE},
                code="quantity",
                field="lines",
            )
        if quantity and not product.is_active:
            raise Refused(
                _("%(product)s is not sold any more; choose another product.") % {"product": product},
                code="product",
                field="lines",
            )
    kept = [(products[pk], number) for pk, number in quantities.items() if number]
    if not kept:
        raise Refused(_("The order is empty: enter at least one cylinder."), code="empty", field="lines")
    return sorted(kept, key=lambda line: line[0].position)


def check_note(note: str) -> str:
    note = note.replace("\x00", "").strip()  # PostgreSQL stores no NUL
    if len(note) > LONGEST_NOTE:
        raise Refused(
            _("The note has %(length)d characters; %(most)d fit.")
            % {"length": len(note), "most": LONGEST_NOTE},
            code="note",
            field="note",
        )
    return note


def check_slot(slot: str) -> str:
    if slot not in SlotPreference.values:
        raise Refused(
            _("“%(slot)s” is not a slot; there are: %(slots)s.")
            % {"slot": slot, "slots": ", ".join(SlotPreference.values)},
            code="slot",
            field="slot",
        )
    return slot


def check_window(start: dt.time | None, end: dt.time | None) -> None:
    if start is not None and end is not None and start >= end:
        raise Refused(
            _("The window ends (%(end)s) before it begins (%(start)s).")
            % {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"},
            code="window",
            field="window_end",
        )


def check_customer(customer: Customer) -> None:
    """Locks the account, so that a hold set meanwhile is seen."""
    if not customer.is_active:
        raise Refused(
            _("%(customer)s ended the contract; take no order before it is renewed.")
            % {"customer": customer},
            code="terminated",
            field="customer",
        )
    account = CustomerAccount.objects.select_for_update().filter(customer=customer).first()
    if account is not None and account.credit_hold:
        text = _("%(customer)s is on hold with NT$ %(balance)s open; settle that first.")
        if account.credit_reason:
            text += " " + _("%(name)s decided so: %(reason)s")
        raise Refused(
            text
            % {
                "customer": customer,
                "balance": f"{account.open_balance:,}",
                "name": account.credit_by,
                "reason": account.credit_reason,
            },
            code="credit_hold",
            field="customer",
        )


def total_of(
    customer: Customer, lines: Iterable[tuple[Product, int]], prices: Mapping[int, Decimal]
) -> Decimal:
    """Whole NT$ of what is sold by the cylinder and has a price.

    Metered gas is billed by its readings: a delivery to a metered customer moves cylinders and no money.
    """
    if customer.is_metered:
        return Decimal(0)
    amount = sum(
        (
            prices[product.pk] * quantity
            for product, quantity in lines
            if not product.is_metered and product.pk in prices
        ),
        Decimal(0),
    )
    return round_half_up(amount)
