"""``python -m sandbox --dir DIR``: the outside world, until Ctrl-C or SIGTERM."""

import argparse
import fcntl
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from sandbox import ports
from sandbox.clock import Clock
from sandbox.control import CONTROL_FILE
from sandbox.einvoice.platform import EInvoicePlatform
from sandbox.http import ControlServer
from sandbox.party import Party
from sandbox.runner import Runner
from sandbox.twilio.party import Twilio


def bank(directory: Path, clock: Clock, window: Callable[[str], None]) -> Party:
    """The bank; its SSH library is loaded only where it runs."""
    from sandbox.bank.party import Bank

    return Bank(directory, clock, window=window)


def legacy(directory: Path, clock: Clock, window: Callable[[str], None]) -> Party:
    """The old system; the database driver is loaded only where it runs."""
    from sandbox.legacy.system import LegacySystem

    return LegacySystem(directory, clock, window=window)


PARTIES: dict[str, Callable[[Path, Clock, Callable[[str], None]], Party]] = {
    "bank": bank,
    "einvoice": lambda directory, clock, window: EInvoicePlatform(directory, clock, window=window),
    "legacy": legacy,
    "twilio": Twilio,
}
LOCK_FILE = ".lock"
LEGACY_DATABASE = "SANDBOX_LEGACY_ADMIN_URL"


def everyone() -> list[str]:
    """Every party that can run here: the old system needs a place for its database."""
    return [name for name in sorted(PARTIES) if name != "legacy" or os.environ.get(LEGACY_DATABASE)]


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Stand-ins for every outside party."
    )
    parser.add_argument("--dir", required=True, type=Path, help="where the parties keep their folders")
    parser.add_argument(
        "--party", action="append", choices=sorted(PARTIES), help="which (repeatable; default: all)"
    )
    parser.add_argument("--control-port", type=int, default=0, help="loopback port (default: a free one)")
    parser.add_argument(
        "--port", action="append", default=[], help="PARTY=NUMBER, where that party listens (repeatable)"
    )
    parser.add_argument("--poll", type=float, default=0.2, help="seconds between two looks (default 0.2)")
    parser.add_argument(
        "--real-clock", action="store_true", help="real time even when DATABASE_URL has a simulated clock"
    )
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="stop when standard input closes (for tests)"
    )
    parser.add_argument(
        "--trace", type=Path, help="file to keep the name of the step at hand in (kill tests)"
    )
    options = parser.parse_args(given)
    if options.poll <= 0:
        parser.error(f"--poll must be above 0, not {options.poll}")
    if not 0 <= options.control_port <= 65535:
        parser.error(f"--control-port must be 0 to 65535, not {options.control_port}")
    try:
        ports.want(ports.read(options.port))
    except ValueError as error:
        parser.error(str(error))
    return options


def only_one(directory: Path) -> IO[str] | None:
    """Hold the directory for this process; None when another one has it. The system lets go at any death."""
    directory.mkdir(parents=True, exist_ok=True)
    lock = (directory / LOCK_FILE).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def outside_time(real_clock: bool) -> Clock:
    """Real time, or the simulated time of the database in the environment."""
    url = os.environ.get("DATABASE_URL", "")
    if real_clock or not url:
        return Clock()
    from sandbox.simulated import SimulatedClock

    return SimulatedClock(url)


def tracer(path: Path | None) -> Callable[[str], None]:
    """Keeps the name of the step at hand in a file of one line, so that a test knows where it killed."""
    if path is None:
        return lambda _name: None
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o644)

    def keep(name: str) -> None:
        os.pwrite(descriptor, name.ljust(10).encode(), 0)

    return keep


def stop_with_stdin(runner: Runner) -> None:
    """Wait for the end of standard input (whoever started us is gone), then stop."""
    sys.stdin.read()
    runner.stop()


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or the old one."""
    half = path.with_name(f".{path.name}.tmp")
    half.write_text(text)
    half.replace(path)


def main(given: Sequence[str] | None = None) -> int:
    """Run; exit code 0 after an orderly stop, 1 when the directory is taken or the port is."""
    options = arguments(sys.argv[1:] if given is None else given)
    directory: Path = options.dir.resolve()
    lock = only_one(directory)
    if lock is None:
        print(f"sandbox: another sandbox already runs on {directory}", file=sys.stderr)
        return 1
    clock = outside_time(options.real_clock)
    window = tracer(options.trace)
    names = options.party or everyone()
    runner = Runner({name: PARTIES[name](directory, clock, window) for name in names}, options.poll)
    try:
        server = ControlServer(runner, options.control_port)
    except OSError as error:
        print(f"sandbox: control port {options.control_port}: {error.strerror}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.stop_soon())
    if options.stop_with_stdin:
        threading.Thread(target=stop_with_stdin, args=(runner,), daemon=True).start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    control = directory / CONTROL_FILE
    write_whole(control, json.dumps({"url": server.url, "pid": os.getpid(), "parties": list(names)}))
    print(f"sandbox: {', '.join(names)} in {directory}, control {server.url}", file=sys.stderr, flush=True)
    try:
        runner.run()
    finally:
        server.shutdown()
        server.server_close()
        clock.close()
        with suppress(FileNotFoundError):
            control.unlink()
        lock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
