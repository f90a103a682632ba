"""The order desk: a caller found, his card, an order taken, changed or cancelled, by keyboard.

The pages work with plain forms; the script in static/orders/desk.js fetches the same fragments. A request of
the script carries ``X-Desk: 1`` and is answered with a fragment, any other with a page or a redirect.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from customers.models import Customer
from customers.queries import lookup
from luckygas.core import calendar, clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Busy, Refused
from luckygas.core.numbers import whole
from orders.models import Order, Product
from orders.queries import desk as query
from orders.services import orders as service
from orders.views.desk_form import Entry, day_of, read_entry, text_of

SHOWN = 12
NEAR_DAYS = 366
NAME = "orders_order_desk"


def urls() -> list[URLPattern]:
    """For the ModelAdmin of orders: the desk lives under /admin/, whose content policy the theme needs."""
    return [
        path("desk/", _staff(page), name=NAME),
        path("desk/find/", _staff(find), name=f"{NAME}_find"),
        path("desk/card/", _staff(card), name=f"{NAME}_card"),
        path("desk/prices/", _staff(prices), name=f"{NAME}_prices"),
        path("desk/save/", _staff(save), name=f"{NAME}_save"),
        path("desk/cancel/", _staff(cancel), name=f"{NAME}_cancel"),
    ]


def entrance(request: HttpRequest) -> HttpResponse:
    """/orders/desk/, the address people remember."""
    query_string = request.META.get("QUERY_STRING", "")
    target = reverse(f"admin:{NAME}")
    return HttpResponseRedirect(f"{target}?{query_string}" if query_string else target)


def _staff(view: Any) -> Any:
    def guarded(request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("orders.add_order"):
            raise PermissionDenied
        answer: HttpResponse = view(request)
        return answer

    return admin.site.admin_view(guarded)


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The whole desk: ``q`` searched, ``customer`` (code) or ``order`` (id) opened, ``saved`` (id) told."""
    context: dict[str, Any] = {"q": text_of(request.GET, "q")}
    if context["q"]:
        context |= {"found": lookup(context["q"], SHOWN), "searched": True}
    if number := request.GET.get("saved", ""):
        context["saved"] = _past(_order(number))
    context |= _work(request)
    return _page(request, context)


@require_GET
def find(request: HttpRequest) -> HttpResponse:
    text = text_of(request.GET, "q")
    context = {"q": text, "found": lookup(text, SHOWN) if text else [], "searched": bool(text)}
    return TemplateResponse(request, "orders/desk_found.html", context)


@require_GET
def card(request: HttpRequest) -> HttpResponse:
    context = _work(request)
    if "card" not in context:
        raise Http404
    return TemplateResponse(request, "orders/desk_work.html", context)


