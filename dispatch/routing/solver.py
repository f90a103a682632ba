"""Plans a day: the simple plan first, then a search that never leaves it for a worse one."""

from __future__ import annotations

import time

from dispatch.routing import engine, greedy
from dispatch.routing.engine import Limit, Progress, Watch
from dispatch.routing.legs import legs
from dispatch.routing.plan import Plan
from dispatch.routing.problem import Problem
from dispatch.routing.reasons import impossible

__all__ = ["Progress", "solve"]

_LEAST_SECONDS = 0.05


def solve(
    problem: Problem,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int,
    watch: Watch | None = None,
) -> Plan:
    """The shortest plan found within `seconds` of wall clock or `iterations` of the search.

    With iterations the same problem and seed give the same plan. Windows, shifts, loads, vehicle kinds and
    the number of reloads hold always; what cannot be served is in `unserved` with its rule, so overload
    gives a smaller plan, never a broken one. `watch` is told of the progress four times a second and ends
    the search early by returning True. ValueError: not exactly one limit, or a limit or seed out of range.
    """
    if (seconds is None) == (iterations is None):
        raise ValueError("give exactly one limit: seconds or iterations")
    if seconds is not None and not 0 < seconds <= 86_400:
        raise ValueError(f"seconds: expected more than 0 and at most 86400, got {seconds!r}")
    if iterations is not None and not 0 < iterations <= 10**9:
        raise ValueError(f"iterations: expected 1 to 1000000000, got {iterations!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed: expected 0 to 4294967295, got {seed!r}")
    begun = time.monotonic()
    table = legs(problem)
    hopeless = impossible(problem, table)
    simple = greedy.simple_plan(problem, table)
    places = [place for place in range(1, len(problem.stops) + 1) if place not in hopeless]
    if not places:
        return simple
    if seconds is not None:
        seconds = max(_LEAST_SECONDS, seconds - (time.monotonic() - begun))
    limit = Limit(seconds=seconds, iterations=iterations, watch=watch)
    overloaded = any(left.code == "no_room" for left in simple.unserved)
    start = greedy.tours_of(problem, table, simple)
    try:
        tours = engine.search(problem, table, places, start, overloaded=overloaded, limit=limit, seed=seed)
    except (ArithmeticError, IndexError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        # Whatever the library could not digest, the day is planned all the same, and says how.
        return _noted(simple, f"the search failed: {type(error).__name__}: {error}")
    served = {place for tour in tours for trip in tour.trips for place in trip}
    left = [place for place in places if place not in served]
    short = greedy.assemble(problem, table, tours, {}, method="pyvrp")
    tours = greedy.fill(problem, table, short, left, hopeless)
    return greedy.assemble(problem, table, tours, hopeless, method="pyvrp")


def _noted(plan: Plan, note: str) -> Plan:
    return Plan(plan.routes, plan.unserved, plan.distance_m, plan.method, note)
