"""What may change about a product: its name on papers, its deposit, whether it is sold. Its key never does."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Product

CHANGEABLE = frozenset({"name", "deposit", "position", "is_active"})


def change_product(row: Product, data: dict[str, Any], *, actor: Actor) -> None:
    """Write the given fields. Refused for a negative deposit or another field."""
    foreign = data.keys() - CHANGEABLE
    if foreign:
        raise Refused(
            _("%(fields)s of a product do not change.") % {"fields": ", ".join(sorted(foreign))}, code="fixed"
        )
    if data.get("deposit", 0) < 0:
        raise Refused(_("A deposit is not below zero."), code="deposit", field="deposit")
    Product.objects.filter(pk=row.pk).update(**data)
