"""One step of an order's life: locked, compared, written, and noted with who and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Busy, Refused
from orders.models import Order, OrderStatusChange


def lock(order: Order, expected_version: int | None = None) -> Order:
    """The order's row as it is now, locked, when it is ours to work on.

    Busy when it is not the version the person saw, Refused when the old system serves it.
    """
    row = lock_any(order)
    if row.is_foreign:
        raise Refused(
            _("Order %(number)s is served by the old system; change it there.") % {"number": row.number},
            code="foreign",
        )
    if expected_version is not None and row.version != expected_version:
        raise Busy(
            _("Order %(number)s was changed by somebody else meanwhile. Look at it again, then repeat.")
            % {"number": row.number},
            code="version",
            version=row.version,
        )
    return row


def lock_any(order: Order) -> Order:
    """The order's row as it is now, locked, whoever serves it."""
    return Order.objects.select_for_update(of=("self",)).select_related("customer").get(pk=order.pk)


def step(row: Order, new: str, *, actor: Actor, reason: str = "", **fields: Any) -> str:
    """Move a locked order and return its old status; the change is noted in a row of its own."""
    machine = Order.FOREIGN if row.is_foreign else Order.MACHINE
    old = machine.move(row, new, version=row.version + 1, **fields)
    note_steps([row], old, new, reason=reason, actor=actor)
    return old


def note_steps(rows: Iterable[Order], old: str, new: str, *, reason: str = "", actor: Actor) -> None:
    now = clock.now()
    OrderStatusChange.objects.bulk_create(
        [
            OrderStatusChange(
                order=row,
                old=old,
                new=new,
                at=now,
                actor_kind=actor.kind,
                actor_name=actor.name,
                reason=reason.strip()[:500],
            )
            for row in rows
        ],
        batch_size=1000,
    )
