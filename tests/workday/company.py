"""A whole company for tests that drive whole days: its own database, its own sandbox, commands as people run them."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

import sandbox.testing
import sandbox.testing_legacy

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = "20261123"
IMPORTS = [
    ("import_customers", "客戶資料.xlsx"),
    ("import_customers", "住家計畫.xlsx"),
    ("import_supplement", "補充資料.xlsx"),
    ("import_prices", "價目表.xlsx"),
    ("import_fleet", "車隊.xlsx"),
    ("import_tracks", "字軌_*.csv"),
    ("import_history", "歷史_*.xlsx"),
]


def _address(database: str, *, owner: bool = False) -> str:
    """Where that database is: for the application's role, or for the one that owns the tables."""
    server = os.environ["DATABASE_URL"]
    if owner:
        server = os.environ.get("DATABASE_OWNER_URL") or server
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def _execute(sql: str) -> None:
    server = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql)


class Company:
    """One database, one folder, one tax platform. ``simulation=False`` runs it on the real clock."""

    def __init__(self, folder: Path, *, template: str = "", simulation: bool = True) -> None:
        self.folder = folder
        self.database = f"company_{uuid.uuid4().hex[:12]}"
        _execute(f'CREATE DATABASE "{self.database}"' + (f' TEMPLATE "{template}"' if template else ""))
        self.address = _address(self.database)
        self.simulation = simulation
        self.sandbox: sandbox.testing.RunningSandbox | None = None
        self.legacy: sandbox.testing_legacy.RunningLegacy | None = None
        self.outside: dict[str, str] = {}
        """Settings of stand-ins that somebody else runs for it; they come before its own."""

    @property
    def env(self) -> dict[str, str]:
        own = {
            "DATABASE_URL": self.address,
            "LUCKYGAS_SIMULATION": "1" if self.simulation else "0",
            "LUCKYGAS_DATA_DIR": str(self.folder / "data"),
            "LUCKYGAS_TURNKEY_DIR": str(self.folder / "sandbox" / "einvoice"),
            "LUCKYGAS_SELLER_UBN": "99000002",
            "LUCKYGAS_LOG_LEVEL": "WARNING",
            "SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests-only",
        }
        if self.sandbox is not None and (bank := self.folder / "sandbox" / "bank").exists():
            own |= {
                "LUCKYGAS_SANDBOX_DIR": str(self.folder / "sandbox"),
                "BANK_FIRST_KEY_FILE": str(bank / "client_key"),
            }
        if self.sandbox is not None and (twilio := self.folder / "sandbox" / "twilio").exists():
            own |= {
                "LUCKYGAS_TWILIO_URL_FILE": str(twilio / "url"),
                "LUCKYGAS_TWILIO_ACCOUNT_FILE": str(twilio / "account_sid"),
                "LUCKYGAS_TWILIO_FROM_FILE": str(twilio / "sender"),
                "TWILIO_AUTH_TOKEN_FILE": str(twilio / "auth_token"),
            }
        if self.legacy is not None:
            own["LUCKYGAS_LEGACY_URL_FILE"] = str(self.legacy.root / "url")
        if os.environ.get("DATABASE_OWNER_URL"):
            own["DATABASE_OWNER_URL"] = _address(self.database, owner=True)
        return os.environ | own | self.outside

    def open_platform(self, *, legacy: bool = False) -> None:
        """The tax platform, the bank, Twilio, and with ``legacy`` the old system with a database of its own."""
        env = {"DATABASE_URL": self.address} if self.simulation else {}
        parties: tuple[str, ...] = ("einvoice", "bank", "twilio")
        admin = sandbox.testing_legacy.admin_url(f"{self.database}_old") if legacy else ""
        if legacy:
            parties, env = (*parties, "legacy"), {**env, sandbox.testing_legacy.ADMIN_URL: admin}
        self.sandbox = sandbox.testing.start(self.folder / "sandbox", parties=parties, env=env)
        self.manage("connect_bank", "--address", str(self.folder / "sandbox" / "bank" / "address.json"))
        if legacy:
            self.legacy = sandbox.testing_legacy.RunningLegacy(self.sandbox, admin)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "manage.py", *words]

    def manage(self, *words: str, ok: bool = True, seconds: int = 420) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end; fails the test with its output when ``ok`` and it did not succeed."""
        done = subprocess.run(
            self.command(*words), cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=seconds
        )
        assert not ok or done.returncode == 0, f"{words}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done

    def begin(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """Start a management command, with ``more`` in its environment, and leave it running."""
        return subprocess.Popen(
            self.command(*words),
            cwd=ROOT,
            env=self.env | more,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[object, ...]]:
        """What an outside observer reads in the database."""
        with psycopg.connect(self.address) as connection:
            return connection.execute(sql, parameters or {}).fetchall()

    def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        """Set something up, or damage it, with the rights of the tables' owner."""
        with psycopg.connect(_address(self.database, owner=True), autocommit=True) as connection:
            connection.execute(sql, parameters or {})

    def load(self, *, until: str, scale: str = "0.05") -> None:
        """Tables, and a synthetic company up to that day, through the importers."""
        sample = self.folder / "sample"
        self.manage("migrate", "--no-input", "-v", "0")
        self.manage("make_sample_data", str(sample), "--seed", SEED, "--scale", scale, "--until", until)
        if self.simulation:
            # Numbers of a period that is over, or far away, are refused: they come in on the eve of the days.
            self.execute(
                "INSERT INTO core_simulatedclock (id, frozen_at, shift) VALUES (1, %(noon)s, '0')",
                {"noon": f"{until} 12:00+08"},
            )
        for command, pattern in IMPORTS:
            files = sorted(str(path) for path in sample.glob(pattern))
            assert files, pattern
            self.manage(command, *files, "--accept-good")
        self.execute("DELETE FROM core_simulatedclock")

    def close(self) -> None:
        if self.sandbox is not None and self.sandbox.process.poll() is None:
            self.sandbox.stop()
        if self.legacy is not None:
            self.legacy.end()
        _execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')


def table_of(text: str) -> dict[str, str]:
    """The printed table as label → value."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        label, _gap, value = line.strip().partition("  ")
        if value:
            found[label] = value.strip()
    return found
