"""What time it is outside."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")


class Clock:
    """Real time: aware UTC instants. ``source`` says where the time comes from."""

    source = "real"

    def now(self, *, fresh: bool = False) -> datetime:
        """The instant; ``fresh`` wants it as it is now and not as it was a moment ago."""
        return datetime.now(UTC)

    def reading(self) -> tuple[datetime | None, timedelta]:
        """The instant it stands still at, if it does, and how far it is from real time otherwise."""
        return None, timedelta()

    def close(self) -> None:
        """Let go of whatever the time comes from."""
