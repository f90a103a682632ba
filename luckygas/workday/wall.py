"""The clock on the wall of a simulated day; on the real clock it cannot be moved."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from luckygas.core import clock


class Wall:
    """Moves simulated time through one date; with the simulation off time is what it is."""

    def __init__(self, date: dt.date) -> None:
        self.date = date
        self.is_simulated = bool(settings.SIMULATION)

    def at(self, hour: int, minute: int = 0) -> dt.datetime:
        """The instant of a time of this day."""
        return clock.at(self.date, dt.time(hour, minute))

    def stand(self, hour: int, minute: int = 0) -> None:
        """It is that time of the day, for every process; or later, when a continued run had come further."""
        if self.is_simulated and (clock.today() != self.date or clock.now() < self.at(hour, minute)):
            clock.freeze(self.at(hour, minute))

    def stand_at(self, instant: dt.datetime) -> None:
        """It is that instant; never goes back behind what it was."""
        if self.is_simulated and instant > clock.now():
            clock.freeze(instant)

    def advance(self, seconds: int) -> None:
        if self.is_simulated:
            clock.freeze(clock.now() + dt.timedelta(seconds=seconds))

    def let_go(self) -> None:
        """Back to real time."""
        if self.is_simulated:
            clock.release()
