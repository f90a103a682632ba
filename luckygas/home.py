"""The home page of the admin: what needs a person now, the day's numbers, the week."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from luckygas.core import clock, extend

WEEKDAYS = "一二三四五六日"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: add the red list and the cards that the floors registered."""
    today = clock.today()
    attention = [line for _name, ask in extend.attention.items() for line in ask(request.user) if line.count]
    cards = [card for _name, make in extend.home_cards.items() if (card := make(request.user)) is not None]
    context.update(
        {
            "title": _("Home"),
            "attention": sorted(attention, key=lambda line: line.level != "red"),
            "attention_count": sum(line.count for line in attention),
            "cards": cards,
            "today": today,
            "weekday": WEEKDAYS[today.weekday()],
        }
    )
    return context


def environment(request: HttpRequest) -> list[str] | None:
    """The label in the header while time is simulated."""
    if not settings.SIMULATION:
        return None
    return [f"{_('Simulated')} {clock.taipei(clock.now()):%m/%d %H:%M}", "warning"]


@login_required
def landing(request: HttpRequest) -> HttpResponse:
    """After log-in: staff to the admin, a driver to his route."""
    if request.user.is_staff:
        return HttpResponseRedirect(reverse("admin:index"))
    try:
        return HttpResponseRedirect(reverse("driver:today"))
    except NoReverseMatch:
        return HttpResponseRedirect(reverse("login"))
