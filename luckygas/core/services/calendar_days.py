"""The company's overlay over the public calendar."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.models import CalendarDay

OPENING = {CalendarDay.Kind.OPEN, CalendarDay.Kind.MAKE_UP}
CLOSING = {CalendarDay.Kind.TYPHOON, CalendarDay.Kind.CLOSED}


def add(data: dict[str, Any], *, actor: Actor) -> CalendarDay:
    """One more word about a day. Open and closed on the same date is refused."""
    day = CalendarDay(date=data["date"], kind=data["kind"], note=data.get("note", ""))
    _save(day)
    record("calendar.added", actor=actor, subject=str(day.date), kind=day.kind)
    return day


def change(day: CalendarDay, data: dict[str, Any], *, actor: Actor) -> None:
    for name, value in data.items():
        setattr(day, name, value)
    _save(day)
    record("calendar.changed", actor=actor, subject=str(day.date), kind=day.kind)


def remove(day: CalendarDay, *, actor: Actor) -> None:
    record("calendar.removed", actor=actor, subject=str(day.date), kind=day.kind)
    day.delete()


def _save(day: CalendarDay) -> None:
    contrary = OPENING if day.kind in CLOSING else CLOSING if day.kind in OPENING else set()
    if CalendarDay.objects.filter(date=day.date, kind__in=contrary).exclude(pk=day.pk).exists():
        raise Refused(
            _("%(date)s is already marked the other way; remove that mark first.") % {"date": day.date},
            code="contrary",
            field="date",
        )
    try:
        with transaction.atomic():
            day.save()
    except IntegrityError as error:
        raise Refused(
            _("%(date)s is marked so already.") % {"date": day.date}, code="twice", field="date"
        ) from error
