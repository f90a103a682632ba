"""The image under way: migrated, serving and working as its own user, on a root that cannot be written."""

import http.client
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deployment.launcher import processes
from deployment.launcher.servers import Servers, secret_key
from deployment.launcher.talk import Problem, tail
from deployment.rehearsal import room
from deployment.rehearsal.build import Builder, Image, known

READY_SECONDS: Final = 120.0
COMMAND_SECONDS: Final = 300.0
STOP_SECONDS: Final = 40.0
TOUCH: Final = "touch /app/written /venv/written /etc/written /written"
REFUSED: Final = re.compile(r"Read-only file system|Permission denied")


@dataclass
class Rehearsal:
    """One run of the image. ``user`` is empty where this machine lets us become nobody else."""

    image: Image
    builder: Builder
    servers: Servers
    place: Path
    say: Callable[[str], None]
    user: str = field(default="")

    def __post_init__(self) -> None:
        self.user = self.image.user if os.geteuid() == 0 else ""
        self.data = self.place / "data"
        self.data.mkdir()
        if self.user:
            os.chown(self.data, *map(int, self.user.split(":")))
            if self.servers.scratch is not None:  # another user finds the socket, and lists nothing
                (self.servers.scratch / "s").chmod(0o711)
                for socket in (self.servers.scratch / "s").glob(".s.PGSQL.*"):
                    socket.chmod(0o777)
        self.port = processes.free_port()

    @property
    def env(self) -> dict[str, str]:
        """What the image says, and what k8s would add: where the servers are, and one secret."""
        return {
            **self.image.env,
            **{name: value for name, value in self.servers.settings.items() if name != "DATABASE_OWNER_URL"},
            "SECRET_KEY": secret_key(),
            "LUCKYGAS_ALLOWED_HOSTS": "localhost",
            "LUCKYGAS_BIND": f"127.0.0.1:{self.port}",
            "REMAP_SIGTERM": "SIGQUIT",
        }

    def words(self, command: list[str], **more: str) -> list[str]:
        """The line that runs a command in the sealed image; /tmp is its own and empty each time."""
        mounts: list[room.Mount] = [("tmpfs", "/tmp", "rw"), (str(self.data), "/data", "rw")]  # noqa: S108
        if self.servers.scratch is not None:  # where the socket of the private PostgreSQL lies
            mounts.append((str(self.servers.scratch), str(self.servers.scratch), "ro"))
        return room.words_of(
            self.image.root,
            command,
            base=self.builder.base,
            env=self.env | more,
            cwd=self.image.cwd,
            user=self.user,
            sealed=True,
            mounts=mounts,
        )

    def whole(self) -> None:
        """All of it; Problem at the first thing that is not as it must be."""
        before = known(self.image.root)
        self._cannot_write()
        self._migrate()
        figures = {"PROMETHEUS_MULTIPROC_DIR": "/tmp/figures"}  # noqa: S108  (of the image)
        with self._program("web", self.image.command, **figures) as web:
            self._serves(web)
            self._is_healthy()
            with self._program("worker", worker_command()):
                self._works()
            port = processes.free_port()
            bind = {"LUCKYGAS_LIVE_BIND": f"127.0.0.1:{port}"}
            with self._program("live", ["python", "-m", "luckygas.live"], **bind) as log:
                self.say(f"live /readyz 200 after {self._until_ready(port, log):.1f} s")
        changed = [path for path, seen in known(self.image.root).items() if before.get(path) != seen]
        if changed or len(before) != len(known(self.image.root)):
            raise Problem(f"Something was written into the image: {changed[:5]}")
        self._logs_name_no_refusal()
        left = sorted(path for path in self.data.rglob("*") if path.is_file())
        self.say(f"nothing written outside /data and /tmp; {len(left)} files in /data")

    def _cannot_write(self) -> None:
        may = "touch /data/may /tmp/may && rm /data/may && echo may"
        done = room.run(self.words(["sh", "-c", f"id -u; {TOUCH}; {may}"]), seconds=30)
        lines = done.stdout.splitlines() or [""]
        refused = [line for line in lines if REFUSED.search(line)]
        if len(refused) != len(TOUCH.split()) - 1 or lines[-1] != "may":
            raise Problem(f"The image can be written, or cannot be run:\n{done.stdout}")
        self.say(f"runs as user {lines[0]}; {len(refused)} attempts to write refused, /data and /tmp allowed")

    def _migrate(self) -> None:
        started = time.monotonic()
        owner = self.servers.settings.get("DATABASE_OWNER_URL", "")
        command = ["python", "manage.py", "migrate", "--no-input", "--verbosity", "0"]
        done = room.run(self.words(command, DATABASE_OWNER_URL=owner), seconds=COMMAND_SECONDS)
        if done.returncode != 0:
            raise Problem(f"migrate ended with {done.returncode}:\n{done.stdout[-4000:]}")
        self.say(f"migrated in {time.monotonic() - started:.1f} s")

    @contextmanager
    def _program(self, name: str, command: list[str], **more: str) -> Iterator[Path]:
        log = self.place / f"{name}.log"
        process = processes.spawn(self.words(command, **more), log=log)
        try:
            yield log
            if process.poll() is not None:
                raise Problem(f"{name} ended with {process.returncode}:\n{tail(log, 30)}")
            started = time.monotonic()
            code = processes.stop(process, grace=STOP_SECONDS)
            self.say(f"{name} stopped in {time.monotonic() - started:.1f} s (exit {code})")
            if code not in {0, -15}:
                raise Problem(f"{name} did not stop in order (exit {code}):\n{tail(log, 30)}")
        finally:
            processes.stop(process, grace=1)

    def _until_ready(self, port: int, log: Path) -> float:
        """Seconds until ``/readyz`` said 200; Problem when it does not."""
        started = time.monotonic()
        answer = (0, "")
        while time.monotonic() < started + READY_SECONDS:
            answer = self._get("/readyz", port)
            if answer[0] == 200:
                return time.monotonic() - started
            time.sleep(0.1)
        raise Problem(f"/readyz: {answer[0]} {answer[1]}\n{tail(log, 30)}")

    def _serves(self, log: Path) -> None:
        self.say(f"/readyz 200 after {self._until_ready(self.port, log):.1f} s")
        page = self._get("/login/")
        style = re.search(r'href="(/static/[^"]+\.css)"', page[1])
        if page[0] != 200 or style is None or self._get(style[1])[0] != 200:
            raise Problem(f"the sign-in page or its style is not there: {page[0]} {style and style[1]}")
        if "登入" not in page[1]:
            raise Problem("the sign-in page is not in Chinese: the messages were not compiled")
        figures = self._get("/metrics")
        if figures[0] != 200 or "luckygas_" not in figures[1]:
            raise Problem(f"/metrics: {figures[0]}")
        self.say("the sign-in page in Chinese, its style with a hashed name, /metrics: 200")

    def _get(self, path: str, port: int = 0) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()

    def _is_healthy(self) -> None:
        done = room.run(self.words(self.image.health), seconds=30)
        if done.returncode != 0:
            raise Problem(f"HEALTHCHECK said {done.returncode}: {done.stdout}")
        self.say("HEALTHCHECK: healthy")

    def _works(self) -> None:
        started = time.monotonic()
        ping = ["celery", "-A", "luckygas.celery", "inspect", "ping", "--timeout", "5"]
        done = None
        while time.monotonic() < started + READY_SECONDS:
            done = room.run(self.words(ping), seconds=60)
            if done.returncode == 0 and "pong" in done.stdout:
                self.say(f"a worker answers a ping after {time.monotonic() - started:.1f} s")
                return
        raise Problem(f"no worker answered:\n{done.stdout[-2000:] if done else ''}")

    def _logs_name_no_refusal(self) -> None:
        for log in sorted(self.place.glob("*.log")):
            found = REFUSED.search(log.read_text(errors="replace"))
            if found:
                raise Problem(f"{log.name} says {found[0]!r}:\n{tail(log, 30)}")


def worker_command() -> list[str]:
    words = "celery -A luckygas.celery worker -Q critical,bulk -c 1 -n rehearsal@%h -l INFO --without-gossip"
    return words.split()
