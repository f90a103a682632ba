"""The outside parties on one page: who answers, who is left alone until when; closing a breaker with a reason."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from luckygas.core import breakers
from luckygas.core.actor import Actor
from luckygas.core.breaker_signs import OPERATE, VIEW
from luckygas.core.errors import Refused

MOST_REASON = 200


def page(request: HttpRequest) -> HttpResponse:
    """Every party's state; a POST resets ``party`` because of ``reason``."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    may_reset = request.user.has_perm(OPERATE)
    if request.method == "POST":
        if not may_reset:
            raise PermissionDenied
        _reset(request)
        return HttpResponseRedirect(reverse("breakers"))
    states = breakers.states()
    context = admin.site.each_context(request) | {
        "title": _("Outside parties"),
        "states": states,
        "left_alone": sum(1 for state in states if state.state != "closed"),
        "per_process": any(not state.shared for state in states),
        "may_reset": may_reset,
    }
    return TemplateResponse(request, "core/breakers.html", context)


def _reset(request: HttpRequest) -> None:
    reason = request.POST.get("reason", "")[:MOST_REASON]
    try:
        state = breakers.reset(request.POST.get("party", ""), actor=Actor.of(request.user), reason=reason)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return
    if state.shared:
        messages.success(request, _("%(party)s is called again.") % {"party": state.label})
    else:
        messages.warning(
            request,
            _("Redis is away: only this web process calls %(party)s again.") % {"party": state.label},
        )
