"""When the old system is down, slow, cut off or half done: what a caller learns, and what is there afterwards."""

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from redis import Redis

from pilot.legacy.client import Legacy
from pilot.legacy.errors import NoAnswer, RefusedByLegacy, Stale, Unreachable
from pilot.legacy.records import DAMAGED
from pilot.legacy.wire import Unencodable
from pilot.tests.test_legacy_client import customer, order
from sandbox.testing import eventually
from sandbox.testing_legacy import RunningLegacy, _one_legacy, legacy

__all__ = ["_one_legacy", "legacy"]
# A breaker that opens tells live pages, through the database's end of transaction.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_grudge() -> Iterator[None]:
    """The breaker's state is shared between tests by Redis; each begins with a closed one."""
    redis = Redis.from_url(settings.REDIS_URL)
    for key in redis.scan_iter("luckygas:breaker:legacy*"):
        redis.delete(key)
    yield
    for key in redis.scan_iter("luckygas:breaker:legacy*"):
        redis.delete(key)


@pytest.fixture
def there(legacy: RunningLegacy) -> Iterator[Legacy]:
    with Legacy(legacy.url, seconds=1) as client:
        yield client


def image_of(there: Legacy, code: str) -> dict[str, str]:
    record = there.read("customer", code)
    assert record is not None and record.image is not None
    return record.image


def test_down(there: Legacy, legacy: RunningLegacy) -> None:
    revision = there.write("customer", "1000001", customer(), expected=None)
    legacy.fault("down")
    with pytest.raises(Unreachable):
        there.write("customer", "1000001", customer(notes="x"), expected=revision)
    with pytest.raises(Unreachable):
        there.read("customer", "1000001")
    legacy.clear("down")
    assert image_of(there, "1000001") == customer()
    assert there.write("customer", "1000001", customer(notes="x"), expected=revision) > revision


def test_left_alone_after_three_failures_in_a_row(there: Legacy, legacy: RunningLegacy) -> None:
    legacy.fault("down")
    for _attempt in range(3):
        with pytest.raises(Unreachable) as plain:
            there.now()
        assert plain.value.seconds is None
    with pytest.raises(Unreachable) as alone:
        there.now()
    assert alone.value.seconds and alone.value.seconds > 0


def test_refusals_are_a_healthy_party(there: Legacy) -> None:
    there.write("customer", "1000002", customer(), expected=None)
    for _attempt in range(5):
        with pytest.raises(RefusedByLegacy):
            there.write("order", "O-20261123-000001", order("9999999"), expected=None)
        with pytest.raises(Unencodable):
            there.write("customer", "1000003", customer(notes="😀"), expected=None)
    assert image_of(there, "1000002") == customer()


def test_slow_before_the_commit_writes_nothing(there: Legacy, legacy: RunningLegacy) -> None:
    revision = there.write("customer", "1000004", customer(), expected=None)
    legacy.fault("slow", seconds=3, times=1)
    started = time.monotonic()
    with pytest.raises(Unreachable, match="timeout"):
        there.write("customer", "1000004", customer(notes="x"), expected=revision)
    assert time.monotonic() - started < 2
    record = there.read("customer", "1000004")
    assert record is not None and (record.revision, record.image) == (revision, customer())


def test_slow_at_the_commit_is_unknown_and_asking_tells(there: Legacy, legacy: RunningLegacy) -> None:
    revision = there.write("customer", "1000005", customer(), expected=None)
    legacy.fault("slow", seconds=3, times=1, match="COMMIT")
    with pytest.raises(NoAnswer, match="timeout"):
        there.write("customer", "1000005", customer(notes="慢"), expected=revision)
    eventually(lambda: image_of(there, "1000005") == customer(notes="慢"), seconds=5)


def test_a_lost_reply_is_unknown_and_asking_tells(there: Legacy, legacy: RunningLegacy) -> None:
    legacy.fault("reply_lost", times=1, match="1000006")
    with pytest.raises(NoAnswer):
        there.write("customer", "1000006", customer(), expected=None)
    assert image_of(there, "1000006") == customer()
    ((written,),) = legacy.rows("SELECT count(*) FROM cust_customer WHERE customer_id = '1000006'")
    assert written == 1


@pytest.mark.parametrize("how", ["rubbish", "truncated", "empty"])
def test_garbage_for_an_answer(there: Legacy, legacy: RunningLegacy, how: str) -> None:
    code = {"rubbish": "1000007", "truncated": "1000008", "empty": "1000009"}[how]
    revision = there.write("customer", code, customer(), expected=None)
    legacy.fault("garbage", times=1, how=how)
    with pytest.raises(Unreachable):
        there.write("customer", code, customer(notes="x"), expected=revision)
    legacy.fault("garbage", times=1, how=how, match="COMMIT")
    with pytest.raises(NoAnswer):
        there.write("customer", code, customer(notes="y"), expected=revision)
    eventually(lambda: image_of(there, code) == customer(notes="y"), seconds=5)


