"""``kill -9`` of every process of a company that is at work, at random moments inside marked windows.

One Monday: clerks order through the API, a workbook is uploaded, two systems tell each other, the plan is made by
the solver, drivers post from their phones, invoices and messages go out through the workers, the bank's file comes
in, and ``run_day`` does the rest. Everything is killed in turn and started again, each of the four parties loses
replies, the old system is away for an hour; what people were told, the day's invariants and both verifiers must
hold at the end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.chaos import outcome
from tests.chaos.killer import KILLS, SEED, Killer, table
from tests.chaos.people import Browser, Clerks, Crowd, Drivers, Notes, make_people
from tests.chaos.programs import Programs, eventually, kill_it, kill_run_day, stand
from tests.workday.company import Company, table_of
from tests.workday.test_run_day import MONDAY, SATURDAY

pytestmark = pytest.mark.slow

RUN_DAY = ("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2")
#: How often each pair of process and window is hit.
ROUNDS = max(1, round(KILLS / 25))
EVENING = ("drive", "bill", "messages", "transfers", "bank", "file", "count cash", "old system's evening")
#: Seconds that a deed which comes only once is held where it is killed.
STAY = 3.0
WAITING = """
SELECT (SELECT count(*) FROM pilot_syncdirty)
     + (SELECT count(*) FROM pilot_legacywrite WHERE status IN ('queued', 'inflight', 'unknown'))
"""
DELIVER, ORDER, CANCEL = "request driver:deliver", "request api:orders", "request api:order-cancel"
RESULTS = "task billing.tasks.read_platform_results"
RECEIPT = "request hook-twilio"


@dataclass
class Day:
    """What the parts of the day share."""

    company: Company
    programs: Programs
    killer: Killer
    people: dict[str, Any]
    windows: Path
    sample: Path

    def strike(self, process: str, window: str, crowd: Crowd | None = None, **how: Any) -> None:
        """One kill that hits; ``process`` is a program, or the one of its processes that is in the window."""
        end = kill_it if process.endswith("process") else self.programs.kill(process)

        def kill(inside: int) -> None:
            if crowd is not None:
                crowd.rest()
            end(inside)

        for _try in range(4):
            with crowd.at_work() if crowd is not None else nullcontext():
                if self.killer.once(process, window, kill, **how):
                    return
        raise AssertionError(f"{process} was never hit in {window!r}")

    def strike_while(self, process: str, window: str, deed: Callable[[], object], **how: Any) -> None:
        """One kill that hits what a single deed sets going; nobody is quicker than the killer."""

        def deeds() -> Iterator[None]:
            deed()
            yield

        crowd = Crowd(deeds())
        self.strike(process, window, crowd, **how)
        crowd.finish()

    def kill_run_day(self, step: str) -> None:
        """A step that is short may be over before it is hit."""
        kill_run_day(self.company, self.killer, step, RUN_DAY)

    def run(self, *through: str) -> dict[str, str]:
        return table_of(self.company.manage(*RUN_DAY, *through).stdout)

    def one(self, sql: str) -> Any:
        return self.company.rows(sql)[0][0]

    def import_status(self) -> Any:
        return self.one("SELECT status FROM core_importrun ORDER BY id DESC LIMIT 1")

    def plan_status(self) -> Any:
        return self.one("SELECT status FROM dispatch_dayplan ORDER BY id DESC LIMIT 1")

    def phones(self) -> Any:
        return self.one("SELECT count(*) FROM customers_customerphone")


@pytest.fixture
def day(company: Callable[..., Company], loaded: Callable[[str], Company]) -> Iterator[Day]:
    one = company(SATURDAY, legacy=True)
    windows = one.folder / "windows"
    programs = Programs(one, windows)
    people = make_people(one)
    try:
        programs.start()
        yield Day(one, programs, Killer(windows, "day"), people, windows, loaded(SATURDAY).folder / "sample")
    finally:
        programs.stop()
        print("\n".join(["", f"CHAOS_SEED={SEED} KILLS={KILLS}", *table()]))


def test_every_process_is_killed_in_turn_and_the_day_comes_out_right(day: Day) -> None:
    company, port = day.company, day.programs.port
    clerks = Clerks(
        company, port, day.people["token"], date=MONDAY, keep=20 * ROUNDS + 15, seed=f"{SEED} clerks"
    )
    morning(day, clerks)
    two_systems(day)
    planning(day)
    stand(day.company, "08:00")
    drivers = Drivers(company, port, day.people["drivers"], share=0.8, seed=f"{SEED} drivers")
    on_the_road(day, drivers)
    evening(day)
    figures = day.run()
    assert figures["差異"] == "0"
    assert figures["發票已上傳"] == figures["發票已確認"]
    assert figures["應收現金"] == figures["點收現金"]
    outcome.each_order_once(company, clerks)
    outcome.each_delivery_once(company, drivers)
    outcome.nothing_is_left(company)
    outcome.each_message_once(company)
    outcome.both_verifiers_agree(company, MONDAY)
    outcome.no_lease_is_stuck(company)


def morning(day: Day, clerks: Clerks) -> None:
    """A workbook comes in, clerks order, and run_day answers the phone."""
    stand(day.company, "05:00")
    chief = Browser.signed_in(day.programs.port, day.people["chief"])
    content = (day.sample / "補充資料.xlsx").read_bytes()
    status, text = chief.upload(
        "/admin/core/importrun/upload/", {"kind": "supplement"}, "補充資料.xlsx", content
    )
    assert status == 302, f"{status} {text[:500]}"
    eventually(lambda: day.import_status() == "refused", "the report of the workbook with its bad rows")
    crowd = Crowd(clerks.deeds())
    for number in range(ROUNDS):
        day.strike("web process", ORDER, crowd)
        day.strike("web", ORDER, crowd)
        day.strike("web process", CANCEL, crowd)
        day.strike("beat", "beat tick", statements=1)
        with crowd.at_work():
            day.kill_run_day("phone orders")
        stand(day.company, f"05:{30 + number}")
    crowd.finish()
    importing(day, chief)
    day.run("--through", "phone orders")


def importing(day: Day, chief: Browser) -> None:
    """The second click takes the good rows, and the worker is killed while it brings them in."""
    day.company.execute("DELETE FROM customers_customerphone")
    [(run,)] = day.company.rows("SELECT max(id) FROM core_importrun")
    accept = partial(chief.form, f"/admin/core/importrun/{run}/accept/", {})
    day.strike_while("worker", "import", accept, statements=40, linger=STAY)
    if ROUNDS > 1:
        outcome.minutes_pass(day.company, 15)
        stand(day.company, "05:42")
        if (
            day.import_status() != "done"
        ):  # the clock's task asks for it anew; a third death would be the last
            day.strike("worker process", "import", statements=40, linger=STAY)
    assert day.import_status() == "done" or day.phones() == 0, "half of it came in"
    outcome.minutes_pass(day.company, 15)
    stand(day.company, "05:50")
    eventually(lambda: day.import_status() == "done", "the import is taken up again")
    there = day.phones()
    assert there > 0
    day.company.manage("import_supplement", str(day.sample / "補充資料.xlsx"), "--accept-good")
    assert day.phones() == there, "not all of it came in"


def two_systems(day: Day) -> None:
    """The office and the old system's clerk work on the same customers; whoever tells and reads dies over it."""
    assert day.company.legacy is not None
    for _round in range(ROUNDS):
        day.kill_run_day("old system")
    day.run("--through", "old system")
    stand(day.company, "06:53")
    day.company.legacy.fault("reply_lost", times=2)
    notes = Crowd(Notes(day.company, "two systems").deeds())
    for number in range(ROUNDS):
        day.strike("worker process", "sync tell", notes, statements=12)
        day.strike("worker process", "legacy record", notes, statements=12)
        clerk = partial(
            day.company.legacy.act, "clerk", date=MONDAY.replace("-", ""), seed=100 + number, edits=6
        )
        day.strike_while("worker process", "sync read", clerk, statements=8, linger=STAY)
        outcome.minutes_pass(day.company, 15)
    notes.finish()


