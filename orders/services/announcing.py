"""What customers are told about their orders. What the old system serves, the old system announces."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import override, pgettext_lazy

from customers.messaging.announcing import Announced, announce
from customers.models import Occasion
from customers.models.site import SlotPreference
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.notify import sms
from orders.models import Order, OrderSource, ServedBy
from orders.templatetags.shown import day

#: The confirmation is of use until the crews come home, the word that it was delivered for some hours.
CREWS_HOME = dt.time(20)
DELIVERED_IS_NEWS = dt.timedelta(hours=3)
_PART_OF_DAY = {
    SlotPreference.MORNING: pgettext_lazy("to a customer", "in the morning"),
    SlotPreference.AFTERNOON: pgettext_lazy("to a customer", "in the afternoon"),
    SlotPreference.EVENING: pgettext_lazy("to a customer", "in the evening"),
}
_OTHER_SYSTEM = Announced(None, "other_system", "")


def subject(order: Order) -> str:
    """How the message rows name an order."""
    return f"order:{order.pk}"


def confirmed(order: Order, *, actor: Actor) -> Announced:
    """Tell who ordered that it is taken. Planned visits are nobody's order and are announced when they set out."""
    if order.served_by != ServedBy.OURS:
        return _OTHER_SYSTEM
    if order.source != OrderSource.PHONED:
        return Announced(None, "not_ordered", "")
    return announce(
        order.customer,
        Occasion.ORDER_CONFIRMATION,
        once_key=f"{Occasion.ORDER_CONFIRMATION}:{subject(order)}",
        context={"order_id": order.number, "delivery_time": delivery_time(order)},
        not_after=clock.at(order.scheduled_date, CREWS_HOME),
        subject=subject(order),
        subject_label=order.number,
        actor=actor,
    )


def delivered(order: Order, *, at: dt.datetime, actor: Actor) -> Announced:
    """Tell the customer that it stands at his door."""
    if order.served_by != ServedBy.OURS:
        return _OTHER_SYSTEM
    return announce(
        order.customer,
        Occasion.DELIVERY_COMPLETED,
        once_key=f"{Occasion.DELIVERY_COMPLETED}:{subject(order)}",
        context={"order_id": order.number},
        not_after=at + DELIVERED_IS_NEWS,
        subject=subject(order),
        subject_label=order.number,
        actor=actor,
    )


def silence(order: Order, because: str) -> None:
    """What waits to be said about the order (held over night, say) is not true any more, or not ours to say."""
    sms.withdraw_about(subject(order), because=because)


def delivery_time(order: Order) -> str:
    """Day and time as a message says it: ``11/24 (二) 上午``, ``11/24 (二) 14:00–16:00``."""
    words = [day(order.scheduled_date)]
    if order.window_start or order.window_end:
        words.append(
            "–".join(f"{time:%H:%M}" if time else "" for time in (order.window_start, order.window_end))
        )
    elif order.slot != SlotPreference.ALL_DAY:
        with override("zh-hant"):
            words.append(str(_PART_OF_DAY[SlotPreference(order.slot)]))
    return " ".join(words)
