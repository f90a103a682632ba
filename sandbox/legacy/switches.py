"""The old system's fault switches, which the line's threads ask too."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.faults import REQUIRED, Fault, FaultKind, FaultTable, one_of, positive_seconds, seconds

GARBAGE = ("rubbish", "truncated", "empty")
FAULTS = {
    "down": FaultKind(is_condition=True),
    "slow": FaultKind({"seconds": (positive_seconds, REQUIRED)}),
    "reply_lost": FaultKind(),
    "garbage": FaultKind({"how": (one_of(*GARBAGE), "rubbish")}),
    "half_committed": FaultKind({"seconds": (positive_seconds, 5.0)}),
    "undecodable": FaultKind(),
    "clock_off": FaultKind({"seconds": (seconds, REQUIRED)}, is_condition=True),
}


class Switches(FaultTable):
    """The same table, for several threads; ``changed`` is called after a switch was touched."""

    def __init__(self, *given: Any) -> None:
        self._guard = threading.RLock()
        self.changed: Callable[[], None] = lambda: None
        super().__init__(*given)

    def add(self, request: Mapping[str, Any]) -> Fault:
        with self._guard:
            fault = super().add(request)
        self.changed()
        return fault

    def clear(self, kind: str | None = None) -> int:
        with self._guard:
            gone = super().clear(kind)
        self.changed()
        return gone

    def active(self, kind: str) -> list[Fault]:
        with self._guard:
            return super().active(kind)

    def use(self, kind: str, *names: str) -> Fault | None:
        with self._guard:
            return super().use(kind, *names)

    def listing(self) -> list[dict[str, Any]]:
        with self._guard:
            return super().listing()
