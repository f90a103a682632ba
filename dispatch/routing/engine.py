"""The search itself: translates the problem to PyVRP 0.14 and its best solution back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvrp

from dispatch.routing.greedy import Tour
from dispatch.routing.legs import Legs, allowed_kg
from dispatch.routing.problem import KINDS, Problem, Vehicle

_WATCH_EVERY_S = 0.25
# (share of the limit used up, factor of the price) of the rounds that weigh what to leave out
_PRICES = ((0.2, 1), (0.35, 4), (0.5, 16))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the search is: share of its limit used (0 to 1), and its iterations."""

    done: float
    iterations: int


Watch = Callable[[Progress], bool]


class Limit:
    """Stops the search at its seconds or iterations, or when `watch` (asked four times a second) says so.

    PyVRP calls it before every iteration. `share` is the part of the whole limit that may be used up so
    far; `cancelled` says that `watch` ended it.
    """

    def __init__(self, *, seconds: float | None, iterations: int | None, watch: Watch | None) -> None:
        self._seconds = seconds
        self._most = iterations
        self._watch = watch
        self._begun = self._asked = time.monotonic()
        self._count = 0
        self.share = 1.0
        self.cancelled = False

    def __call__(self, best_cost: int) -> bool:
        """Whether to stop now."""
        now = time.monotonic()
        by_clock = (now - self._begun) / self._seconds if self._seconds else 0.0
        by_count = self._count / self._most if self._most else 0.0
        done = max(by_clock, by_count)
        if self._watch is not None and now - self._asked >= _WATCH_EVERY_S:
            self._asked = now
            self.cancelled = self._watch(Progress(min(done, 1.0), self._count)) or self.cancelled
        if self.cancelled or done >= self.share:
            return True
        self._count += 1
        return False


def search(
    problem: Problem,
    table: Legs,
    places: list[int],
    start: list[Tour],
    *,
    overloaded: bool,
    limit: Limit,
    seed: int,
) -> list[Tour]:
    """The best feasible tours found for these places, from the feasible tours of a simple plan.

    When the day is `overloaded` (the simple plan left out what must be served), the first half of the limit
    weighs which stops to leave out: first at prices near what serving one costs, for far dearer ones can hold
    the search in plans that break rules, then at dearer ones while something is still left out. The rest
    shortens the best plan with its stops given.
    """
    if overloaded:
        must = sum(problem.stops[place - 1].prize is None for place in places)
        for share, dearer in _PRICES:
            limit.share = share
            found = _improve(_Model(problem, table, places, dearer=dearer), start, limit, seed)
            start = max(start, found, key=lambda tours: _served_must(problem, tours))
            if _served_must(problem, start)[1] == must:
                break
        limit.share = 1.0
        given = {place for tour in start for trip in tour.trips for place in trip}
        places = [p for p in places if p in given or problem.stops[p - 1].prize is not None]
    return _improve(_Model(problem, table, places), start, limit, seed)


def _improve(model: _Model, start: list[Tour], limit: Limit, seed: int) -> list[Tour]:
    best = pyvrp.solve(
        model.data,
        limit,
        seed=seed,
        collect_stats=False,
        display=False,
        initial_solution=model.solution(start),
    ).best
    return model.tours(best) if best.is_feasible() else start


def _served_must(problem: Problem, tours: list[Tour]) -> tuple[int, int]:
    stops = [problem.stops[place - 1] for tour in tours for trip in tour.trips for place in trip]
    return sum(stop.urgent for stop in stops), sum(stop.prize is None for stop in stops)


