"""`make demo` and `make run`: the whole company on this machine, behind one port."""

import http.client
import os
import signal
import subprocess
import time
from pathlib import Path

from deployment.launcher import processes, scratch, servers, state
from deployment.launcher.paths import LOCAL, LOG, LOGINS, ROOT, RUN
from deployment.launcher.servers import Servers, environment, python
from deployment.launcher.supervisor import Child, Supervisor
from deployment.launcher.talk import Problem, chapter, say, step, tail
from luckygas.queues import QUEUES, SOLVER

FIRST_PORT, LAST_PORT = 8000, 8099
LIVE_PORTS = 8100, 8199
SIZES = ("small", "full")
MODE = LOCAL / "mode"
"""Remembers which of the two ran last: the data of a demo live in simulated days."""
SANDBOX = LOCAL / "sandbox"
SELLER = {
    "LUCKYGAS_SELLER_UBN": "99000002",
    "LUCKYGAS_SELLER_ADDRESS": "臺東縣臺東市示範路1號",
    "LUCKYGAS_SELLER_PHONE": "089-000002",
    "LUCKYGAS_TURNKEY_DIR": str(SANDBOX / "einvoice"),
}
"""Who the synthetic company is to the tax platform's stand-in and to its customers; the environment may say otherwise."""


class Company:
    """The running whole: private servers, the outside world, web, workers and the clock."""

    def __init__(self, *, simulated: bool) -> None:
        self.simulated = simulated
        self.lock = state.Lock(RUN / "launcher.lock")
        self.supervisor = Supervisor()
        self.port = 0
        self.is_up = False
        self.settings: dict[str, str] = {}
        self._servers: Servers | None = None

    def open(self, verb: str) -> None:
        """Take the checkout's lock and start the servers."""
        take_lock(self.lock, verb)
        RUN.mkdir(parents=True, exist_ok=True)
        LOG.mkdir(parents=True, exist_ok=True)
        self.port = choose_port()
        private = servers.lasting()
        self._servers = private
        with step(
            "PostgreSQL and Redis" if private.starts else "PostgreSQL and Redis given by the environment"
        ):
            self.supervisor.start(server_children(private))
        self.settings = program_settings(private, simulated=self.simulated)
        if private.starts:
            state.write_servers(self.settings)
        MODE.write_text("demo\n" if self.simulated else "run\n")
        self.lock.note(verb=verb)

    def close(self) -> None:
        """Stop everything in reverse order; nothing stays but the data."""
        if not self.lock.mine:
            return
        self.lock.note(**{**self.lock.holder(), "stopping": True})
        state.forget_servers()
        self.supervisor.stop()
        if self._servers is not None and self._servers.scratch is not None:
            scratch.remove(self._servers.scratch)
        self.lock.free()

    def env(self, **more: str) -> dict[str, str]:
        return environment(self.settings, **more)

    def manage(self, *words: str) -> None:
        """Run a management command that prints its own progress; Problem when it fails."""
        env = self.env(LUCKYGAS_LOG_LEVEL=os.environ.get("LUCKYGAS_LOG_LEVEL", "WARNING"))
        code = self.supervisor.run([python(), "manage.py", *words], env=env, cwd=ROOT)
        if code != 0:
            raise Problem(f"manage.py {words[0]} failed (exit {code}).")

    def quietly(self, *words: str) -> None:
        """The same, with its output in a log and only the log's end shown when it fails."""
        log = LOG / f"{words[0]}.log"
        log.unlink(missing_ok=True)
        code = self.supervisor.run([python(), "manage.py", *words], env=self.env(), cwd=ROOT, log=log)
        if code != 0:
            raise Problem(f"manage.py {words[0]} failed (exit {code}); the end of {log}:\n{tail(log, 30)}")

    def prepare(self) -> None:
        """Tables and static files."""
        with step("Tables"):
            self.quietly("migrate", "--no-input")
        with step("Static files"):
            self.quietly("collectstatic", "--no-input")

    def start_outside_world(self) -> None:
        """The stand-ins; returns when they answer, with their addresses in the settings of what starts after."""
        assert self._servers is not None
        admin = self._servers.legacy_admin
        with step("Sandbox (the tax platform and its like)"):
            told = SANDBOX / "control.json"
            told.unlink(missing_ok=True)
            env = self.env(**({servers.LEGACY_ADMIN: admin} if admin else {}))
            self.supervisor.start(
                [child("sandbox", ["-m", "sandbox", "--dir", str(SANDBOX)], env=env, logs=LOG)]
            )
            self._wait_for(told)
        if not admin:
            say(f"  No old system: {servers.LEGACY_ADMIN} names no place for its database.")
        self.settings |= outside_settings()
        if self._servers.starts:
            state.write_servers(self.settings)

    def connect_bank(self) -> None:
        """The bank's stand-in tells its address and host keys; its profile follows them."""
        address = SANDBOX / "bank" / "address.json"
        if address.exists():
            with step("The bank's address and keys"):
                self.quietly("connect_bank", "--address", str(address))

    def _wait_for(self, path: Path) -> None:
        deadline = time.monotonic() + 60
        while not path.exists():
            self.supervisor.watch()
            if time.monotonic() > deadline:
                raise Problem(
                    f"The sandbox did not start within 60 s; the end of its log:\n{tail(LOG / 'sandbox.log')}"
                )
            time.sleep(0.05)

    def start_programs(self) -> None:
        """Web, live process, workers and beat; returns when the web answers that it is ready."""
        here = f"127.0.0.1:{self.port}"
        public = os.environ.get("LUCKYGAS_PUBLIC_URL", f"http://{here}")
        env = self.env(**live_settings(self.port), LUCKYGAS_BIND=here, LUCKYGAS_PUBLIC_URL=public)
        with step("Web, live line, workers and clock"):
            self.supervisor.start(program_children(env, logs=LOG, beat=RUN / "beat.db"))
            self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        answer = "no answer"
        while time.monotonic() < deadline:
            self.supervisor.watch()
            answer = ask_ready(self.port)
            if answer == "200":
                return
            time.sleep(0.1)
        raise Problem(
            f"/readyz was not ready after 60 s ({answer}); the end of the web's log:\n{tail(LOG / 'web.log')}"
        )

    def stay(self) -> None:
        """Watch until a signal raises."""
        self.is_up = True
        while True:
            self.supervisor.watch()
            time.sleep(0.2)


