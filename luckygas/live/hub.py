"""The open lines of this process. Nothing here waits for anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from luckygas.live import figures

MOST_LINES = 2000
MOST_OF_ONE = 20
"""Lines of one person: twenty tabs, not a broken script."""
MOST_WAITING = 100
"""Messages that may wait for one browser before it counts as too slow."""


@dataclass(frozen=True)
class End:
    """Why this side ends a line; 4400 and up are our own codes, which ``live.js`` knows."""

    code: int
    why: str


SIGNED_OUT = End(4401, "signed out")
TOO_MANY = End(4429, "too many lines")
FULL = End(1013, "full")
SLOW = End(1013, "too slow")
SPOKE = End(1008, "nobody listens here")


@dataclass(frozen=True)
class Guest:
    """Who is at the other end: the session that vouches for him, and the kinds that he may hear."""

    user_id: int
    session_key: str
    kinds: frozenset[str]


@dataclass(eq=False)
class Line:
    """One open line. Whoever writes to it waits on ``waiting`` and on ``ending``."""

    guest: Guest
    waiting: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    ending: asyncio.Future[End | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def put(self, text: str) -> None:
        try:
            self.waiting.put_nowait(text)
        except asyncio.QueueFull:
            self.end(SLOW)

    def end(self, end: End) -> None:
        if not self.ending.done():
            self.ending.set_result(end)


class Hub:
    def __init__(self) -> None:
        self._lines: set[Line] = set()

    def __iter__(self) -> Iterator[Line]:
        """Those of this moment; some may leave meanwhile."""
        return iter(tuple(self._lines))

    def __len__(self) -> int:
        return len(self._lines)

    def enter(self, guest: Guest) -> Line | End:
        """A new line, or why there is none."""
        if len(self._lines) >= MOST_LINES:
            return FULL
        if sum(line.guest.user_id == guest.user_id for line in self._lines) >= MOST_OF_ONE:
            return TOO_MANY
        line = Line(guest)
        self._lines.add(line)
        figures.sockets.set(len(self._lines))
        return line

    def leave(self, line: Line) -> None:
        self._lines.discard(line)
        figures.sockets.set(len(self._lines))

    def tell(self, kind: str, text: str) -> None:
        """Everybody who may hear this kind."""
        for line in self:
            if kind in line.guest.kinds:
                line.put(text)

    def resync(self) -> None:
        """Something may have been missed: everybody asks again for what he looks at."""
        figures.resyncs.inc()
        for line in self:
            line.put('{"resync":true}')
