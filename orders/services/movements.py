"""Moving cylinders between places. Every movement leaves one place and reaches another, so all balances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Condition, CylinderMovement, Order, Place, Product

MOST = 10_000


@dataclass(frozen=True)
class Move:
    """``condition`` as it arrives; ``left_as`` as it was counted where it left, when that differs."""

    product: Product
    quantity: int
    condition: str
    from_place: Place
    to_place: Place
    left_as: str = ""


def move(
    product: Product,
    quantity: int,
    *,
    condition: str,
    from_place: Place,
    to_place: Place,
    left_as: str = "",
    order: Order | None = None,
    at: dt.datetime | None = None,
    reason: str = "",
    actor: Actor,
) -> CylinderMovement:
    """One movement. Refused for a quantity outside 1 … 10,000 or a place to itself."""
    wanted = Move(product, quantity, condition, from_place, to_place, left_as)
    return move_all([wanted], order=order, at=at, reason=reason, actor=actor)[0]


def move_all(
    moves: Iterable[Move],
    *,
    order: Order | None = None,
    at: dt.datetime | None = None,
    reason: str = "",
    actor: Actor,
) -> list[CylinderMovement]:
    """Many movements of one deed, in the caller's transaction."""
    rows = []
    for wanted in moves:
        _check(wanted)
        rows.append(
            CylinderMovement(
                product=wanted.product,
                quantity=wanted.quantity,
                condition=wanted.condition,
                left_as=wanted.left_as or wanted.condition,
                from_place=wanted.from_place,
                to_place=wanted.to_place,
                order=order,
                occurred_at=at or clock.now(),
                reason=reason[:200],
                actor_kind=actor.kind,
                actor_name=actor.name,
            )
        )
    return CylinderMovement.objects.bulk_create(rows)


def _check(wanted: Move) -> None:
    if not 1 <= wanted.quantity <= MOST:
        raise Refused(
            _("%(product)s: %(quantity)d cylinders cannot be moved; from 1 to %(most)d can.")
            % {"product": wanted.product, "quantity": wanted.quantity, "most": MOST},
            code="quantity",
            field="quantity",
        )
    if wanted.from_place.pk == wanted.to_place.pk:
        raise Refused(
            _("The cylinders are at %(place)s already.") % {"place": wanted.to_place}, code="same_place"
        )
    if wanted.condition not in Condition.values or wanted.left_as not in {"", *Condition.values}:
        raise Refused(_("A cylinder is full or empty."), code="condition", field="condition")
