"""``kill -9`` of a running day at random moments inside marked windows; the day ends with the same invariants.

``KILLS=50`` gives the long version; the windows that were hit are printed.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable

import pytest
import redis

from tests.workday.company import Company, table_of
from tests.workday.test_run_day import MONDAY, SATURDAY, sound

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("KILLS", "8"))
#: Window → what an outsider sees in the database while it is open.
WINDOWS = {
    "phone orders": "SELECT count(*) > 0 FROM orders_order WHERE source = 'phoned'",
    "plan": "SELECT count(*) > 0 FROM dispatch_dayplan WHERE status = 'solving'",
    "drive": "SELECT count(*) > 0 FROM dispatch_routestop WHERE status IN ('arrived', 'delivered')",
    "bill": "SELECT count(*) > 0 FROM core_eventdelivery WHERE status = 'done'",
    "file": "SELECT count(*) > 0 FROM billing_einvoicesubmission WHERE status <> 'queued'",
    "count cash": "SELECT count(*) > 0 FROM billing_cashcount",
}


def wait_for(one: Company, window: str, run: subprocess.Popen[str], seconds: float = 90) -> bool:
    """Whether the window opened while the run was alive."""
    deadline = time.monotonic() + seconds
    while run.poll() is None and time.monotonic() < deadline:
        if one.rows(WINDOWS[window])[0][0]:
            return True
        time.sleep(0.02)
    return False


def test_a_killed_day_goes_on_and_comes_out_the_same(company: Callable[..., Company]) -> None:
    one, undisturbed = company(SATURDAY), company(SATURDAY)
    words = ("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2")
    chance = random.Random(20261123)
    hit: Counter[str] = Counter()
    for number in range(KILLS):
        window = list(WINDOWS)[number % len(WINDOWS)]
        run = one.begin(*words)
        if wait_for(one, window, run):
            time.sleep(chance.uniform(0, 0.4))
        if run.poll() is None:
            run.kill()
            hit[window] += 1
        run.communicate()
    print("windows hit:", dict(hit))
    assert sum(hit.values()) >= 2, "the run was never caught at work"
    table = table_of(one.manage(*words).stdout)
    assert table["差異"] == "0"
    sound(one)
    expected = table_of(undisturbed.manage(*words).stdout)
    for label in ("應訪", "電話訂單", "已送達", "未送達", "發票已確認", "應收現金", "點收現金"):
        assert table[label] == expected[label], label


def test_redis_flushed_in_the_middle_loses_nothing(company: Callable[..., Company]) -> None:
    one = company(SATURDAY)
    run = one.begin("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2")
    assert wait_for(one, "drive", run)
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    _out, error = run.communicate(timeout=180)
    assert run.returncode == 0, error
    sound(one)


def test_a_result_that_is_lost_is_asked_about_and_nothing_is_filed_twice(
    company: Callable[..., Company],
) -> None:
    one = company(SATURDAY)
    assert one.sandbox is not None
    one.sandbox.fault("reply_lost", times=3)
    table = table_of(one.manage("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2").stdout)
    assert table["差異"] == "0"
    assert table["發票已上傳"] == table["發票已確認"]
    sound(one)
    assert len(one.sandbox.messages(limit=1000)) == int(table["發票已上傳"])
