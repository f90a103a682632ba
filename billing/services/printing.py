"""Printing proofs: one original per invoice, copies are marked as such."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from billing.models import Handling, Invoice, InvoicePrint
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused


def print_proof(invoice: Invoice, *, actor: Actor) -> InvoicePrint:
    """Write down that a proof is printed; the first is the original, every further one a copy (補印).

    Refused for an invoice on a carrier or donated: those have no paper.
    """
    if invoice.handling != Handling.PRINT:
        raise Refused(
            _("%(invoice)s is %(handling)s; there is nothing to print.")
            % {"invoice": invoice, "handling": invoice.get_handling_display()},
            code="no_paper",
        )
    original, made = InvoicePrint.objects.get_or_create(
        invoice=invoice, is_original=True, defaults={"actor_name": actor.name}
    )
    if made:
        return original
    return InvoicePrint.objects.create(invoice=invoice, is_original=False, actor_name=actor.name)
