"""The planner's rules in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dispatch.models import UnservedStop
from dispatch.models.fleet import VehicleKind
from dispatch.routing import Violation

UNSERVED = {
    "no_vehicles": gettext_lazy("No crew is on duty on this day."),
    "wrong_kind": gettext_lazy("It needs a %(kinds)s, and none is on duty."),
    "too_heavy": gettext_lazy(
        "%(kg)s kg is more than the %(limit_kg)s kg that any %(kinds)s on duty may carry in one trip."
    ),
    "outside_shifts": gettext_lazy("Its window %(window)s lies outside every shift."),
    "out_of_reach": gettext_lazy("No crew can be there within %(window)s and back before its shift ends."),
    "no_room": gettext_lazy("Every crew that could come is full or out of time within %(window)s."),
    "later": gettext_lazy("The detour is longer than a visit on a later day is worth."),
    "closed": gettext_lazy("The customer is closed on this day."),
    "no_place": gettext_lazy("The customer has neither a point nor an area; enter one of them."),
}
NOTICES = {
    "approximate": gettext_lazy("%(count)s sites have no point of their own and were planned at the centre of their area."),
    "vehicle_out": gettext_lazy("%(plate)s is not in service; its crew was left out."),
    "driver_out": gettext_lazy("%(name)s is not on duty; the shift was left out."),
    "no_permit": gettext_lazy("%(plate)s has no pass: refused for more than 50 kg."),
    "permit_expired": gettext_lazy("The pass of %(plate)s ended on %(date)s: refused for more than 50 kg."),
    "no_certificate": gettext_lazy("%(name)s has no training certificate: refused for more than 50 kg."),
    "certificate_expired": gettext_lazy(
        "The training certificate of %(name)s ended on %(date)s: refused for more than 50 kg."
    ),
    "no_crews": gettext_lazy("No crew is on duty on this day."),
    "orders_gone": gettext_lazy("%(count)s orders changed after planning and left the plan."),
}  # fmt: skip
VIOLATIONS = {
    "wrong_kind": gettext_lazy("the customer wants another kind of vehicle"),
    "over_capacity": gettext_lazy("the vehicle would be overloaded"),
    "over_motorcycle_limit": gettext_lazy("a motorcycle may carry 60 kg at most"),
    "over_limit_without_permit": gettext_lazy(
        "without a valid pass and certificate it may carry 50 kg at most"
    ),
    "too_many_trips": gettext_lazy("it would be one trip too many"),
    "late": gettext_lazy("a customer would be reached after his window"),
    "over_shift": gettext_lazy("the crew would be back after the end of its shift"),
}


MATRICES = {"haversine × area factor": gettext_lazy("straight line × area factor")}


def matrix(source: str) -> str:
    """Where a plan's distances come from."""
    return str(MATRICES.get(source, source))


def unserved(stop: UnservedStop) -> str:
    """Why an order is not in the plan."""
    return _filled(UNSERVED, stop.code, stop.facts, stop.rule)


def notice(entry: Mapping[str, Any]) -> str:
    """What the planner must tell people."""
    return _filled(NOTICES, str(entry["code"]), entry, str(entry["code"]))


def violation(found: Violation) -> str:
    """A rule that a change by hand would break, with the checker's figures."""
    return f"{VIOLATIONS.get(found.kind, found.kind)} ({found.message})"


def _filled(texts: Mapping[str, Any], code: str, facts: Mapping[str, Any], otherwise: str) -> str:
    if code not in texts:
        return otherwise
    values = dict(facts)
    if "kinds" in values:
        words = [str(VehicleKind(word).label) for word in str(values["kinds"]).split(" or ")]
        values["kinds"] = _(" or ").join(words)
    return str(texts[code]) % values
