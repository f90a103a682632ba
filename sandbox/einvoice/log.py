"""The gateway's log: one row for every file it ever took, with what became of it.

The names a shop's own reports use are views: ``TURNKEY_MESSAGE_LOG`` and ``TURNKEY_SYSEVENT_LOG``. STATUS
is G (uploaded, waiting for the platform's word), C (confirmed) or E (error); P (being looked at) exists only
inside the transaction that takes the message.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.clock import TAIPEI
from sandbox.einvoice.codes import Problem
from sandbox.einvoice.documents import Document, identifier
from sandbox.einvoice.folders import Claim, day_and_hour
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.results import Answered

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    claim TEXT NOT NULL UNIQUE,
    code TEXT NOT NULL,
    file_name TEXT NOT NULL,
    size INTEGER NOT NULL,
    taken_at TEXT NOT NULL,
    taken_day TEXT NOT NULL,
    pack_id TEXT NOT NULL,
    number TEXT NOT NULL DEFAULT '',
    date TEXT NOT NULL DEFAULT '',
    seller TEXT NOT NULL DEFAULT '',
    identifier TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'P' CHECK (status IN ('P', 'G', 'C', 'E')),
    problems TEXT NOT NULL DEFAULT '[]',
    destination TEXT NOT NULL DEFAULT '',
    moved INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    twists TEXT NOT NULL DEFAULT '{}',
    answer TEXT NOT NULL DEFAULT '',
    result_state TEXT NOT NULL DEFAULT 'pending'
        CHECK (result_state IN ('pending', 'written', 'withheld', 'summarised'))
);
CREATE INDEX IF NOT EXISTS messages_unmoved ON messages (seq) WHERE moved = 0;
CREATE INDEX IF NOT EXISTS messages_pending ON messages (due) WHERE result_state = 'pending';
CREATE INDEX IF NOT EXISTS messages_day ON messages (taken_day, seq);
CREATE TABLE IF NOT EXISTS summaries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, day TEXT NOT NULL, last_seq INTEGER NOT NULL,
    path TEXT NOT NULL, written INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS summaries_day ON summaries (day, last_seq);
DROP VIEW IF EXISTS TURNKEY_MESSAGE_LOG;
CREATE VIEW TURNKEY_MESSAGE_LOG AS
    SELECT printf('%08d', seq) AS SEQNO, '00001' AS SUBSEQNO, claim AS UUID, code AS MESSAGE_TYPE,
        CASE code WHEN 'E0402' THEN 'B2P' ELSE 'B2S' END AS CATEGORY_TYPE,
        CASE code WHEN 'E0402' THEN 'MESSAGE' ELSE 'STORAGE' END AS PROCESS_TYPE,
        seller AS FROM_PARTY_ID, '0000000000' AS TO_PARTY_ID, taken_at AS MESSAGE_DTS,
        CAST(size AS TEXT) AS CHARACTER_COUNT, status AS STATUS, 'OUT' AS IN_OUT_BOUND,
        identifier AS INVOICE_IDENTIFIER
    FROM messages;
DROP VIEW IF EXISTS TURNKEY_SYSEVENT_LOG;
CREATE VIEW TURNKEY_SYSEVENT_LOG AS
    SELECT taken_at AS EVENTDTS, seller AS PARTY_ID, printf('%08d', seq) AS SEQNO, '00001' AS SUBSEQNO,
        json_extract(problems, '$[0].code') AS ERRORCODE, claim AS UUID, file_name AS INFORMATION1,
        json_extract(problems, '$[0].description') AS MESSAGE1,
        json_extract(problems, '$[0].where') AS MESSAGE2
    FROM messages WHERE status = 'E';
"""


def stamp(instant: datetime) -> str:
    """17 digits in Taipei's time: ``20260901140509123``."""
    local = instant.astimezone(TAIPEI)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}"


def pack_id(code: str, taken: datetime, claim_id: str) -> str:
    """The id the gateway gives a message when it packs it."""
    digits = stamp(taken)
    return f"4.1-{code}-{digits[:8]}-{digits[8:]}-{claim_id}"


