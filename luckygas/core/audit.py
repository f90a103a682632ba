"""Recording deeds that change no row of their own."""

from __future__ import annotations

from typing import Any

import structlog

from luckygas.core.actor import Actor
from luckygas.core.models.audit import AuditEvent


def record(action: str, *, actor: Actor, subject: str = "", reason: str = "", **data: Any) -> AuditEvent:
    """Append one deed; ``data`` is plain JSON without personal data."""
    return AuditEvent.objects.create(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        subject=subject,
        reason=reason[:500],
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        data=data,
    )
