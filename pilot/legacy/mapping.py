"""What the old system's records are in this house: customers and orders, read as images, written through services.

Only what differs from our image is written, so that what this house knows more exactly stays: an evening where the
old system knows "any time", a fourth telephone number, the minute and second of a delivery.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from billing.models import Invoice
from customers.models import Area, Customer
from customers.models.customer import CustomerKind, CustomerStatus, PaymentMethod
from customers.models.site import SlotPreference
from customers.services import customers
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Order, OrderStatus, Product, ServedBy
from orders.services import foreign
from orders.services import orders as ours
from pilot.legacy.records import DAMAGED, FIELDS, QUANTITIES, UNKNOWN, Image
from pilot.legacy.wire import PHONE_COLUMNS, PHONES_BETWEEN, canonical
from pilot.legacy.words import label

Held = Customer | Order

SLOT_THERE = {SlotPreference.ALL_DAY: "any"}
PAYMENT_HERE = {"cash": PaymentMethod.CASH, "monthly": PaymentMethod.MONTHLY}


def find(entity: str, external_id: str) -> Held | None:
    """Our record of theirs: a customer by code, an order by its number here or there."""
    if entity == "customer":
        return Customer.objects.filter(code=external_id).first()
    return Order.objects.filter(Q(number=external_id) | Q(number_there=external_id)).first()


def image_of(entity: str, held: Held) -> Image:
    """Our record in the words both systems have."""
    found = _of_customer(held) if isinstance(held, Customer) else _of_order(held)
    return {field: found[field] for field in FIELDS[entity]}


def apply(
    entity: str, external_id: str, image: Image | None, *, held: Held | None = None, actor: Actor
) -> Held | None:
    """Make our record read as ``image`` (None: deleted there) and return it; a new one is made.

    In the caller's transaction; ``held`` is the record where it is at hand, locked. Refused, with
    the reason in words, for what our rules do not allow, for a code nobody here knows and for bytes that are no text.
    """
    held = held or find(entity, external_id)
    if image is None:
        return _gone(held, actor=actor)
    known = image_of(entity, held) if held is not None else None
    changed = {field for field in FIELDS[entity] if known is None or image[field] != known[field]}
    for field in sorted(changed):
        _check_readable(field, image[field])
    if entity == "customer":
        assert held is None or isinstance(held, Customer)
        return _write_customer(held, external_id, image, changed, actor=actor)
    assert held is None or isinstance(held, Order)
    return _write_order(held, external_id, image, changed, actor=actor)


def _check_readable(field: str, value: str) -> None:
    if value.startswith(DAMAGED):
        raise Refused(
            _("%(field)s: the old system has bytes that are no text: %(hex)s.")
            % {"field": label(field), "hex": value[len(DAMAGED) :]},
            code="damaged",
            field=field,
        )
    if value.startswith(UNKNOWN) and field not in ("note", "notes", "address", "invoice_title", "short_name"):
        raise Refused(
            _("%(field)s: the old system has “%(code)s”, which nobody here knows.")
            % {"field": label(field), "code": value[len(UNKNOWN) :]},
            code="unknown_code",
            field=field,
        )


# -- customers


def _of_customer(customer: Customer) -> Image:
    availability = getattr(customer, "availability", None)
    slot = availability.slot if availability is not None else SlotPreference.ALL_DAY
    numbers = [phone.number for phone in customer.phones.all()]
    return {
        "invoice_title": canonical(customer.invoice_title),
        "short_name": canonical(customer.short_name),
        "kind": customer.kind,
        "status": customer.status,
        "tax_id": customer.tax_id,
        "phones": PHONES_BETWEEN.join(numbers[: len(PHONE_COLUMNS)]),
        "email": canonical(customer.email),
        "address": canonical(customer.address),
        "area": customer.area.code if customer.area else "",
        "slot": slot if slot in (SlotPreference.MORNING, SlotPreference.AFTERNOON) else "any",
        "payment": "monthly" if customer.payment_method == PaymentMethod.MONTHLY else "cash",
        "notes": canonical(customer.notes),
    }


def _write_customer(
    customer: Customer | None, code: str, image: Image, changed: set[str], *, actor: Actor
) -> Customer:
    data: dict[str, Any] = {field: _customer_value(field, image[field], customer) for field in changed}
    data = {_COLUMN.get(field, field): value for field, value in data.items()}
    if customer is None:
        return customers.create_customer({"code": code, **data}, actor=actor)
    if data:
        customers.change_customer(customer, data, actor=actor)
        customer = Customer.objects.get(pk=customer.pk)
    return customer


_COLUMN = {"payment": "payment_method"}


def _customer_value(field: str, value: str, customer: Customer | None) -> Any:
    if field == "phones":
        numbers = value.split(PHONES_BETWEEN) if value else []
        for number in numbers:
            _check_readable(field, number)
        more = list(customer.phones.all())[len(PHONE_COLUMNS) :] if customer is not None else []
        return list(dict.fromkeys([*numbers, *(phone.number for phone in more)]))
    if field == "area":
        return _area(value)
    if field == "slot":
        return _word(field, value, {"any": "all_day", "morning": "morning", "afternoon": "afternoon"})
    if field == "payment":
        return _word(field, value, PAYMENT_HERE)
    if field == "kind":
        return _word(field, value, {kind: kind for kind in CustomerKind.values})
    if field == "status":
        return _word(field, value, {status: status for status in CustomerStatus.values})
    return value


def _word(field: str, value: str, words: Mapping[str, str]) -> str:
    if value not in words:
        raise Refused(
            _("%(field)s: the old system has “%(code)s”, which nobody here knows.")
            % {"field": label(field), "code": value},
            code="unknown_code",
            field=field,
        )
    return str(words[value])


def _area(code: str) -> Area | None:
    if not code:
        return None
    area = Area.objects.filter(code=code).first()
    if area is None:
        raise Refused(
            _("There is no area “%(code)s” here; add it first.") % {"code": code}, code="area", field="area"
        )
    return area


# -- orders


def _of_order(order: Order) -> Image:
    is_done = order.status == OrderStatus.DELIVERED
    numbers = dict.fromkeys(QUANTITIES, 0)
    is_read = "lines" in getattr(order, "_prefetched_objects_cache", {})
    for line in order.lines.all() if is_read else order.lines.select_related("product"):
        numbers[line.product.kind] += (line.delivered_quantity or 0) if is_done else line.quantity
    return {
        "customer": order.customer.code,
        "served_by": order.served_by,
        "status": order.status if order.status in _ENDS else "open",
        "date": order.scheduled_date.isoformat(),
        "delivered_at": f"{clock.taipei(order.delivered_at):%Y-%m-%d %H:%M}" if order.delivered_at else "",
        "invoice_no": _invoice_no(order),
        **{kind: str(number) if number else "" for kind, number in numbers.items()},
        "slot": SLOT_THERE.get(SlotPreference(order.slot), order.slot),
        "urgent": "Y" if order.is_urgent else "",
        "note": canonical(order.note),
    }


_ENDS = (OrderStatus.DELIVERED, OrderStatus.CANCELLED)


def _invoice_no(order: Order) -> str:
    if order.served_by != ServedBy.OURS or order.status != OrderStatus.DELIVERED:
        return ""
    return Invoice.objects.filter(event__order=order).values_list("number", flat=True).first() or ""


def _write_order(
    order: Order | None, external_id: str, image: Image, changed: set[str], *, actor: Actor
) -> Order:
    if order is None:
        order = _take(external_id, image, actor=actor)
        changed = {field for field in changed if image[field] != image_of("order", order)[field]}
    if not changed:
        return order
    _check_state(order, image, changed)
    if "served_by" in changed and image["served_by"] == ServedBy.LEGACY:
        foreign.hand_over(order, ServedBy.LEGACY, reason=_("The old system took it over."), actor=actor)
    _write_content(order, image, changed, actor=actor)
    if "served_by" in changed and image["served_by"] == ServedBy.OURS:
        foreign.hand_over(order, ServedBy.OURS, reason=_("The old system handed it over."), actor=actor)
    if "status" in changed:
        _end(order, image, actor=actor)
    return order


def _take(external_id: str, image: Image, *, actor: Actor) -> Order:
    customer = Customer.objects.filter(code=image["customer"]).first()
    if customer is None:
        raise Refused(
            _("There is no customer %(code)s here.") % {"code": image["customer"]},
            code="customer",
            field="customer",
        )
    return foreign.take(
        customer,
        _lines(image),
        number_there=external_id,
        scheduled_date=_day(image),
        slot=_slot(image),
        is_urgent=image["urgent"] == "Y",
        note=image["note"],
        actor=actor,
    )


def _check_state(order: Order, image: Image, changed: set[str]) -> None:
    """What one system alone may say, and what cannot be undone."""
    if order.status in _ENDS:
        raise Refused(
            _("Order %(number)s is “%(status)s” here; nothing of it can be changed any more.")
            % {"number": order.number, "status": order.get_status_display()},
            code="ended",
            field="status",
        )
    if "customer" in changed:
        raise Refused(
            _("Order %(number)s belongs to %(ours)s here and to %(theirs)s in the old system.")
            % {"number": order.number, "ours": order.customer.code, "theirs": image["customer"]},
            code="customer",
            field="customer",
        )
    if image["status"] == "delivered" and image["served_by"] == ServedBy.OURS:
        raise Refused(
            _("Order %(number)s is served by this system; the old one cannot have delivered it.")
            % {"number": order.number},
            code="ours",
            field="status",
        )
    if "invoice_no" in changed and image["invoice_no"]:
        raise Refused(
            _("Order %(number)s is invoiced by this system; the old one cannot have given it %(invoice)s.")
            % {"number": order.number, "invoice": image["invoice_no"]},
            code="invoice",
            field="invoice_no",
        )


def _write_content(order: Order, image: Image, changed: set[str], *, actor: Actor) -> None:
    fields: dict[str, Any] = {}
    # What was delivered is said with the delivery; what was ordered stays as it was.
    if changed & set(QUANTITIES) and image["status"] != "delivered":
        lines = _lines(image)
        if lines or image["status"] == "open":
            fields["lines"] = lines
    if "date" in changed:
        fields["scheduled_date"] = _day(image)
    if "slot" in changed:
        fields["slot"] = _slot(image)
    if "urgent" in changed:
        fields["is_urgent"] = image["urgent"] == "Y"
    if "note" in changed:
        fields["note"] = image["note"]
    if not fields:
        return
    if order.is_foreign:
        foreign.change(order, **fields, actor=actor)
    else:
        ours.change_order(order, **fields, reason=_("Changed in the old system."), actor=actor)


def _end(order: Order, image: Image, *, actor: Actor) -> None:
    if image["status"] == "cancelled":
        _cancel(order, _("Cancelled in the old system."), actor=actor)
    elif image["status"] == "delivered":
        numbers = {product.pk: number for product, number in _lines(image)}
        foreign.delivered(order, numbers, at=_moment(image["delivered_at"]), actor=actor)


def _cancel(order: Order, reason: str, *, actor: Actor) -> None:
    if order.is_foreign:
        foreign.cancel(order, reason=reason, actor=actor)
    else:
        ours.cancel_order(order, reason=reason, actor=actor)


def _gone(held: Held | None, *, actor: Actor) -> Held | None:
    """Theirs was deleted: an open order is cancelled; a customer is a person's decision."""
    if isinstance(held, Customer) and held.is_active:
        raise Refused(
            _("The old system deleted customer %(code)s; terminate the contract here if that is right.")
            % {"code": held.code},
            code="deleted",
        )
    if isinstance(held, Order) and held.status not in _ENDS:
        _cancel(held, _("Deleted in the old system."), actor=actor)
    elif isinstance(held, Order) and held.status == OrderStatus.DELIVERED:
        raise Refused(
            _("The old system deleted order %(number)s, which was delivered.") % {"number": held.number},
            code="deleted",
        )
    return held


def _lines(image: Image) -> list[tuple[Product, int]]:
    wanted = {kind: int(image[kind]) for kind in QUANTITIES if image[kind]}
    products = {product.kind: product for product in Product.objects.filter(kind__in=wanted)}
    missing = [kind for kind in wanted if kind not in products]
    if missing:
        raise Refused(
            _("There is no product %(ids)s.") % {"ids": ", ".join(missing)}, code="product", field=missing[0]
        )
    return [(products[kind], number) for kind, number in wanted.items()]


def _slot(image: Image) -> str:
    words = {"any": "all_day"} | {slot: slot for slot in SlotPreference.values if slot != "all_day"}
    return _word("slot", image["slot"], words)


def _day(image: Image) -> dt.date:
    try:
        return dt.date.fromisoformat(image["date"])
    except ValueError:
        raise Refused(_("The old system's order has no day."), code="date", field="date") from None


def _moment(text: str) -> dt.datetime:
    try:
        there = dt.datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - Taipei's, made aware below
    except ValueError:
        raise Refused(
            _("The old system does not say when it delivered."), code="delivered_at", field="delivered_at"
        ) from None
    return clock.at(there.date(), there.time())
