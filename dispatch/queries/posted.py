"""What a driver posted, in words for the person who reviews it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import masking
from customers.privacy import is_masked
from dispatch.models import DriverPost
from orders.models import FailureReason, Product

COUNTS = {
    "quantities": gettext_lazy("left with the customer"),
    "empties": gettext_lazy("empty cylinders back"),
    "full_returned": gettext_lazy("full ones back"),
}
VALUES = {
    "meter_reading": gettext_lazy("Meter reading (kg)"),
    "cash": gettext_lazy("cash"),
    "start_km": gettext_lazy("mileage at start"),
    "end_km": gettext_lazy("mileage at end"),
    "note": gettext_lazy("note"),
}


def words(post: DriverPost) -> list[str]:
    """A line for each thing the post said; what was nought or empty is left away."""
    said: Mapping[str, Any] = post.payload
    products = {str(pk): name for pk, name in Product.objects.values_list("pk", "name")}
    lines = []
    for key, label in COUNTS.items():
        for pk, number in said.get(key, {}).items():
            if number:
                lines.append(f"{label}: {products.get(pk, pk)} × {number}")
    if said.get("reason") in FailureReason.values:
        lines.append(f"{_('reason')}: {FailureReason(said['reason']).label}")
    for key, label in VALUES.items():
        value = said.get(key)
        if key == "note" and value and is_masked():
            value = masking.hidden(str(value))
        if value not in (None, "", "0"):
            lines.append(f"{label}: {value}")
    return lines
