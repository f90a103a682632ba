"""The old system's tables in SQL: one record, what changed since a revision, one record written.

Every function takes an open connection whose rows are dicts, and leaves transactions to its caller.
"""

from __future__ import annotations

import datetime as dt

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from pilot.legacy import wire
from pilot.legacy.codes import LINE_COLUMNS
from pilot.legacy.errors import Stale
from pilot.legacy.records import ENTITIES, Image, Record
from pilot.legacy.wire import Columns

Connection = psycopg.Connection[DictRow]
US = b"PILOT"
"""Our name in UPDATE_USER."""
LOCK_CLASS = 950
"""Their writers hold an advisory lock of this class that names a revision theirs will be above."""

_TABLE = {"customer": "cust_customer", "order": "ord_order"}
_KEY = {"customer": "customer_id", "order": "order_id"}

_SELECT = {
    "customer": "SELECT {columns} FROM cust_customer h WHERE {condition}",
    "order": (
        "SELECT {columns}, h.line_count, coalesce(l.there, 0) AS there, {quantities} FROM ord_order h"
        " LEFT JOIN LATERAL (SELECT count(*) AS there, {sums} FROM ord_line WHERE order_id = h.order_id"
        " AND delete_flag = 'N') l ON true WHERE {condition}"
    ),
}


def _select(entity: str, condition: str) -> sql.Composed:
    names = [*wire.columns(entity), _KEY[entity], "revision", "changed_at", "update_user", "delete_flag"]
    columns = sql.SQL(", ").join(sql.Identifier("h", name) for name in dict.fromkeys(names))
    sums = [sql.SQL("sum({0})::int AS {0}").format(sql.Identifier(name)) for name in LINE_COLUMNS]
    told = [sql.SQL("coalesce(l.{0}, 0) AS {0}").format(sql.Identifier(name)) for name in LINE_COLUMNS]
    return sql.SQL(_SELECT[entity]).format(
        columns=columns,
        condition=sql.SQL(condition),
        sums=sql.SQL(", ").join(sums),
        quantities=sql.SQL(", ").join(told),
    )


_ONE = {entity: _select(entity, f"h.{_KEY[entity]} = %s") for entity in ENTITIES}
_LOCKED = {entity: _ONE[entity] + sql.SQL(" FOR UPDATE OF h") for entity in ENTITIES}
_CHANGED = {
    entity: _select(entity, "h.revision > %s AND h.revision <= %s ORDER BY h.revision LIMIT %s")
    for entity in ENTITIES
}


def one(connection: Connection, entity: str, id: str) -> Record | None:
    row = connection.execute(_ONE[entity], [id]).fetchone()
    return None if row is None else _record(entity, row)


def _record(entity: str, row: DictRow) -> Record:
    image, damaged = wire.image(entity, row)
    user, is_there = row["update_user"], row["delete_flag"] == "N"
    return Record(
        entity=entity,
        id=str(row[_KEY[entity]]).strip(),
        revision=row["revision"],
        changed_at=_utc(row["changed_at"]),
        changed_by="" if user is None else bytes(user).decode(wire.CODEC, "backslashreplace"),
        image=image if is_there else None,
        damaged=damaged,
        incomplete=is_there and entity == "order" and row["there"] != row["line_count"],
    )


def changes(connection: Connection, entity: str, after: int, limit: int) -> list[Record]:
    """Three statements, in this order: each sees what was committed before it.

    A writer takes its lock before its number. So whoever has a number up to ``last`` either still holds the lock we
    then look for, or has committed (or not) before we read the rows.
    """
    row = connection.execute("SELECT last_value AS last FROM revision").fetchone()
    assert row is not None
    last = row["last"]
    row = connection.execute(
        "SELECT min(objid::bigint) AS below FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        [LOCK_CLASS],
    ).fetchone()
    assert row is not None
    upto = last if row["below"] is None else min(last, row["below"])
    return [_record(entity, row) for row in connection.execute(_CHANGED[entity], [after, upto, limit])]