def test_busy_rows_wait_no_longer_than_they_must(there: Legacy, legacy: RunningLegacy) -> None:
    revision = there.write("customer", "1000010", customer(), expected=None)
    with legacy.connect() as clerk, clerk.transaction():
        clerk.execute("UPDATE cust_customer SET fax = '1' WHERE customer_id = '1000010'")
        with pytest.raises(Unreachable, match="lock timeout"):
            there.write("customer", "1000010", customer(notes="x"), expected=revision)
    assert image_of(there, "1000010") == customer()


def test_a_write_that_had_to_wait_learns_what_came_meanwhile(there: Legacy, legacy: RunningLegacy) -> None:
    """The clerk holds the order, then changes its line and lets go: what is told is the new line, not the old one."""
    there.write("customer", "1000024", customer(), expected=None)
    revision = there.write("order", "O-20261123-000024", order("1000024"), expected=None)
    with legacy.connect() as clerk, clerk.transaction():
        clerk.execute("UPDATE ord_line SET qty_20 = 7 WHERE order_id = 'O-20261123-000024'")
        told: list[Stale] = []

        def write() -> None:
            with Legacy(legacy.url, seconds=5) as late, pytest.raises(Stale) as stale:
                late.write("order", "O-20261123-000024", order("1000024", note="x"), expected=revision)
            told.append(stale.value)

        thread = threading.Thread(target=write)
        thread.start()
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE '%%_pilot' AND wait_event_type = 'Lock'"
        )
        eventually(lambda: legacy.rows(waiting) == [(1,)])
    thread.join()
    record = there.read("order", "O-20261123-000024")
    assert told[0].record == record
    assert record is not None and record.image == order("1000024", **{"GAS-C20-R": "7"})


def test_patience_is_for_the_whole_of_a_write(there: Legacy, legacy: RunningLegacy) -> None:
    revision = there.write("customer", "1000025", customer(), expected=None)
    legacy.fault("slow", seconds=0.4, times=20)
    started = time.monotonic()
    with pytest.raises(Unreachable):
        there.write("customer", "1000025", customer(notes="x"), expected=revision)
    assert time.monotonic() - started < 1.5
    legacy.clear()
    assert image_of(there, "1000025") == customer()


def test_a_line_that_was_cut_while_nobody_spoke(there: Legacy, legacy: RunningLegacy) -> None:
    there.now()
    legacy.do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE '%%_pilot'")
    eventually(
        lambda: legacy.rows("SELECT count(*) FROM pg_stat_activity WHERE usename LIKE '%%_pilot'") == [(0,)]
    )
    assert there.write("customer", "1000011", customer(), expected=None) > 0


def test_half_committed_is_told_until_it_is_whole(there: Legacy, legacy: RunningLegacy) -> None:
    legacy.fault("half_committed", times=1, seconds=1)
    after = legacy.state()["revision"]
    answer = legacy.act("clerk", seed=1, date="20261124", edits=8, customers="own")
    half = next(edit["id"] for edit in answer["edits"] if edit["what"] == "half")
    (told,) = [record for record in there.changes("order", after, 100) if record.id == half]
    assert told.incomplete and told.image is not None
    eventually(lambda: legacy.state()["unfinished"] == 0)
    (whole,) = [record for record in there.changes("order", told.revision, 100) if record.id == half]
    assert not whole.incomplete


def test_an_incomplete_order_that_is_written_is_whole(there: Legacy, legacy: RunningLegacy) -> None:
    there.write("customer", "1000012", customer(), expected=None)
    legacy.do(
        "INSERT INTO ord_order (order_id, customer_id, trade_date, status, line_count)"
        " VALUES ('L115112499001', '1000012', '1151124', '02', 1)"
    )
    record = there.read("order", "L115112499001")
    assert record is not None and record.image is not None and record.incomplete
    there.write("order", "L115112499001", record.image, expected=record.revision)
    record = there.read("order", "L115112499001")
    assert record is not None and not record.incomplete


def test_bytes_that_are_no_text_are_told_with_their_hex_and_kept(
    there: Legacy, legacy: RunningLegacy
) -> None:
    there.write("customer", "1000013", customer(), expected=None)
    legacy.edit("cust_customer", "1000013", notes={"hex": "a4a4ff"})
    record = there.read("customer", "1000013")
    assert record is not None and record.image is not None
    assert record.damaged == {"notes": "a4a4ff"}
    assert record.image == customer(notes=DAMAGED + "a4a4ff")
    there.write("customer", "1000013", record.image | {"address": "新址"}, expected=record.revision)
    assert legacy.rows("SELECT notes, delivery_address FROM cust_customer WHERE customer_id = '1000013'") == [
        (bytes.fromhex("a4a4ff"), "新址".encode("cp950"))
    ]


# -- what changed, in what order


def _ids(there: Legacy, after: int) -> list[str]:
    return [record.id for record in there.changes("customer", after, 1000)]