class MessageLog:
    """Rows of ``messages`` and ``summaries``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def known(self, claim_id: str) -> bool:
        """Whether this taken file has its row."""
        row = self._db.execute("SELECT 1 FROM messages WHERE claim = ?", (claim_id,)).fetchone()
        return row is not None

    def take(self, claim: Claim, size: int, taken: datetime) -> int:
        """A new row; returns its number."""
        cursor = self._db.execute(
            "INSERT INTO messages (claim, code, file_name, size, taken_at, taken_day, pack_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                claim.id,
                claim.code,
                claim.file_name,
                size,
                stamp(taken),
                day_and_hour(taken)[0],
                pack_id(claim.code, taken, claim.id),
            ),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def decide(
        self,
        seq: int,
        claim: Claim,
        document: Document,
        problems: Iterable[Problem],
        destination: Path,
        due: float,
        twists: dict[str, Any],
    ) -> None:
        """Write down what was found. ``due`` is the real second from which the answer may be written."""
        told = [asdict(problem) for problem in problems]
        self._db.execute(
            "UPDATE messages SET number = ?, date = ?, seller = ?, identifier = ?, status = ?, problems = ?,"
            " destination = ?, due = ?, twists = ? WHERE seq = ?",
            (
                document.number,
                document.date,
                document.seller,
                identifier(claim.code, document),
                "E" if told else "G",
                json.dumps(told, ensure_ascii=False),
                str(destination),
                due,
                json.dumps(twists),
                seq,
            ),
        )

    def unmoved(self) -> list[sqlite3.Row]:
        """Rows whose file has not been seen in its last place."""
        return self._db.execute("SELECT * FROM messages WHERE moved = 0 ORDER BY seq").fetchall()

    def mark_moved(self, rows: Iterable[sqlite3.Row]) -> None:
        """Their files are where they belong."""
        self._db.executemany("UPDATE messages SET moved = 1 WHERE seq = ?", [(row["seq"],) for row in rows])

    def due(self, now: float, limit: int) -> list[sqlite3.Row]:
        """Put-away rows whose answer may be written, oldest first."""
        return self._db.execute(
            "SELECT * FROM messages WHERE result_state = 'pending' AND moved = 1 AND due <= ?"
            " ORDER BY seq LIMIT ?",
            (now, limit),
        ).fetchall()

    def promise(self, seq: int, answer: Path) -> None:
        """Fix where the answer will be, before it is: written twice after a crash, it is still one file."""
        self._db.execute("UPDATE messages SET answer = ? WHERE seq = ?", (str(answer), seq))

    def answered(self, seq: int, result_state: str) -> None:
        """The answer is out (``written``, ``summarised``) or kept back (``withheld``)."""
        self._db.execute(
            "UPDATE messages SET result_state = ?, status ="
            " CASE WHEN status = 'G' AND ? <> 'withheld' THEN 'C' ELSE status END WHERE seq = ?",
            (result_state, result_state, seq),
        )

    def withheld(self, day: str = "", match: str = "") -> list[sqlite3.Row]:
        """Rows whose answer never came, of one day or of all; ``match`` is part of number or file name."""
        return self._db.execute(
            "SELECT * FROM messages WHERE result_state = 'withheld' AND ? IN ('', taken_day)"
            " AND (instr(identifier, ?) OR instr(file_name, ?)) ORDER BY seq",
            (day, match, match),
        ).fetchall()

    def of_day(self, day: str) -> list[sqlite3.Row]:
        """All rows taken on a day (``YYYYMMDD``)."""
        return self._db.execute("SELECT * FROM messages WHERE taken_day = ? ORDER BY seq", (day,)).fetchall()

    def days_to_summarise(self, before: str) -> list[str]:
        """Days before this one on which something was taken that no summary tells of."""
        rows = self._db.execute(
            "SELECT taken_day, MAX(seq) AS last FROM messages WHERE taken_day < ? GROUP BY taken_day"
            " HAVING last > COALESCE((SELECT MAX(last_seq) FROM summaries WHERE day = taken_day), 0)"
            " ORDER BY taken_day",
            (before,),
        )
        return [row["taken_day"] for row in rows]

    def promise_summary(self, day: str, last_seq: int) -> int:
        """A new summary's row; returns its number."""
        cursor = self._db.execute(
            "INSERT INTO summaries (day, last_seq, path) VALUES (?, ?, '')", (day, last_seq)
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def place_summary(self, summary_id: int, path: Path) -> None:
        """Fix where it will be."""
        self._db.execute("UPDATE summaries SET path = ? WHERE id = ?", (str(path), summary_id))

    def unwritten_summaries(self) -> list[sqlite3.Row]:
        """Summaries promised and not seen written."""
        return self._db.execute("SELECT * FROM summaries WHERE written = 0 ORDER BY id").fetchall()

    def mark_summary(self, summary_id: int) -> None:
        """It is out."""
        self._db.execute("UPDATE summaries SET written = 1 WHERE id = ?", (summary_id,))

    def counts(self) -> dict[str, dict[str, int]]:
        """Rows by STATUS and by what became of their answer."""
        return {
            column: {
                row[0]: row[1]
                for row in self._db.execute(f"SELECT {column}, COUNT(*) FROM messages GROUP BY 1 ORDER BY 1")  # noqa: S608
            }
            for column in ("status", "result_state")
        }

    def newest(self, match: str, limit: int) -> list[dict[str, Any]]:
        """The newest rows whose identifier or file name contains ``match``."""
        rows = self._db.execute(
            "SELECT seq, code AS type, file_name, number, date, identifier, status, result_state, problems,"
            " destination, answer, taken_at, pack_id FROM messages"
            " WHERE instr(identifier, ?) OR instr(file_name, ?) ORDER BY seq DESC LIMIT ?",
            (match, match, limit),
        )
        return [{**dict(row), "problems": json.loads(row["problems"])} for row in rows]


def as_answered(row: sqlite3.Row) -> Answered:
    """A row as the answers need it."""
    kind = KINDS[row["code"]]
    return Answered(
        pack_id=row["pack_id"],
        code=row["code"],
        category=kind.category,
        process=kind.process,
        size=row["size"],
        seller=row["seller"],
        number=row["number"],
        date=row["date"],
        identifier=row["identifier"],
        file_name=row["file_name"],
        problems=tuple(Problem(**problem) for problem in json.loads(row["problems"])),
    )
