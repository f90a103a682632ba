"""Twilio's stand-in for the tests of this folder: one process, a clean slate for each test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from luckygas.core import breakers, clock, outbound
from luckygas.core.actor import Actor
from luckygas.core.models import EventDelivery, SmsMessage, SmsReceipt
from luckygas.core.notify import sms
from sandbox.testing_twilio import TwilioAccount, account

NUMBER = "+886912345678"
PUBLIC = "https://gas.example.tw"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwilioAccount]:
    with account(tmp_path_factory.mktemp("twilio") / "world") as one:
        yield one


@pytest.fixture
def twilio(world: TwilioAccount, settings: Any, monkeypatch: Any, stand_at: Any) -> Iterator[TwilioAccount]:
    """The account on the house's frozen noon, no fault, nobody unsubscribed, receipts to nowhere."""
    noon = stand_at("2026-11-23 12:00")
    world.sandbox.clear()
    real = dt.datetime.now(dt.UTC)  # noqa: TID251 (the stand-in runs on real time)
    world.fault("clock_off", seconds=round((noon - real).total_seconds()))
    world.act("pace", seconds=0)
    settings.TWILIO_URL, settings.TWILIO_ACCOUNT, settings.TWILIO_FROM = world.url, world.sid, "+15005550006"
    settings.PUBLIC_URL = PUBLIC
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", world.token)
    breakers.reset("twilio", actor=Actor.system("test"), reason="a clean slate")
    yield world
    world.sandbox.clear()
    breakers.reset("twilio", actor=Actor.system("test"), reason="a clean slate")


@pytest.fixture
def message(twilio: TwilioAccount) -> Callable[..., SmsMessage]:
    """``message("text")`` waits to be sent to ``NUMBER`` until the evening."""

    def make(body: str = "【幸福氣】您的訂單已確認", **more: Any) -> SmsMessage:
        fields: dict[str, Any] = {
            "occasion": "order_confirmation",
            "once_key": f"test:{SmsMessage.objects.count()}",
            "not_after": clock.now() + dt.timedelta(hours=6),
        } | more
        return sms.make(fields.pop("number", NUMBER), body, **fields)

    return make


def run(*kinds: Any) -> None:
    """One round of the workers."""
    for kind in kinds or (SmsMessage, SmsReceipt, EventDelivery):
        outbound.run_due(kind)


def later(**time: Any) -> None:
    """The house's clock goes on."""
    clock.freeze(clock.now() + dt.timedelta(**time))


def fresh(row: SmsMessage) -> SmsMessage:
    row.refresh_from_db()
    return row
