"""What dispatch does on events of the floors below."""

from __future__ import annotations

from dispatch.services import foreign, moves
from luckygas.core.actor import Actor
from luckygas.core.events import subscribe
from orders.events import ForeignOrderDelivered, ForeignOrderMoved, OrderCancelled, OrderHandedOver


@subscribe(OrderCancelled, "dispatch.take_off_route")
def take_off_route(happened: OrderCancelled) -> None:
    """A cancelled order leaves its route; a second run finds it gone."""
    moves.take_off(happened.order_id, actor=Actor.system("order cancelled"))


@subscribe(OrderHandedOver, "dispatch.plan_anew")
def plan_anew(happened: OrderHandedOver) -> None:
    """Whoever serves it now plans it: a stop from before leaves its route; a second run finds it gone."""
    foreign.handed_over(happened.order_id, at=happened.at, actor=Actor.system("order handed over"))


@subscribe(ForeignOrderMoved, "dispatch.follow_to_another_day")
def follow_to_another_day(happened: ForeignOrderMoved) -> None:
    """The old system put an order off; a second run finds its stop gone."""
    foreign.moved(happened.order_id, happened.date, actor=Actor.system("old system"))


@subscribe(ForeignOrderDelivered, "dispatch.complete_foreign_stop")
def complete_foreign_stop(happened: ForeignOrderDelivered) -> None:
    """The old system delivered; a second run finds the stop done."""
    foreign.delivered(happened.order_id, at=happened.at, actor=Actor.system("old system"))
