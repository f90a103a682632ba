"""What the driver collects."""

from customers.models import Customer
from dispatch.models import RouteStop
from dispatch.queries.driving import door, find_stop


def test_a_metered_customer_pays_nothing_at_the_door(planned, order):
    """He is billed by his readings, though what he is brought has a price and he pays in cash."""
    planned([order(C20=2)])
    stop = RouteStop.objects.get()
    found = find_stop(stop.pk)
    assert found is not None
    shown = door(found)
    assert (shown.due, shown.is_paid_here) == (1900, True)
    Customer.objects.update(pricing_method="by_flow")
    found = find_stop(stop.pk)
    assert found is not None
    shown = door(found)
    assert (shown.due, shown.is_paid_here, shown.is_metered) == (0, False, True)
