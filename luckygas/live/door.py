"""Who may come in: a member of staff with a living session, for the kinds that his role may see."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

import structlog
from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError

from luckygas.core import clock, extend
from luckygas.live.hub import SIGNED_OUT, Guest, Hub

log = structlog.get_logger(__name__)


async def look(session_key: str) -> Guest | None:
    """The guest whom this session vouches for now, None when it vouches for nobody we let in.

    A session that was ended, ran out or was idle, a changed password, a person who left or is no staff: all None.
    Raises DatabaseError when nobody can tell.
    """
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = await get_user({"session": session})
    return await _guest(user, session, session_key) if user.is_authenticated and user.is_staff else None


@database_sync_to_async
def _guest(user: Any, session: Any, session_key: str) -> Guest | None:
    if _is_idle(session):
        return None
    kinds = (
        kind for kind, permission in extend.live_kinds.items() if not permission or user.has_perm(permission)
    )
    return Guest(user.pk, session_key, frozenset(kinds))


def _is_idle(session: Any) -> bool:
    """As ``luckygas.core.middleware.IdleTimeout`` sees it; an open line is no sign of a person."""
    seen_at = session.get("seen_at")
    if seen_at is None or settings.SIMULATION:
        return False
    return bool(clock.now().timestamp() - seen_at > settings.STAFF_IDLE_SECONDS)


async def keep_looking(hub: Hub, seconds: float) -> None:
    """Look at every open line's session again, for ever: what was revoked ends, a changed role changes what is heard."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await look_again(hub)
        except DatabaseError as error:
            log.warning("live_cannot_look", error=type(error).__name__)


async def look_again(hub: Hub) -> None:
    found: dict[str, Guest | None] = {}
    for line in hub:
        key = line.guest.session_key
        if key not in found:
            found[key] = await look(key)
        guest = found[key]
        if guest is None or guest.user_id != line.guest.user_id:
            line.end(SIGNED_OUT)
        else:
            line.guest = guest