@require_GET
def prices(request: HttpRequest) -> HttpResponse:
    """What the form shows for another day: prices, whether the customer is closed, how full the slots are."""
    customer = get_object_or_404(
        Customer.objects.select_related("availability"), code=text_of(request.GET, "customer")
    )
    date = day_of(text_of(request.GET, "date"))
    if date is None or not _near(date):
        raise Http404
    rows = query.rows_for(customer.pk, date)
    return JsonResponse(
        {
            "prices": {str(pk): f"{row.unit_price:f}" for pk, row in rows.items()},
            "closed": _closed(customer, date),
            "slots": {slot: count for slot, _label, count in query.slots_on(date)},
        }
    )


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Take a new order, or change the one named by ``order``; a refusal shows the form as it was filled in."""
    customer = query.find(text_of(request.POST, "customer"))
    if customer is None:
        raise Http404
    entry = read_entry(request.POST)
    try:
        entry.check()
        order = _write(request, customer, entry)
    except Refused as refusal:
        return _refused(request, customer, entry, refusal)
    if request.headers.get("X-Desk"):
        return TemplateResponse(request, "orders/desk_saved.html", {"saved": _past(order)})
    return HttpResponseRedirect(f"{reverse(f'admin:{NAME}')}?{urlencode({'saved': order.pk})}")


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """Cancel an order that was just taken, or one that is open, with a reason."""
    order = _order(request.POST.get("order", ""))
    try:
        service.cancel_order(
            order,
            reason=text_of(request.POST, "reason"),
            expected_version=whole(request.POST.get("version", "")),
            actor=Actor.of(request.user),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Order %(number)s is cancelled.") % {"number": order.number})
    return HttpResponseRedirect(reverse(f"admin:{NAME}"))


def _write(request: HttpRequest, customer: Customer, entry: Entry) -> Order:
    products = Product.objects.in_bulk(list(entry.quantities))
    lines = [(products[pk], number) for pk, number in entry.quantities.items() if pk in products]
    actor = Actor.of(request.user)
    if entry.order:
        order = _order(entry.order)
        if order.customer_id != customer.pk:
            raise Http404
        return service.change_order(
            order,
            lines=lines,
            scheduled_date=entry.date,
            slot=entry.slot,
            is_urgent=entry.is_urgent,
            note=entry.note,
            expected_version=entry.version,
            actor=actor,
        )
    return service.create_order(
        customer,
        lines,
        scheduled_date=entry.date,
        slot=entry.slot,
        is_urgent=entry.is_urgent,
        note=entry.note,
        client_key=entry.client_key,
        actor=actor,
    )


def _refused(request: HttpRequest, customer: Customer, entry: Entry, refusal: Refused) -> HttpResponse:
    context = {
        "card": query.card(customer, _near(entry.date) or service.default_date(), entry.quantities),
        "entry": entry,
        "refusal": str(refusal),
        **_days(entry.date),
    }
    status = 409 if isinstance(refusal, Busy) else 422
    if request.headers.get("X-Desk"):
        return TemplateResponse(request, "orders/desk_work.html", context, status=status)
    answer = _page(request, context)
    answer.status_code = status
    return answer


def _work(request: HttpRequest) -> dict[str, Any]:
    """The caller's card and the form: empty, as the last order (``repeat``), or as an order to change."""
    if number := request.GET.get("order", ""):
        order = _order(number)
        customer = query.find(order.customer.code)
        entry = Entry.of_order(order)
    else:
        customer = query.find(text_of(request.GET, "customer"))
        if customer is None:
            return {}
        entry = Entry(date=service.default_date(), slot=query.usual_slot(customer), client_key=uuid.uuid4())
    assert customer is not None
    assert entry.date is not None
    shown = query.card(customer, entry.date, entry.quantities)
    if request.GET.get("repeat"):
        entry.quantities = {offer.product.pk: offer.last for offer in shown.offers if offer.last}
        shown = query.card(customer, entry.date, entry.quantities)
    return {
        "card": shown,
        "entry": entry,
        "warning": _closed(customer, entry.date) if _near(entry.date) else "",
        **_days(entry.date),
    }


def _days(chosen: dt.date | None) -> dict[str, Any]:
    """The two days offered as chips, and the bounds of the calendar."""
    today = clock.today()
    offered = [today, calendar.next_working_day(today)]
    return {
        "chips": offered,
        "other_day": chosen if chosen is not None and chosen not in offered else None,
        "first_day": today,
        "tomorrow": today + dt.timedelta(days=1),
        "last_day": today + dt.timedelta(days=30),
    }


def _near(date: dt.date | None) -> dt.date | None:
    """The day, unless it is so far away that no calendar needs to be asked about it."""
    return date if date is not None and abs((date - clock.today()).days) <= NEAR_DAYS else None


def _closed(customer: Customer, date: dt.date) -> str:
    reason = customer.closed_on(date)
    if reason:
        return _("Closed on that day: %(reason)s.") % {"reason": reason}
    if not calendar.is_working_day(date):
        return _("We do not deliver on that day.")
    return ""


def _order(number: str) -> Order:
    return get_object_or_404(Order.objects.select_related("customer"), pk=whole(number))


def _past(order: Order) -> query.Past:
    lines = order.lines.select_related("product").order_by("product__position")
    return query.Past(order, query.described(lines), order.total_amount)


def _page(request: HttpRequest, context: dict[str, Any]) -> TemplateResponse:
    everything = admin.site.each_context(request) | {"title": _("Order desk")} | context
    return TemplateResponse(request, "orders/desk.html", everything)
