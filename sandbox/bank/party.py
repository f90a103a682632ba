"""The bank as a party of the sandbox: money comes in when it is told so, each day is closed into one file.

Every change is one transaction of the store, so that ``kill -9`` loses and repeats nothing. The SFTP server's threads,
control requests and ``tick`` share one lock.
"""

import json
import re
import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import paramiko

from sandbox import ports
from sandbox.bank import keys
from sandbox.bank.faults import FAULTS, SharedFaults
from sandbox.bank.ledger import SCHEMA, Ledger
from sandbox.bank.records import LINE_END, RECORD_BYTES, Movement, UnwritableError, file_bytes, record
from sandbox.bank.server import LOOPBACK, Listener, Served, Shown
from sandbox.clock import TAIPEI, Clock
from sandbox.faults import FaultTable
from sandbox.party import Json, PartyError
from sandbox.store import open_store, transaction

STORE = "bank.sqlite3"
ADDRESS = "address.json"
CLOSED = "CREATE TABLE IF NOT EXISTS closed (day TEXT PRIMARY KEY, name TEXT NOT NULL);"
OWN_ACCOUNT = "24310012345"
USER, FOLDER = "luckygas", "/OUT"
MOST = 10**15 - 1
MOST_BYTES = 64 * 1024 * 1024
NO_BANNER = b"HTTP/1.0 503 Service Unavailable\r\n\r\n<html>\xa4\xa4</html>\r\n"