def _two_customers(there: Legacy, first: str, second: str) -> int:
    there.write("customer", first, customer(), expected=None)
    there.write("customer", second, customer(), expected=None)
    return there.changes("customer", 0, 10_000)[-1].revision


def test_changes_come_in_order_a_few_at_a_time(there: Legacy) -> None:
    after = _two_customers(there, "1000014", "1000015")
    assert there.changes("customer", after, 10) == []
    for code in ("1000015", "1000014"):
        record = there.read("customer", code)
        assert record is not None
        there.write("customer", code, customer(notes=code), expected=record.revision)
    (first,) = there.changes("customer", after, 1)
    (second,) = there.changes("customer", first.revision, 1)
    assert (first.id, second.id) == ("1000015", "1000014")
    assert there.changes("customer", second.revision, 1) == []


def test_a_transaction_that_commits_late_is_not_missed(there: Legacy, legacy: RunningLegacy) -> None:
    """A takes number 1, B takes number 2 and commits: B is not told before A has ended."""
    after = _two_customers(there, "1000016", "1000017")
    with legacy.connect() as early, early.transaction():
        early.execute("UPDATE cust_customer SET fax = '1' WHERE customer_id = '1000016'")
        legacy.do("UPDATE cust_customer SET fax = '2' WHERE customer_id = '1000017'")
        assert _ids(there, after) == []
    assert _ids(there, after) == ["1000016", "1000017"]


def test_numbers_and_transactions_in_opposite_order(there: Legacy, legacy: RunningLegacy) -> None:
    """B began before A, but takes its number after it: reading below the oldest transaction would miss A."""
    after = _two_customers(there, "1000018", "1000019")
    with legacy.connect() as older, older.transaction():
        older.execute("SELECT pg_current_xact_id()")
        with legacy.connect() as younger:
            younger.execute("BEGIN")
            younger.execute("UPDATE cust_customer SET fax = '1' WHERE customer_id = '1000018'")
            older.execute("UPDATE cust_customer SET fax = '2' WHERE customer_id = '1000019'")
            older.execute("COMMIT")
            assert _ids(there, after) == []
            younger.execute("COMMIT")
        older.execute("BEGIN")
    assert _ids(there, after) == ["1000018", "1000019"]


def test_what_came_before_an_open_transaction_is_told(there: Legacy, legacy: RunningLegacy) -> None:
    after = _two_customers(there, "1000020", "1000021")
    legacy.do("UPDATE cust_customer SET fax = '2' WHERE customer_id = '1000021'")
    with legacy.connect() as late, late.transaction():
        late.execute("UPDATE cust_customer SET fax = '1' WHERE customer_id = '1000020'")
        assert _ids(there, after) == ["1000021"]
    assert _ids(there, after) == ["1000021", "1000020"]


def test_a_rolled_back_savepoint_holds_nothing_up(there: Legacy, legacy: RunningLegacy) -> None:
    after = _two_customers(there, "1000022", "1000023")
    with legacy.connect() as connection, connection.transaction():
        with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
            connection.execute("UPDATE cust_customer SET fax = '1' WHERE customer_id = '1000022'")
            connection.execute("UPDATE cust_customer SET status = '99' WHERE customer_id = '1000022'")
        legacy.do("UPDATE cust_customer SET fax = '2' WHERE customer_id = '1000023'")
        assert _ids(there, after) == ["1000023"]
        connection.execute("UPDATE cust_customer SET fax = '3' WHERE customer_id = '1000022'")
        assert _ids(there, after) == ["1000023"]
    assert _ids(there, after) == ["1000023", "1000022"]


def test_a_reader_among_writers_misses_nothing(there: Legacy, legacy: RunningLegacy) -> None:
    """Six writers whose transactions overlap for up to 20 ms; the cursor sees every last change of every row."""
    codes = [f"C{number:06d}" for number in range(1, 61)]
    cursor = there.changes("customer", 0, 10_000)[-1].revision

    def work(mine: list[str], seed: int) -> None:
        with legacy.connect() as connection:
            for number in range(60):
                with connection.transaction():
                    for code in mine[number % 7 :: 7]:
                        connection.execute(
                            "UPDATE cust_customer SET fax = %s WHERE customer_id = %s", [str(number), code]
                        )
                        time.sleep(((number * 7 + seed) % 5) / 1000)

    threads = [threading.Thread(target=work, args=(codes[index::6], index)) for index in range(6)]
    for thread in threads:
        thread.start()
    seen: dict[str, int] = {}

    def follow() -> None:
        nonlocal cursor
        for record in there.changes("customer", cursor, 25):
            assert record.revision > cursor
            cursor = record.revision
            seen[record.id] = record.revision

    while any(thread.is_alive() for thread in threads):
        follow()
    for _round in range(20):
        follow()
    last = dict(
        legacy.rows("SELECT trim(customer_id), revision FROM cust_customer WHERE customer_id <= 'C000060'")
    )
    assert {code: seen[code] for code in codes} == {code: last[code] for code in codes}
