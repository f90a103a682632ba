"""Reading settings from the environment: ``NAME``, else the file named by ``NAME_FILE``, else a default.

A secret may also lie beyond both, in a secret manager (``luckygas.core.secrets``).

One place parses, so that a bad value stops the process at start with the name of the variable, what was
given and what would be right, instead of a surprise hours later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
_WHOLE = re.compile("-?[0-9]{1,18}")
LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]"}


class Environment:
    """Typed access to environment variables. Every method raises ImproperlyConfigured naming the variable."""

    def __init__(
        self, variables: Mapping[str, str], *, beyond: Callable[[str], str | None] | None = None
    ) -> None:
        """``beyond(name)`` is asked for a secret that neither variable nor file gives; None: not there either."""
        self._variables = variables
        self._beyond = beyond

    def given(self, name: str) -> str | None:
        """The variable, or the stripped content of the file in ``NAME_FILE``; None when neither is set."""
        if name in self._variables:
            return self._variables[name]
        file_name = self._variables.get(f"{name}_FILE")
        if file_name:
            try:
                return Path(file_name).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ImproperlyConfigured(
                    f"{name}_FILE names {file_name!r}, which cannot be read: {error.strerror}"
                ) from error
            except UnicodeDecodeError as error:
                raise ImproperlyConfigured(
                    f"{name}_FILE names {file_name!r}, which is not UTF-8 text"
                ) from error
        return None

    def text(self, name: str, default: str | None = None) -> str:
        """What is given, else the default; required without one."""
        value = self.given(name)
        if value is not None:
            return value
        if default is None:
            raise ImproperlyConfigured(f"{name} is not set, and neither is {name}_FILE")
        return default

    def secret(self, name: str, default: str | None = None) -> str:
        """Like ``text``; an empty value counts as none, and what lies beyond is asked before the default."""
        value = self.given(name) or (self._beyond(name) if self._beyond else None)
        return value or self.text(name, default)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name, "1" if default else "0").strip().lower()
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        raise ImproperlyConfigured(f"{name} is {value!r}; use 1 or 0")

    def number(self, name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
        value = self.text(name, str(default)).strip()
        if not _WHOLE.fullmatch(value) or not low <= int(value) <= high:
            raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number from {low} to {high}")
        return int(value)

    def decimal(self, name: str, default: str) -> Decimal:
        value = self.text(name, default).strip()
        try:
            number = Decimal(value)
        except InvalidOperation as error:
            raise ImproperlyConfigured(f"{name} is {value!r}; use a decimal number such as 1.35") from error
        if not number.is_finite():
            raise ImproperlyConfigured(f"{name} is {value!r}; use a finite decimal number")
        return number

    def words(self, name: str, default: str = "") -> list[str]:
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def choice(self, name: str, default: str, allowed: set[str]) -> str:
        value = self.text(name, default).strip()
        if value not in allowed:
            raise ImproperlyConfigured(f"{name} is {value!r}; use one of {', '.join(sorted(allowed))}")
        return value

    def database(self, name: str) -> dict[str, object]:
        """A Django DATABASES entry; anything but PostgreSQL is refused."""
        url = self.secret(name)
        if urlsplit(url).scheme not in {"postgres", "postgresql"}:
            raise ImproperlyConfigured(f"{name} must be a postgres:// address; only PostgreSQL is supported")
        return dict(environ.Env.db_url_config(url))

    def socket(self, name: str) -> str:
        """A WebSocket address, or nothing."""
        url = self.text(name, "").strip()
        if url and (urlsplit(url).scheme not in {"ws", "wss"} or not urlsplit(url).hostname):
            raise ImproperlyConfigured(
                f"{name} is {url!r}; use an address such as wss://gas.example/ws/live/"
            )
        return url

    def redis(self, name: str) -> str:
        url = self.secret(name)
        if urlsplit(url).scheme not in {"redis", "rediss"}:
            raise ImproperlyConfigured(f"{name} must be a redis:// address")
        return url
