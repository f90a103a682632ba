"""How talking to the old system can end, other than with an answer."""

from __future__ import annotations

from pilot.legacy.records import Record


class LegacyError(Exception):
    """Something the old system answered, or did not."""


class Stale(LegacyError):
    """The record moved on (or is there already, or is not there any more): ``record`` is what there is now."""

    def __init__(self, record: Record | None) -> None:
        super().__init__(f"is at revision {record.revision if record else 'none'} by now")
        self.record = record


class Unreachable(LegacyError):
    """Nothing was written: it is down, slow, busy, or left alone for ``seconds``."""

    def __init__(self, said: str, seconds: int | None = None) -> None:
        super().__init__(said)
        self.seconds = seconds


class NoAnswer(LegacyError):
    """Sent and never heard: written or not, nobody knows."""


class RefusedByLegacy(LegacyError):
    """It will not have this record; ``text`` is what it said."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
