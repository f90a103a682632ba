"""Talking to Twilio, through its own package, at the address of the settings and behind the breaker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlencode

import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from luckygas.core import breakers, secrets
from luckygas.core.notify import wire
from luckygas.core.secret_manager import Unreachable

PARTY = "twilio"
SECRET = "TWILIO_AUTH_TOKEN"  # noqa: S105  (its name)
SECONDS = 10.0
MOST_PAGES = 10
PAGE_SIZE = 100

# The package writes each request's address into the log, and the number stands in it.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
Answer = TypeVar("Answer")


class NotSent(Exception):
    """Nobody heard the request: no message was made."""


class Silent(Exception):
    """The request went out and no answer that can be read came back."""


class Refused(Exception):
    """The provider will not serve us now; ``refusal`` says why."""

    def __init__(self, refusal: wire.Refusal) -> None:
        super().__init__(refusal.words)
        self.refusal = refusal


class _RefusedMessage(Exception):
    """The provider is well and refuses this one message."""

    def __init__(self, refusal: wire.Refusal) -> None:
        super().__init__(refusal.words)
        self.refusal = refusal


def is_configured() -> bool:
    """Whether this installation has a provider at all."""
    return bool(settings.TWILIO_ACCOUNT and settings.TWILIO_FROM)


def create(fields: dict[str, str]) -> wire.Taken | wire.Refusal:
    """Make a message: it was taken, or refused for what it is.

    Raises NotSent, Silent, Refused (of us, not of the message), breakers.Open.
    """
    path = f"{_home()}.json"
    try:
        return _guarded(lambda our: _judged(wire.created(*_call(our, "POST", path, fields))))
    except _RefusedMessage as error:
        return error.refusal


def show(sid: str) -> wire.Taken | None:
    """One message as it is there; None when there is none. Raises as ``create``."""

    def ask(our: Client) -> wire.Taken | None:
        answer = wire.shown(*_call(our, "GET", f"{_home()}/{sid}.json"))
        return None if isinstance(answer, wire.Refusal) and answer.code == 20404 else _judged(answer)

    return _guarded(ask)


def sent_to(number: str) -> list[wire.Taken]:
    """What was made for a number, newest first, at most ``MOST_PAGES`` pages. Raises as ``create``."""
    found: list[wire.Taken] = []
    path = f"{_home()}.json?{urlencode({'To': number, 'PageSize': PAGE_SIZE})}"
    for _page in range(MOST_PAGES):
        where = path
        page = _guarded(lambda our: _judged(wire.listed(*_call(our, "GET", where))))  # noqa: B023
        found += page.messages
        if not page.more:
            break
        path = page.more
    return found


def _judged(answer: Any) -> Any:
    match answer:
        case wire.Unclear(words):
            raise Silent(words)
        case wire.Refusal(whose="message"):
            raise _RefusedMessage(answer)
        case wire.Refusal(code=code):
            if code == 20003:
                secrets.forget(SECRET)
            raise Refused(answer)
    return answer


def _guarded(function: Callable[[Client], Answer]) -> Answer:
    """Behind the breaker; a token that we cannot read ourselves is not the provider's failure."""
    try:
        our = _client(settings.TWILIO_ACCOUNT, secrets.secret(SECRET))
    except (ImproperlyConfigured, Unreachable) as error:
        raise NotSent(str(error)) from error
    return breakers.call(PARTY, lambda: function(our), healthy=(_RefusedMessage,))


def _home() -> str:
    return f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT}/Messages"


def _call(our: Client, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
    """HTTP status and text. Raises NotSent when no connection came about, Silent when no answer did."""
    try:
        answer: Response = our.request(method, settings.TWILIO_URL + path, data=fields or {})
    except requests.ConnectTimeout as error:
        raise NotSent(_("no connection in time")) from error
    except requests.ConnectionError as error:
        cause = error.args[0] if error.args else None
        if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
            raise NotSent(_("no connection")) from error
        raise Silent(_("the connection broke off")) from error
    except requests.Timeout as error:
        raise Silent(_("no answer in time")) from error
    except requests.RequestException as error:
        raise Silent(type(error).__name__) from error
    return int(answer.status_code), str(answer.text)


@lru_cache(maxsize=2)
def _client(account: str, token: str) -> Client:
    """Twilio's client keeps its connections; a changed token makes a new one."""
    return Client(account, token, http_client=TwilioHttpClient(timeout=SECONDS))
