"""One source of time, shifted for every process by one row."""

import datetime as dt

import pytest
from django.db import connection

from luckygas.core import clock
from luckygas.core.models import SimulatedClock


def test_real_time_without_a_row(db):
    assert abs(clock.now() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=2)


def test_frozen_time_stands_still_and_is_taipei_for_people(stand_at):
    stand_at("2026-11-23 00:30")
    assert clock.now() == dt.datetime(2026, 11, 22, 16, 30, tzinfo=dt.UTC)
    assert clock.today() == dt.date(2026, 11, 23)
    assert clock.taipei(clock.now()).isoformat() == "2026-11-23T00:30:00+08:00"


def test_travelled_time_runs_on(db):
    clock.travel(dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    assert dt.timedelta() <= clock.now() - dt.datetime(2030, 1, 1, tzinfo=dt.UTC) < dt.timedelta(seconds=5)
    clock.release()
    assert clock.now().year < 2030


def test_a_change_by_another_process_is_seen_soon(db, monkeypatch):
    assert clock.now().year != 2031
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_simulatedclock (id, frozen_at, shift) VALUES (1, '2031-05-05 00:00+00', '0')"
        )
    monkeypatch.setattr(clock, "STALE_SECONDS", 0)
    assert clock.now() == dt.datetime(2031, 5, 5, tzinfo=dt.UTC)


def test_only_one_row_is_possible(db):
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        SimulatedClock.objects.create(pk=2)


def test_simulated_time_is_refused_without_simulation(db, settings):
    clock.freeze(dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    settings.SIMULATION = False
    assert clock.now().year < 2030
    with pytest.raises(RuntimeError, match="LUCKYGAS_SIMULATION=1"):
        clock.freeze(dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
