"""People who sign in, and their roles."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.models import User

#: Labels of the roles, given by the roof's access table.
role_labels: dict[str, Any] = {}


def role_label(name: str) -> str:
    return str(role_labels.get(name, name))


def add(data: dict[str, Any], *, actor: Actor) -> User:
    """A new person; a password is required and checked."""
    user = User(
        username=data["username"],
        display_name=data.get("display_name", ""),
        email=data.get("email", ""),
        is_staff=data.get("is_staff", False),
        is_active=data.get("is_active", True),
    )
    _set_password(user, data.get("new_password", ""), required=True)
    user.save()
    user.groups.set(data.get("roles", []))
    record("user.added", actor=actor, subject=f"User:{user.pk}", roles=[g.name for g in user.groups.all()])
    return user


def change(user: User, data: dict[str, Any], *, actor: Actor) -> None:
    """Names, roles, password, active or not. Nobody takes away his own access."""
    if actor.kind == "user" and actor.id == user.pk and {"is_active", "is_staff"} & set(data):
        raise Refused(_("You cannot take away your own access."), code="own_access")
    _set_password(user, data.get("new_password", ""), required=False)
    for name in ("username", "display_name", "email", "is_staff", "is_active"):
        if name in data:
            setattr(user, name, data[name])
    user.save()
    if "roles" in data:
        user.groups.set(data["roles"])
    record(
        "user.changed", actor=actor, subject=f"User:{user.pk}", fields=sorted(set(data) - {"new_password"})
    )


def _set_password(user: User, password: str, *, required: bool) -> None:
    if not password:
        if required:
            raise Refused(_("A new person needs a password."), code="password", field="new_password")
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), code="password", field="new_password") from error
    user.set_password(password)
