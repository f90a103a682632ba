"""Moving customers over, phase by phase, and putting all of them back at once.

Who serves an order follows from the phase (``serve``): in "shadow" the old system serves what is not begun, in
"ours leads" this one, in between whoever took it. Leaving the pilot, a customer's unbegun orders come home to us,
because from then on nobody tells the old system about them.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from luckygas.core import clock, live
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Busy, Refused
from pilot.models import Enrolment, EnrolmentChange, LegacyWrite, Phase, SyncCursor, SyncDirty, SyncLink

ORDERS = """
SELECT 'order', id, clock_timestamp(), clock_timestamp() FROM orders_order
 WHERE customer_id = %(customer)s AND source <> 'history'
"""
BOTH = f"""
SELECT 'customer', id, clock_timestamp(), clock_timestamp() FROM customers_customer WHERE id = %(customer)s
UNION ALL {ORDERS}
"""  # noqa: S608 - our own words
MARK = """
INSERT INTO pilot_syncdirty (entity, object_id, since, at) {} ORDER BY 1, 2
    ON CONFLICT (entity, object_id) DO UPDATE SET at = excluded.at
"""


@transaction.atomic
def move(customer: Customer, phase: str, *, reason: str, actor: Actor) -> Enrolment:
    """Put a customer into a phase. Refused, with nothing changed: no reason, a step the table does not allow, or
    leaving the pilot while something of his still waits to be told or decided."""
    if phase not in Phase.values:
        raise Refused(_("There is no phase “%(phase)s”.") % {"phase": phase}, code="phase", field="phase")
    if not reason.strip():
        raise Refused(_("Say why the customer moves."), code="reason", field="reason")
    Enrolment.objects.get_or_create(customer=customer)
    row = Enrolment.objects.select_for_update().get(customer=customer)
    if row.phase == phase:
        return row
    if phase == Phase.OFF:
        _check_quiet(customer)
    now = clock.now()
    old = Enrolment.MACHINE.move(row, phase, since=now, enrolled_at=row.enrolled_at or now)
    EnrolmentChange.objects.create(
        customer=customer, old=old, new=phase, at=now, reason=reason.strip()[:200],
        actor_kind=actor.kind, actor_name=actor.name,
    )  # fmt: skip
    live.tell("sync")
    record("pilot.phase", actor=actor, subject=f"Customer:{customer.pk}", reason=reason, old=old, new=phase)
    if old == Phase.OFF:
        # What the old system knew of him was passed over until now: read it from the beginning again.
        SyncCursor.objects.update(revision=0)
    if phase != Phase.OFF:
        mark_all(customer)
    return row


def enrol(customers: Iterable[Customer], phase: str, *, reason: str, actor: Actor) -> int:
    """Put several customers into a phase, each for himself; how many are in it then."""
    return sum(1 for one in customers if move(one, phase, reason=reason, actor=actor).phase == phase)


def roll_back_all(*, reason: str, actor: Actor) -> int:
    """The red switch: every enrolled customer goes back to where the old system serves. How many moved.

    Orders that are planned or on the way stay with us and are finished; the mirroring goes on, so that the old
    system knows all of them.
    """
    if not reason.strip():
        raise Refused(_("Say why the pilot is put back."), code="reason", field="reason")
    rows = Enrolment.objects.filter(phase__in=[Phase.DUAL, Phase.OURS_LEADS]).select_related("customer")
    moved = 0
    for row in rows.order_by("customer_id"):
        try:
            moved += move(row.customer, Phase.SHADOW, reason=reason, actor=actor).phase == Phase.SHADOW
        except Busy:
            # Somebody moved this customer at the same moment; he is counted by what he is now.
            continue
    record("pilot.rolled_back", actor=actor, reason=reason, customers=moved)
    return moved


def phase_of(customer_code: str) -> str:
    """The phase of the customer with that code; "off" for one who has no row, or does not exist."""
    return phases_of([customer_code]).get(customer_code, Phase.OFF)


def phases_of(codes: Iterable[str]) -> dict[str, str]:
    """The phases of the customers with these codes; one who has no row is missing."""
    rows = Enrolment.objects.filter(customer__code__in=set(codes))
    return dict(rows.values_list("customer__code", "phase"))


def mark_all(customer: Customer) -> None:
    """Mark the customer and his orders as perhaps different."""
    with connection.cursor() as cursor:
        cursor.execute(MARK.format(BOTH), {"customer": customer.pk})


def mark_orders(customer_id: int) -> None:
    """Mark all orders of a customer."""
    with connection.cursor() as cursor:
        cursor.execute(MARK.format(ORDERS), {"customer": customer_id})


def _check_quiet(customer: Customer) -> None:
    waiting = LegacyWrite.objects.filter(
        link__customer_code=customer.code, status__in=LegacyWrite.OPEN
    ).count()
    orders = SyncDirty.objects.filter(entity="order", object_id__in=customer.orders.values("pk"))
    waiting += SyncDirty.objects.filter(entity="customer", object_id=customer.pk).count() + orders.count()
    contested = SyncLink.objects.filter(customer_code=customer.code, state=SyncLink.State.CONTESTED).count()
    foreign = customer.orders.filter(served_by="legacy", status="confirmed").count()
    if waiting or contested or foreign:
        raise Refused(
            _(
                "%(customer)s cannot leave the pilot yet: %(waiting)d changes wait to be told, %(contested)d records "
                "wait for a decision, %(foreign)d orders are still the old system's."
            )
            % {"customer": customer, "waiting": waiting, "contested": contested, "foreign": foreign},
            code="not_quiet",
        )
