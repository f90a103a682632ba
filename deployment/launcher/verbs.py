"""The verbs of the Makefile."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from types import FrameType

from deployment.launcher import company, processes, servers, state, testing
from deployment.launcher.company import Company
from deployment.launcher.environment import set_up
from deployment.launcher.paths import LOCK_FILE, ROOT, RUN
from deployment.launcher.servers import environment, python
from deployment.launcher.talk import Problem, prepare_terminal, say, step


class Stopped(BaseException):
    """Somebody asked us to end; not an Exception, so that nothing on the way takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def setup() -> int:
    set_up()
    say("Ready: .venv has everything of requirements/dev.txt.")
    return 0


def demo() -> int:
    return _company(company.demo, simulated=True)


def run() -> int:
    return _company(company.run, simulated=False)


def _company(start: Callable[[Company], None], *, simulated: bool) -> int:
    company.size()
    set_up()
    whole = Company(simulated=simulated)
    try:
        start(whole)
        whole.stay()
    except Stopped:
        say("\nStopping …")
        if not whole.is_up:
            raise
    finally:
        whole.close()
    return 0


def manage() -> int:
    """Run CMD through manage.py, with the servers that run or with ones started for it."""
    words = shlex.split(os.environ.get("CMD", ""))
    if not words:
        raise Problem('Name the command: make manage CMD="showmigrations"')
    set_up()
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return _manage(words, environment({}))
    lock = state.Lock(RUN / "launcher.lock")
    if not lock.take():
        with state.using():
            settings = state.read_servers()
            if settings is not None:
                return _manage(words, environment(settings))
        raise Problem("Another command is just starting or stopping the servers; try again in a moment.")
    private = servers.lasting()
    try:
        lock.note(verb="manage")
        with step("PostgreSQL and Redis"):
            private.start()
        settings = company.program_settings(private, simulated=company.was_simulated())
        state.write_servers(settings)
        return _manage(words, environment(settings))
    finally:
        if not state.unused():
            say("· Another command uses the servers; they stop when it is through …")
            state.unused(seconds=24 * 3600)
        state.forget_servers()
        private.stop()
        lock.free()


def _manage(words: list[str], env: dict[str, str]) -> int:
    """In our own session, so that a shell or a prompt has the terminal."""
    process = processes.spawn([python(), "manage.py", *words], env=env, cwd=ROOT, session=False)
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command gets it too, and decides
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, previous)
        if process.poll() is None:
            process.terminate()
            process.wait()


def check() -> int:
    set_up()
    return _call(["-m", "deployment.checks", *shlex.split(os.environ.get("ARGS", ""))], environment({}))


def bench() -> int:
    """Measure on a cluster of its own that is as safe as the real one, so that the figures mean something."""
    set_up()
    with servers.running(servers.passing(durable=True)) as private:
        own = private.directory()
        settings = company.program_settings(private, simulated=True)
        folders = {
            "LUCKYGAS_DATA_DIR": str(own / "data"),
            "LUCKYGAS_TURNKEY_DIR": str(own / "sandbox" / "einvoice"),
            servers.LEGACY_ADMIN: private.legacy_admin,
        }
        return _call(
            ["-m", "bench", *shlex.split(os.environ.get("ARGS", ""))], environment(settings, **folders)
        )


def compare() -> int:
    reference = os.environ.get("REF", "")
    if not reference:
        raise Problem("There is nothing to compare with: make compare REF=/path/to/the/reference")
    set_up()
    return _call(["-m", "tests.compare", reference], environment({}))


def image_rehearsal() -> int:
    """Build the image without Docker and run it, with servers of its own."""
    set_up()
    given = environment({})
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        given.pop(name, None)
    return _call(["-m", "deployment.rehearsal"], given)


def lock() -> int:
    """Write both lock files anew from requirements/*.in."""
    set_up()
    compile_ = [python(), "-m", "uv", "pip", "compile", "--quiet", "--generate-hashes"]
    compile_ += ["--python-version", "3.11", "--excludes", "requirements/excludes.txt"]
    compile_ += ["--custom-compile-command", "make lock"]
    for source, target in (("base.in", ROOT / "requirements.txt"), ("dev.in", LOCK_FILE)):
        with step(f"{target.relative_to(ROOT)} from requirements/{source}"):
            subprocess.run(
                [*compile_, "-o", str(target.relative_to(ROOT)), f"requirements/{source}"],
                cwd=ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
            )
    return 0


def _call(words: list[str], env: dict[str, str]) -> int:
    """Run a program of the virtual environment to its end, with its output on our terminal."""
    process = processes.spawn([python(), *words], env=env, cwd=ROOT)
    try:
        return process.wait()
    finally:
        processes.stop(process)


VERBS: dict[str, Callable[[], int]] = {
    "setup": setup,
    "demo": demo,
    "run": run,
    "manage": manage,
    "test": testing.test,
    "test-slow": testing.test_slow,
    "e2e": testing.e2e,
    "check": check,
    "bench": bench,
    "compare": compare,
    "image-rehearsal": image_rehearsal,
    "lock": lock,
}


def main(arguments: list[str]) -> int:
    prepare_terminal()
    if len(arguments) != 1 or arguments[0] not in VERBS:
        say("usage: python3 -m deployment.launcher " + "|".join(VERBS))
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, _stop)
    if "MAKELEVEL" in os.environ:
        processes.follow_parent()
    try:
        code = VERBS[arguments[0]]()
        return code if code >= 0 else 128 - code
    except Stopped as stopped:
        return 128 + stopped.number
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failed:
        print(f"\n{shlex.join(map(str, failed.cmd))} failed (exit {failed.returncode}).", file=sys.stderr)
        return 1


def _stop(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            each, signal.SIG_IGN
        )  # stopping takes seconds; a second Ctrl-C must not leave half of it
    raise Stopped(number)
