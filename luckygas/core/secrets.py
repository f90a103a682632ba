"""Passwords, keys and tokens: one function for all of them.

``secret("twilio-auth-token")`` looks at the variable ``TWILIO_AUTH_TOKEN``, then at the file named by
``TWILIO_AUTH_TOKEN_FILE``, then at the secret ``twilio-auth-token`` of Google Secret Manager, when
``LUCKYGAS_SECRETS_PROJECT`` names a project. Hyphens and underscores, capitals and small letters are the same.

Variable and file are read at each call. What the manager said is kept for ``LUCKYGAS_SECRETS_CACHE_SECONDS``, and
while the manager cannot be reached for ``LUCKYGAS_SECRETS_STALE_SECONDS`` more. A value appears in no log line, no
exception and no ``repr``.

An app whose party is configured says so with ``require``; a process that lacks one of those secrets does not start,
and names it. This module needs no Django settings: they are themselves read through it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import structlog
from django.core.exceptions import ImproperlyConfigured

from luckygas.core.extend import Registry
from luckygas.core.secret_manager import SecretManager, Unreachable, Variables

log = structlog.get_logger(__name__)

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,199}")
PATIENCE = 15.0
"""Seconds in which a manager that could not be reached is not asked again for the same secret."""

# party -> the names of its secrets; nothing while the party is not configured
required: Registry[Callable[[], Iterable[str]]] = Registry("required secrets of")


class Missing(ImproperlyConfigured):
    """A required secret is nowhere. The message names it and the places that were looked at."""


@dataclass
class _Kept:
    """What the manager said: ``value`` None means that it has no such secret. Times are monotonic seconds."""

    value: str | None = field(repr=False)
    read_at: float
    ask_again: float


class Resolver:
    """The search for one process; threads may share it, and one of them asks the manager for the others."""

    def __init__(
        self,
        env: Variables,
        *,
        manager: SecretManager | None = None,
        keep_seconds: float = 300,
        stale_seconds: float = 3600,
    ) -> None:
        self._env = env
        self._manager = manager
        self._keep_seconds = keep_seconds
        self._stale_seconds = stale_seconds
        self._kept: dict[str, _Kept] = {}
        self._away: dict[str, tuple[float, str]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    @classmethod
    def of(cls, env: Variables) -> Resolver:
        return cls(
            env,
            manager=SecretManager.of(env),
            keep_seconds=env.number("LUCKYGAS_SECRETS_CACHE_SECONDS", 300, low=1, high=86_400),
            stale_seconds=env.number("LUCKYGAS_SECRETS_STALE_SECONDS", 3600, high=7 * 86_400),
        )

    def secret(self, name: str, *, required: bool = True) -> str:
        """The value, or "" when it is nowhere and not required. Raises Missing, Unreachable, Denied."""
        value = self._env.given(variable_of(name)) or self.beyond(name)
        if value:
            return value
        if not required:
            return ""
        variable = variable_of(name)
        places = f"{variable} is not set, and neither is {variable}_FILE"
        if self._manager is not None:
            places += f"; Secret Manager has no {identifier_of(name)}"
        raise Missing(places)

    def beyond(self, name: str) -> str | None:
        """What the manager has under this name; None without a manager or without such a secret."""
        if self._manager is None:
            return None
        which = identifier_of(name)
        known = self._kept.get(which)
        if known is not None and time.monotonic() < known.ask_again:
            return known.value
        with self._guard:
            lock = self._locks.setdefault(which, threading.Lock())
        with lock:
            return self._ask(which, self._manager)

    def forget(self, name: str) -> None:
        """The party refused it: the next call asks the manager, whatever is kept."""
        which = identifier_of(name)
        with self._guard:
            self._away.pop(which, None)
            known = self._kept.get(which)
            if known is not None:
                known.ask_again = 0.0

    def _ask(self, which: str, manager: SecretManager) -> str | None:
        now = time.monotonic()
        known = self._kept.get(which)
        if known is not None and now < known.ask_again:  # another thread asked while this one waited
            return known.value
        until, said = self._away.get(which, (0.0, ""))
        if now < until:
            raise Unreachable(said)
        try:
            value = manager.read(which)
        except Unreachable as error:
            return self._stale(which, known, str(error))
        except ImproperlyConfigured:
            self._kept.pop(which, None)
            raise
        now = time.monotonic()
        self._kept[which] = _Kept(value, read_at=now, ask_again=now + self._keep_seconds)
        return value

    def _stale(self, which: str, known: _Kept | None, said: str) -> str | None:
        """The last known value while it is not too old."""
        now = time.monotonic()
        if known is None or now - known.read_at > self._keep_seconds + self._stale_seconds:
            self._away[which] = (now + PATIENCE, said)
            raise Unreachable(said)
        log.warning("secret_is_stale", which=which, seconds=round(now - known.read_at), said=said)
        known.ask_again = now + PATIENCE
        return known.value


def variable_of(name: str) -> str:
    """``twilio-auth-token`` → ``TWILIO_AUTH_TOKEN``."""
    return _checked(name).upper().replace("-", "_")


def identifier_of(name: str) -> str:
    """``TWILIO_AUTH_TOKEN`` → ``twilio-auth-token``, as the manager has it."""
    return _checked(name).lower().replace("_", "-")


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("a secret's name is a letter, then letters, digits, hyphens or underscores")
    return name


_variables: Variables | None = None


def use(env: Variables) -> None:
    """Called by the settings, before they read their first secret."""
    global _variables
    _variables = env
    of_process.cache_clear()


@lru_cache(maxsize=1)
def of_process() -> Resolver:
    """The resolver over the variables that the settings handed over."""
    if _variables is None:
        raise RuntimeError("the settings have not been read yet")
    return Resolver.of(_variables)


def secret(name: str, *, required: bool = True) -> str:
    """The value. Required and nowhere: Missing, with its name. The manager away and nothing kept: Unreachable."""
    return of_process().secret(name, required=required)


def forget(name: str) -> None:
    """After a refused log-in: the value may have been changed, so the manager is asked at the next call."""
    of_process().forget(name)


def beyond(name: str) -> str | None:
    """For the settings, which have looked at variable and file themselves."""
    return of_process().beyond(name)


def require(party: str, names: Callable[[], Iterable[str]]) -> None:
    """Called in ``AppConfig.ready``; ``names()`` is empty while the party is not configured."""
    required.register(party, names)


def lacking() -> list[str]:
    """What is required and missing, a line each. A manager that cannot be reached now is no lack."""
    found = []
    for party, names in required.items():
        for name in names():
            try:
                secret(name)
            except Unreachable as error:
                log.warning("secret_not_checked", which=name, said=str(error))
            except ImproperlyConfigured as error:
                found.append(f"{party}: {error}")
    return found


def demand() -> None:
    """At the start of a process that serves or works: Missing, with all that is lacking."""
    found = lacking()
    if found:
        raise Missing("; ".join(found))
