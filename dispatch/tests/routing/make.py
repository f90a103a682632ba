"""Problems for the tests, made from a seed. Figures are of a small town on the east coast."""

from __future__ import annotations

import random
from typing import Any

from dispatch.routing import Problem

DEPOT = {"lat": 22.75, "lon": 121.15, "load_s": 900}
MORNING, AFTERNOON = [28_800, 43_200], [46_800, 61_200]


def stop(identity: int | str, kg: int = 20, *, north_m: float = 1000.0, **more: Any) -> dict[str, Any]:
    """A stop that far north of the depot, open all day unless told otherwise."""
    lat = DEPOT["lat"] + north_m / 111_195.08
    return {
        "id": identity,
        "lat": lat,
        "lon": 121.15,
        "kg": kg,
        "tw": [28_800, 61_200],
        "service_s": 300,
    } | more


def vehicle(identity: int | str, capacity_kg: int = 500, **more: Any) -> dict[str, Any]:
    """A vehicle on duty from 07:30 to 18:00."""
    return {"id": identity, "capacity_kg": capacity_kg, "shift": [27_000, 64_800]} | more


def problem(stops: list[dict[str, Any]], vehicles: list[dict[str, Any]], **more: Any) -> Problem:
    """The problem of these stops and vehicles at the usual depot."""
    return Problem.from_json({"depot": DEPOT, "stops": stops, "vehicles": vehicles} | more)


def town(seed: int, stops: int = 30, *, trucks: int = 3, motorcycles: int = 1, **more: Any) -> Problem:
    """A day in town: mixed sizes and windows, some stops for one kind of vehicle only."""
    rng = random.Random(seed)
    made = []
    for number in range(1, stops + 1):
        one = stop(
            number,
            rng.choice([4, 10, 16, 20, 20, 40, 50, 100]),
            tw=rng.choice([MORNING, AFTERNOON, [28_800, 61_200], [36_000, 43_200], [MORNING, AFTERNOON]]),
            service_s=rng.choice([240, 330, 420]),
        )
        one["lat"] += rng.uniform(-0.03, 0.05)
        one["lon"] += rng.uniform(-0.06, 0.01)
        if number % 6 == 0:
            one |= {"kg": rng.choice([4, 10, 20]), "vehicle_kinds": ["motorcycle"]}
        elif number % 5 == 0:
            one["vehicle_kinds"] = ["truck"]
        made.append(one)
    fleet = [vehicle(f"T{i}", rng.choice([300, 500]), kind="truck") for i in range(trucks)]
    fleet += [vehicle(f"M{i}", 120, kind="motorcycle") for i in range(motorcycles)]
    return problem(made, fleet, **more)
