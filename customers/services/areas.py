"""Delivery areas: where their centre is and how the roads drive there."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import Area
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused


def add(data: dict[str, Any], *, actor: Actor) -> Area:
    """A new area; code and both names are each used once."""
    area = Area(**data)
    _save(area)
    record("area.added", actor=actor, subject=f"Area:{area.code}")
    return area


def change(area: Area, data: dict[str, Any], *, actor: Actor) -> None:
    for name, value in data.items():
        setattr(area, name, value)
    _save(area)
    record("area.changed", actor=actor, subject=f"Area:{area.code}", fields=sorted(data))


def _save(area: Area) -> None:
    try:
        with transaction.atomic():
            area.save()
    except IntegrityError as error:
        raise Refused(
            _("Another area has this code or name, or a value is out of range."), code="area"
        ) from error
