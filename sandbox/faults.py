"""Fault switches: what a party does wrong on purpose, how often and for how long.

A fault is either *counted* (it happens to a message, at most ``times`` messages) or a *condition*
(it holds for the whole party, for at most ``for_seconds`` real seconds). Faults are kept in the party's
own store, and a count goes down in the same transaction as the message it happened to: killing the
process neither loses nor repeats one.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    params TEXT NOT NULL,
    times_left INTEGER,
    until REAL,
    match TEXT NOT NULL DEFAULT '',
    happened INTEGER NOT NULL DEFAULT 0
);
"""

COMMON = ("times", "for_seconds", "match")
LONGEST_SECONDS = 400 * 86400
MOST_TIMES = 1_000_000


class FaultError(ValueError):
    """A fault request that means nothing; the message says what would be right."""


@dataclass(frozen=True)
class FaultKind:
    """One switch: its own parameters with their reader and default, and whether it is a condition."""

    params: Mapping[str, tuple[Callable[[str, Any], Any], Any]] = field(default_factory=dict)
    is_condition: bool = False


@dataclass
class Fault:
    """A switch that is on. ``until`` is real time in seconds since 1970; None means unbounded."""

    id: int
    kind: str
    params: dict[str, Any]
    times_left: int | None
    until: float | None
    match: str
    happened: int

    def as_json(self) -> dict[str, Any]:
        """The form the control answers show."""
        shown: dict[str, Any] = {"id": self.id, "fault": self.kind, **self.params, "happened": self.happened}
        if self.times_left is not None:
            shown["times_left"] = self.times_left
        if self.until is not None:
            shown["seconds_left"] = round(max(0.0, self.until - time.time()), 1)
        if self.match:
            shown["match"] = self.match
        return shown


REQUIRED = object()


def seconds(name: str, value: Any) -> float:
    """A length of time in seconds, negative allowed."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultError(f"{name} must be a number of seconds, not {value!r}")
    if not abs(value) <= LONGEST_SECONDS:
        raise FaultError(f"{name} must lie within {LONGEST_SECONDS} seconds, not {value!r:.40}")
    return float(value)


def positive_seconds(name: str, value: Any) -> float:
    """A length of time in seconds, above zero."""
    number = seconds(name, value)
    if number <= 0:
        raise FaultError(f"{name} must be above 0 seconds, not {value!r}")
    return number


def text(name: str, value: Any) -> str:
    """A short text, not empty."""
    if not isinstance(value, str) or not value or len(value) > 200:
        raise FaultError(f"{name} must be a text of 1 to 200 characters, not {value!r}")
    return value


def one_of(*choices: str) -> Callable[[str, Any], str]:
    """A reader for a word out of a list."""

    def read(name: str, value: Any) -> str:
        if value not in choices:
            raise FaultError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        return str(value)

    return read


class FaultTable:
    """The switches of one party."""

    def __init__(self, connection: sqlite3.Connection, kinds: Mapping[str, FaultKind]) -> None:
        self._connection = connection
        self.kinds = kinds
        self._faults: list[Fault] = []
        connection.executescript(SCHEMA)
        self.reload()

    def reload(self) -> None:
        """Read the switches from the store again (after a rollback)."""
        rows = self._connection.execute("SELECT * FROM faults ORDER BY id").fetchall()
        self._faults = [
            Fault(
                row["id"],
                row["kind"],
                json.loads(row["params"]),
                row["times_left"],
                row["until"],
                row["match"],
                row["happened"],
            )
            for row in rows
        ]

    def add(self, request: Mapping[str, Any]) -> Fault:
        """Switch one on from a request such as ``{"fault": "slow", "seconds": 5, "times": 3}``.

        Raises `FaultError` naming the field; nothing is switched on then.
        """
        kind_name = request.get("fault")
        if not isinstance(kind_name, str) or kind_name not in self.kinds:
            raise FaultError(f"fault must be one of {', '.join(sorted(self.kinds))}, not {kind_name!r}")
        kind = self.kinds[kind_name]
        unknown = sorted(set(request) - {"fault", "party", *COMMON, *kind.params})
        if unknown:
            raise FaultError(f"{kind_name} does not know {', '.join(unknown)}")
        if kind.is_condition and ("times" in request or "match" in request):
            raise FaultError(f"{kind_name} holds for the whole party: bound it with for_seconds")
        times = request.get("times")
        if times is not None and (
            isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_TIMES
        ):
            raise FaultError(f"times must be a whole number from 1 to {MOST_TIMES}, not {times!r:.40}")
        params = {}
        for name, (read, default) in kind.params.items():
            if name in request:
                params[name] = read(name, request[name])
            elif default is REQUIRED:
                raise FaultError(f"{kind_name} needs {name}")
            else:
                params[name] = default
        until = None
        if request.get("for_seconds") is not None:
            until = time.time() + positive_seconds("for_seconds", request["for_seconds"])
        match = text("match", request["match"]) if "match" in request else ""
        cursor = self._connection.execute(
            "INSERT INTO faults (kind, params, times_left, until, match) VALUES (?, ?, ?, ?, ?)",
            (kind_name, json.dumps(params), times, until, match),
        )
        assert cursor.lastrowid is not None
        fault = Fault(cursor.lastrowid, kind_name, params, times, until, match, 0)
        self._faults.append(fault)
        return fault

    def active(self, kind: str) -> list[Fault]:
        """The switches of this kind that hold now, oldest first."""
        now = time.time()
        return [
            fault
            for fault in self._faults
            if fault.kind == kind
            and (fault.until is None or fault.until > now)
            and (fault.times_left is None or fault.times_left > 0)
        ]

    def use(self, kind: str, *names: str) -> Fault | None:
        """Let a counted fault happen to the message known by ``names``; None when none is on for it.

        To be called inside the transaction that records the message.
        """
        for fault in self.active(kind):
            if fault.match and not any(fault.match in name for name in names):
                continue
            fault.happened += 1
            if fault.times_left is not None:
                fault.times_left -= 1
            self._connection.execute(
                "UPDATE faults SET times_left = ?, happened = ? WHERE id = ?",
                (fault.times_left, fault.happened, fault.id),
            )
            return fault
        return None

    def clear(self, kind: str | None = None) -> int:
        """Switch all (or one kind) off; returns how many there were."""
        if kind is not None and kind not in self.kinds:
            raise FaultError(f"fault must be one of {', '.join(sorted(self.kinds))}, not {kind!r}")
        gone = [fault for fault in self._faults if kind in (None, fault.kind)]
        self._connection.executemany("DELETE FROM faults WHERE id = ?", [(fault.id,) for fault in gone])
        self._faults = [fault for fault in self._faults if fault not in gone]
        return len(gone)

    def listing(self) -> list[dict[str, Any]]:
        """All switches, spent ones too, oldest first."""
        return [fault.as_json() for fault in self._faults]
