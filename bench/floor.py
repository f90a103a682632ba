"""The least an import can cost: the workbooks read by our reader, and COPY of the rows that came of them.

``python -m bench.floor WORKBOOK… -- DUMP`` does it in the database of DATABASE_URL and prints how many cells it
read and rows it copied; `dump` writes DUMP from a company whose import is done.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from bench.multiply import HISTORY_SETTING, QUICK_TRIGGERS
from customers.sheets.reader import open_workbook, rows

BLOCK = 1 << 20
TABLES = """
SELECT c.relname::text,
       array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attgenerated = ''),
       bool_or(a.attname = 'pgh_id')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind = 'r'
 GROUP BY c.relname
 ORDER BY c.relname
"""


def counts(address: str) -> dict[str, int]:
    """Rows of each table but the history tables, which triggers fill."""
    with psycopg.connect(address) as connection:
        return {
            name: _count(connection, name)
            for name, _columns, by_trigger in connection.execute(TABLES).fetchall()
            if not by_trigger
        }


def dump(imported: str, empty: str, folder: Path) -> dict[str, int]:
    """Write what an import added to ``empty`` as one COPY file a table; the rows of each."""
    before, after = counts(empty), counts(imported)
    added = {name: count - before[name] for name, count in after.items() if count != before[name]}
    folder.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(imported) as connection:
        columns = {name: names for name, names, _by_trigger in connection.execute(TABLES).fetchall()}
        for name in added:
            query = _added(name, columns[name], _keys(empty, name) if before[name] else [])
            with (folder / f"{name}.copy").open("wb") as file, connection.cursor().copy(query) as copy:
                for block in copy:
                    file.write(block)
    listed = {name: columns[name] for name in added}
    (folder / "tables.json").write_text(json.dumps(listed), encoding="utf-8")
    return added


def read_all(workbooks: list[Path]) -> int:
    """Read every sheet of them; the number of cells."""
    cells = 0
    for path in workbooks:
        with open_workbook(path) as workbook:
            for sheet in workbook.sheets:
                cells += sum(len(row.cells) for row in rows(sheet))
    return cells


def copy_in(address: str, folder: Path) -> int:
    """COPY the dumped rows into the same tables, every trigger, index and constraint on; the number of rows."""
    listed = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
    copied = 0
    with psycopg.connect(address) as connection:
        connection.execute("SELECT set_config(%s, 'on', true)", [HISTORY_SETTING])
        connection.execute(QUICK_TRIGGERS)
        for name, columns in listed.items():
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), _names(columns))
            cursor = connection.cursor()
            with (folder / f"{name}.copy").open("rb") as file, cursor.copy(into) as copy:
                while block := file.read(BLOCK):
                    copy.write(block)
            copied += cursor.rowcount
    return copied


def _added(name: str, columns: list[str], keys: list[object]) -> sql.Composed:
    where = sql.SQL(" WHERE NOT id = ANY({})").format(sql.Literal(keys)) if keys else sql.SQL("")
    return sql.SQL("COPY (SELECT {} FROM {}{}) TO STDOUT").format(
        _names(columns), sql.Identifier(name), where
    )


def _keys(address: str, name: str) -> list[object]:
    with psycopg.connect(address) as connection:
        return [
            row[0] for row in connection.execute(sql.SQL("SELECT id FROM {}").format(sql.Identifier(name)))
        ]


def _count(connection: psycopg.Connection[tuple[object, ...]], name: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
    assert row is not None
    return int(str(row[0]))


def _names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def main(words: list[str]) -> None:
    cut = words.index("--")
    cells = read_all([Path(word) for word in words[:cut]])
    print(json.dumps({"cells": cells, "rows": copy_in(os.environ["DATABASE_URL"], Path(words[cut + 1]))}))


if __name__ == "__main__":
    main(sys.argv[1:])
