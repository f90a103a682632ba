"""``Authorization: Bearer lg_…``."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pghistory
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.api.tokens import digest_of
from luckygas.core.models import ApiToken


class Program:
    """The caller behind a token, in the place of a user."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: ApiToken) -> None:
        self.token = token
        self.pk = self.id = token.pk
        self.actor = Actor.api(token.pk, token.name)

    def has_perm(self, permission: str, obj: object = None) -> bool:
        return False


class TokenAuthentication(BaseAuthentication):
    """401 with a reason for a token that is malformed, unknown, expired or revoked."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("Write the header as: Authorization: Bearer TOKEN"))
        try:
            secret = words[1].decode("ascii")
        except UnicodeDecodeError as error:
            raise AuthenticationFailed(_("This token is not known.")) from error
        token = ApiToken.objects.filter(digest=digest_of(secret)).first()
        if token is None:
            raise AuthenticationFailed(_("This token is not known."))
        now = clock.now()
        if token.revoked_at is not None:
            raise AuthenticationFailed(_("This token was revoked."))
        if token.expires_at <= now:
            raise AuthenticationFailed(_("This token has expired."))
        if token.last_used_at is None or now - token.last_used_at > dt.timedelta(minutes=5):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        program = Program(token)
        actor = program.actor
        # The middleware opened the context before anybody knew whose token it is.
        pghistory.context(actor_kind=actor.kind, actor_id=actor.id, actor=actor.name)
        return program, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
