"""Places that hold cylinders."""

from __future__ import annotations

from collections.abc import Collection

from customers.models import Customer
from luckygas.core.actor import Actor
from orders.models import Place, PlaceKind


def make(kind: str, name: str, *, actor: Actor) -> Place:
    """The place of that kind and name, made when there is none (a vehicle's, a shop's)."""
    return Place.objects.get_or_create(kind=kind, name=name)[0]


def of_customer(customer: Customer) -> Place:
    """The customer's place, made on first need."""
    return of_customers([customer])[customer.pk]


def of_customers(customers: Collection[Customer]) -> dict[int, Place]:
    """Customer id → place. Two at once make one: the unique column decides."""
    wanted = {customer.pk: customer for customer in customers}
    found = {row.customer_id: row for row in Place.objects.filter(customer_id__in=wanted)}
    missing = [customer for pk, customer in wanted.items() if pk not in found]
    if missing:
        Place.objects.bulk_create(
            [
                Place(
                    kind=PlaceKind.CUSTOMER,
                    name=f"{customer.code} {customer.short_name}"[:100],
                    customer=customer,
                )
                for customer in missing
            ],
            ignore_conflicts=True,
        )
        found = {row.customer_id: row for row in Place.objects.filter(customer_id__in=wanted)}
    return {pk: found[pk] for pk in wanted}
