"""Which tax numbers may stand with a customer and on an invoice."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from customers.identifiers import is_valid_ubn
from customers.models import KnownTaxNumber


def is_accepted(number: str) -> bool:
    """The check digit is right, or a person has vouched for the number."""
    return is_valid_ubn(number) or bool(known_among([number]))


def known_among(numbers: Iterable[str]) -> frozenset[str]:
    """Those that break the check digit and that a person has vouched for. Asks nothing when none breaks it."""
    odd = [number for number in numbers if not is_valid_ubn(number)]
    if not odd:
        return frozenset()
    return frozenset(_standing().filter(number__in=odd).values_list("number", flat=True))


def known() -> frozenset[str]:
    """All that persons have vouched for."""
    return frozenset(_standing().values_list("number", flat=True))


def _standing() -> QuerySet[KnownTaxNumber]:
    return KnownTaxNumber.objects.filter(withdrawn_at__isnull=True)
