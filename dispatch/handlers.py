"""What dispatch does on events of the floors below."""

from __future__ import annotations

from dispatch.services import moves
from luckygas.core.actor import Actor
from luckygas.core.events import subscribe
from orders.events import OrderCancelled


@subscribe(OrderCancelled, "dispatch.take_off_route")
def take_off_route(happened: OrderCancelled) -> None:
    """A cancelled order leaves its route; a second run finds it gone."""
    moves.take_off(happened.order_id, actor=Actor.system("order cancelled"))
