"""Writing the old system's rows the way its own programs do: text in code page 950."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from sandbox.legacy.schema import KEYS, TABLES, TEXT
from sandbox.party import PartyError

Connection = psycopg.Connection[tuple[object, ...]]


def stored(table: str, column: str, value: Any) -> Any:
    """A value as the column keeps it: text in cp950, or ``{"hex": "a4ff"}`` for bytes as they are."""
    if column not in TABLES[table]:
        raise PartyError(f"{table} has no column {column}")
    kind, _size = TABLES[table][column]
    if isinstance(value, Mapping):
        try:
            return bytes.fromhex(str(value["hex"]))
        except (KeyError, ValueError) as error:
            raise PartyError(f'{column} must be a value or {{"hex": …}}, not {value!r:.80}') from error
    if kind == TEXT and isinstance(value, str):
        try:
            return value.encode("cp950")
        except UnicodeEncodeError as error:
            raise PartyError(f"{column}: {error.object[error.start]!r} is not in cp950") from error
    return value


def insert(connection: Connection, table: str, row: Mapping[str, Any]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    marks = sql.SQL(", ").join(sql.Placeholder() * len(row))
    query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, marks)
    connection.execute(query, [stored(table, name, value) for name, value in row.items()])


def update(connection: Connection, table: str, row_id: str, values: Mapping[str, Any]) -> int:
    """Change rows whose (first) key is ``row_id``; how many there were."""
    sets = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values)
    key = sql.Identifier(KEYS[table].partition(",")[0])
    query = sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(sql.Identifier(table), sets, key)
    given = [stored(table, name, value) for name, value in values.items()]
    return connection.execute(query, [*given, row_id]).rowcount


def roc(day: str) -> str:
    """``20261124`` → ``1151124``."""
    if len(day) != 8 or not day.isdigit():
        raise PartyError(f"a date is YYYYMMDD, not {day!r:.40}")
    return f"{int(day[:4]) - 1911:03d}{day[4:]}"