class _Model:
    """The problem in PyVRP's terms, and the way back.

    A stop with several windows is a group of clients of which one is served. Skills are load dimensions: a
    stop for one kind only takes one unit of a dimension that other kinds have none of. With `dearer` what
    must be served may be left out, at its price times that factor.
    """

    def __init__(self, problem: Problem, table: Legs, places: list[int], *, dearer: int = 0) -> None:
        self._problem = problem
        self._types = _alike(problem)
        self._seconds = table.seconds
        self._place_of: list[int] = []
        self._first_client: dict[int, int] = {}
        stops = [problem.stops[place - 1] for place in places]
        lanes = [kind for kind in KINDS if any(stop.vehicle_kinds == (kind,) for stop in stops)]
        # PyVRP's stubs give its arrays a shape numpy's do not have.
        metres: Any = np.array(table.metres, dtype=np.int64)
        seconds: Any = np.array(table.seconds, dtype=np.int64)
        clients: list[pyvrp.Client] = []
        groups: list[pyvrp.ClientGroup] = []
        for place, stop in zip(places, stops, strict=True):
            required = stop.prize is None and not dearer
            round_trip = table.metres[0][place] + table.metres[place][0]
            dear = dearer * (2 * round_trip + 30_000) * (5 if stop.urgent else 1)
            prize = dear if stop.prize is None else stop.prize
            self._first_client[place] = len(clients)
            group = None
            if len(stop.windows) > 1:
                members = list(range(len(clients), len(clients) + len(stop.windows)))
                group = len(groups)
                groups.append(pyvrp.ClientGroup(members, required=required))
            for start, end in stop.windows:
                self._place_of.append(place)
                clients.append(
                    pyvrp.Client(
                        place,
                        delivery=[stop.kg, *(int(stop.vehicle_kinds == (lane,)) for lane in lanes)],
                        service_duration=stop.service_s,
                        tw_early=start,
                        tw_late=end,
                        prize=0 if required else prize,
                        required=required and group is None,
                        group=group,
                    )
                )
        self.data = pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in table.metres],
            clients,
            [pyvrp.Depot(0, service_duration=problem.depot.load_s)],
            [_vehicle_type(problem, alike, lanes, len(clients)) for alike in self._types],
            [metres],
            [seconds],
            groups,
        )

    def solution(self, tours: list[Tour]) -> pyvrp.Solution:
        """Feasible tours in PyVRP's terms, each stop in the window that its clock meets."""
        problem = self._problem
        type_of = {vehicle.id: i for i, alike in enumerate(self._types) for vehicle in alike}
        routes = []
        for tour in tours:
            visits: list[pyvrp.Activity] = []
            clock = tour.vehicle.shift[0]
            for number, trip in enumerate(tour.trips):
                if number:
                    visits.append(pyvrp.Activity(pyvrp.ActivityType.DEPOT, 0))
                clock += problem.depot.load_s
                here = 0
                for place in trip:
                    stop = problem.stops[place - 1]
                    arrive = clock + self._seconds[here][place]
                    window = next(i for i, (_, end) in enumerate(stop.windows) if arrive <= end)
                    visits.append(
                        pyvrp.Activity(pyvrp.ActivityType.CLIENT, self._first_client[place] + window)
                    )
                    clock = max(arrive, stop.windows[window][0]) + stop.service_s
                    here = place
                clock += self._seconds[here][0]
            if visits:
                routes.append(pyvrp.Route(self.data, visits, type_of[tour.vehicle.id]))
        return pyvrp.Solution(self.data, routes)

    def tours(self, solution: pyvrp.Solution) -> list[Tour]:
        """The solution as tours in the order of the problem's vehicles."""
        idle = [list(alike) for alike in self._types]
        tours = []
        for route in solution.routes():
            tour = Tour(idle[route.vehicle_type()].pop(0), [[] for _ in range(route.num_trips())])
            for visit in route.schedule():
                if visit.is_client():
                    tour.trips[visit.trip].append(self._place_of[visit.idx])
            tour.trips = [trip for trip in tour.trips if trip]
            tours.append(tour)
        order = {vehicle.id: i for i, vehicle in enumerate(self._problem.vehicles)}
        return sorted(tours, key=lambda tour: order[tour.vehicle.id])


def _alike(problem: Problem) -> list[list[Vehicle]]:
    """Interchangeable vehicles together: the search is quicker over few types."""
    types: dict[tuple[object, ...], list[Vehicle]] = {}
    for vehicle in problem.vehicles:
        types.setdefault((vehicle.kind, allowed_kg(vehicle), vehicle.shift), []).append(vehicle)
    return list(types.values())


def _vehicle_type(problem: Problem, alike: list[Vehicle], lanes: list[str], most: int) -> pyvrp.VehicleType:
    vehicle = alike[0]
    return pyvrp.VehicleType(
        num_available=len(alike),
        capacity=[allowed_kg(vehicle), *(most if vehicle.kind == lane else 0 for lane in lanes)],
        tw_early=vehicle.shift[0],
        tw_late=vehicle.shift[1],
        reload_depots=[0],
        max_reloads=problem.max_reloads,
    )
