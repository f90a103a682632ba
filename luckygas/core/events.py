"""What one floor tells another.

    @event("orders.order_delivered", version=1)
    @dataclass(frozen=True)
    class OrderDelivered:
        order_id: int

    publish(OrderDelivered(order.pk))                       # in the transaction of the business change
    subscribe(OrderDelivered, "billing.invoice")(handler)   # in AppConfig.ready of the higher floor

``publish`` writes one Event and one EventDelivery per subscriber in the caller's transaction. Each subscriber
runs once, in its own transaction with its own row, and can fail alone. Payload fields are plain data: int, str,
bool, date, datetime, Decimal, None, or lists of those; ids and what changed, no personal data. A payload may
define ``lane`` (a property): deliveries of one lane and subscriber keep their order.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
import typing
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction

from luckygas.core import outbound
from luckygas.core.models.events import Event, EventDelivery

T = TypeVar("T")
Handler = Callable[[Any], None]

outbound.register(EventDelivery)
_classes: dict[str, type] = {}
_handlers: dict[str, dict[str, Handler]] = {}


def event(name: str, *, version: int) -> Callable[[type[T]], type[T]]:
    """Class decorator for a frozen dataclass that is an event's payload."""

    def decorate(cls: type[T]) -> type[T]:
        if not dataclasses.is_dataclass(cls):
            raise TypeError(f"{cls.__name__} must be a dataclass")
        if name in _classes:
            raise ValueError(f"event {name!r} exists already")
        cls.event_name = name  # type: ignore[attr-defined]
        cls.event_version = version  # type: ignore[attr-defined]
        _classes[name] = cls
        return cls

    return decorate


def subscribe(cls: type[T], name: str) -> Callable[[Callable[[T], None]], Callable[[T], None]]:
    """Decorator: run the function for every event of this class; ``name`` is stable and unique per event."""

    def decorate(handler: Callable[[T], None]) -> Callable[[T], None]:
        handlers = _handlers.setdefault(cls.event_name, {})  # type: ignore[attr-defined]
        if name in handlers:
            raise ValueError(f"{name!r} subscribed already")
        handlers[name] = handler
        return handler

    return decorate


def publish(payload: Any) -> Event:
    """Write the event and its deliveries. Must be called inside the transaction of the change it tells of."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("publish() belongs into the transaction of the change it tells of")
    cls = type(payload)
    happened = Event.objects.create(name=cls.event_name, version=cls.event_version, payload=_to_json(payload))
    lane = getattr(payload, "lane", "")
    deliveries = [
        EventDelivery(event=happened, subscriber=name, lane=f"{name}:{lane}" if lane else "")
        for name in _handlers.get(cls.event_name, {})
    ]
    if deliveries:
        EventDelivery.objects.bulk_create(deliveries)
        outbound.nudge(EventDelivery)
    return happened


def deliver(happened: Event, subscriber: str) -> None:
    """Run one subscriber for one event; the caller holds the transaction."""
    handler = _handlers.get(happened.name, {}).get(subscriber)
    if handler is None:
        raise LookupError(f"nobody is subscribed to {happened.name} as {subscriber}")
    handler(_from_json(_classes[happened.name], happened.payload))


def replay(cls: type, subscriber: str, *, after_id: int = 0, limit: int = 1000) -> int:
    """Make deliveries of past events for a new subscriber, at most ``limit``; return how many were made."""
    if subscriber not in _handlers.get(cls.event_name, {}):  # type: ignore[attr-defined]
        raise LookupError(f"nobody is subscribed as {subscriber}")
    missing = (
        Event.objects.filter(name=cls.event_name, id__gt=after_id)  # type: ignore[attr-defined]
        .exclude(deliveries__subscriber=subscriber)
        .order_by("id")[:limit]
    )
    made = EventDelivery.objects.bulk_create(
        [EventDelivery(event=happened, subscriber=subscriber) for happened in missing], ignore_conflicts=True
    )
    return len(made)


def _to_json(payload: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(payload, field.name)) for field in dataclasses.fields(payload)}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date | Decimal):
        return value.isoformat() if not isinstance(value, Decimal) else str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, int | str | bool):
        return value
    raise TypeError(f"{type(value).__name__} does not belong into an event")


def _from_json(cls: type[T], data: dict[str, Any]) -> T:
    hints = typing.get_type_hints(cls)
    known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    return cls(**{name: _typed(hints[name], value) for name, value in data.items() if name in known})


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    for kind in typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,):
        if kind is dt.datetime:
            return dt.datetime.fromisoformat(value)
        if kind is dt.date:
            return dt.date.fromisoformat(value)
        if kind is Decimal:
            return Decimal(value)
    if typing.get_origin(hint) in (list, tuple):
        inner = typing.get_args(hint)[0]
        return [_typed(inner, item) for item in value]
    return value
