"""What the cellar tells those above about messages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from luckygas.core.events import event


@event("notify.recipient_unsubscribed", version=1)
@dataclass(frozen=True)
class RecipientUnsubscribed:
    """The provider refused a message because its recipient wants none (Twilio's 21610)."""

    message_id: int
    at: dt.datetime
