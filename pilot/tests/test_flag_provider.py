"""What the code that asks is told, how often the database is asked, and what holds while something is away."""

import datetime as dt
import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from structlog.testing import capture_logs

from luckygas.core import clock, flags
from luckygas.core.flags import Answer
from pilot.flags import provider as module
from pilot.flags.provider import FlagProvider, provider, undefined_names
from pilot.models import Flag
from pilot.services import flags as service


@pytest.fixture
def wall(monkeypatch):
    """A monotonic clock that the test moves: ``wall[0] += 1``."""
    time = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: time[0])
    return time


@pytest.fixture(autouse=True)
def _no_names():
    cache.delete(module.ASKED_KEY)
    yield
    cache.delete(module.ASKED_KEY)


def test_the_answer_names_its_rule(flag_of, customer, lead):
    flag = flag_of(kind="percentage", percentage=Decimal("12.5"))
    service.add_customer(flag, customer("1400103").code, "allow", reason="試辦", actor=lead)
    service.add_customer(flag, customer("1400104").code, "deny", reason="抱怨", actor=lead)
    # Buckets of new_engine: 1400107 has 924, 1400105 has 2926.
    assert flags.explain("new_engine", "1400103") == Answer(True, "on", "customer_enabled")
    assert flags.explain("new_engine", "1400104") == Answer(False, "off", "customer_disabled")
    assert flags.explain("new_engine", "1400107") == Answer(True, "on", "percentage_rollout_12.5%")
    assert flags.explain("new_engine", "1400105", default=True) == Answer(
        False, "off", "percentage_rollout_12.5%"
    )
    assert flags.explain("new_engine", "") == Answer(False, "off", "no_customer_id")


def test_what_the_caller_says_of_the_customer_is_compared(flag_of):
    from customers.models import Area

    area = Area.objects.earliest("code")
    flag_of(is_enabled=True, kinds=["commercial"], areas=[area.code])
    assert flags.is_on("new_engine", "1", kind="commercial", area=area.code)
    assert flags.explain("new_engine", "1", kind="school", area=area.code).reason == "other_kind_of_customer"
    assert flags.explain("new_engine", "1", kind="commercial").reason == "other_area"


def test_a_schedule_is_kept_by_the_business_clock(flag_of, monday):
    flag_of(is_enabled=True, starts_at=monday + dt.timedelta(hours=1), ends_at=monday + dt.timedelta(hours=2))
    seen = []
    for hour in (0, 1, 2):
        clock.freeze(monday + dt.timedelta(hours=hour))
        seen.append(flags.explain("new_engine", "1").reason)
    assert seen == ["before_start", "boolean_flag", "after_end"]


def test_one_statement_a_second_however_often_it_is_asked(flag_of, wall):
    flag_of(is_enabled=True)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for _time in range(500):
            flags.is_on("new_engine", "1400103")
            wall[0] += 0.01
    assert len(asked) == 5


def test_a_change_is_seen_within_a_second(flag_of, lead, wall):
    flag = flag_of(is_enabled=True)
    assert flags.is_on("new_engine", "1")
    service.kill(flag, reason="客訴", actor=lead)
    assert flags.is_on("new_engine", "1")
    wall[0] += 1
    assert flags.explain("new_engine", "1") == Answer(False, "off", "kill_switch")


def test_a_change_by_raw_sql_is_seen_too(flag_of, wall):
    flag_of(is_enabled=True)
    assert flags.is_on("new_engine", "1")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pilot_flag SET is_enabled = false")
    wall[0] += 1
    assert not flags.is_on("new_engine", "1")
    Flag.objects.update(is_enabled=True)
    wall[0] += 1
    assert flags.is_on("new_engine", "1")


def test_a_flag_nobody_defined_is_its_default_with_a_warning_a_minute(db, wall, monday):
    with capture_logs() as logs:
        for _time in range(10):
            assert flags.explain("forgotten", "1", default=True) == Answer(True, "default", "not_defined")
            assert flags.is_on("forgotten", "1") is False
            wall[0] += 1
        flags.is_on("other", "1")
        wall[0] += 60
        flags.is_on("forgotten", "1")
    said = [(entry["log_level"], entry["event"], entry["flag"]) for entry in logs]
    assert said == [("warning", "flag_not_defined", name) for name in ("forgotten", "other", "forgotten")]
    assert undefined_names() == {"forgotten": monday, "other": monday}


class Away:
    """A connection that does not answer."""

    in_atomic_block = False
    closed = 0

    def cursor(self):
        raise OperationalError("server closed the connection")

    def close_if_unusable_or_obsolete(self):
        self.closed += 1


def test_without_a_database_the_last_known_flags_hold(flag_of, wall, monkeypatch):
    flag_of(is_enabled=True)
    assert flags.is_on("new_engine", "1")
    away = Away()
    monkeypatch.setattr(module, "connection", away)
    with capture_logs() as logs:
        for _time in range(100):
            wall[0] += 1
            assert flags.is_on("new_engine", "1")
    assert [(entry["event"], entry["last_known"]) for entry in logs] == [("flags_not_read", True)] * 2
    assert away.closed == 100


def test_a_process_that_never_knew_any_gives_the_default(wall, monkeypatch):
    monkeypatch.setattr(module, "connection", Away())
    fresh = FlagProvider()
    assert fresh.resolve("new_engine", "1", True, {}) == Answer(True, "default", "no_flags_read")
    assert fresh.resolve("new_engine", "1", False, {}) == Answer(False, "default", "no_flags_read")


def test_a_broken_transaction_of_the_caller_is_not_made_worse(flag_of, wall):
    flag_of(is_enabled=True)
    assert flags.is_on("new_engine", "1")
    wall[0] += 1
    connection.needs_rollback = True
    try:
        assert flags.is_on("new_engine", "1")
    finally:
        connection.needs_rollback = False


def test_a_thread_does_not_wait_for_another_that_is_asking(flag_of, wall):
    flag_of(is_enabled=True)
    assert flags.is_on("new_engine", "1")
    wall[0] += 1
    found = []
    provider._lock.acquire()
    try:
        thread = threading.Thread(target=lambda: found.append(flags.is_on("new_engine", "1")))
        thread.start()
        thread.join(5)
    finally:
        provider._lock.release()
    assert found == [True]


def test_after_a_rest_a_thread_waits_for_the_one_that_asks(flag_of, wall):
    """A process that was idle remembers how it was before its rest; a kill switch thrown meanwhile must hold."""
    flag_of(is_enabled=True)
    assert flags.is_on("new_engine", "1")
    found = []
    thread = threading.Thread(target=lambda: found.append(flags.explain("new_engine", "1").reason))
    with provider._lock:  # we are the thread that asks
        wall[0] += 3600
        thread.start()
        thread.join(0.3)
        assert found == []
        assert provider._snapshot is not None
        killed = replace(provider._snapshot.flags["new_engine"], killed=True)
        provider._snapshot = module.Snapshot("new", {"new_engine": killed}, {"new_engine": {}})
        provider._checked = wall[0]
    thread.join(5)
    assert found == ["kill_switch"]


def test_a_child_has_a_lock_of_its_own():
    made = FlagProvider()
    made._lock.acquire()
    made._after_fork()
    assert made._lock.acquire(blocking=False)
