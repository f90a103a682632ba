"""Rows on their way into the database: staged on disk, copied into a temporary table, merged by SQL.

Nothing of a file stays in memory but the codes seen. A merge writes only rows that differ, so that the same
file twice changes nothing and leaves no history.
"""

# Identifiers come from the models, values are parameters.
# ruff: noqa: S608

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from django.db import connection, models

from customers.models import Customer
from customers.models.account import STARTING_LIMITS

_BLOCK = 1 << 20
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Stage:
    """Rows for some columns of a model's table, plus ``code``, the customer they belong to."""

    def __init__(
        self, model: type[models.Model], columns: Sequence[str], *, extra: Sequence[str] = ()
    ) -> None:
        self.model = model
        fields = {field.name: str(field.column) for field in model._meta.concrete_fields}
        self.columns = [fields[name] for name in columns]
        self.extra = list(extra)
        self.name = f"stage_{model._meta.model_name}"
        self.count = 0
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the stage)

    def add(self, values: Iterable[Any]) -> None:
        """One row: the model's columns in order, then the extra ones."""
        self._file.write(("\t".join(map(_field, values)) + "\n").encode())
        self.count += 1

    def load(self) -> None:
        """Make the temporary table and copy the rows into it; it lasts until the transaction ends."""
        own = ", ".join(quoted(column) for column in self.columns)
        also = "".join(f", NULL::varchar(7) AS {quoted(name)}" for name in self.extra)
        table = quoted(self.model._meta.db_table)
        named = ", ".join(quoted(column) for column in [*self.columns, *self.extra])
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {quoted(self.name)}")
            cursor.execute(
                f"CREATE TEMPORARY TABLE {quoted(self.name)} ON COMMIT DROP AS "
                f"SELECT {own}{also} FROM {table} WITH NO DATA"
            )
            self._file.seek(0)
            with cursor.copy(f"COPY {quoted(self.name)} ({named}) FROM STDIN") as copy:
                while block := self._file.read(_BLOCK):
                    copy.write(block)
            cursor.execute(f"ANALYZE {quoted(self.name)}")


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def start_touched() -> None:
    """A temporary table of the customers that this import made or changed."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS touched")
        cursor.execute("CREATE TEMPORARY TABLE touched (id bigint, made boolean) ON COMMIT DROP")


def touched() -> tuple[int, int]:
    """How many customers were made, how many others changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE made), count(*) FILTER (WHERE NOT made) "
            "FROM (SELECT id, bool_or(made) AS made FROM touched GROUP BY id) AS each"
        )
        made, changed = cursor.fetchone()
    return int(made), int(changed)


def merge_customers(stage: Stage, *, now: Any, update: bool = True) -> None:
    """Insert the staged customers by code; those that exist are updated where they differ, or left alone."""
    model = stage.model
    table = quoted(model._meta.db_table)
    given = set(stage.columns)
    rest = {
        str(field.column): field.get_default()
        for field in model._meta.concrete_fields
        if not field.primary_key and not field.generated and field.column not in given
    } | {"created_at": now, "updated_at": now}
    into = ", ".join(quoted(column) for column in [*stage.columns, *rest])
    values = ", ".join([*(f"s.{quoted(column)}" for column in stage.columns), *["%s"] * len(rest)])
    own = [quoted(column) for column in stage.columns if column != "code"]
    if update:
        sets = ", ".join(f"{column} = excluded.{column}" for column in [*own, "updated_at"])
        old, new = (", ".join(f"{side}.{column}" for column in own) for side in (table, "excluded"))
        on_conflict = f"DO UPDATE SET {sets} WHERE ({old}) IS DISTINCT FROM ({new})"
    else:
        on_conflict = "DO NOTHING"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH merged AS (INSERT INTO {table} ({into}) SELECT {values} FROM {quoted(stage.name)} s "
            f"ORDER BY s.code ON CONFLICT (code) {on_conflict} RETURNING id, xmax = 0 AS made) "
            "INSERT INTO touched SELECT id, made FROM merged",
            list(rest.values()),
        )


def merge_children(
    stage: Stage, *, keys: Sequence[str] = (), customers: str = "", keep: bool = False
) -> None:
    """Rows that hang on customers, staged with their customer's code.

    ``keys`` tell several rows of one customer apart (none: one row each). Rows of the customers in the stage
    table ``customers`` that are not staged are deleted, unless ``keep``.
    """
    table = quoted(stage.model._meta.db_table)
    source = quoted(stage.name)
    columns = [quoted(column) for column in stage.columns]
    values = [column for column in columns if column.strip('"') not in keys]
    conflict = ", ".join(["customer_id", *(quoted(key) for key in keys)])
    changed = (
        f"DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in values)} WHERE "
        f"({', '.join(f'{table}.{c}' for c in values)}) IS DISTINCT FROM "
        f"({', '.join(f'excluded.{c}' for c in values)})"
    )
    with connection.cursor() as cursor:
        if not keep:
            same = " AND ".join(["x.code = k.code", *(f"x.{quoted(key)} = c.{quoted(key)}" for key in keys)])
            cursor.execute(
                f"WITH gone AS (DELETE FROM {table} c USING customers_customer k "
                f"JOIN {quoted(customers)} s ON s.code = k.code WHERE c.customer_id = k.id "
                f"AND NOT EXISTS (SELECT 1 FROM {source} x WHERE {same}) RETURNING c.customer_id) "
                "INSERT INTO touched SELECT customer_id, false FROM gone"
            )
        cursor.execute(
            f"WITH merged AS (INSERT INTO {table} (customer_id, {', '.join(columns)}) "
            f"SELECT k.id, {', '.join(f's.{c}' for c in columns)} FROM {source} s "
            f"JOIN customers_customer k ON k.code = s.code ORDER BY k.id "
            f"ON CONFLICT ({conflict}) {changed} RETURNING customer_id) "
            "INSERT INTO touched SELECT customer_id, false FROM merged"
        )


def add_missing_companions(now: Any) -> None:
    """Every customer has an account and an availability row; limits start by kind."""
    limits = " ".join(f"WHEN '{kind.value}' THEN {limit}" for kind, limit in STARTING_LIMITS.items())
    hours = [f"hour_{hour}" for hour in range(8, 20)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_customeraccount "
            "(customer_id, open_balance, oldest_due, credit_limit, credit_hold, updated_at) "
            f"SELECT id, 0, NULL, CASE kind {limits} END, false, %s FROM {quoted(Customer._meta.db_table)} c "
            "WHERE NOT EXISTS (SELECT 1 FROM customers_customeraccount a WHERE a.customer_id = c.id) "
            "ON CONFLICT (customer_id) DO NOTHING",
            [now],
        )
        cursor.execute(
            "INSERT INTO customers_availability "
            f"(customer_id, slot, weekly_rest, rest_rule, {', '.join(hours)}) "
            f"SELECT id, 'all_day', '', '', {', '.join(['false'] * len(hours))} FROM customers_customer c "
            "WHERE NOT EXISTS (SELECT 1 FROM customers_availability a WHERE a.customer_id = c.id) "
            "ON CONFLICT (customer_id) DO NOTHING"
        )


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    return str(value).translate(_ESCAPES)
