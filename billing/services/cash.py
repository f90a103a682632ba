"""Counting the cash that a driver brings home."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.models import CashCount
from billing.queries.cash import collected
from dispatch.models import Driver
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.money import round_half_up


def count_cash(driver: Driver, date: dt.date, counted: Decimal, *, note: str = "", actor: Actor) -> CashCount:
    """Write what a driver handed in for a day against what his stops say.

    Counting again writes the row anew, with a reason. Refused: an amount below 0 or with cents, a day to
    come, a difference or a recount without a word why.
    """
    if not counted.is_finite() or counted < 0 or counted != round_half_up(counted):
        raise Refused(
            _("%(amount)s is not an amount in whole NT$.") % {"amount": counted},
            code="amount",
            field="counted",
        )
    if date > clock.today():
        raise Refused(_("This day has not come yet."), code="future", field="date")
    with transaction.atomic():
        Driver.objects.select_for_update().get(pk=driver.pk)
        expected = collected(date).get(driver.pk, Decimal(0))
        earlier = CashCount.objects.filter(driver=driver, date=date).first()
        if not note.strip() and counted != expected:
            raise Refused(
                _("Say why: NT$ %(expected)s was expected, NT$ %(counted)s counted.")
                % {"expected": f"{expected:,}", "counted": f"{counted:,}"},
                code="difference",
                field="note",
            )
        if not note.strip() and earlier is not None and earlier.counted != counted:
            raise Refused(_("Say why it is counted again."), code="recount", field="note")
        row, _made = CashCount.objects.update_or_create(
            driver=driver,
            date=date,
            defaults={
                "expected": expected,
                "counted": counted,
                "note": note.strip()[:200],
                "actor_name": actor.name,
                "counted_at": clock.now(),
            },
        )
        record("billing.cash_counted", actor=actor, subject=f"billing.CashCount:{row.pk}", reason=note)
    row.refresh_from_db()
    return row
