"""What is told: once for each kind after commit, nothing after a roll-back, never an error."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from redis import Redis

from luckygas.core import live
from luckygas.core.live import tell

pytestmark = pytest.mark.django_db(transaction=True)
Heard = Callable[[], list[tuple[str, list[Any]]]]


@pytest.fixture
def heard(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """Everything told since it was last asked."""
    monkeypatch.setattr(live, "_link", live._Link())
    with (
        Redis.from_url(settings.REDIS_URL) as client,
        client.pubsub(ignore_subscribe_messages=True) as pubsub,
    ):
        pubsub.subscribe(live.channel())
        pubsub.get_message(timeout=5)

        def ask() -> list[tuple[str, list[Any]]]:
            client.publish(live.channel(), "so far")
            told: list[tuple[str, list[Any]]] = []
            while (message := pubsub.get_message(timeout=10)) and message["data"] != b"so far":
                one = json.loads(message["data"])
                assert set(one) == {"seq", "kind", "ids"}
                told.append((one["kind"], one["ids"]))
            return told

        yield ask


def test_several_calls_of_a_transaction_are_one_message_for_each_kind(heard: Heard) -> None:
    with transaction.atomic():
        tell("notice", [3, 1])
        tell("breakers", ["twilio"])
        tell("notice", [1, 2])
        assert heard() == []
    assert heard() == [("notice", [3, 1, 2]), ("breakers", ["twilio"])]


def test_no_ids_or_too_many_mean_all(heard: Heard) -> None:
    with transaction.atomic():
        tell("notice", [1])
        tell("notice")
        tell("notice", [2])
        tell("breakers", range(live.MOST_IDS + 1))
    assert heard() == [("notice", []), ("breakers", [])]


def test_what_an_inner_block_took_back_is_not_told(heard: Heard) -> None:
    with transaction.atomic():
        tell("notice", [1])
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            tell("notice", [2])
            tell("breakers")
            raise ZeroDivisionError
        with transaction.atomic():
            tell("notice", [3])
    assert heard() == [("notice", [1]), ("notice", [3])]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell("notice")
        raise ZeroDivisionError
    assert heard() == []


def test_outside_a_transaction_it_is_told_at_once(heard: Heard) -> None:
    tell("notice", [1])
    assert heard() == [("notice", [1])]


def test_an_unknown_kind_is_a_defect(heard: Heard) -> None:
    with pytest.raises(LookupError, match="'weather'"):
        tell("weather")
    assert heard() == []


def test_without_redis_nothing_fails_and_nobody_waits_twice(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_link", live._Link())
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    tell("notice")
    began = time.monotonic()
    for _number in range(100):
        tell("notice")
    assert time.monotonic() - began < 0.2
