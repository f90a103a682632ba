"""The line to the old system: refused, slow, cut, an answer lost or garbled; its clock; simulated time."""

import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from sandbox.legacy.line import Reading, wants_encryption
from sandbox.testing import eventually
from sandbox.testing_legacy import RunningLegacy, _one_legacy, legacy

__all__ = ["_one_legacy", "legacy"]

CHANGE = "UPDATE cust_customer SET fax = %s WHERE customer_id = 'C000001'"
FAX = "SELECT fax FROM cust_customer WHERE customer_id = 'C000001'"


def test_down_refuses_and_cuts(legacy: RunningLegacy) -> None:
    connection = psycopg.connect(legacy.url, autocommit=True)
    legacy.fault("down")
    with pytest.raises(psycopg.OperationalError, match="Connection refused"):
        psycopg.connect(legacy.url)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    legacy.clear("down")
    with psycopg.connect(legacy.url) as again:
        assert again.execute("SELECT 1").fetchone() == (1,)


def test_down_for_a_while(legacy: RunningLegacy) -> None:
    legacy.fault("down", for_seconds=0.3)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(legacy.url)

    def back() -> bool:
        try:
            psycopg.connect(legacy.url).close()
        except psycopg.OperationalError:
            return False
        return True

    eventually(back, seconds=5)


def test_slow_answers_late(legacy: RunningLegacy) -> None:
    with psycopg.connect(legacy.url, autocommit=True) as connection:
        legacy.fault("slow", seconds=0.4, times=1)
        started = time.monotonic()
        connection.execute("SELECT 1")
        assert 0.4 <= time.monotonic() - started < 2
        started = time.monotonic()
        connection.execute("SELECT 1")
        assert time.monotonic() - started < 0.3


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_commit_whose_answer_is_lost(legacy: RunningLegacy, pipelined: bool) -> None:
    legacy.fault("reply_lost", times=1, match="lost")
    value = f"lost {pipelined}".encode()
    with (
        pytest.raises(psycopg.OperationalError),
        psycopg.connect(legacy.url, prepare_threshold=None) as connection,
    ):
        if pipelined:
            with connection.pipeline():
                connection.execute(CHANGE, [value])
                connection.execute("COMMIT")
        else:
            connection.execute(CHANGE, [value])
            connection.execute("COMMIT")
    assert legacy.rows(FAX) == [(value,)]
    with psycopg.connect(legacy.url) as connection:
        connection.execute(CHANGE, [b"kept"])
    assert legacy.rows(FAX) == [(b"kept",)]


def test_only_a_commit_that_wrote_is_lost(legacy: RunningLegacy) -> None:
    legacy.fault("reply_lost", times=1)
    with psycopg.connect(legacy.url) as connection:
        connection.execute("SELECT 1")
    with psycopg.connect(legacy.url) as connection:
        connection.execute(CHANGE, [b"rolled back"])
        connection.rollback()
    assert legacy.sandbox.faults()["legacy"][0]["times_left"] == 1


@pytest.mark.parametrize("how", ["rubbish", "truncated", "empty"])
def test_garbage_for_an_answer(legacy: RunningLegacy, how: str) -> None:
    with psycopg.connect(legacy.url, autocommit=True) as connection:
        legacy.fault("garbage", times=1, how=how)
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT 1")


def test_a_clock_that_is_off(legacy: RunningLegacy) -> None:
    legacy.fault("clock_off", seconds=-3600)

    def off() -> timedelta:
        ((now,),) = legacy.rows("SELECT now_there()")
        return now - datetime.now(UTC)

    eventually(lambda: abs(off() + timedelta(hours=1)) < timedelta(seconds=5))
    legacy.clear()
    eventually(lambda: abs(off()) < timedelta(seconds=5))


def test_reading_the_clients_side() -> None:
    reading = Reading()
    startup = (8 + 4).to_bytes(4, "big") + (196608).to_bytes(4, "big") + b"u\0\0\0"
    query = b"Q" + (4 + 7).to_bytes(4, "big") + b"COMMIT\0"
    whole = startup + query
    found = []
    for index in range(len(whole)):
        for kind, message in reading.take(whole[index : index + 1]):
            reading.begun = True
            found.append((kind, message))
    assert found == [(b"", startup), (b"Q", query)]
    assert not reading.commits(b"Q", query)
    reading.note(b"Q", b"Q\0\0\0\x10UPDATE x SET")
    assert reading.commits(b"Q", query)
    assert wants_encryption(bytes.fromhex("0000000804d2162f"))
    assert not wants_encryption(startup)


def test_no_encryption_is_offered(legacy: RunningLegacy) -> None:
    with psycopg.connect(legacy.url.replace("sslmode=disable", "sslmode=prefer")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="SSL"):
        psycopg.connect(legacy.url.replace("sslmode=disable", "sslmode=require"))
