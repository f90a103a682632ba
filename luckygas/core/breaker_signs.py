"""Where an open breaker is seen without asking for it: the home page's red list, the health check, Prometheus."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from luckygas.core import breakers, extend

VIEW = "core.view_outboundattempt"
OPERATE = "core.operate_outbound"
"""A breaker stands in front of what goes out: who may send that again may also close the breaker."""


def not_closed() -> list[breakers.State]:
    return [state for state in breakers.states() if state.state != "closed"]


def _attention(user: Any) -> list[extend.Attention]:
    if not user.has_perm(VIEW):
        return []
    return [
        extend.Attention(
            1, _("%(party)s does not answer and is left alone") % {"party": state.label}, reverse("breakers")
        )
        for state in not_closed()
    ]


def _health() -> extend.Health:
    down = [state.party for state in not_closed()]
    return extend.Health("degraded", f"left alone: {', '.join(down)}") if down else extend.Health("ok")


def _gauges() -> dict[str, tuple[str, Any]]:
    states = breakers.states()
    is_open = {(state.party,): float(state.state != "closed") for state in states}
    failures = {(state.party,): float(state.failures) for state in states}
    return {
        "breaker_open": ("1 while an outside party is left alone or on trial", (("party",), is_open)),
        "breaker_failures": ("Failures in a row of an outside party", (("party",), failures)),
    }


def register() -> None:
    extend.attention.register("breakers", _attention, order=20)
    extend.health_checks.register("breakers", _health)
    extend.gauges.register("breakers", _gauges)
    extend.live_kinds.register("breakers", VIEW)
