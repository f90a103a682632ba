"""What waits for a person: the number is that of the rows behind the link."""

from __future__ import annotations

from orders import extensions
from orders.models import Order
from orders.services import orders


def test_orders_of_earlier_days_that_are_open_are_counted_as_listed(
    customer, c20, order_of, actor, person, client_as, stand_at
):
    for number in range(3):
        order_of(customer(f"140000{number}"), (c20, 1))
    first, second, _third = Order.objects.order_by("pk")
    orders.assign([first.pk, second.pk], actor=actor)
    orders.start_delivery([first.pk], actor=actor)
    stand_at("2026-11-24 08:00")
    late = extensions.attention(person("manager"))[1]
    assert late.count == 3
    page = client_as("office").get(late.url).context
    assert page["cl"].result_count == 3
