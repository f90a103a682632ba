"""``kill -9`` of a running day at random moments inside marked windows; the day ends with the same invariants.

``KILLS=50`` gives the long version; the windows that were hit are printed.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import redis

from tests.chaos.killer import KILLS, SEED, Killer, table
from tests.chaos.programs import eventually, kill_run_day
from tests.workday.company import Company, table_of
from tests.workday.test_run_day import MONDAY, SATURDAY, sound

pytestmark = pytest.mark.slow

STEPS = ("phone orders", "plan", "drive", "bill", "file", "count cash")
RUN_DAY = ("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2")
#: The day whose every program runs has its own kills (test_kill_everything).
OWN_KILLS = max(3, KILLS // 6)


def test_a_killed_day_goes_on_and_comes_out_the_same(company: Callable[..., Company]) -> None:
    one, undisturbed = company(SATURDAY), company(SATURDAY)
    windows = one.folder / "windows"
    killer = Killer(windows, "run_day")
    hits = 0
    for number in range(OWN_KILLS):
        hits += kill_run_day(one, killer, STEPS[number % len(STEPS)], RUN_DAY)
    print("\n".join(["", f"CHAOS_SEED={SEED} KILLS={KILLS}", *table()]))
    assert hits >= 2, "the run was never caught at work"
    figures = table_of(one.manage(*RUN_DAY).stdout)
    assert figures["差異"] == "0"
    sound(one)
    expected = table_of(undisturbed.manage(*RUN_DAY).stdout)
    for label in ("應訪", "電話訂單", "已送達", "未送達", "發票已確認", "應收現金", "點收現金"):
        assert figures[label] == expected[label], label


def test_redis_flushed_in_the_middle_loses_nothing(company: Callable[..., Company]) -> None:
    one = company(SATURDAY)
    run = one.begin(*RUN_DAY)
    driving = "SELECT count(*) > 0 FROM dispatch_routestop WHERE status IN ('arrived', 'delivered')"
    eventually(lambda: one.rows(driving) == [(True,)], "the crews are on the road", 90)
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    _out, error = run.communicate(timeout=180)
    assert run.returncode == 0, error
    sound(one)


def test_a_result_that_is_lost_is_asked_about_and_nothing_is_filed_twice(
    company: Callable[..., Company],
) -> None:
    one = company(SATURDAY)
    assert one.sandbox is not None
    one.sandbox.fault("reply_lost", party="einvoice", times=3)
    table = table_of(one.manage(*RUN_DAY).stdout)
    assert table["差異"] == "0"
    assert table["發票已上傳"] == table["發票已確認"]
    sound(one)
    assert len(one.sandbox.messages(limit=1000)) == int(table["發票已上傳"])
