"""Making and reading API tokens: ``lg_`` + 43 URL-safe characters; only the SHA-256 is stored."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.utils.translation import gettext as _

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.models import ApiToken

#: Every scope there is, with what it allows; apps declare theirs at start-up.
scopes: dict[str, object] = {}
MAX_DAYS = 400


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def make(name: str, *, wanted: list[str], days: int, actor: Actor) -> tuple[ApiToken, str]:
    """A new token and its secret, which is never shown again."""
    unknown = sorted(set(wanted) - set(scopes))
    if unknown or not wanted:
        raise Refused(
            _("Unknown scopes: %(unknown)s. There are: %(known)s.")
            % {"unknown": ", ".join(unknown) or "–", "known": ", ".join(sorted(scopes))},
            code="scope",
            field="scopes",
        )
    if not 1 <= days <= MAX_DAYS:
        raise Refused(
            _("A token lives from 1 to %(most)d days.") % {"most": MAX_DAYS}, code="days", field="days"
        )
    secret = f"lg_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name,
        prefix=secret[:10],
        digest=digest_of(secret),
        scopes=sorted(set(wanted)),
        expires_at=clock.now() + dt.timedelta(days=days),
        created_by=actor.name,
    )
    record("api_token.made", actor=actor, subject=f"ApiToken:{token.pk}", scopes=token.scopes)
    return token, secret


def revoke(token: ApiToken, *, actor: Actor) -> None:
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
        record("api_token.revoked", actor=actor, subject=f"ApiToken:{token.pk}")
        token.refresh_from_db()
