"""The driver's pages on his phone: today's route, a stop, and his posts.

Every form carries a UUID. A browser gets a page after each post (post, redirect, get); a program that asks
for JSON gets `{"outcome", "message"}` with 200 (done), 202 (kept for review), 403 (another's route), 409
(the UUID was used for something else) or 422 (what was entered cannot be, with the field).
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dispatch.models import Driver, Route, RouteStop
from dispatch.models.fleet import DriverStatus
from dispatch.models.plan import PlanStatus, StopStatus
from dispatch.queries import driving
from dispatch.services import posts, routes, stops
from dispatch.views.driver_forms import Entered
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import FailureReason

View = Callable[..., HttpResponse]
STATUS_OF = {"not_yours": 403, "uuid_used": 409}


def for_driver(view: View) -> View:
    """Only for a signed-in driver who has not left the company; the view gets him as `driver`."""

    @never_cache
    @login_required
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        here = Driver.objects.exclude(status=DriverStatus.LEFT)
        driver = here.filter(user__username=request.user.get_username()).first()
        if driver is None or not request.user.has_perm("dispatch.drive"):
            raise PermissionDenied(_("These pages are for drivers."))
        return view(request, *args, driver=driver, **kwargs)

    return guarded


@require_safe
@for_driver
def today(request: HttpRequest, *, driver: Driver) -> HttpResponse:
    """The route he is on, or the next one; a word when there is none."""
    found = list(driving.routes_of(driver, clock.today()))
    current = next((route for route in found if route.status != "completed"), found[-1] if found else None)
    if current is None:
        return render(request, "dispatch/driver_empty.html", {"driver": driver, "now": clock.now()})
    return _route_page(request, current, found)


@require_safe
@for_driver
def route(request: HttpRequest, route_id: int, *, driver: Driver) -> HttpResponse:
    """One of his routes."""
    row = _published(_own_route(route_id, driver))
    return _route_page(request, row, list(driving.routes_of(driver, row.plan.date)))


@require_POST
@for_driver
def mileage(request: HttpRequest, route_id: int, *, driver: Driver) -> HttpResponse:
    """The odometer at the start (he leaves) or at the end."""
    row = _published(_own_route(route_id, driver))
    home = reverse("driver:route", args=[row.pk])

    def post(entered: Entered) -> posts.Answer:
        return routes.mileage(
            row,
            post_uuid=entered.uuid(),
            start_km=entered.whole("start_km"),
            end_km=entered.whole("end_km"),
            at=entered.moment(),
            actor=_actor(driver),
        )

    def again(refusal: Refused) -> HttpResponse:
        messages.error(request, str(refusal))
        return _route_page(request, row, list(driving.routes_of(driver, row.plan.date)), status=422)

    return _posted(request, post, home, again)


@require_safe
@for_driver
def stop(request: HttpRequest, stop_id: int, *, driver: Driver) -> HttpResponse:
    """A stop fills the screen."""
    row = _own_stop(stop_id, driver)
    _published(row.route)
    return _stop_page(request, row)


@require_POST
@for_driver
def arrive(request: HttpRequest, stop_id: int, *, driver: Driver) -> HttpResponse:
    """He stands at the door."""
    row = _own_stop(stop_id, driver)

    def post(entered: Entered) -> posts.Answer:
        return stops.arrive(row, post_uuid=entered.uuid(), at=entered.moment(), actor=_actor(driver))

    home = reverse("driver:stop", args=[row.pk]) if _is_published(row.route) else reverse("driver:today")
    return _posted(request, post, home, functools.partial(_refused, request, row))


@require_POST
@for_driver
def deliver(request: HttpRequest, stop_id: int, *, driver: Driver) -> HttpResponse:
    """Real quantities, empties, meter, cash, signature."""
    row = _own_stop(stop_id, driver)

    def post(entered: Entered) -> posts.Answer:
        return stops.deliver(
            row,
            post_uuid=entered.uuid(),
            quantities=entered.counts("q_"),
            empties=entered.counts("e_"),
            full_returned=entered.counts("f_"),
            meter_reading=entered.number("meter_reading"),
            cash=entered.whole("cash") or 0,
            signature=entered.text("signature"),
            note=entered.text("note"),
            at=entered.moment(),
            actor=_actor(driver),
        )

    home = _route_or_today(row)
    return _posted(request, post, home, functools.partial(_refused, request, row))


@require_POST
@for_driver
def fail(request: HttpRequest, stop_id: int, *, driver: Driver) -> HttpResponse:
    """Nothing could be delivered."""
    row = _own_stop(stop_id, driver)

    def post(entered: Entered) -> posts.Answer:
        return stops.fail(
            row,
            post_uuid=entered.uuid(),
            reason=entered.text("reason"),
            note=entered.text("note"),
            at=entered.moment(),
            actor=_actor(driver),
        )

    home = _route_or_today(row)
    return _posted(request, post, home, functools.partial(_refused, request, row, is_failing=True))


def _posted(
    request: HttpRequest,
    post: Callable[[Entered], posts.Answer],
    home: str,
    again: Callable[[Refused], HttpResponse],
) -> HttpResponse:
    """Do the post and answer it in the form the sender asked for."""
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    try:
        answer = post(Entered(request.POST))
    except Refused as refusal:
        status = STATUS_OF.get(refusal.code, 422)
        if wants_json:
            body = {
                "outcome": "refused",
                "code": refusal.code,
                "field": refusal.field,
                "message": str(refusal),
            }
            return JsonResponse(body, status=status)
        if status == 403:
            raise PermissionDenied(str(refusal)) from refusal
        return again(refusal)
    if wants_json:
        body = {"outcome": answer.outcome, "message": answer.message}
        return JsonResponse(body, status=202 if answer.outcome == posts.REVIEW else 200)
    tell = messages.warning if answer.outcome == posts.REVIEW else messages.success
    tell(request, answer.message)
    return HttpResponseRedirect(home)


def _refused(
    request: HttpRequest, row: RouteStop, refusal: Refused, *, is_failing: bool = False
) -> HttpResponse:
    return _stop_page(request, row, refusal=refusal, is_failing=is_failing)


def _route_page(
    request: HttpRequest, row: Route, siblings: list[Route], *, status: int = 200
) -> HttpResponse:
    found = driving.stops_of(row)
    ahead = driving.next_stop(found)
    own = [one for one in found if not one.order.is_foreign]
    done = sum(one.status in (StopStatus.DELIVERED, StopStatus.FAILED) for one in own)
    context = {
        "route": row,
        "siblings": siblings,
        "doors": [driving.door(one) for one in found],
        "next": driving.door(ahead) if ahead else None,
        "done": done,
        "total": len(own),
        "percent": round(100 * done / len(own)) if own else 100,
        "uuid": uuid.uuid4(),
        "now": clock.now(),
        "entered": request.POST,
    }
    return render(request, "dispatch/driver_route.html", context, status=status)


def _stop_page(
    request: HttpRequest, row: RouteStop, *, refusal: Refused | None = None, is_failing: bool = False
) -> HttpResponse:
    found = driving.stops_of(row.route)
    door = driving.door(row)
    entered = request.POST
    spent = refusal is None or refusal.code in ("uuid", "uuid_used")
    number = uuid.uuid4() if spent else entered.get("uuid")
    lines = [
        {
            "line": line,
            "left": entered.get(f"q_{line.product_id}", line.quantity),
            "back": entered.get(f"e_{line.product_id}", line.quantity),
        }
        for line in door.lines
    ]
    context = {
        "door": door,
        "stop": row,
        "route": row.route,
        "lines": lines,
        "place": next((i for i, one in enumerate(found, start=1) if one.pk == row.pk), 0),
        "total": len(found),
        "cash": entered.get("cash", door.due),
        "entered": entered,
        "reasons": FailureReason.choices,
        "refusal": refusal,
        "is_failing": is_failing,
        "uuid": number,
        "second_uuid": number if is_failing else uuid.uuid4(),
        "now": clock.now(),
    }
    return render(request, "dispatch/driver_stop.html", context, status=422 if refusal else 200)


def _is_published(route: Route) -> bool:
    return route.plan.status == PlanStatus.PUBLISHED


def _published(route: Route) -> Route:
    """The route; a 404 while its plan is being made, or when it was withdrawn."""
    if not _is_published(route):
        raise Http404
    return route


def _route_or_today(stop: RouteStop) -> str:
    if _is_published(stop.route):
        return reverse("driver:route", args=[stop.route_id])
    return reverse("driver:today")


def _own_route(route_id: int, driver: Driver) -> Route:
    row = Route.objects.select_related("plan", "shift__driver", "shift__vehicle").filter(pk=route_id).first()
    if row is None:
        raise Http404
    if row.shift.driver_id != driver.pk:
        raise PermissionDenied(_("This is another driver's route."))
    return row


def _own_stop(stop_id: int, driver: Driver) -> RouteStop:
    """A stop of his that was given to him: what he posts for a withdrawn one is still heard."""
    row = driving.find_stop(stop_id)
    if row is None:
        raise Http404
    if row.route.shift.driver_id != driver.pk:
        raise PermissionDenied(_("This is another driver's route."))
    if row.route.plan.status not in (PlanStatus.PUBLISHED, PlanStatus.WITHDRAWN):
        raise Http404
    return row


def _actor(driver: Driver) -> Actor:
    return Actor.driver(driver.pk, driver.name)
