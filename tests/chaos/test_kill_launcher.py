"""``kill -9`` of the launcher while the company works: no process stays, and a second start finishes the day."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployment.launcher import processes
from deployment.tests import launcher_kit
from tests.chaos import outcome
from tests.chaos.killer import KILLS, SEED, Killer, table
from tests.chaos.people import Clerks, Crowd, Drivers, make_people
from tests.chaos.programs import eventually, stand
from tests.workday.company import Company, table_of
from tests.workday.test_run_day import MONDAY, SATURDAY

pytestmark = pytest.mark.slow

RUN = """
import sys
from deployment.launcher import company, verbs
verbs.set_up = lambda: None
verbs.VERBS["run"] = lambda: verbs._company(company.run, simulated=True)
sys.exit(verbs.main(["run"]))
"""
RUN_DAY = ("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2")
ROUNDS = max(1, round(KILLS / 25))


class Launcher:
    """`make run` of a checkout of its own, with the company's database and its port."""

    def __init__(self, company: Company, root: Path, windows: Path) -> None:
        self.root = root
        self.port = processes.free_port()
        kept = (
            "DATABASE_URL",
            "DATABASE_OWNER_URL",
            "SECRET_KEY",
            "LUCKYGAS_TURNKEY_DIR",
            "LUCKYGAS_SELLER_UBN",
            "LUCKYGAS_LOG_LEVEL",
        )
        self.env = {name: company.env[name] for name in kept if name in company.env} | {
            "REDIS_URL": os.environ["REDIS_URL"],
            "LUCKYGAS_WINDOWS": str(windows),
            "PORT": str(self.port),
            "MAKELEVEL": "1",  # as below make: it ends with us
        }

    def start(self) -> None:
        self.process = launcher_kit.start(self.root, RUN, **self.env)
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ctrl-C stops everything" in line:
                return
        raise AssertionError(said)

    def kill(self, _inside: int) -> None:
        """Nothing of it stays; then it is started again."""
        self.process.kill()
        self.process.wait()
        eventually(self.is_gone, f"left behind: {launcher_kit.using(str(self.root))}", 20)
        self.start()

    def outside(self) -> dict[str, str]:
        """The stand-ins that `make run` started: its bank is the one the company's profile names now."""
        sandbox = self.root / ".local" / "sandbox"
        return {
            "LUCKYGAS_SANDBOX_DIR": str(sandbox),
            "BANK_FIRST_KEY_FILE": str(sandbox / "bank" / "client_key"),
            "LUCKYGAS_TWILIO_URL_FILE": str(sandbox / "twilio" / "url"),
            "LUCKYGAS_TWILIO_ACCOUNT_FILE": str(sandbox / "twilio" / "account_sid"),
            "LUCKYGAS_TWILIO_FROM_FILE": str(sandbox / "twilio" / "sender"),
            "TWILIO_AUTH_TOKEN_FILE": str(sandbox / "twilio" / "auth_token"),
        }

    def is_gone(self) -> bool:
        return not launcher_kit.using(str(self.root)) and not processes.working_in(self.root)


@pytest.fixture
def launcher(company: Callable[..., Company], tmp_path: Path) -> Iterator[tuple[Company, Launcher, Killer]]:
    one = company(SATURDAY)
    windows = one.folder / "windows"
    launcher = Launcher(one, launcher_kit.house(tmp_path, "瓦斯 行"), windows)
    yield one, launcher, Killer(windows, "launcher")
    launcher_kit.end_all()
    eventually(launcher.is_gone, "processes were left behind", 20)
    print("\n".join(["", f"CHAOS_SEED={SEED} KILLS={KILLS}", *table()]))


def test_the_launcher_is_killed_and_a_second_start_finishes_the_day(
    launcher: tuple[Company, Launcher, Killer],
) -> None:
    one, house, killer = launcher
    people = make_people(one)
    house.start()
    one.outside = house.outside()
    stand(one, "05:00")
    clerks = Clerks(one, house.port, people["token"], date=MONDAY, keep=20, seed=f"{SEED} launcher")
    desk = Crowd(clerks.deeds())
    for _round in range(ROUNDS):
        with desk.at_work():
            killer.strike("launcher", "request api:orders", house.kill, ends_gently=True)
    desk.finish()
    one.manage(*RUN_DAY, "--through", "plan")
    stand(one, "08:00")
    drivers = Drivers(one, house.port, people["drivers"], share=0.5, seed=f"{SEED} launcher")
    road = Crowd(drivers.deeds())
    for number in range(ROUNDS):
        windows = ["outbound handler", "request driver:deliver"][: 1 + number]
        for window in windows:
            with road.at_work():
                killer.strike("launcher", window, house.kill, ends_gently=window.startswith("request"))
    road.finish(rest=True)
    figures = table_of(one.manage(*RUN_DAY).stdout)
    assert figures["差異"] == "0"
    outcome.each_order_once(one, clerks)
    outcome.each_delivery_once(one, drivers)
    outcome.nothing_is_left(one)
    outcome.no_lease_is_stuck(one)
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(60) == 0
    assert house.is_gone()