def live_settings(port: int) -> dict[str, str]:
    """Where the live process serves, as the pages of the web on ``port`` and the process itself are told."""
    live = processes.free_port(*LIVE_PORTS)
    return {
        "LUCKYGAS_LIVE_BIND": f"127.0.0.1:{live}",
        "LUCKYGAS_LIVE_URL": f"ws://127.0.0.1:{live}/ws/live/",
        "LUCKYGAS_LIVE_ORIGINS": f"http://127.0.0.1:{port}",
    }


def server_children(private: Servers) -> list[Child]:
    signals = {"postgres": signal.SIGINT}
    return [
        Child(name, start, signals.get(name, signal.SIGTERM), grace=60.0)
        for name, start in private.starts.items()
    ]


def program_children(env: dict[str, str], *, logs: Path, beat: Path) -> list[Child]:
    """Web, live process, workers and clock; ``beat`` is where the clock remembers its last ticks."""
    # Asked by SIGTERM a worker finishes its task. When the launcher dies, Redis is gone too and a worker
    # would wait for it without end; tasks are acknowledged late and may run again, so it dies at once.
    kill = signal.SIGKILL
    worker = ["-m", "deployment.launcher.celery_worker", "-A", "luckygas.celery", "worker"]
    worker += ["-l", "INFO", "--without-gossip"]
    clock = ["-m", "celery", "-A", "luckygas.celery", "beat", "-l", "INFO", "--pidfile="]
    others = ",".join(queue for queue in QUEUES if queue != SOLVER)
    solver = [*worker, "-Q", SOLVER, "-c", "1", "-n", "solver@%h"]
    return [
        child("web", ["-m", "gunicorn", "-c", "deployment/gunicorn.py", "luckygas.wsgi"], env=env, logs=logs),
        child("live", ["-m", "luckygas.live"], env=env, logs=logs),
        child(
            "worker", [*worker, "-Q", others, "-c", "2", "-n", "worker@%h"], env=env, logs=logs, death=kill
        ),
        child("solver", solver, env=env, logs=logs, death=kill, nice=10),
        child("beat", [*clock, "-s", str(beat)], env=env, logs=logs),
    ]


def child(
    name: str,
    words: list[str],
    *,
    env: dict[str, str],
    logs: Path,
    death: int = signal.SIGTERM,
    nice: int = 0,
) -> Child:
    """A Python program of the checkout with its own log."""

    def start() -> "subprocess.Popen[bytes]":
        return processes.spawn(
            [python(), *words], env=env, cwd=ROOT, log=logs / f"{name}.log", death=death, nice=nice
        )

    return Child(name, start)


