"""Who does a deed: every service takes ``actor=`` and every trace keeps the name as it was then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """``kind`` is user, driver, api or system; ``id`` the row of that kind, if it has one; ``name`` frozen text."""

    kind: str
    id: int | None
    name: str

    @classmethod
    def of(cls, user: Any) -> Actor:
        """The signed-in member of staff (core.User)."""
        return cls("user", user.pk, user.get_full_name() or user.get_username())

    @classmethod
    def driver(cls, driver_id: int, name: str) -> Actor:
        return cls("driver", driver_id, name)

    @classmethod
    def api(cls, token_id: int, name: str) -> Actor:
        return cls("api", token_id, name)

    @classmethod
    def system(cls, name: str) -> Actor:
        """A job, a handler, an importer: named so that the trace reads like a sentence."""
        return cls("system", None, name)
