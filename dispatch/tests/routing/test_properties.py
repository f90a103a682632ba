"""Laws: whatever the day, a plan passes the checker, and damage of each kind is found and named."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.routing import Problem, Route, check, greedy, solve
from dispatch.tests.routing.make import DEPOT, town

span = st.tuples(st.integers(24_000, 66_000), st.integers(0, 20_000)).map(lambda t: [t[0], t[0] + t[1]])
kinds = st.sampled_from([["truck"], ["motorcycle"], ["truck", "motorcycle"]])
stops = st.lists(
    st.fixed_dictionaries(
        {
            "lat": st.floats(22.6, 22.9),
            "lon": st.floats(121.0, 121.2),
            "kg": st.sampled_from([0, 4, 10, 20, 50, 120, 600]),
            "tw": st.one_of(span, st.lists(span, min_size=1, max_size=3)),
            "service_s": st.integers(0, 1200),
            "vehicle_kinds": kinds,
            "urgent": st.booleans(),
        },
        optional={
            "prize": st.integers(0, 40_000),
            "factor": st.floats(1, 2),
            "speed_kmh": st.floats(15, 60),
        },
    ),
    max_size=14,
)
vehicles = st.lists(
    st.fixed_dictionaries(
        {
            "capacity_kg": st.sampled_from([40, 60, 120, 500]),
            "shift": span,
            "kind": st.sampled_from(["truck", "motorcycle"]),
            "permit": st.booleans(),
        }
    ),
    max_size=4,
)


@st.composite
def problems(draw):
    numbered = [one | {"id": i} for i, one in enumerate(draw(stops))]
    fleet = [one | {"id": f"V{i}"} for i, one in enumerate(draw(vehicles))]
    return Problem.from_json(
        {"depot": DEPOT, "stops": numbered, "vehicles": fleet, "max_reloads": draw(st.integers(0, 3))}
    )


@given(problems())
@settings(max_examples=60, deadline=None)
def test_the_simple_plan_always_passes_the_checker(day):
    assert check(day, greedy.plan(day)) == []


@given(problems(), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_solved_plan_always_passes_the_checker_and_leaves_no_more_than_the_simple_one(day, seed):
    made = solve(day, iterations=15, seed=seed)

    assert check(day, made) == []
    assert greedy.cost(day, made) <= greedy.cost(day, greedy.plan(day))


def _without(routes, rng):
    """The plan's routes less one random stop, and that stop."""
    r = rng.randrange(len(routes))
    t = rng.randrange(len(routes[r].trips))
    trip = list(routes[r].trips[t])
    gone = trip.pop(rng.randrange(len(trip)))
    trips = [tuple(trip) if i == t else one for i, one in enumerate(routes[r].trips)]
    routes[r] = Route(routes[r].vehicle, tuple(one for one in trips if one))
    return routes, gone


def _drop(day, made, rng):
    routes, gone = _without(list(made.routes), rng)
    return day, replace(made, routes=tuple(routes)), ("stop_missing", gone)


def _double(day, made, rng):
    again = rng.choice([stop for route in made.routes for trip in route.trips for stop in trip])
    first = made.routes[0]
    longer = Route(first.vehicle, ((*first.trips[0], again), *first.trips[1:]))
    return day, replace(made, routes=(longer, *made.routes[1:])), ("stop_twice", again)


def _shrink(day, made, rng):
    route = rng.choice(made.routes)
    small = tuple(replace(v, capacity_kg=0) if v.id == route.vehicle else v for v in day.vehicles)
    return replace(day, vehicles=small), made, ("over_capacity", route.vehicle)


def _revoke(day, made, rng):
    kg = {stop.id: stop.kg for stop in day.stops}
    loaded = [
        r for r in made.routes if str(r.vehicle).startswith("T") and sum(kg[s] for s in r.trips[0]) > 50
    ]
    route = rng.choice(loaded)
    bare = tuple(replace(v, permit=False) if v.id == route.vehicle else v for v in day.vehicles)
    return replace(day, vehicles=bare), made, ("over_limit_without_permit", route.vehicle)


def _swap_kind(day, made, rng):
    wanting = [stop for stop in day.stops if stop.vehicle_kinds == ("motorcycle",)]
    one = rng.choice(wanting)
    other = tuple(replace(s, vehicle_kinds=("truck",)) if s.id == one.id else s for s in day.stops)
    return replace(day, stops=other), made, ("wrong_kind", one.id)


def _close_early(day, made, rng):
    one = rng.choice([stop for route in made.routes for trip in route.trips for stop in trip])
    shut = tuple(replace(s, windows=((0, 20_000),)) if s.id == one else s for s in day.stops)
    return replace(day, stops=shut), made, ("late", one)


def _end_shift(day, made, rng):
    route = rng.choice(made.routes)
    short = tuple(
        replace(v, shift=(v.shift[0], v.shift[0])) if v.id == route.vehicle else v for v in day.vehicles
    )
    return replace(day, vehicles=short), made, ("over_shift", route.vehicle)


def _forbid_reloads(day, made, rng):
    route = next(route for route in made.routes if len(route.trips) > 1)
    return replace(day, max_reloads=0), made, ("too_many_trips", route.vehicle)


def _flatter(day, made, rng):
    return day, replace(made, distance_m=made.distance_m - rng.randint(1, 500)), ("wrong_distance", None)


@pytest.mark.parametrize(
    "damage",
    [
        _drop,
        _double,
        _shrink,
        _revoke,
        _swap_kind,
        _close_early,
        _end_shift,
        _forbid_reloads,
        _flatter,
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_damage_is_found_and_named(damage, seed):
    day = town(seed, stops=40, trucks=2)
    made = greedy.plan(day)
    assert check(day, made) == []

    worse_day, worse, (kind, whose) = damage(day, made, random.Random(seed))

    found = [(one.kind, one.stop if one.stop is not None else one.vehicle) for one in check(worse_day, worse)]
    assert (kind, whose) in found
