"""Letting the mirroring stand still, for everything or for one entity, and letting it go on."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from luckygas.core import clock, live
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from pilot.models import SyncPause


def pause(scope: str, *, reason: str, actor: Actor) -> SyncPause:
    """Nothing more is read or written of ``scope`` (all, customer, order); rows stay. Paused again changes nothing."""
    if scope not in SyncPause.Scope.values:
        raise Refused(_("There is nothing called “%(scope)s” to pause.") % {"scope": scope}, code="scope")
    if not reason.strip():
        raise Refused(_("Say why the mirroring is paused."), code="reason", field="reason")
    with transaction.atomic():
        made, is_new = SyncPause.objects.get_or_create(
            scope=scope, defaults={"since": clock.now(), "by": actor.name, "reason": reason.strip()[:200]}
        )
        if is_new:
            live.tell("sync")
            record("pilot.sync_paused", actor=actor, subject=scope, reason=reason)
    return made


def resume(scope: str, *, actor: Actor) -> bool:
    """Go on; False when it was not paused."""
    with transaction.atomic():
        gone, _each = SyncPause.objects.filter(scope=scope).delete()
        if gone:
            live.tell("sync")
            record("pilot.sync_resumed", actor=actor, subject=scope)
    return bool(gone)


def is_paused(entity: str) -> bool:
    """Whether records of this entity stand still."""
    return SyncPause.objects.filter(scope__in=[SyncPause.Scope.ALL, entity]).exists()
