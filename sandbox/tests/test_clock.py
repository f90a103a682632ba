"""The simulated clock, read from a real database with the sandbox's own SQL."""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
import pytest

from sandbox import simulated
from sandbox.clock import Clock
from sandbox.simulated import SimulatedClock
from sandbox.testing import start
from sandbox.tests.documents import invoice

NOON = datetime(2026, 9, 1, 4, tzinfo=UTC)


def with_search_path(url: str, schema: str) -> str:
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query), ("options", f"-csearch_path={schema}")]
    return urlunsplit(parts._replace(query=urlencode(query)))


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of an empty schema of its own."""
    url = os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL", "")
    if not url:
        pytest.skip("no PostgreSQL: DATABASE_URL is not set")
    schema = f"sandbox_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
        yield with_search_path(url, schema)
        connection.execute(f'DROP SCHEMA "{schema}" CASCADE')


def make_table(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE core_simulatedclock (frozen_at timestamptz NULL, shift interval)")


def set_row(url: str, frozen: datetime | None, shift: timedelta | None) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM core_simulatedclock")
        connection.execute("INSERT INTO core_simulatedclock VALUES (%s, %s)", (frozen, shift))


def off(clock: Clock, *, fresh: bool = True) -> float:
    return (clock.now(fresh=fresh) - datetime.now(UTC)).total_seconds()


def test_without_a_database_it_is_now() -> None:
    clock = Clock()
    assert abs(off(clock)) < 1
    assert clock.source == "real"
    clock.close()


def test_without_the_table_or_a_row_it_is_now(database: str) -> None:
    clock = SimulatedClock(database)
    assert abs(off(clock)) < 1
    make_table(database)
    assert abs(off(clock)) < 1
    assert clock.source == "real"
    clock.close()


def test_a_row_freezes_or_shifts_the_time(database: str) -> None:
    make_table(database)
    clock = SimulatedClock(database)
    set_row(database, NOON, timedelta(days=5))
    assert clock.now(fresh=True) == NOON
    assert clock.source == "simulated"
    set_row(database, None, timedelta(days=-5))
    assert -432001 < off(clock) < -431999
    set_row(database, None, None)
    assert abs(off(clock)) < 1
    clock.close()


def test_an_answer_is_good_for_a_moment_unless_a_fresh_one_is_wanted(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_table(database)
    clock = SimulatedClock(database)
    set_row(database, NOON, None)
    monkeypatch.setattr(simulated, "READ_AGAIN_AFTER", 60.0)
    assert clock.now() == NOON
    set_row(database, NOON + timedelta(hours=1), None)
    assert clock.now() == NOON
    assert clock.now(fresh=True) == NOON + timedelta(hours=1)
    set_row(database, NOON, None)
    monkeypatch.setattr(simulated, "READ_AGAIN_AFTER", 0.0)
    assert clock.now(fresh=True) == NOON
    set_row(database, NOON + timedelta(hours=2), None)
    assert clock.now() == NOON + timedelta(hours=2)
    clock.close()


def test_while_the_database_is_away_the_last_time_goes_on(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_table(database)
    clock = SimulatedClock(database)
    set_row(database, NOON, None)
    assert clock.now() == NOON
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ALTER TABLE core_simulatedclock RENAME COLUMN shift TO shifted")
        assert clock.now(fresh=True) == NOON
        assert clock.source == "database away"
        connection.execute("ALTER TABLE core_simulatedclock RENAME COLUMN shifted TO shift")
    set_row(database, NOON + timedelta(hours=1), None)
    assert clock.now(fresh=True) == NOON, "it asks again only after a while"
    monkeypatch.setattr(simulated.time, "monotonic", lambda: 10.0**9)
    assert clock.now(fresh=True) == NOON + timedelta(hours=1)
    assert clock.source == "simulated"
    assert capsys.readouterr().err.count("sandbox clock: ") == 1
    clock.close()


def test_a_database_that_never_answers_means_real_time(capsys: pytest.CaptureFixture[str]) -> None:
    clock = SimulatedClock("postgresql://nobody@127.0.0.1:9/nothing")
    assert abs(off(clock)) < 5
    assert clock.source == "database away"
    clock.now(fresh=True)
    assert capsys.readouterr().err.count("sandbox clock: ") == 1


def test_a_process_lives_in_the_companys_day(database: str, tmp_path: Path) -> None:
    make_table(database)
    set_row(database, NOON, None)
    running = start(tmp_path, env={"DATABASE_URL": database})
    running.drop("F0401", "a.xml", invoice().bytes())
    (result,) = running.wait_for_results(1)
    assert "/ProcessResult/20260901/12/ProcessResult_20260901120000000_" in result["path"]
    assert running.state()["parties"]["einvoice"]["now"] == "2026-09-01T12:00:00+08:00"
    running.stop()
    real = start(tmp_path, "--real-clock", env={"DATABASE_URL": database})
    assert real.state()["parties"]["einvoice"]["clock"] == "real"
    real.stop()
