"""What the application's role may do in the database: rows everywhere, but never edit what only grows.

``migrate`` runs as the owner of the tables (``DATABASE_OWNER_URL``) and ends by giving the application's role (the
one in ``DATABASE_URL``) its rights anew. The declaration is the trigger: where a model's ``pgtrigger.Protect``
refuses UPDATE or DELETE of every row, the role loses that right as well, so that the table stays guarded while its
triggers are off. Where a trigger refuses only some columns or some rows, the right stays and the trigger decides.
Nobody but the owner may TRUNCATE, or change tables.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

OWNED = """
SELECT relname::text FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind::text = ANY(%s)
   AND pg_get_userbyid(relowner) = current_user
 ORDER BY 1
"""
# MEMBER, not USAGE: whoever may SET ROLE to the owner can do all that the owner can.
OWNING = """
SELECT relname::text FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
   AND pg_has_role(current_user, relowner, 'MEMBER')
 ORDER BY 1
"""
ALLOWED = """
SELECT relname::text,
       has_any_column_privilege(oid, 'UPDATE'), has_table_privilege(oid, 'DELETE'), has_table_privilege(oid, 'TRUNCATE')
  FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
 ORDER BY 1
"""


def refused(trigger: pgtrigger.Trigger, model: Model) -> set[str]:
    """``UPDATE``, ``DELETE`` or both, when the trigger refuses them for every row of the model's table."""
    if not isinstance(trigger, pgtrigger.Protect) or trigger.operation is None:
        return set()
    whole = isinstance(trigger, pgtrigger.ReadOnly) and not (trigger.fields or trigger.exclude)
    if not whole and trigger.get_condition(model) is not None:
        return set()
    return {str(operation) for operation in trigger.operation} & {"UPDATE", "DELETE"}


def withheld() -> dict[str, set[str]]:
    """Table → which of ``UPDATE`` and ``DELETE`` the application's role must not have, from the models' triggers."""
    found: dict[str, set[str]] = {}
    for model, trigger in pgtrigger.registered():
        if deeds := refused(trigger, model):
            found.setdefault(model._meta.db_table, set()).update(deeds)
    return found


def after_migrate(*, using: str, **kwargs: Any) -> None:
    """Receiver of ``post_migrate``: give the rights anew when the owner has migrated for another role."""
    if settings.DATABASE_OWNER_URL:
        grant(connections[using], settings.APPLICATION_ROLE)


def grant(connection: BaseDatabaseWrapper, role: str) -> None:
    """Give ``role`` exactly its rights on every table and sequence of the connected owner, also on later ones.

    One transaction, so that a running application never meets a table without rights. Nothing is given when the
    connected role is itself ``role``. ImproperlyConfigured when there is no such role.
    """
    if not role:
        raise ImproperlyConfigured("DATABASE_URL must name a role when DATABASE_OWNER_URL is set")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user = %s, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role, role]
        )
        same, known = cursor.fetchone()
        if same:
            return
        if not known:
            raise ImproperlyConfigured(
                f"DATABASE_URL names the role {role!r}, which the server does not know: CREATE ROLE it first"
            )
        tables = _owned(cursor, connection, "rp")
        sequences = _owned(cursor, connection, "S")
        refusing = withheld()
        to = connection.ops.quote_name(role)
        statements = [
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {to}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {to}",
        ]
        if tables:
            every = ", ".join(tables.values())
            statements.append(f"REVOKE ALL ON {every} FROM {to}, PUBLIC")
            statements.append(f"GRANT SELECT, INSERT ON {every} TO {to}")
        for deed in ("UPDATE", "DELETE"):
            if free := [quoted for name, quoted in tables.items() if deed not in refusing.get(name, ())]:
                statements.append(f"GRANT {deed} ON {', '.join(free)} TO {to}")
        if sequences:
            statements.append(f"GRANT USAGE, SELECT ON SEQUENCE {', '.join(sequences.values())} TO {to}")
        cursor.execute(";".join(statements))


def too_wide(cursor: CursorWrapper) -> list[str]:
    """What the connected role may do and the application's role must not, one sentence for each kind; [] when fit."""
    found: list[str] = []
    cursor.execute(OWNING)
    if owning := [row[0] for row in cursor.fetchall()]:
        found.append(f"it owns (or may become the owner of) {_listed(owning)}")
    cursor.execute(ALLOWED)
    rows = cursor.fetchall()
    refusing = withheld()
    for deed, column in (("UPDATE", 1), ("DELETE", 2)):
        if wrong := [row[0] for row in rows if row[column] and deed in refusing.get(row[0], ())]:
            found.append(f"it may {deed} {_listed(wrong)}")
    if wrong := [row[0] for row in rows if row[3]]:
        found.append(f"it may TRUNCATE {_listed(wrong)}")
    cursor.execute("SELECT has_schema_privilege('public', 'CREATE')")
    if cursor.fetchone()[0]:
        found.append("it may create tables in the schema public")
    return found


def _owned(cursor: CursorWrapper, connection: BaseDatabaseWrapper, kinds: str) -> dict[str, str]:
    """Name → quoted name of the connected role's relations of these kinds."""
    cursor.execute(OWNED, [list(kinds)])
    return {name: connection.ops.quote_name(name) for (name,) in cursor.fetchall()}


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
