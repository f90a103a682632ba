"""Vouching for a tax number whose check digit is wrong, and taking that back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.identifiers import is_valid_ubn
from customers.models import KnownTaxNumber
from customers.sheets.cells import digits_of
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused

_UBN = re.compile(r"[0-9]{8}")


def vouch(data: Mapping[str, Any], *, actor: Actor) -> KnownTaxNumber:
    """From now on ``data["number"]`` is accepted everywhere, for ``data["reason"]``.

    Refused: no eight digits, a number that needs nobody to vouch for it, one known already, no reason.
    """
    number, reason = digits_of(str(data.get("number", ""))), str(data.get("reason", "")).strip()[:200]
    if not _UBN.fullmatch(number) or number == "00000000":
        raise Refused(_("A tax number has eight digits."), code="shape", field="number")
    if is_valid_ubn(number):
        raise Refused(
            _("The check digit of %(number)s is right; it is accepted as it is.") % {"number": number},
            code="valid",
            field="number",
        )
    if not reason:
        raise Refused(_("Say on what paper the number was seen."), code="reason", field="reason")
    try:
        with transaction.atomic():
            row = KnownTaxNumber.objects.create(number=number, reason=reason, added_by=actor.name)
            record(
                "customers.tax_number_known",
                actor=actor,
                subject=f"customers.KnownTaxNumber:{row.pk}",
                reason=reason,
            )
    except IntegrityError as error:
        raise Refused(
            _("%(number)s is entered already.") % {"number": number}, code="twice", field="number"
        ) from error
    return row


def withdraw(row: KnownTaxNumber, data: Mapping[str, Any], *, actor: Actor) -> None:
    """The number counts no more, for ``data["withdrawal"]``; customers keep it, and their invoices wait."""
    reason = str(data.get("withdrawal", "")).strip()[:200]
    if not reason:
        raise Refused(_("Say why the number is withdrawn."), code="reason", field="withdrawal")
    with transaction.atomic():
        standing = KnownTaxNumber.objects.filter(pk=row.pk, withdrawn_at__isnull=True)
        if not standing.update(withdrawal=reason, withdrawn_by=actor.name, withdrawn_at=clock.now()):
            raise Refused(_("%(number)s is withdrawn already.") % {"number": row.number}, code="state")
        record(
            "customers.tax_number_withdrawn",
            actor=actor,
            subject=f"customers.KnownTaxNumber:{row.pk}",
            reason=reason,
        )
