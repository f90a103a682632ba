"""What can go wrong at the bank, and its switches."""

import threading
from collections.abc import Mapping
from typing import Any

from sandbox.faults import REQUIRED, Fault, FaultKind, FaultTable, one_of, positive_seconds, seconds
from sandbox.party import PartyError


def whole(name: str, value: Any) -> int:
    """A whole number of listings, 1 to 100."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:
        raise PartyError(f"{name} must be a whole number from 1 to 100, not {value!r}")
    return value


FAULTS = {
    "down": FaultKind(is_condition=True),
    "frozen": FaultKind({"where": (one_of("connect", "listing", "open"), "connect")}, is_condition=True),
    "banner": FaultKind(is_condition=True),
    "host_key_changed": FaultKind(is_condition=True),
    "login_refused": FaultKind(is_condition=True),
    "clock_off": FaultKind({"seconds": (seconds, REQUIRED)}, is_condition=True),
    "slow": FaultKind({"seconds": (positive_seconds, REQUIRED)}),
    "reply_lost": FaultKind(),
    "truncated": FaultKind(),
    "garbage": FaultKind(),
    "growing": FaultKind({"listings": (whole, 3)}),
    "sent_twice": FaultKind({"how": (one_of("same_name", "other_name"), "same_name")}),
    "same_name_other_content": FaultKind(),
}


class SharedFaults(FaultTable):
    """Switches that the server's threads ask too."""

    def __init__(self, lock: threading.RLock, *words: Any) -> None:
        self._lock = lock
        super().__init__(*words)

    def add(self, request: Mapping[str, Any]) -> Fault:
        with self._lock:
            return super().add(request)

    def active(self, kind: str) -> list[Fault]:
        with self._lock:
            return super().active(kind)

    def use(self, kind: str, *names: str) -> Fault | None:
        with self._lock:
            return super().use(kind, *names)

    def clear(self, kind: str | None = None) -> int:
        with self._lock:
            return super().clear(kind)
