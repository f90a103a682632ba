"""A view names the scope it needs; a token has it or is refused with its name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class HasScope(BasePermission):
    """``required_scope`` (``orders:read``), or ``scope_family`` (``orders``): read for safe methods, write else."""

    message = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        scope = getattr(view, "required_scope", None)
        if scope is None:
            family = view.scope_family
            scope = f"{family}:{'read' if request.method in SAFE_METHODS else 'write'}"
        self.message = _("The token lacks the scope “%(scope)s”.") % {"scope": scope}
        token: Any = request.auth
        return token is not None and scope in token.scopes