def program_settings(private: Servers, *, simulated: bool) -> dict[str, str]:
    """What a program needs to know beside its own defaults; also what the servers' file says."""
    shown = environment(private.settings)
    kept = {name: shown[name] for name in ("SECRET_KEY", "LUCKYGAS_DATA_DIR")}
    seller = {name: os.environ.get(name, value) for name, value in SELLER.items()}
    simulation = {"LUCKYGAS_SIMULATION": "1" if simulated else "0"}
    return {**private.settings, **kept, **seller, **outside_settings(), **simulation}


def outside_settings() -> dict[str, str]:
    """Where the stand-ins that listen are, as far as they have ever run here; what is given comes first."""
    files = {
        "LUCKYGAS_LEGACY_URL_FILE": SANDBOX / "legacy" / "url",
        "LUCKYGAS_SANDBOX_DIR": SANDBOX,
        "BANK_FIRST_KEY_FILE": SANDBOX / "bank" / "client_key",
        "LUCKYGAS_TWILIO_URL_FILE": SANDBOX / "twilio" / "url",
        "LUCKYGAS_TWILIO_ACCOUNT_FILE": SANDBOX / "twilio" / "account_sid",
        "LUCKYGAS_TWILIO_FROM_FILE": SANDBOX / "twilio" / "sender",
        "TWILIO_AUTH_TOKEN_FILE": SANDBOX / "twilio" / "auth_token",
    }
    given = {name for name in files if os.environ.get(name) or os.environ.get(name.removesuffix("_FILE"))}
    return {name: str(path) for name, path in files.items() if name not in given and path.exists()}


def was_simulated() -> bool:
    """Whether the checkout's data were last used by a demo; LUCKYGAS_SIMULATION overrides it."""
    given = os.environ.get("LUCKYGAS_SIMULATION")
    if given is not None:
        return given == "1"
    return MODE.exists() and MODE.read_text().strip() == "demo"


def take_lock(lock: state.Lock, verb: str) -> None:
    """Become the one launcher of this checkout, or say who is."""
    started = time.monotonic()
    while not lock.take():
        holder = lock.holder()
        patience = 90 if holder.get("stopping") else 2
        if time.monotonic() > started + patience:
            where = f" at {holder['url']}" if holder.get("url") else ""
            raise Problem(
                f"`make {holder.get('verb', 'demo')}` is already running here{where} "
                f"(process {holder.get('pid', '?')}). Press Ctrl-C there before starting `make {verb}`."
            )
        time.sleep(0.1)


def choose_port() -> int:
    """PORT when given, else 8000 or the next free one."""
    text = os.environ.get("PORT", "")
    if not text:
        return processes.free_port(FIRST_PORT, LAST_PORT)
    if not (text.isdigit() and 1 <= int(text) <= 65535):
        raise Problem(f"PORT={text} is no port: give a number from 1 to 65535.")
    try:
        return processes.free_port(int(text))
    except OSError as taken:
        raise Problem(
            f"Port {text} cannot be used ({taken.strerror}): give another PORT, or none."
        ) from taken


def ask_ready(port: int) -> str:
    """The status of /readyz as text, or why there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read(500).decode(errors="replace")
        return "200" if response.status == 200 else f"{response.status} {body}"
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()


def size() -> str:
    wanted = os.environ.get("SIZE", "full") or "full"
    if wanted not in SIZES:
        raise Problem(f"SIZE={wanted}: give {' or '.join(SIZES)}.")
    return wanted


def demo(company: Company) -> None:
    company.open("demo")
    company.prepare()
    company.start_outside_world()
    company.connect_bank()
    with chapter("The company and its last working days"):
        company.manage("prepare_demo", "--size", size())
    company.start_programs()
    announce(company, "demo")


def run(company: Company) -> None:
    company.open("run")
    company.prepare()
    company.start_outside_world()
    company.connect_bank()
    company.start_programs()
    announce(company, "run")


def announce(company: Company, verb: str) -> None:
    url = f"http://127.0.0.1:{company.port}/"
    company.lock.note(verb=verb, url=url)
    say(f"\nLucky Gas runs at {url}")
    if LOGINS.exists():
        say("\n" + LOGINS.read_text().rstrip())
    elif verb == "run":
        say('Make a first user: make manage CMD="createsuperuser"')
    say(f"\nLogs: {shown(LOG)}   Ctrl-C stops everything.")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
