"""A company with its web server in front of it, at the hour a test says."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time

from deployment.launcher import processes
from tests.workday.company import ROOT, Company

PASSWORD = "journey-pass-12"
DAY = "2026-11-23"
PEOPLE = f"""
from django.contrib.auth.models import Group
from luckygas.core.models import User
from dispatch.models import Driver
from dispatch.services import fleet
from luckygas.core.actor import Actor
names = {{"manager": "經理", "office": "內勤", "dispatcher": "調度", "accountant": "會計", "viewer": "檢視"}}
for role, name in names.items():
    user = User.objects.create_user(role, password="{PASSWORD}", display_name=name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
for driver in Driver.objects.all():
    fleet.give_account(driver, password="{PASSWORD}", actor=Actor.system("journeys"))
"""
"""A person of every role, and an account for every driver; a script for ``manage.py shell``."""


class Served:
    """The company and its processes; ``address`` is the root of its pages."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.port = self._free_port()
        self.live_port = self._free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._log = company.folder / "processes.log"
        self.processes: list[subprocess.Popen[bytes]] = []

    def serve(self) -> None:
        """Start the web server and wait until it is ready."""
        self.start(
            "gunicorn", "luckygas.wsgi", "--no-control-socket", "-b", f"127.0.0.1:{self.port}",
            "--workers", "2", "--log-level", "warning",
        )  # fmt: skip
        self.start("luckygas.live")
        try:
            self._wait()
        except AssertionError:
            self.close()  # a worker left behind would take the next company's tasks
            raise

    def start(self, *words: str) -> None:
        """A Python module as a process of its own, ended with the company."""
        live = f"127.0.0.1:{self.live_port}"
        env = self.company.env | {
            "LUCKYGAS_PLAIN_STATIC": "1",
            "LUCKYGAS_PLAN_SECONDS": "2",
            "LUCKYGAS_LIVE_BIND": live,
            "LUCKYGAS_LIVE_URL": f"ws://{live}/ws/live/",
            "LUCKYGAS_LIVE_ORIGINS": self.address,
        }
        self.processes.append(
            processes.spawn([sys.executable, "-m", *words], cwd=ROOT, env=env, log=self._log)
        )

    def script(self, text: str) -> None:
        """Run Python inside the company."""
        self.company.manage("shell", "-v", "0", "-c", text)

    def stand(self, time_of_day: str, day: str = DAY) -> None:
        """It is that time, for every process."""
        self.company.execute(
            """INSERT INTO core_simulatedclock (id, frozen_at, shift) VALUES (1, %(at)s, '0')
               ON CONFLICT (id) DO UPDATE SET frozen_at = excluded.frozen_at""",
            {"at": f"{day} {time_of_day}+08"},
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
        self.company.close()

    def _free_port(self) -> int:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return int(server.getsockname()[1])

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise AssertionError((self.company.folder / "processes.log").read_text()[-3000:])
