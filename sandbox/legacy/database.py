"""The old system's own database: made once, with an owner of its own and a role for the other system."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sandbox.legacy.schema import SCHEMA, statements

Connection = psycopg.Connection[tuple[object, ...]]


class Database:
    """``admin_url`` names the database to be made and a role of its cluster that may make databases and roles.

    Roles are the cluster's, so their names begin with the database's: ``<name>_owner`` and ``<name>_pilot``.
    ``password`` is what the second one signs in with; it is drawn once and kept in ``folder``.
    """

    def __init__(self, admin_url: str, folder: Path) -> None:
        self.name = urlsplit(admin_url).path.lstrip("/")
        if not self.name:
            raise ValueError("the address of the old system's database names no database")
        self._admin = make_conninfo(urlunsplit(urlsplit(admin_url)._replace(path="/postgres")))
        self.owner, self.role = f"{self.name}_owner", f"{self.name}_pilot"
        self.password = _kept(folder / "password")

    def server(self) -> tuple[str, int]:
        """Where its server listens: a host or the folder of a socket, and a port."""
        parts = conninfo_to_dict(self._admin)
        return str(parts.get("host") or "127.0.0.1"), int(parts.get("port") or 5432)

    def connect(self) -> Connection:
        """As the owner's programs do: the administrator in the owner's shoes."""
        connection = psycopg.connect(make_conninfo(self._admin, dbname=self.name), autocommit=True)
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(self.owner)))
        connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(SCHEMA)))
        return connection

    def make(self) -> bool:
        """Make what is not there yet; whether the tables were made just now. A kill in between is made good."""
        with psycopg.connect(self._admin, autocommit=True) as connection:
            self._make_roles(connection)
            if not _is_there(connection, "pg_database", "datname", self.name):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                        sql.Identifier(self.name), sql.Identifier(self.owner)
                    )
                )
            connection.execute(
                sql.SQL("REVOKE CONNECT ON DATABASE {0} FROM PUBLIC; GRANT CONNECT ON DATABASE {0} TO {1};"
                        "ALTER ROLE {1} IN DATABASE {0} SET search_path = {2}").format(
                    sql.Identifier(self.name), sql.Identifier(self.role), sql.Identifier(SCHEMA)
                )
            )  # fmt: skip
        with self.connect() as connection:
            if _is_there(connection, "pg_namespace", "nspname", SCHEMA):
                return False
            with connection.transaction():
                connection.execute(statements(self.role))
            return True

    def _make_roles(self, connection: Connection) -> None:
        for role in (self.owner, self.role):
            if not _is_there(connection, "pg_roles", "rolname", role):
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        connection.execute(
            sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(self.role), sql.Literal(self.password)
            )
        )
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(self.owner)))

    def drop(self) -> None:
        """Take it away, roles too (after tests)."""
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name))
            )
            for role in (self.role, self.owner):
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def _is_there(connection: Connection, table: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    return connection.execute(query, [name]).fetchone() is not None


def _kept(path: Path) -> str:
    """A word nobody guesses, drawn at the first start."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(18))
        half.replace(path)
    return path.read_text()
