"""A small company that really runs: web, worker, tax platform; and a browser in front of it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.workday.company import ROOT, Company

CHROMIUM = os.environ.get("LUCKYGAS_CHROMIUM", "/usr/bin/chromium")
PASSWORD = "journey-pass-12"
DAY = "2026-11-23"
PEOPLE = f"""
from django.contrib.auth.models import Group
from luckygas.core.models import User
from dispatch.models import Driver
from dispatch.services import fleet
from luckygas.core.actor import Actor
for role in ("manager", "office", "dispatcher", "accountant"):
    user = User.objects.create_user(role, password="{PASSWORD}", display_name=role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
for driver in Driver.objects.all():
    fleet.give_account(driver, password="{PASSWORD}", actor=Actor.system("journeys"))
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: install chromium, or set LUCKYGAS_CHROMIUM")
    quiet = [
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
    ]
    return browser_type_launch_args | {
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-dev-shm-usage", *quiet],
    }


class Running:
    """The company with its web server and worker, at eight in the morning of a Monday."""

    def __init__(self, folder: Path) -> None:
        self.company = Company(folder)
        self.company.load(until="2026-11-21")
        self.company.open_platform()
        self.company.manage("run_day", "--date", DAY, "--seed", "7", "--through", "phone orders")
        self.company.manage("shell", "-v", "0", "-c", PEOPLE)
        self.stand("07:00")
        self.port = self._free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        env = self.company.env | {"LUCKYGAS_PLAIN_STATIC": "1", "LUCKYGAS_PLAN_SECONDS": "2"}
        queues = "critical,sync,invoice,sftp,bulk,solver"
        celery = [
            "-m",
            "celery",
            "-A",
            "luckygas.celery",
            "worker",
            "-B",
            "-l",
            "WARNING",
            "-c",
            "1",
            "-Q",
            queues,
        ]
        state = str(folder / "beat.db")
        web = [
            "-m",
            "gunicorn",
            "luckygas.wsgi",
            "--no-control-socket",
            "-b",
            f"127.0.0.1:{self.port}",
            "--workers",
            "2",
            "--log-level",
            "warning",
        ]
        self._log = (folder / "processes.log").open("wb")
        self.processes = [
            subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=env,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
            for words in ([*celery, "-s", state], web)
        ]
        self._wait(folder)

    def stand(self, time_of_day: str) -> None:
        """It is that time, for every process."""
        self.company.execute(
            """INSERT INTO core_simulatedclock (id, frozen_at, shift) VALUES (1, %(at)s, '0')
               ON CONFLICT (id) DO UPDATE SET frozen_at = excluded.frozen_at""",
            {"at": f"{DAY} {time_of_day}+08"},
        )

    def eventually(self, sql: str, seconds: float = 60) -> None:
        """Wait until an observer's question is answered with true."""
        deadline = time.monotonic() + seconds
        while not self.company.rows(sql)[0][0]:
            assert time.monotonic() < deadline, f"not within {seconds} s: {sql}"
            time.sleep(0.2)

    def close(self) -> None:
        for process in self.processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._log.close()
        self.company.close()

    def _free_port(self) -> int:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return int(server.getsockname()[1])

    def _wait(self, folder: Path) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError((folder / "processes.log").read_text()[-3000:])


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    one = Running(tmp_path_factory.mktemp("running"))
    yield one
    one.close()


@pytest.fixture
def sign_in(running: Running, browser: Browser) -> Iterator[Callable[..., Page]]:
    """``sign_in("office")`` is a page of that person; a page error or a failed request fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def enter(username: str, *, phone: bool = False) -> Page:
        context = browser.new_context(
            base_url=running.address,
            locale="zh-TW",
            timezone_id="Asia/Taipei",
            viewport={"width": 390, "height": 844} if phone else {"width": 1440, "height": 900},
            has_touch=phone,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status >= 500 else None)
        page.goto("/login/")
        page.fill("#id_username", username)
        page.fill("#id_password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """With ``SHOTS=DIR`` each journey leaves pictures to look at."""
    folder = os.environ.get("SHOTS")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    return take
