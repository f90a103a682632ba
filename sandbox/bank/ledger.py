"""The bank's own records: movements with a running balance, and the files it has put out."""

import sqlite3
from datetime import date, datetime

from sandbox.bank.records import Movement

SCHEMA = """
CREATE TABLE IF NOT EXISTS movements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE,
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    number INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    balance INTEGER NOT NULL,
    virtual_account TEXT NOT NULL,
    payer TEXT NOT NULL,
    status TEXT NOT NULL,
    UNIQUE (account, day, number)
);
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    content BLOB NOT NULL,
    modified INTEGER NOT NULL,
    movements INTEGER NOT NULL DEFAULT 0,
    growing INTEGER NOT NULL DEFAULT 0,
    reads INTEGER NOT NULL DEFAULT 0
);
"""


class Ledger:
    """Reads and writes of one gateway's store; the caller holds the party's lock."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # -- movements

    def told(self, key: str) -> sqlite3.Row | None:
        """The movement that was told under this key before."""
        return self._one("SELECT * FROM movements WHERE key = ?", key)

    def book(
        self, *, key: str | None, account: str, day: date, amount: int, virtual: str, payer: str, status: str
    ) -> sqlite3.Row:
        """Write a movement with the next number of its day and the balance after it."""
        last = self._one("SELECT balance FROM movements WHERE account = ? ORDER BY id DESC LIMIT 1", account)
        most = self._one(
            "SELECT max(number) AS n FROM movements WHERE account = ? AND day = ?", account, f"{day}"
        )
        number = (most["n"] if most is not None and most["n"] else 0) + 1
        balance = (last["balance"] if last is not None else 0) + amount
        cursor = self._db.execute(
            "INSERT INTO movements (key, account, day, number, amount, balance, virtual_account, payer, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (key, account, f"{day}", number, amount, balance, virtual, payer, status),
        )
        row = self._one("SELECT * FROM movements WHERE id = ?", cursor.lastrowid)
        assert row is not None
        return row

    def of_day(self, day: date) -> list[Movement]:
        """The day's movements in the order they were booked."""
        rows = self._db.execute("SELECT * FROM movements WHERE day = ? ORDER BY id", (f"{day}",))
        return [
            Movement(
                account=row["account"],
                day=date.fromisoformat(row["day"]),
                number=row["number"],
                amount=row["amount"],
                balance=row["balance"],
                virtual_account=row["virtual_account"],
                payer=row["payer"],
                status=row["status"],
            )
            for row in rows
        ]

    def newest(self, wanted: str, limit: int) -> list[dict[str, object]]:
        """Movements whose virtual account, payer or key contains ``wanted``, newest first."""
        rows = self._db.execute(
            "SELECT * FROM movements WHERE instr(virtual_account || ' ' || payer || ' ' || coalesce(key, ''), ?) > 0"
            " OR ? = '' ORDER BY id DESC LIMIT ?",
            (wanted, wanted, limit),
        )
        return [dict(row) for row in rows]

    # -- files

    def file(self, name: str) -> sqlite3.Row | None:
        return self._one("SELECT * FROM files WHERE name = ?", name)

    def files(self) -> list[sqlite3.Row]:
        return self._db.execute("SELECT * FROM files ORDER BY name").fetchall()

    def put(
        self, name: str, content: bytes, modified: datetime, *, movements: int = 0, growing: int = 0
    ) -> None:
        """Write a file, in the place of one of that name."""
        self._db.execute(
            "INSERT INTO files (name, content, modified, movements, growing) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET content = excluded.content, modified = excluded.modified,"
            " movements = excluded.movements, growing = excluded.growing",
            (name, content, int(modified.timestamp()), movements, growing),
        )

    def grown(self, name: str) -> None:
        """A listing has shown the growing file once more."""
        self._db.execute("UPDATE files SET growing = growing - 1 WHERE name = ? AND growing > 0", (name,))

    def was_read(self, name: str) -> None:
        self._db.execute("UPDATE files SET reads = reads + 1 WHERE name = ?", (name,))

    def remove(self, name: str) -> int:
        return self._db.execute("DELETE FROM files WHERE name = ?", (name,)).rowcount

    def counts(self) -> dict[str, int]:
        row = self._one("SELECT count(*) AS n, coalesce(sum(amount), 0) AS sum FROM movements")
        assert row is not None
        return {"movements": row["n"], "sum": row["sum"]}

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return found
