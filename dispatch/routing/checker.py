"""Judges a plan against its problem. Shares no code with the planners, not even the arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, cos, radians, sin, sqrt

from dispatch.routing.plan import Plan, Route
from dispatch.routing.problem import Problem, Stop, StopId, Vehicle, VehicleId


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule: what kind, whose, and the figures in words."""

    kind: str
    message: str
    vehicle: VehicleId | None = None
    stop: StopId | None = None


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Every rule the plan breaks; an empty list is a plan that can be driven.

    Kinds: unknown_vehicle, vehicle_twice, unknown_stop, stop_twice, stop_missing, no_reason, empty_trip,
    too_many_trips, wrong_kind, over_capacity, over_motorcycle_limit, over_limit_without_permit, late,
    over_shift, wrong_distance.
    """
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    stops = {stop.id: stop for stop in problem.stops}
    found = [*_who_is_where(problem, plan, stops)]
    metres = 0
    seen: set[VehicleId] = set()
    for route in plan.routes:
        vehicle = vehicles.get(route.vehicle)
        if vehicle is None:
            found.append(Violation("unknown_vehicle", f"{route.vehicle!r} is not on duty", route.vehicle))
            continue
        if route.vehicle in seen:
            found.append(Violation("vehicle_twice", f"{route.vehicle!r} has two routes", route.vehicle))
        seen.add(route.vehicle)
        trips = [[stops[stop] for stop in trip if stop in stops] for trip in route.trips]
        found += _loads(problem, route, vehicle, trips)
        driven, late = _drive(problem, vehicle, trips)
        metres += driven
        found += late
    if not any(violation.kind.startswith("unknown") for violation in found) and metres != plan.distance_m:
        found.append(Violation("wrong_distance", f"says {plan.distance_m} m, its legs sum to {metres} m"))
    return found


def _who_is_where(problem: Problem, plan: Plan, stops: dict[StopId, Stop]) -> Iterator[Violation]:
    named = Counter(stop for route in plan.routes for trip in route.trips for stop in trip)
    named.update(left.stop for left in plan.unserved)
    for stop, times in named.items():
        if stop not in stops:
            yield Violation("unknown_stop", f"{stop!r} is not in the problem", stop=stop)
        elif times > 1:
            yield Violation("stop_twice", f"{stop!r} is there {times} times", stop=stop)
    for stop in stops:
        if stop not in named:
            yield Violation("stop_missing", f"{stop!r} is neither served nor unserved", stop=stop)
    for left in plan.unserved:
        if not left.rule.strip():
            yield Violation("no_reason", f"{left.stop!r} is left out without a rule", stop=left.stop)


def _loads(problem: Problem, route: Route, vehicle: Vehicle, trips: list[list[Stop]]) -> Iterator[Violation]:
    most = 1 + problem.max_reloads
    if len(trips) > most:
        yield Violation("too_many_trips", f"{len(trips)} trips, at most {most}", vehicle.id)
    for number, trip in enumerate(trips, start=1):
        if not route.trips[number - 1]:
            yield Violation("empty_trip", f"trip {number} visits nobody", vehicle.id)
        kg = 0
        for stop in trip:
            kg += stop.kg
            if vehicle.kind not in stop.vehicle_kinds:
                wanted = "/".join(stop.vehicle_kinds)
                yield Violation(
                    "wrong_kind", f"{stop.id!r} wants a {wanted}, not a {vehicle.kind}", vehicle.id, stop.id
                )
        said = f"trip {number} carries {kg} kg"
        if kg > vehicle.capacity_kg:
            yield Violation("over_capacity", f"{said}, the vehicle holds {vehicle.capacity_kg}", vehicle.id)
        if vehicle.kind == "motorcycle" and kg > 60:
            yield Violation("over_motorcycle_limit", f"{said}, a motorcycle may carry 60", vehicle.id)
        if vehicle.kind == "truck" and not vehicle.permit and kg > 50:
            yield Violation(
                "over_limit_without_permit", f"{said}, a truck without a permit may carry 50", vehicle.id
            )


def _drive(problem: Problem, vehicle: Vehicle, trips: list[list[Stop]]) -> tuple[int, list[Violation]]:
    """Metres driven and what came too late, when the crew never idles without need."""
    late: list[Violation] = []
    metres = 0
    now = vehicle.shift[0]
    for trip in trips:
        now += problem.depot.load_s
        before: Stop | None = None
        for stop in trip:
            way, time = _leg(problem, before, stop)
            metres += way
            now += time
            open_windows = [window for window in stop.windows if now <= window[1]]
            if open_windows:
                now = max(now, min(open_windows)[0])
            else:
                over = now - max(end for _, end in stop.windows)
                late.append(Violation("late", f"{stop.id!r} is reached {over} s late", vehicle.id, stop.id))
            now += stop.service_s
            before = stop
        if before is not None:
            way, time = _leg(problem, None, before)
            metres += way
            now += time
    if trips and now > vehicle.shift[1]:
        over = now - vehicle.shift[1]
        late.append(Violation("over_shift", f"back {over} s after the shift's end", vehicle.id))
    return metres, late


def _leg(problem: Problem, origin: Stop | None, goal: Stop) -> tuple[int, int]:
    """Metres and seconds between two stops, or between the depot and a stop (both ways alike)."""
    start = problem.depot if origin is None else origin
    phi1, phi2 = radians(start.lat), radians(goal.lat)
    d_phi, d_lambda = phi2 - phi1, radians(goal.lon) - radians(start.lon)
    a = sin(d_phi / 2) ** 2 + cos(phi1) * cos(phi2) * sin(d_lambda / 2) ** 2
    a = min(a, 1.0)
    on_the_globe = 6371008.8 * 2 * atan2(sqrt(a), sqrt(1 - a))
    ends = [goal] if origin is None else [origin, goal]
    factor = sum(problem.factor if end.factor is None else end.factor for end in ends) / len(ends)
    speed = sum(problem.speed_kmh if end.speed_kmh is None else end.speed_kmh for end in ends) / len(ends)
    metres = round(on_the_globe * factor)
    return metres, problem.leg_s + round(metres * 3.6 / speed)
