"""How many cylinders are where, counted from the movements."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F, Sum

from customers.models import CustomerCylinder
from orders.models import CylinderMovement, Place, PlaceKind, Product


def stock(place: Place) -> dict[tuple[Product, str], int]:
    """(product, condition) → number at a place; pairs that come to nothing are absent.

    A place from which more left than ever came (the plant, which fills what it did not count) is negative.
    """
    counts: dict[tuple[int, str], int] = {}
    arrived = CylinderMovement.objects.filter(to_place=place).values_list("product_id", "condition")
    left = CylinderMovement.objects.filter(from_place=place).values_list("product_id", "left_as")
    for product_id, condition, number in arrived.annotate(n=Sum("quantity")).order_by():
        counts[product_id, condition] = number
    for product_id, condition, number in left.annotate(n=Sum("quantity")).order_by():
        counts[product_id, condition] = counts.get((product_id, condition), 0) - number
    products = Product.objects.in_bulk([product_id for product_id, _condition in counts])
    return {
        (products[product_id], condition): number
        for (product_id, condition), number in sorted(counts.items())
        if number
    }


def cylinders_out(customer_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Customer id → {kind: cylinders of ours standing there}.

    What the client workbook said stands at the site, and what was delivered since less what came back.
    """
    answer: dict[int, dict[str, int]] = {customer_id: {} for customer_id in customer_ids}
    for row in CustomerCylinder.objects.filter(customer_id__in=answer).values_list(
        "customer_id", "kind", "quantity"
    ):
        answer[row[0]][row[1]] = row[2]
    at_customers = {"kind": PlaceKind.CUSTOMER, "customer_id__in": list(answer)}
    places = Place.objects.filter(**at_customers).values_list("pk", flat=True)
    for sign, field in ((1, "to_place"), (-1, "from_place")):
        moved = (
            CylinderMovement.objects.filter(**{f"{field}_id__in": list(places)})
            .values_list(owner := f"{field}__customer_id", "product__kind")
            .annotate(n=Sum("quantity"))
            .order_by(F(owner))
        )
        for customer_id, kind, number in moved:
            standing = answer[customer_id]
            standing[kind] = standing.get(kind, 0) + sign * number
    return {
        customer_id: {kind: number for kind, number in standing.items() if number}
        for customer_id, standing in answer.items()
    }
