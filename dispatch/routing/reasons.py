"""Why a stop cannot be served, found before planning, one stop alone in an empty vehicle."""

from __future__ import annotations

from dispatch.routing.legs import Legs, allowed_kg
from dispatch.routing.plan import Unserved
from dispatch.routing.problem import Problem, Stop
from dispatch.routing.timetable import back_at

_RULES = {
    "no_vehicles": "no vehicle is on duty",
    "wrong_kind": "needs a {kinds}, and none is on duty",
    "too_heavy": "{kg} kg is more than the {limit_kg} kg any {kinds} on duty may carry in one trip",
    "outside_shifts": "its window {window} lies outside every shift of a {kinds} that may carry it",
    "out_of_reach": "no {kinds} that may carry it can be there within {window} and back in its shift",
    "no_room": "every {kinds} is full or out of time within {window}",
    "later": "the detour costs more than a visit on a later day",
}


def unserved(stop: Stop, code: str, **facts: int | str) -> Unserved:
    """The stop left out under that rule, with the rule in words."""
    figures: dict[str, int | str] = {
        "kinds": " or ".join(stop.vehicle_kinds),
        "window": ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in stop.windows),
        "kg": stop.kg,
    }
    figures |= facts
    return Unserved(stop.id, _RULES[code].format(**figures), code, figures)


def impossible(problem: Problem, table: Legs) -> dict[int, Unserved]:
    """Places (stop index + 1) no vehicle could serve even with nothing else to do, each with its rule."""
    found = {}
    for place, stop in enumerate(problem.stops, start=1):
        reason = _why(problem, table, place, stop)
        if reason is not None:
            found[place] = reason
    return found


def _why(problem: Problem, table: Legs, place: int, stop: Stop) -> Unserved | None:
    if not problem.vehicles:
        return unserved(stop, "no_vehicles")
    vehicles = [vehicle for vehicle in problem.vehicles if vehicle.kind in stop.vehicle_kinds]
    if not vehicles:
        return unserved(stop, "wrong_kind")
    strong = [vehicle for vehicle in vehicles if stop.kg <= allowed_kg(vehicle)]
    if not strong:
        return unserved(stop, "too_heavy", limit_kg=max(map(allowed_kg, vehicles)))
    if not any(
        start <= vehicle.shift[1] and end >= vehicle.shift[0]
        for vehicle in strong
        for start, end in stop.windows
    ):
        return unserved(stop, "outside_shifts")
    if all(back_at(problem, table, vehicle, [[place]]) is None for vehicle in strong):
        return unserved(stop, "out_of_reach")
    return None


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
