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
_FIRST_SHARE = 0.25


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
    problem: Problem, table: Legs, places: list[int], *, overloaded: bool, limit: Limit, seed: int
) -> list[Tour] | None:
    """The best feasible tours found for these places; None when none was.

    When the day looks `overloaded`, a first quarter of the limit may leave out what must be served, at a
    price no detour reaches; if it served all the same, the rest improves that plan with nothing optional,
    which searches better.
    """
    if not overloaded:
        model = _Model(problem, table, places, all_optional=False)
        return model.tours(_run(model, limit, seed, None))
    model = _Model(problem, table, places, all_optional=True)
    limit.share = _FIRST_SHARE
    first = _run(model, limit, seed, None)
    limit.share = 1.0
    if first.is_feasible() and model.serves_all(first):
        model = _Model(problem, table, places, all_optional=False)
    start = pyvrp.Solution(
        model.data,
        [_again(model, route) for route in first.routes()],
    )
    return model.tours(_run(model, limit, seed, start))


def _run(model: _Model, limit: Limit, seed: int, start: pyvrp.Solution | None) -> pyvrp.Solution:
    return pyvrp.solve(
        model.data, limit, seed=seed, collect_stats=False, display=False, initial_solution=start
    ).best


def _again(model: _Model, route: pyvrp.Route) -> pyvrp.Route:
    """A route in another model of the same problem; its depots at both ends are added anew."""
    inside: list[pyvrp.Activity] = [*route][1:-1]
    return pyvrp.Route(model.data, inside, route.vehicle_type())


class _Model:
    """The problem in PyVRP's terms, and the way back.

    A stop with several windows is a group of clients of which one is served. Skills are load dimensions: a
    stop for one kind only takes one unit of a dimension that other kinds have none of.
    """

    def __init__(self, problem: Problem, table: Legs, places: list[int], *, all_optional: bool) -> None:
        self._problem = problem
        self._types = _alike(problem)
        self._place_of: list[int] = []
        self._must = {place for place in places if problem.stops[place - 1].prize is None}
        stops = [problem.stops[place - 1] for place in places]
        lanes = [kind for kind in KINDS if any(stop.vehicle_kinds == (kind,) for stop in stops)]
        # PyVRP's stubs give its arrays a shape numpy's do not have.
        metres: Any = np.array(table.metres, dtype=np.int64)
        seconds: Any = np.array(table.seconds, dtype=np.int64)
        # A visit left out saves at most a round trip of its own and a little reordering of others.
        dear = 10 * int(metres.max()) + 100_000
        clients: list[pyvrp.Client] = []
        groups: list[pyvrp.ClientGroup] = []
        for place, stop in zip(places, stops, strict=True):
            required = stop.prize is None and not all_optional
            prize = stop.prize if stop.prize is not None else dear * (5 if stop.urgent else 1)
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

    def serves_all(self, solution: pyvrp.Solution) -> bool:
        """Whether everything that must be served is."""
        served = {
            self._place_of[visit.idx]
            for route in solution.routes()
            for visit in route.schedule()
            if visit.is_client()
        }
        return self._must <= served

    def tours(self, solution: pyvrp.Solution) -> list[Tour] | None:
        """The solution as tours in the order of the problem's vehicles; None when it breaks a rule."""
        if not solution.is_feasible():
            return None
        idle = [list(alike) for alike in self._types]
        tours = []
        for route in solution.routes():
            tour = Tour(idle[route.vehicle_type()].pop(0), [[] for _ in range(route.num_trips())])
            for visit in route.schedule():
                if visit.is_client():
                    tour.trips[visit.trip].append(self._place_of[visit.idx])
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
