"""When a crew is where: the clock of a route, used by the planners and for the times people see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.routing.legs import Legs, legs
from dispatch.routing.plan import Plan
from dispatch.routing.problem import Problem, StopId, Vehicle, VehicleId


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop on the clock, seconds after midnight: at the door, service begun, done."""

    stop: StopId
    arrive: int
    start: int
    leave: int


@dataclass(frozen=True, slots=True)
class TripTimes:
    """A trip on the clock: loading begins, out of the gate, the visits, back at the depot."""

    load: int
    depart: int
    visits: tuple[Visit, ...]
    back: int


@dataclass(frozen=True, slots=True)
class RouteTimes:
    """A vehicle's trips on the clock, and the metres they drive."""

    vehicle: VehicleId
    metres: int
    trips: tuple[TripTimes, ...]


def opening(windows: tuple[tuple[int, int], ...], arrive: int) -> int | None:
    """When service can start for one who arrives then; None when the last window has closed."""
    for start, end in windows:
        if arrive <= end:
            return max(arrive, start)
    return None


def back_at(problem: Problem, table: Legs, vehicle: Vehicle, trips: Sequence[Sequence[int]]) -> int | None:
    """When the vehicle is home if it starts as early as it may; None when a window or its shift breaks.

    Trips hold places of `table`. Starting early is never worse: waiting costs nothing here.
    """
    clock = vehicle.shift[0]
    for trip in trips:
        clock += problem.depot.load_s
        here = 0
        for place in trip:
            stop = problem.stops[place - 1]
            start = opening(stop.windows, clock + table.seconds[here][place])
            if start is None:
                return None
            clock = start + stop.service_s
            here = place
        clock += table.seconds[here][0]
    return clock if clock <= vehicle.shift[1] else None


def timetable(problem: Problem, plan: Plan) -> tuple[RouteTimes, ...]:
    """The clock of every route, as early as possible, but waiting at the depot rather than at a first door.

    The plan must have been checked: a late visit is timed as if its last window were still open, an
    unknown stop or vehicle is a KeyError.
    """
    table = legs(problem)
    place_of = {stop.id: i for i, stop in enumerate(problem.stops, start=1)}
    vehicle_of = {vehicle.id: vehicle for vehicle in problem.vehicles}
    routes = []
    for route in plan.routes:
        clock = vehicle_of[route.vehicle].shift[0]
        trips = []
        metres = 0
        for trip in route.trips:
            places = [place_of[stop] for stop in trip]
            metres += sum(table.metres[a][b] for a, b in zip([0, *places], [*places, 0], strict=True))
            times = _trip_times(problem, table, places, clock)
            trips.append(times)
            clock = times.back
        routes.append(RouteTimes(route.vehicle, metres, tuple(trips)))
    return tuple(routes)


def _trip_times(problem: Problem, table: Legs, places: list[int], load: int) -> TripTimes:
    depart = load + problem.depot.load_s
    clock, here = depart, 0
    visits: list[Visit] = []
    for place in places:
        stop = problem.stops[place - 1]
        arrive = clock + table.seconds[here][place]
        opens = opening(stop.windows, arrive)
        start = arrive if opens is None else opens
        if not visits:
            load, depart, arrive = load + start - arrive, depart + start - arrive, start
        clock = start + stop.service_s
        visits.append(Visit(stop.id, arrive, start, clock))
        here = place
    return TripTimes(load, depart, tuple(visits), clock + table.seconds[here][0])
