"""Twilio's message API as data: a request's form, and what an answer means. Pure.

Source: Twilio's REST API 2010-04-01 (Messages) and its error dictionary. Twilio knows no idempotency key, so a request
that was sent and not answered is ``Unclear``: the message may exist.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal

#: Nothing is wrong with the account: this number, or this text, cannot be served.
OF_THE_MESSAGE = frozenset(
    {21211, 21265, 21401, 21602, 21604, 21605, 21610, 21612, 21614, 21617, 21619, 21635, 21656}
)
#: Nothing is wrong with the message: sign-in, sender, money, or how we are set up.
OF_THE_PROVIDER = frozenset(
    {20003, 20005, 20404, 21212, 21408, 21603, 21606, 21608, 21609, 21611, 30001, 30002}
)
UNSUBSCRIBED = 21610
_NUMBER = re.compile(r"\+?[0-9]{8,}")

#: How far along a state is. A later report moves a message only to a higher rank.
RANK: Mapping[str, int] = {
    "accepted": 1, "scheduled": 1, "queued": 1, "sending": 2, "sent": 3,
    "delivered": 4, "undelivered": 4, "failed": 4, "canceled": 4, "read": 5,
}  # fmt: skip
ARRIVED = frozenset({"delivered", "read"})
LOST = frozenset({"undelivered", "failed", "canceled"})


@dataclass(frozen=True)
class Taken:
    """A message that exists there: its sid, its state, the code of what went wrong (empty: nothing)."""

    sid: str
    status: str
    error: str
    to: str
    body: str
    created: dt.datetime | None


@dataclass(frozen=True)
class Refusal:
    """No message was made. ``whose``: the message's fault, the provider's (or ours with it), or come again later."""

    whose: Literal["message", "provider", "later"]
    code: int
    words: str


@dataclass(frozen=True)
class Unclear:
    """Nobody can say whether a message was made."""

    words: str


@dataclass(frozen=True)
class Page:
    """Some of the list, newest first; ``more`` is the path of the rest."""

    messages: tuple[Taken, ...]
    more: str


def form(*, to: str, sender: str, body: str, callback: str) -> dict[str, str]:
    """The fields of a new message. A sender that begins with ``MG`` is a messaging service."""
    fields = {"To": to, "Body": body}
    fields["MessagingServiceSid" if sender.startswith("MG") else "From"] = sender
    if callback:
        fields["StatusCallback"] = callback
    return fields


def created(status: int, text: str) -> Taken | Refusal | Unclear:
    """What the answer to a new message means."""
    data = _object(text)
    if 200 <= status < 300:
        taken = _taken(data)
        return taken if taken is not None else Unclear(f"HTTP {status} without a message: {_masked(text)}")
    if status >= 500:
        return Unclear(f"HTTP {status} {_words(data, text)}")
    return _refusal(status, data, text)


def shown(status: int, text: str) -> Taken | Refusal | Unclear:
    """What the answer about one message means; a message that is not there is the provider's refusal 20404."""
    return created(status, text)


def listed(status: int, text: str) -> Page | Refusal | Unclear:
    """What the answer to a list means."""
    data = _object(text)
    if not 200 <= status < 300:
        return (
            Unclear(f"HTTP {status} {_words(data, text)}") if status >= 500 else _refusal(status, data, text)
        )
    rows = data.get("messages") if data is not None else None
    found = [_taken(row) for row in rows] if isinstance(rows, list) else [None]
    if data is None or None in found:
        return Unclear(f"HTTP {status} without a list: {_masked(text)}")
    return Page(tuple(one for one in found if one is not None), str(data.get("next_page_uri") or ""))


def _refusal(status: int, data: dict[str, Any] | None, text: str) -> Refusal:
    code = data.get("code") if data is not None else None
    number = code if isinstance(code, int) else 0
    words = _words(data, text)
    if status in (408, 429):
        return Refusal("later", number, words)
    # Without a code it is no word of Twilio's: a proxy answered in its place, or the address is a wrong one.
    if status in (401, 403, 404) or number in OF_THE_PROVIDER or not number:
        return Refusal("provider", number, words or f"HTTP {status}")
    # A code we do not know is shown to a person rather than tried for ever.
    return Refusal("message", number, words)


def _taken(data: Any) -> Taken | None:
    if not isinstance(data, dict):
        return None
    sid, status = data.get("sid"), data.get("status")
    if not isinstance(sid, str) or not sid or not isinstance(status, str):
        return None
    error = data.get("error_code")
    return Taken(
        sid=sid,
        status=status,
        error=str(error) if error is not None else "",
        to=str(data.get("to") or ""),
        body=str(data.get("body") or ""),
        created=_instant(data.get("date_created")),
    )


def _instant(text: Any) -> dt.datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None


def _object(text: str) -> dict[str, Any] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _words(data: dict[str, Any] | None, text: str) -> str:
    """What the provider says, for a trace that keeps no whole number."""
    said = text
    if data is not None:
        said = " ".join(str(data[name]) for name in ("code", "message") if data.get(name) is not None)
    return _masked(said)


def _masked(said: str) -> str:
    """The beginning, long numbers as their last four digits."""
    return _NUMBER.sub(lambda match: f"•••{match[0][-4:]}", said[:2000])[:300]
