"""What one floor tells another: once each, in the transaction of the change, failing alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction

from luckygas.core import events, outbound
from luckygas.core.models import AuditEvent, Event, EventDelivery
from luckygas.core.testing import as_owner

heard: list[tuple[str, object]] = []
broken: set[str] = set()


@events.event("test.parcel_left", version=1)
@dataclass(frozen=True)
class ParcelLeft:
    parcel_id: int
    on: dt.date
    at: dt.datetime
    weight: Decimal
    note: str | None = None
    sizes: list[int] | None = None

    @property
    def lane(self) -> str:
        return f"parcel:{self.parcel_id}"


@events.subscribe(ParcelLeft, "test.ledger")
def _ledger(payload: ParcelLeft) -> None:
    from luckygas.core.actor import Actor
    from luckygas.core.audit import record

    record("test.ledger", actor=Actor.system("test"), subject=str(payload.parcel_id))
    if "ledger" in broken:
        raise ValueError("the ledger is closed")
    heard.append(("ledger", payload))


@events.subscribe(ParcelLeft, "test.mail")
def _mail(payload: ParcelLeft) -> None:
    heard.append(("mail", payload))


@pytest.fixture(autouse=True)
def _silence():
    heard.clear()
    broken.clear()


def left(number: int = 1) -> ParcelLeft:
    return ParcelLeft(
        number,
        dt.date(2026, 11, 23),
        dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC),
        Decimal("20.500"),
        None,
        [1, 2],
    )


def test_outside_a_transaction_publishing_is_a_defect(transactional_db):
    with pytest.raises(RuntimeError, match="transaction"):
        events.publish(left())
    assert not Event.objects.exists()


def test_every_subscriber_hears_the_same_payload_once(db):
    with transaction.atomic():
        events.publish(left())
    outbound.run_until_quiet(only=[EventDelivery])
    outbound.run_until_quiet(only=[EventDelivery])
    assert heard == [("ledger", left()), ("mail", left())]
    assert set(EventDelivery.objects.values_list("status", flat=True)) == {"done"}


def test_a_rollback_takes_the_event_along(transactional_db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.publish(left())
        raise ZeroDivisionError
    assert not Event.objects.exists()
    assert not EventDelivery.objects.exists()


def test_one_subscriber_fails_alone_leaves_nothing_and_is_tried_again(db, stand_at):
    stand_at("2026-11-23 08:00")
    broken.add("ledger")
    with transaction.atomic():
        events.publish(left())
    outbound.run_until_quiet(only=[EventDelivery])
    assert [who for who, _ in heard] == ["mail"]
    assert not AuditEvent.objects.filter(action="test.ledger").exists()
    row = EventDelivery.objects.get(subscriber="test.ledger")
    assert (row.status, row.attempts, row.last_said) == ("queued", 1, "the ledger is closed")
    broken.clear()
    stand_at("2026-11-23 09:00")
    outbound.run_until_quiet(only=[EventDelivery])
    assert [who for who, _ in heard] == ["mail", "ledger"]
    assert AuditEvent.objects.filter(action="test.ledger").count() == 1


def test_events_of_one_subject_keep_their_order_for_a_subscriber(db, stand_at):
    stand_at("2026-11-23 08:00")
    broken.add("ledger")
    with transaction.atomic():
        events.publish(left(7))
        events.publish(left(7))
        events.publish(left(8))
    outbound.run_until_quiet(only=[EventDelivery])
    waiting = EventDelivery.objects.filter(subscriber="test.ledger").order_by("id")
    assert [row.attempts for row in waiting] == [1, 0, 1]


def test_an_event_is_never_edited_or_deleted(db):
    with transaction.atomic():
        happened = events.publish(left())
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), as_owner():
        Event.objects.filter(pk=happened.pk).update(name="other")
    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        as_owner(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM core_event WHERE id = %s", [happened.pk])
    assert Event.objects.get(pk=happened.pk).name == "test.parcel_left"


def test_replay_backfills_a_subscriber_once(db):
    with transaction.atomic():
        happened = events.publish(left())
    EventDelivery.objects.filter(event=happened, subscriber="test.mail").delete()
    assert events.replay(ParcelLeft, "test.mail") == 1
    assert events.replay(ParcelLeft, "test.mail") == 0
    with pytest.raises(LookupError):
        events.replay(ParcelLeft, "test.nobody")


def test_personal_objects_do_not_belong_into_an_event(db):
    @events.event("test.wrong", version=1)
    @dataclass(frozen=True)
    class Wrong:
        what: object

    with pytest.raises(TypeError, match="does not belong"), transaction.atomic():
        events.publish(Wrong(object()))


def test_names_are_unique():
    with pytest.raises(ValueError, match="exists already"):
        events.event("test.parcel_left", version=2)(ParcelLeft)
    with pytest.raises(ValueError, match="subscribed already"):
        events.subscribe(ParcelLeft, "test.mail")(_mail)