class Bank:
    """One gateway below ``directory/bank``: its SFTP server, its ledger, its files."""

    name = "bank"
    user, folder = USER, FOLDER

    def __init__(
        self, directory: Path, clock: Clock, *, window: Callable[[str], None] = lambda _name: None
    ) -> None:
        self._clock, self._window = clock, window
        self.root = directory / self.name
        self._lock = threading.RLock()
        self._db = open_store(self.root / STORE, SCHEMA + CLOSED)
        self._ledger = Ledger(self._db)
        self.faults: FaultTable = SharedFaults(self._lock, self._db, FAULTS)
        self.actions: Mapping[str, Callable[[Json], Json]] = {
            "deposit": self.deposit,
            "close_day": self.close_day,
            "rewrite": self.rewrite,
            "place": self.place,
            "remove": self.remove,
        }
        self._host_keys = [keys.private_key(self.root / f"host_{kind}", kind) for kind in keys.HOST_KINDS]
        self._other_key = keys.private_key(self.root / "host_other")
        client = keys.private_key(self.root / "client_key")
        authorized = self.root / "authorized_keys"
        if not authorized.exists():
            authorized.write_text(keys.public_line(client) + "\n")
        self._listener = self._listen()
        self._write_address()

    def now(self) -> datetime:
        """The bank's own time."""
        off = sum(fault.params["seconds"] for fault in self.faults.active("clock_off"))
        return self._clock.now(fresh=True) + timedelta(seconds=off)

    def _listen(self) -> Listener:
        """At the port it had before, as long as nobody else has taken that; else at a free one."""
        path = self.root / ADDRESS
        before = int(json.loads(path.read_text())["port"]) if path.exists() else 0
        try:
            return Listener(self, ports.wanted(self.name) or before)
        except OSError:
            return Listener(self)

    def _write_address(self) -> None:
        told = {
            "host": LOOPBACK,
            "port": self._listener.port,
            "user": USER,
            "folder": FOLDER,
            "account": OWN_ACCOUNT,
            "host_keys": [keys.public_line(key) for key in self._host_keys],
            "client_key": str(self.root / "client_key"),
        }
        path = self.root / ADDRESS
        half = path.with_name(f".{ADDRESS}.tmp")
        half.write_text(json.dumps(told, indent=2) + "\n")
        half.replace(path)

    # -- what a person can ask for

    def deposit(self, request: Json) -> Json:
        """Book a movement: ``virtual_account`` (up to 16 digits, may be empty), ``amount`` (whole NT$, below 0 leaves),
        ``payer``, ``date`` (YYYY-MM-DD, today), ``status`` (``0``). The same ``key`` again is the same movement."""
        key = request.get("key")
        if key is not None and not (isinstance(key, str) and 0 < len(key) <= 80):
            raise PartyError(f"key must be a text of 1 to 80 characters, not {key!r}")
        amount = request.get("amount")
        if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < abs(amount) <= MOST:
            raise PartyError(f"amount must be whole NT$, not 0, of at most 15 digits, not {amount!r}")
        virtual = str(request.get("virtual_account", ""))
        if not re.fullmatch("[0-9]{0,16}", virtual):
            raise PartyError(f"virtual_account must be up to 16 digits, not {virtual!r}")
        status = str(request.get("status", "0"))
        if not re.fullmatch("[ -~]", status):
            raise PartyError(f"status must be one character, not {status!r}")
        with self._lock:
            told = self._ledger.told(key) if key is not None else None
            if told is None:
                told = self._book(request, key, amount, virtual, status)
        return {
            name: told[name] for name in ("day", "number", "amount", "balance", "virtual_account", "payer")
        }

    def _book(self, request: Json, key: str | None, amount: int, virtual: str, status: str) -> Any:
        booked_on = self._open_day(request)
        payer = str(request.get("payer", ""))
        try:
            record(Movement(OWN_ACCOUNT, booked_on, 1, amount, 0, virtual, payer, status))
        except UnwritableError as error:
            raise PartyError(str(error)) from error
        self._window("book")
        with transaction(self._db):
            return self._ledger.book(
                key=key,
                account=OWN_ACCOUNT,
                day=booked_on,
                amount=amount,
                virtual=virtual,
                payer=payer,
                status=status,
            )

    def _open_day(self, request: Json) -> date:
        """The day asked for; without one today, or the first day after it that is not closed yet."""
        wanted = self._day(request)
        while self._closed(wanted):
            if "date" in request:
                raise PartyError(f"{wanted} is closed already")
            wanted += timedelta(days=1)
        return wanted

    def close_day(self, request: Json) -> Json:
        """Write the day's file ``FIRyyyymmdd.TXT``, once; a day without movements has none. ``date``: YYYY-MM-DD."""
        wanted = self._day(request)
        with self._lock:
            name, movements = file_name(wanted), self._ledger.of_day(wanted)
            if not self._closed(wanted):
                self._window("close")
                with transaction(self._db):
                    self._db.execute("INSERT INTO closed (day, name) VALUES (?, ?)", (f"{wanted}", name))
                    if movements:
                        self._write(name, movements)
        return {"name": name if movements else "", "movements": len(movements), "sum": _sum(movements)}

    def rewrite(self, request: Json) -> Json:
        """Put out the right file of a closed day again, in the place of whatever lies there."""
        wanted = self._day(request)
        with self._lock:
            movements = self._ledger.of_day(wanted)
            if not self._closed(wanted) or not movements:
                raise PartyError(f"{wanted} is not closed, or nothing came in")
            with transaction(self._db):
                self._ledger.put(
                    file_name(wanted), file_bytes(movements), self.now(), movements=len(movements)
                )
        return {"name": file_name(wanted), "movements": len(movements), "sum": _sum(movements)}

    def place(self, request: Json) -> Json:
        """Put any file out: ``name`` with ``hex`` bytes, or ``size`` bytes of anything (for measuring)."""
        name = request.get("name")
        if not isinstance(name, str) or not 0 < len(name) <= 200:
            raise PartyError(f"name must be a text of 1 to 200 characters, not {name!r}")
        size = request.get("size", 0)
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= MOST_BYTES:
            raise PartyError(f"size must be 0 to {MOST_BYTES} bytes, not {size!r}")
        try:
            content = bytes.fromhex(str(request.get("hex", ""))) or bytes(
                i * 37 % 251 for i in range(251)
            ) * (size // 251 + 1)
        except ValueError as error:
            raise PartyError(f"hex must be hexadecimal digits: {error}") from error
        content = content if "hex" in request else content[:size]
        with self._lock, transaction(self._db):
            self._ledger.put(name, content, self.now())
        return {"name": name, "size": len(content)}

    def remove(self, request: Json) -> Json:
        """Take a file away: ``name``."""
        with self._lock:
            return {"removed": self._ledger.remove(str(request.get("name", "")))}

    def _day(self, request: Json) -> date:
        given = request.get("date")
        if given is None:
            return self.now().astimezone(TAIPEI).date()
        try:
            return date.fromisoformat(str(given))
        except ValueError as error:
            raise PartyError(f"date must be YYYY-MM-DD, not {given!r}") from error

    def _closed(self, wanted: date) -> bool:
        return self._db.execute("SELECT 1 FROM closed WHERE day = ?", (f"{wanted}",)).fetchone() is not None

    def _write(self, name: str, movements: list[Movement]) -> None:
        content, growing = file_bytes(movements), 0
        if self.faults.use("truncated", name):
            content = content[: -(RECORD_BYTES // 2)]
        if self.faults.use("garbage", name):
            at = len(content) - len(LINE_END) - 13
            content = content[:at] + b"\xff\xfe\x80" + content[at + 3 :]
        if fault := self.faults.use("growing", name):
            growing = fault.params["listings"]
        self._ledger.put(name, content, self.now(), movements=len(movements), growing=growing)

    # -- what the SFTP server asks

    def greeting(self) -> bytes | None:
        if self.faults.active("banner"):
            return NO_BANNER
        return b"" if self._frozen("connect") else None

    def is_down(self) -> bool:
        return bool(self.faults.active("down"))

    def host_keys(self) -> list[paramiko.PKey]:
        return [self._other_key] if self.faults.active("host_key_changed") else self._host_keys

    def lets_in(self, user: str, key: paramiko.PKey) -> bool:
        if user != USER or self.faults.active("login_refused"):
            return False
        return keys.public_line(key) in keys.authorized(self.root / "authorized_keys")

    def delay(self, operation: str) -> float:
        if self._frozen(operation):
            return float("inf")
        slow = self.faults.use("slow", operation)
        return 0.0 if slow is None else float(slow.params["seconds"])

    def _frozen(self, where: str) -> bool:
        return any(fault.params["where"] == where for fault in self.faults.active("frozen"))

    def listing(self) -> list[Shown]:
        with self._lock:
            rows = self._ledger.files()
            for row in rows:
                if row["growing"]:
                    self._ledger.grown(row["name"])
            return [Shown(row["name"], len(_so_far(row)), row["modified"] - row["growing"]) for row in rows]

    def opened(self, name: str) -> Served | None:
        with self._lock:
            row = self._ledger.file(name)
            if row is None:
                return None
            content = _so_far(row)
            cut_at = len(content) // 2 if self.faults.use("reply_lost", name) else None
            if cut_at is None:
                self._ledger.was_read(name)
            return Served(content, row["modified"], cut_at)

    # -- what every party does

    def tick(self) -> int:
        """Let the faults happen to files that were read: put out again, or with another content."""
        done = 0
        with self._lock:
            for row in self._ledger.files():
                if row["reads"]:
                    done += self._put_again(row)
        self._window("idle")
        return done

    def _put_again(self, row: Any) -> int:
        with transaction(self._db):
            other = self.faults.use("same_name_other_content", row["name"])
            twice = None if other else self.faults.use("sent_twice", row["name"])
            if other is not None:
                # One dollar more in the first record's deposit field, which ends at byte 63.
                content = bytearray(row["content"])
                content[62] = ord("9") if content[62] != ord("9") else ord("8")
                self._ledger.put(row["name"], bytes(content), self._later(row))
            elif twice is not None:
                name = row["name"] if twice.params["how"] == "same_name" else _next_name(row["name"])
                self._ledger.put(name, row["content"], self._later(row))
        return int(other is not None or twice is not None)

    def _later(self, row: Any) -> datetime:
        return max(self.now(), datetime.fromtimestamp(row["modified"] + 1, TAIPEI))

    def recover(self) -> None:
        """Bring the store and the switches in step again."""
        with self._lock:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self.faults.reload()

    def state(self) -> Json:
        """Where it listens, what lies there, what came in."""
        with self._lock:
            files = [
                {
                    "name": row["name"],
                    "size": len(row["content"]),
                    "movements": row["movements"],
                    "reads": row["reads"],
                }
                for row in self._ledger.files()
            ]
            return {
                "port": self._listener.port,
                "now": self.now().astimezone(TAIPEI).isoformat(timespec="seconds"),
                "clock": self._clock.source,
                "files": files,
                **self._ledger.counts(),
                "faults": self.faults.listing(),
            }

    def messages(self, wanted: str, limit: int) -> list[Json]:
        """The newest movements."""
        with self._lock:
            return self._ledger.newest(wanted, limit)

    def close(self) -> None:
        """Stop listening and let go of the store."""
        self._listener.close()
        with self._lock:
            self._db.close()


def file_name(day: date) -> str:
    """``FIRyyyymmdd.TXT``."""
    return f"FIR{day:%Y%m%d}.TXT"


def _next_name(name: str) -> str:
    """The name of the day after; a name without a day gets a number."""
    match = re.fullmatch(r"FIR(\d{8})\.TXT", name)
    if match is None:
        return f"2_{name}"
    return file_name(datetime.strptime(match[1], "%Y%m%d").date() + timedelta(days=1))  # noqa: DTZ007 - a date


def _sum(movements: list[Movement]) -> int:
    return sum(movement.amount for movement in movements)


def _so_far(row: Any) -> bytes:
    """What of a growing file has been written; all of it when it does not grow any more."""
    content: bytes = row["content"]
    return content[: len(content) * 2 // (row["growing"] + 2)] if row["growing"] else content
