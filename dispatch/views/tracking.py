"""The page behind the link in the message: nobody signs in, nobody's name or address is on it."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dispatch import tracking
from dispatch.queries.tracking import tracked
from luckygas.core import addresses, clock
from orders.models import Order, OrderStatus

#: Looks a minute from one address: a telephone company puts many phones behind one.
MOST_A_MINUTE = 120


@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """200 with the delivery; 404 for a link nobody gave out or while tracking is off, 410 for one that is over, 429."""
    if _is_too_fast(request):
        return _shown(request, "too_fast", status=429)
    try:
        order_id, ends = tracking.read(token)
    except tracking.NoLink:
        return _shown(request, "unknown", status=404)
    if clock.now() >= ends:
        return _shown(request, "over", status=410)
    rows = Order.objects.select_related("customer__area", "customer__availability")
    order = rows.filter(pk=order_id).first()
    if order is None or order.status == OrderStatus.CANCELLED or order.is_foreign:
        return _shown(request, "over", status=410)
    if not tracking.is_on_for(order.customer):
        return _shown(request, "off", status=404)
    return _shown(request, "", tracked=tracked(order))


def _shown(request: HttpRequest, trouble: str, *, status: int = 200, **context: object) -> HttpResponse:
    context |= {"trouble": trouble, "phone": settings.SELLER_PHONE, "now": clock.now()}
    answer = render(request, "dispatch/track.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _is_too_fast(request: HttpRequest) -> bool:
    key = f"track:{addresses.client(request)}:{clock.now():%H%M}"
    return not cache.add(key, 1, 120) and cache.incr(key) > MOST_A_MINUTE
