"""What the launcher says on the terminal: one line per step, with its seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Problem(Exception):
    """Something the person at the terminal has to know or mend; the message says what and how."""


def prepare_terminal() -> None:
    """Never fail on a terminal that cannot show a character."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace", line_buffering=True)


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print the step's name at once and its seconds when it is through."""
    started = time.monotonic()
    print(f"· {name} …", end="", flush=True)
    try:
        yield
    except BaseException:
        print(f" stopped after {time.monotonic() - started:.1f} s", flush=True)
        raise
    print(f" {time.monotonic() - started:.1f} s", flush=True)


@contextmanager
def chapter(name: str) -> Iterator[None]:
    """A step that prints lines of its own between its name and its seconds."""
    started = time.monotonic()
    say(f"· {name}")
    yield
    say(f"  {name}: {time.monotonic() - started:.1f} s")


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for a message."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return f"(no log at {log})"
    return "\n".join(text.splitlines()[-lines:])
