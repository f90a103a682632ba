"""Twilio's records and what happens to a message: its states in time, and the callbacks that tell of them."""

import json
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from sandbox.faults import FaultTable
from sandbox.twilio.codes import NETWORK

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sid TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    service TEXT NOT NULL,
    body TEXT NOT NULL,
    parts INTEGER NOT NULL,
    callback TEXT NOT NULL,
    status TEXT NOT NULL,
    error INTEGER,
    created REAL NOT NULL,
    sent REAL,
    updated REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_to ON messages (recipient, id);
CREATE TABLE IF NOT EXISTS steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sid TEXT NOT NULL,
    status TEXT NOT NULL,
    error INTEGER,
    due REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sid TEXT NOT NULL,
    url TEXT NOT NULL,
    params TEXT NOT NULL,
    wrong INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    answer TEXT
);
CREATE TABLE IF NOT EXISTS unsubscribed (number TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS pace (id INTEGER PRIMARY KEY CHECK (id = 1), seconds REAL NOT NULL);
"""

#: How far into the usual time each state comes.
COURSE = (("sending", 0.25), ("sent", 0.5), ("delivered", 1.0))
#: Seconds from the request to the handset, unless told otherwise.
USUAL_SECONDS = 0.2
#: Twilio tells of these; the first state was the answer to the request.
TOLD = {"sent", "delivered", "undelivered", "failed"}
ENDS = {"delivered", "undelivered", "failed", "canceled"}
_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = set("\f^{}\\[~]|€")


class Network:
    """Reads and writes of one account's store; the caller holds the party's lock and the transaction."""

    def __init__(self, db: sqlite3.Connection, faults: FaultTable, account: str) -> None:
        self._db = db
        self._faults = faults
        self.account = account

    # -- messages

    def take(self, form: Mapping[str, str], now: datetime, failing: int | None) -> sqlite3.Row:
        """Write a new message and what will become of it. ``failing``: the code it will not be delivered with."""
        sid = f"SM{secrets.token_hex(16)}"
        start, body = now.timestamp(), form["Body"]
        service = form.get("MessagingServiceSid", "")
        self._db.execute(
            "INSERT INTO messages (sid, recipient, sender, service, body, parts, callback, status, created, updated)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                sid, form["To"], form.get("From", ""), service, body, parts(body), form.get("StatusCallback", ""),
                "accepted" if service else "queued", start, start,
            ),
        )  # fmt: skip
        usual = self.pace()
        for status, share in (("queued", 0.0), *COURSE) if service else COURSE:
            error = None
            if status == "delivered" and failing is not None:
                status, error = NETWORK[failing][0], failing
            self._db.execute(
                "INSERT INTO steps (sid, status, error, due) VALUES (?, ?, ?, ?)",
                (sid, status, error, start + share * usual),
            )
        return self.message(sid)

    def message(self, sid: str) -> sqlite3.Row:
        """Raises LookupError for a message that is not ours."""
        row: sqlite3.Row | None = self._db.execute("SELECT * FROM messages WHERE sid = ?", (sid,)).fetchone()
        if row is None:
            raise LookupError(sid)
        return row

    def listed(self, wanted: Mapping[str, str], page: int, size: int) -> tuple[list[sqlite3.Row], bool]:
        """One page of messages, newest first, and whether more follow.

        ``To`` and ``From`` must be equal; ``DateSent``, ``DateSent>`` and ``DateSent<`` are dates of GMT, and leave
        out what was not sent yet.
        """
        where, values = ["1"], []
        for name, column in (("To", "recipient"), ("From", "sender")):
            if wanted.get(name):
                where.append(f"{column} = ?")
                values.append(wanted[name])
        for name, sign in (("DateSent", "="), ("DateSent>", ">="), ("DateSent<", "<=")):
            if wanted.get(name):
                where.append(f"date(sent, 'unixepoch') {sign} ?")
                values.append(wanted[name])
        sql = f"SELECT * FROM messages WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ? OFFSET ?"  # noqa: S608
        rows = self._db.execute(sql, (*values, size + 1, page * size)).fetchall()
        return rows[:size], len(rows) > size

    # -- time

    def pace(self) -> float:
        row = self._db.execute("SELECT seconds FROM pace").fetchone()
        return float(row["seconds"]) if row else USUAL_SECONDS

    def set_pace(self, seconds: float) -> None:
        self._db.execute("INSERT OR REPLACE INTO pace (id, seconds) VALUES (1, ?)", (seconds,))

    def due(self, now: datetime) -> list[sqlite3.Row]:
        """States whose time has come, in the order they come."""
        return self._db.execute(
            "SELECT * FROM steps WHERE due <= ? ORDER BY due, id LIMIT 500", (now.timestamp(),)
        ).fetchall()

    def advance(self, step: sqlite3.Row, now: datetime) -> None:
        """A message takes its next state, and a callback tells of it as far as the faults let it."""
        self._db.execute("DELETE FROM steps WHERE id = ?", (step["id"],))
        row = self.message(step["sid"])
        if row["status"] in ENDS:
            return
        at = now.timestamp()
        self._db.execute(
            "UPDATE messages SET status = ?, error = ?, updated = ?, sent = coalesce(sent, ?) WHERE sid = ?",
            (
                step["status"],
                step["error"],
                at,
                at if step["status"] in ENDS | {"sent"} else None,
                row["sid"],
            ),
        )
        if row["callback"] and step["status"] in TOLD:
            self._tell(self.message(row["sid"]))
        if step["status"] in ENDS:
            self._release(row["sid"])

    def end(self, sid: str, status: str, error: int | None, now: datetime) -> None:
        """Bring a message to its end at once."""
        self._db.execute("DELETE FROM steps WHERE sid = ?", (sid,))
        self._db.execute(
            "INSERT INTO steps (sid, status, error, due) VALUES (?, ?, ?, ?)",
            (sid, status, error, now.timestamp()),
        )

    # -- callbacks

    def _tell(self, row: sqlite3.Row) -> None:
        names = (row["sid"], row["recipient"], row["status"])
        if self._faults.use("receipt_lost", *names):
            return
        wrong = self._faults.use("wrong_signature", *names) is not None
        # Held back until the message's end has been told, and then told all the same.
        held = row["status"] not in ENDS and self._faults.use("receipt_out_of_order", *names) is not None
        self._write(row, wrong=wrong, held=held)
        if self._faults.use("receipt_twice", *names):
            self._write(row, wrong=wrong, held=held)

    def _release(self, sid: str) -> None:
        """What was held back goes out now, behind what was told meanwhile."""
        self._db.execute(
            "INSERT INTO callbacks (sid, url, params, wrong)"
            " SELECT sid, url, params, wrong FROM callbacks WHERE sid = ? AND held ORDER BY id",
            (sid,),
        )
        self._db.execute("DELETE FROM callbacks WHERE sid = ? AND held", (sid,))

    def tell_again(self, row: sqlite3.Row) -> None:
        """A callback of the present state, once more."""
        self._write(row, wrong=False, held=False)

    def _write(self, row: sqlite3.Row, *, wrong: bool, held: bool) -> None:
        params = json.dumps(self.receipt(row))
        self._db.execute(
            "INSERT INTO callbacks (sid, url, params, wrong, held) VALUES (?, ?, ?, ?, ?)",
            (row["sid"], row["callback"], params, int(wrong), int(held)),
        )

    def waiting(self) -> list[sqlite3.Row]:
        """Callbacks to post now, in this order."""
        return self._db.execute(
            "SELECT * FROM callbacks WHERE answer IS NULL AND NOT held ORDER BY id LIMIT 100"
        ).fetchall()

    def answered(self, callback: int, answer: str) -> None:
        """Twilio posts a callback once: whatever came of it is noted."""
        self._db.execute("UPDATE callbacks SET answer = ? WHERE id = ?", (answer, callback))

    def receipt(self, row: sqlite3.Row) -> dict[str, str]:
        """The fields of a status callback."""
        fields = {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "From": row["sender"],
            "MessageSid": row["sid"],
            "MessageStatus": row["status"],
            "SmsSid": row["sid"],
            "SmsStatus": row["status"],
            "To": row["recipient"],
        }
        if row["service"]:
            fields["MessagingServiceSid"] = row["service"]
        if row["error"] is not None:
            fields["ErrorCode"] = str(row["error"])
        return fields

    def resource(self, row: sqlite3.Row) -> dict[str, Any]:
        """The message as the API shows it."""
        uri = f"/2010-04-01/Accounts/{self.account}/Messages/{row['sid']}"
        words = NETWORK[row["error"]][1] if row["error"] in NETWORK else None
        return {
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": row["body"],
            "date_created": _rfc2822(row["created"]),
            "date_sent": _rfc2822(row["sent"]),
            "date_updated": _rfc2822(row["updated"]),
            "direction": "outbound-api",
            "error_code": row["error"],
            "error_message": words,
            "from": row["sender"] or None,
            "messaging_service_sid": row["service"] or None,
            "num_media": "0",
            "num_segments": str(row["parts"]),
            "price": None,
            "price_unit": "USD",
            "sid": row["sid"],
            "status": row["status"],
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": row["recipient"],
            "uri": f"{uri}.json",
        }


def parts(body: str) -> int:
    """Messages on the air: 160 or 153 septets, 70 or 67 UTF-16 units; an escaped character stays whole."""
    if not all(char in _BASIC or char in _ESCAPED for char in body):
        units = len(body.encode("utf-16-be", "surrogatepass")) // 2
        return 1 if units <= 70 else (units + 66) // 67
    sizes = [2 if char in _ESCAPED else 1 for char in body]
    if sum(sizes) <= 160:
        return 1
    number, used = 1, 0
    for size in sizes:
        if used + size > 153:
            number, used = number + 1, 0
        used += size
    return number


def _rfc2822(instant: float | None) -> str | None:
    return None if instant is None else format_datetime(datetime.fromtimestamp(instant, UTC))
