"""Distances, driving times and legal loads for the planners (the checker has its own)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dispatch.routing.problem import Problem, Vehicle

EARTH_RADIUS_M = 6_371_008.8
# Road safety rules (道路交通安全規則) §84: what may be carried without pass, placards and trained driver.
MOTORCYCLE_KG = 60
NO_PERMIT_KG = 50


def allowed_kg(vehicle: Vehicle) -> int:
    """The heaviest trip the vehicle may drive, in kg net of gas.

    A motorcycle never carries more than 60 kg, whatever its rack holds; a truck without a pass 50 kg.
    """
    if vehicle.kind == "motorcycle":
        return min(vehicle.capacity_kg, MOTORCYCLE_KG)
    return vehicle.capacity_kg if vehicle.permit else min(vehicle.capacity_kg, NO_PERMIT_KG)


@dataclass(frozen=True, slots=True)
class Legs:
    """Square matrices over places: 0 is the depot, i the problem's stop i - 1. Metres and seconds."""

    metres: list[list[int]]
    seconds: list[list[int]]


def legs(problem: Problem) -> Legs:
    """Every leg of the problem: great circle × road factor, at the roads' speed, plus the fixed time."""
    lat = [math.radians(problem.depot.lat), *(math.radians(stop.lat) for stop in problem.stops)]
    lon = [math.radians(problem.depot.lon), *(math.radians(stop.lon) for stop in problem.stops)]
    # The depot has no roads of its own: a leg from it runs on those of the stop it serves.
    factor = [None, *(stop.factor or problem.factor for stop in problem.stops)]
    speed = [None, *(stop.speed_kmh or problem.speed_kmh for stop in problem.stops)]
    cos_lat = [math.cos(value) for value in lat]
    size = len(lat)
    metres = [[0] * size for _ in range(size)]
    seconds = [[0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1, size):
            half = (
                math.sin((lat[j] - lat[i]) / 2) ** 2
                + cos_lat[i] * cos_lat[j] * math.sin((lon[j] - lon[i]) / 2) ** 2
            )
            circle = 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))
            way = round(circle * _mean(factor[i], factor[j]))
            # Multiplied first: half a second stays half a second, as for whoever checks the plan.
            time = round(way * 3.6 / _mean(speed[i], speed[j])) + problem.leg_s
            metres[i][j] = metres[j][i] = way
            seconds[i][j] = seconds[j][i] = time
    return Legs(metres, seconds)


def _mean(here: float | None, there: float | None) -> float:
    assert there is not None  # only the depot, which comes first, has none
    return there if here is None else (here + there) / 2
