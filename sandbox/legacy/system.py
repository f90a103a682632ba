"""The old system as a party: its database, the line to it, its clerk and its clock."""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from sandbox import ports
from sandbox.clock import Clock
from sandbox.legacy import rows
from sandbox.legacy.clerk import Clerk
from sandbox.legacy.database import Connection, Database
from sandbox.legacy.proxy import LOOPBACK, Proxy
from sandbox.legacy.schema import TABLES
from sandbox.legacy.switches import FAULTS, Switches
from sandbox.party import Json, PartyError
from sandbox.store import open_store

ADMIN_URL = "SANDBOX_LEGACY_ADMIN_URL"
"""The variable with the address of the database to be made, for a role that may make databases and roles."""
OWN_CUSTOMERS = 300
ADDRESS = "address.json"


class LegacySystem:
    """One old system, below ``directory/legacy``: ``url`` there is the address for the other system."""

    name = "legacy"

    def __init__(
        self, directory: Path, clock: Clock, *, window: Callable[[str], None] = lambda _name: None
    ) -> None:
        if not os.environ.get(ADMIN_URL):
            raise SystemExit(f"sandbox legacy: {ADMIN_URL} names no database")
        self._clock = clock
        self._window = window
        self.folder = directory / self.name
        self._store = open_store(self.folder / "switches.sqlite3", "")
        self.faults = Switches(self._store, FAULTS)
        self.database = Database(os.environ[ADMIN_URL], self.folder)
        is_new = self.database.make()
        self._db: Connection = self.database.connect()
        self.clerk = Clerk(self._db, self.faults)
        if is_new or not self._has_customers():
            with self._db.transaction():
                self.clerk.generate(seed=1, customers=OWN_CUSTOMERS)
        self._told: tuple[object, object] | None = None
        self._tell_time()
        self._proxy = Proxy(self.database.server(), self.faults, self._port())
        self._proxy.open()
        self._leave_address()
        self.actions = {
            "clerk": self._day,
            "deliver": self._deliver,
            "edit": self._edit,
            "load": self._load,
        }

    def _has_customers(self) -> bool:
        return self._db.execute("SELECT 1 FROM cust_customer LIMIT 1").fetchone() is not None

    def _port(self) -> int:
        """The port it had before, so that those who know it find it again; else one the system chooses."""
        if wanted := ports.wanted(self.name):
            return wanted
        try:
            return int(json.loads((self.folder / ADDRESS).read_text())["port"])
        except FileNotFoundError:
            return 0

    def _leave_address(self) -> None:
        database = self.database
        url = f"postgres://{database.role}:{quote(database.password, safe='')}@{LOOPBACK}:{self._proxy.port}/{database.name}"
        for name, text in (
            ("url", f"{url}?sslmode=disable\n"),
            (ADDRESS, json.dumps({"host": LOOPBACK, "port": self._proxy.port, "database": database.name})),
        ):
            half = self.folder / f".{name}.tmp"
            half.touch(mode=0o600)
            half.write_text(text)
            half.replace(self.folder / name)

    # -- the round

    def tick(self) -> int:
        """Tell the database what time it is; finish what a job left half done."""
        with self._reachable():
            self._tell_time()
            self._window("finish")
            done = self.clerk.finish()
        self._window("idle")
        return done

    def recover(self) -> None:
        """After trouble with the database: connect anew."""
        with self._reachable():
            self._db.close()
            self._db = self.database.connect()
            self.clerk = Clerk(self._db, self.faults)
            self._told = None

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        """The process that runs the parties knows trouble as an OSError."""
        try:
            yield
        except psycopg.OperationalError as error:
            raise OSError(f"its database: {error!s:.200}") from error

    def _tell_time(self) -> None:
        off = timedelta(seconds=sum(fault.params["seconds"] for fault in self.faults.active("clock_off")))
        frozen, shift = self._clock.reading()
        told = (None if frozen is None else frozen + off, shift + off)
        if told != self._told:
            self._db.execute("UPDATE clock SET frozen_at = %s, shift = %s", told)
            self._told = told

    # -- control

    def _day(self, request: Json) -> Json:
        seed, date = _number(request, "seed", 1), _date(request)
        edits, whose = _number(request, "edits", 10), str(request.get("customers", "any"))
        with self._work():
            return self.clerk.once(
                f"day {whose}", seed, date,
                lambda: self.clerk.day(seed=seed, date=date, edits=edits, whose=whose),
            )  # fmt: skip

    def _deliver(self, request: Json) -> Json:
        """Not remembered: an order that is delivered is not open any more."""
        at = str(request.get("at", ""))
        if at and not re.fullmatch(r"([01][0-9]|2[0-3])[0-5][0-9]", at):
            raise PartyError(f"at is HHMM, not {at!r:.40}")
        with self._work(), self._db.transaction():
            return self.clerk.deliver(seed=_number(request, "seed", 1), date=_date(request), at=at)

    def _edit(self, request: Json) -> Json:
        """``{"table": "cust_customer", "id": "1000001", "values": {"notes": "…"}}``: type this into that row."""
        table, values = request.get("table"), request.get("values")
        if table not in TABLES:
            raise PartyError(f"table must be one of {', '.join(TABLES)}, not {table!r:.80}")
        if not isinstance(values, dict) or not values:
            raise PartyError("values must be an object of column and value")
        given: dict[str, Any] = {"update_user": "A01", **values}
        with self._work(), self._db.transaction():
            changed = rows.update(self._db, str(table), str(request.get("id", "")), given)
        if not changed:
            raise PartyError(f"{table} has no row {request.get('id')!r:.80}")
        return {"changed": changed}

    def _load(self, request: Json) -> Json:
        number = _number(request, "customers", 100)
        if not 0 <= number <= 20_000:
            raise PartyError(f"customers must be 0 to 20000, not {number}")
        with self._work(), self._db.transaction():
            return self.clerk.generate(seed=_number(request, "seed", 1), customers=number)

    @contextmanager
    def _work(self) -> Iterator[None]:
        try:
            self._tell_time()
            yield
        except psycopg.OperationalError as error:
            self.recover()
            raise PartyError(f"the old system's database: {error!s:.200}") from error
        except psycopg.Error as error:
            raise PartyError(f"the old system refuses: {error!s:.300}") from error

    def state(self) -> Json:
        """Counts, its clock, and what waits."""
        with self._reachable():
            row = self._db.execute(
                "SELECT (SELECT count(*) FROM cust_customer), (SELECT count(*) FROM ord_order),"
                " (SELECT count(*) FROM ord_order WHERE status = ANY(%s) AND dispatch_sys = 'O'),"
                " (SELECT count(*) FROM clerk_unfinished), (SELECT last_value FROM revision), now_there()::text",
                [["01", "02", "03", "04", "07"]],
            ).fetchone()
        assert row is not None
        names = ("customers", "orders", "open_own_orders", "unfinished", "revision", "time")
        shown = dict(zip(names, row, strict=True))
        return {
            **shown,
            "port": self._proxy.port,
            "connections": self._proxy.connections,
            "database": self.database.name,
        }

    def messages(self, wanted: str, limit: int) -> list[Json]:
        """The rows changed last whose number contains ``wanted``."""
        with self._reachable():
            found = self._db.execute(
                "SELECT 'customer', trim(customer_id), revision, changed_at::text, encode(update_user, 'escape')"
                " FROM cust_customer WHERE position(%(wanted)s IN customer_id) > 0"
                " UNION ALL SELECT 'order', trim(order_id), revision, changed_at::text, encode(update_user, 'escape')"
                " FROM ord_order WHERE position(%(wanted)s IN order_id) > 0 ORDER BY 3 DESC LIMIT %(limit)s",
                {"wanted": wanted, "limit": limit},
            ).fetchall()
        names = ("entity", "id", "revision", "changed_at", "changed_by")
        return [dict(zip(names, row, strict=True)) for row in found]

    def close(self) -> None:
        """Hang up; the database stays."""
        self._proxy.close()
        self._db.close()
        self._store.close()


def _number(request: Json, name: str, default: int) -> int:
    value = request.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise PartyError(f"{name} must be a whole number, not {value!r:.40}")
    return value


def _date(request: Json) -> str:
    value = str(request.get("date", ""))
    if not re.fullmatch(r"[0-9]{8}", value):
        raise PartyError(f"date must be YYYYMMDD, not {value!r:.40}")
    return value
