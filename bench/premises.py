"""The companies that are measured: made once, copied from one another, dropped at the end.

sample    the workbooks
migrated  tables, nothing in them but what migrations write
full      everything imported
lived     a copy of it after one working day
million   a copy of that whose history is repeated, shifted into the past, until there are enough orders
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg

from bench import days, multiply
from bench.commands import run
from tests.workday.company import IMPORTS, ROOT, Company, _address, _execute

SEED = "20261123"
UNTIL, DAY = dt.date(2026, 11, 21), dt.date(2026, 11, 23)
"""History ends on a Saturday; the Monday after it is the day that is driven."""


class Premises(Company):
    """A company in a database of that name; made unless it is there."""

    def __init__(self, folder: Path, name: str, *, template: str = "") -> None:
        self.folder, self.database, self.address = folder, name, _address(name)
        self.outside = {}
        self.simulation, self.sandbox, self.legacy = True, None, None
        if not exists(name):
            _execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))

    @property
    def env(self) -> dict[str, str]:
        """As tests have it, but with the static files of a real installation."""
        return {name: value for name, value in super().env.items() if name != "LUCKYGAS_PLAIN_STATIC"}


def exists(name: str) -> bool:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    return found is not None


def drop(name: str) -> None:
    _execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def is_ready(name: str) -> bool:
    """Whether it was finished: one that was stopped half-way carries no mark."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
    return row == ("ready",)


class House:
    """Makes each company when it is first wanted. ``keep`` leaves them for the next run, and finds them."""

    def __init__(
        self, folder: Path, *, quick: bool, keep: bool, rounds: int, say: Callable[[str], None]
    ) -> None:
        self.rounds = rounds
        self.quick, self.keep, self.say = quick, keep, say
        self.scale = "0.05" if quick else "1.0"
        self.orders = 50_000 if quick else 1_000_000
        self.prefix = "bench_quick" if quick else "bench"
        self.folder = folder / self.prefix
        if not keep:
            self.clear()
        self.folder.mkdir(parents=True, exist_ok=True)

    def sample(self) -> Path:
        """The folder of the workbooks."""
        target = self.folder / "sample"
        if not (target / "故意的錯誤.csv").exists():
            self.say(f"workbooks at scale {self.scale}")
            words = ["make_sample_data", str(target), "--seed", SEED, "--scale", self.scale]
            self.migrated().manage(*words, "--until", UNTIL.isoformat(), seconds=1200)
        return target

    def migrated(self) -> Premises:
        return self._made("migrated", "", lambda one: one.manage("migrate", "--no-input", "-v", "0"))

    def full(self) -> Premises:
        def load(one: Premises) -> None:
            # Customers agreed to messages before the day on which they get some.
            one.execute(
                "INSERT INTO core_simulatedclock (id, frozen_at, shift) VALUES (1, %(noon)s, '0')",
                {"noon": f"{UNTIL} 12:00+08"},
            )
            for command, pattern in IMPORTS:
                files = sorted(str(path) for path in self.sample().glob(pattern))
                self.say(f"  {command} {pattern}")
                run(one.command(command, *files, "--accept-good"), one.env, ROOT)
            one.execute("DELETE FROM core_simulatedclock")

        return self._made("full", self.migrated().database, load)

    def lived(self, *, anew: bool = False) -> tuple[Premises, days.Driven | None]:
        """The company after its day, and how the day went unless it was driven in an earlier run."""
        driven: list[days.Driven] = []
        template = self.full().database
        if anew:
            drop(self._name("lived"))
        one = self._made("lived", template, lambda made: driven.append(days.drive(made, DAY, self.say)))
        return one, driven[0] if driven else None

    def million(self) -> Premises:
        template = self.lived()[0].database
        return self._made(
            "million", template, lambda one: multiply.repeat(one.address, self.orders, int(SEED))
        )

    def copy(self, name: str, template: str) -> Premises:
        """A copy that the caller drops."""
        drop(self._name(name))
        return Premises(self.folder / name, self._name(name), template=template)

    def clear(self) -> None:
        for name in ("migrated", "full", "lived", "million", "round", "floor"):
            drop(self._name(name))
        shutil.rmtree(self.folder, ignore_errors=True)

    def _name(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def _made(self, name: str, template: str, fill: Callable[[Premises], object]) -> Premises:
        database = self._name(name)
        if exists(database) and is_ready(database):
            return Premises(self.folder / name, database)
        drop(database)
        self.say(f"company “{name}”")
        (self.folder / name).mkdir(exist_ok=True)
        one = Premises(self.folder / name, database, template=template)
        fill(one)
        with psycopg.connect(_address(database, owner=True), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute(f"COMMENT ON DATABASE \"{database}\" IS 'ready'")
        return one
