"""System checks: mistakes of an installation, said at start with what would be right."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.db import connection

from luckygas.core import rights, secrets


@register(Tags.database)
def database_is_fit(databases: Any = None, **kwargs: Any) -> list[Any]:
    """PostgreSQL 15 or later, UTF-8, and a locale in which Chinese trigrams exist."""
    if not databases:
        return []
    found: list[Any] = []
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        if int(cursor.fetchone()[0]) < 150000:
            found.append(Error("PostgreSQL 15 or later is needed.", id="luckygas.E001"))
        cursor.execute(
            "SELECT pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = current_database()"
        )
        encoding, ctype = cursor.fetchone()
        if encoding != "UTF8":
            found.append(
                Error(f"The database is encoded in {encoding}; create it with -E UTF8.", id="luckygas.E002")
            )
        if ctype in {"C", "POSIX"}:
            found.append(
                Error(
                    "The database has locale C: Chinese text has no trigrams and searches find nothing.",
                    hint="initdb --locale=C.UTF-8 -E UTF8",
                    id="luckygas.E003",
                )
            )
    return found


@register(Tags.database, deploy=True)
def rights_are_narrow(databases: Any = None, **kwargs: Any) -> list[Any]:
    """The application's role cannot edit what only grows; asked by ``check --deploy --database default``."""
    if not databases:
        return []
    with connection.cursor() as cursor:
        found = rights.too_wide(cursor)
    hint = (
        "DATABASE_OWNER_URL names the role that owns the tables, DATABASE_URL another one; then run migrate. "
        "See docs/operation.md."
    )
    return [
        Error(f"The role of DATABASE_URL has too many rights: {line}.", hint=hint, id="luckygas.E013")
        for line in found
    ]


@register(Tags.security)
def secrets_are_there(**kwargs: Any) -> list[Any]:
    """A party that is configured has its secrets."""
    return [Error(f"A required secret is missing. {line}", id="luckygas.E014") for line in secrets.lacking()]


@register(Tags.security, deploy=True)
def deployed_safely(**kwargs: Any) -> list[Any]:
    """What only matters where strangers can reach us."""
    found: list[Any] = []
    if settings.SIMULATION:
        found.append(Error("LUCKYGAS_SIMULATION is on.", id="luckygas.E010"))
    if urlsplit(settings.DATABASE_OWNER_URL).username in {None, settings.APPLICATION_ROLE}:
        found.append(
            Warning(
                "DATABASE_OWNER_URL names no role of its own: the application role owns its tables, so that only "
                "triggers guard the ledgers.",
                hint="Two roles are described in docs/operation.md.",
                id="luckygas.W011",
            )
        )
    if not settings.SELLER_UBN:
        found.append(Warning("LUCKYGAS_SELLER_UBN is not set: no invoice can be issued.", id="luckygas.W012"))
    return found