def planning(day: Day) -> None:
    """The chief presses the button; the solver dies over it, and run_day dies giving the plan to the crews."""
    chief = Browser.signed_in(day.programs.port, day.people["chief"])
    stand(day.company, "06:55")
    press = partial(chief.form, "/admin/dispatch/dayplan/add/", {"date": MONDAY, "seconds": 2, "seed": 1})
    day.strike_while("solver process", "plan", press, statements=40, linger=STAY)
    stand(day.company, "07:00")  # its time is over
    if ROUNDS > 1 and day.plan_status() != "ready":  # a third interruption would be the plan's last
        day.strike("solver", "plan", statements=40, linger=STAY)
        stand(day.company, "07:10")
    eventually(lambda: day.plan_status() == "ready", "the plan is made again")
    for _round in range(ROUNDS):
        day.kill_run_day("plan")
    day.run("--through", "plan")


def on_the_road(day: Day, drivers: Drivers) -> None:
    """Drivers post; handlers, invoices and results go through the workers; Redis forgets, an answer is lost."""
    assert day.company.sandbox is not None and day.company.legacy is not None
    for party in ("einvoice", "twilio"):
        day.company.sandbox.fault("reply_lost", party=party, times=2)
    day.company.legacy.fault("down")
    notes = Crowd(Notes(day.company, "an hour away").deeds())
    with notes.at_work():
        eventually(lambda: day.one(WAITING), "something waits for the old system")
    notes.finish()
    crowd = Crowd(drivers.deeds())
    for _round in range(ROUNDS):
        day.strike("web process", DELIVER, crowd)
        day.strike("worker process", "outbound handler", crowd)
        day.strike("web", DELIVER, crowd)
        day.strike("web process", RECEIPT, crowd, statements=6)
        redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
        day.strike("worker", "outbound handler", crowd)
        day.strike("worker process", "outbound send", crowd, statements=8)
        day.strike("beat", "beat tick", statements=1)
        day.strike("worker", RESULTS, statements=20)
        outcome.minutes_pass(day.company, 15)
    crowd.finish(rest=True)
    stand(day.company, "09:15")
    assert day.one(WAITING) > 0
    day.company.sandbox.clear("down")


def evening(day: Day) -> None:
    """run_day drives what the phones left, and is killed in every step that remains; the bank loses its replies."""
    assert day.company.sandbox is not None
    day.company.sandbox.fault("reply_lost", party="bank", times=2)
    for step in EVENING:
        for _round in range(ROUNDS):
            day.kill_run_day(step)