def write(connection: Connection, entity: str, id: str, image: Image | None, expected: int | None) -> int:
    there = connection.execute(_LOCKED[entity], [id]).fetchone()
    if (None if there is None else there["revision"]) != expected:
        # Read anew: after waiting for the head's lock, its lines would be those from before the wait.
        raise Stale(one(connection, entity, id))
    columns = _columns(entity, id, image, there)
    line = {name: columns.pop(name) for name in LINE_COLUMNS if name in columns}
    if entity == "order" and line:
        columns["line_count"] = 1
    columns["update_user"] = US
    if there is None:
        revision = _insert(connection, entity, id, columns)
        if not line:
            return revision
        _write_line(connection, id, line)
        return _revision(connection, entity, id)
    # The lines first: a change of a line is a change of its head, and the head's revision is told last.
    if line:
        _write_line(connection, id, line)
        if there["there"]:
            _flag_other_lines(connection, id)
    return _update(connection, entity, id, columns)


def _revision(connection: Connection, entity: str, id: str) -> int:
    query = sql.SQL("SELECT revision FROM {} WHERE {} = %s")
    named = query.format(sql.Identifier(_TABLE[entity]), sql.Identifier(_KEY[entity]))
    row = connection.execute(named, [id]).fetchone()
    assert row is not None
    return int(row["revision"])


def _update(connection: Connection, entity: str, id: str, columns: Columns) -> int:
    sets = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns)
    query = sql.SQL("UPDATE {} SET {} WHERE {} = %s RETURNING revision")
    named = query.format(sql.Identifier(_TABLE[entity]), sets, sql.Identifier(_KEY[entity]))
    row = connection.execute(named, [*columns.values(), id]).fetchone()
    assert row is not None
    return int(row["revision"])


def _columns(entity: str, id: str, image: Image | None, there: DictRow | None) -> Columns:
    """The columns to write: those that read differently, and the flag of deletion where it changes."""
    if image is None:
        return {"delete_flag": "Y"}
    columns = wire.row(entity, image, there)
    if there is None:
        columns |= NEW[entity]
    elif there["delete_flag"] != "N":
        columns["delete_flag"] = "N"
    if entity == "order" and there is not None and there["there"] != there["line_count"]:
        columns |= wire.quantities(image)
    return columns


NEW: dict[str, Columns] = {
    "customer": {"source": "05", "delete_flag": "N"},
    "order": {"order_source": "01", "payment_method": "01", "delete_flag": "N"},
}
"""What a row needs that an image does not say: from elsewhere (05), by telephone, in cash until it says otherwise."""


def _insert(connection: Connection, entity: str, id: str, columns: Columns) -> int:
    columns = {_KEY[entity]: id, **columns}
    query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING RETURNING revision").format(
        sql.Identifier(_TABLE[entity]),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    row = connection.execute(query, list(columns.values())).fetchone()
    if row is None:
        raise Stale(one(connection, entity, id))
    return int(row["revision"])


def _write_line(connection: Connection, id: str, line: Columns) -> None:
    """All quantities on the first line."""
    columns = {"order_id": id, "line_number": 1, **line, "update_user": US, "delete_flag": "N"}
    changed = [name for name in columns if name not in ("order_id", "line_number")]
    query = sql.SQL(
        "INSERT INTO ord_line ({}) VALUES ({}) ON CONFLICT (order_id, line_number) DO UPDATE SET {}"
    ).format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
        sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in changed),
    )
    connection.execute(query, list(columns.values()))


def _flag_other_lines(connection: Connection, id: str) -> None:
    connection.execute(
        "UPDATE ord_line SET delete_flag = 'Y', update_user = %s"
        " WHERE order_id = %s AND line_number <> 1 AND delete_flag = 'N'",
        [US, id],
    )


def now(connection: Connection) -> dt.datetime:
    row = connection.execute("SELECT now_there() AS now").fetchone()
    assert row is not None
    return _utc(row["now"])


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC)
