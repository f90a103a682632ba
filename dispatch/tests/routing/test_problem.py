import copy
import json
from typing import Any

import pytest

from dispatch.routing import Problem
from dispatch.tests.routing.make import problem, stop, town, vehicle

GOOD = {
    "depot": {"lat": 22.75, "lon": 121.15, "load_s": 900},
    "stops": [stop(1)],
    "vehicles": [vehicle(0)],
}


def test_the_optional_members_have_their_defaults():
    made = Problem.from_json(GOOD)

    assert (made.max_reloads, made.factor, made.speed_kmh, made.leg_s, made.name) == (3, 1.35, 25.0, 45, "")
    one = made.stops[0]
    assert one.vehicle_kinds == ("truck", "motorcycle")
    assert (one.prize, one.urgent, one.factor, one.speed_kmh) == (None, False, None, None)
    assert (made.vehicles[0].kind, made.vehicles[0].permit) == ("truck", True)


def test_whole_numbers_may_come_as_floats_and_unknown_members_are_ignored():
    made = problem([stop(1, qty=2, business=True) | {"kg": 20.0}], [vehicle(0)])

    assert made.stops[0].kg == 20
    assert isinstance(made.stops[0].kg, int)


def test_windows_are_sorted_and_joined_where_they_touch():
    made = problem([stop(1, tw=[[50_000, 60_000], [30_000, 35_000], [35_000, 40_000]])], [vehicle(0)])

    assert made.stops[0].windows == ((30_000, 40_000), (50_000, 60_000))


@pytest.mark.parametrize(
    ("value", "held"), [(True, True), ("A-123", True), (False, False), (None, False), ("  ", False)]
)
def test_a_permit_is_held_unless_it_is_false_null_or_blank(value, held):
    assert problem([stop(1)], [vehicle(0, permit=value)]).vehicles[0].permit is held


def test_the_json_form_reads_back_equal():
    made = town(7, factor=1.2, speed_kmh=30, leg_s=60, name="day")
    made_more = problem(
        [stop("a", prize=4000, urgent=True, factor=1.5, speed_kmh=60)], [vehicle("x", permit=None)]
    )

    for one in (made, made_more):
        assert Problem.from_json(json.loads(json.dumps(one.to_json()))) == one


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), [], "problem: expected an object, got list"),
        (("depot",), None, "depot: expected an object, got nothing"),
        (("depot",), ..., "depot: missing"),
        (("depot", "lat"), 91, "depot.lat: expected a number from -90 to 90, got 91"),
        (("depot", "lon"), "121", "depot.lon: expected a number from -180 to 180, got '121'"),
        (("depot", "lat"), float("nan"), "depot.lat: expected a number from -90 to 90, got nan"),
        (("depot", "load_s"), -1, "depot.load_s: expected a whole number from 0 to 172800, got -1"),
        (("stops",), "x", "stops: expected a list, got str"),
        (("stops", 0), 5, "stops[0]: expected an object, got int"),
        (("stops", 0, "id"), True, "stops[0].id: expected a whole number or a text, got True"),
        (("stops", 0, "id"), "", "stops[0].id: expected a whole number or a text, got ''"),
        (("stops", 0, "kg"), 1.5, "stops[0].kg: expected a whole number from 0 to 100000, got 1.5"),
        (("stops", 0, "kg"), False, "stops[0].kg: expected a whole number from 0 to 100000, got False"),
        (("stops", 0, "kg"), float("inf"), "stops[0].kg: expected a whole number from 0 to 100000, got inf"),
        (("stops", 0, "kg"), 10**6, "stops[0].kg: expected a whole number from 0 to 100000, got 1000000"),
        (("stops", 0, "tw"), [], "stops[0].tw: expected [start, end] in seconds, got an empty list"),
        (("stops", 0, "tw"), [1, 2, 3], "stops[0].tw: expected [start, end] in seconds, got 3 values"),
        (
            ("stops", 0, "tw"),
            [[1, 2], 3],
            "stops[0].tw[0]: expected a whole number from 0 to",
        ),
        (("stops", 0, "tw"), [9, 8], "stops[0].tw: start 9 is after end 8"),
        (("stops", 0, "tw"), [[9, 8]], "stops[0].tw[0]: start 9 is after end 8"),
        (
            ("stops", 0, "service_s"),
            None,
            "stops[0].service_s: expected a whole number from 0 to",
        ),
        (("stops", 0, "vehicle_kinds"), [], "stops[0].vehicle_kinds: names no kind"),
        (("stops", 0, "vehicle_kinds"), ["boat"], "stops[0].vehicle_kinds[0]: expected truck or motorcycle"),
        (("stops", 0, "prize"), -5, "stops[0].prize: expected a whole number from 0 to 1000000000, got -5"),
        (("stops", 0, "urgent"), "yes", "stops[0].urgent: expected true or false, got 'yes'"),
        (("stops", 0, "factor"), 0.5, "stops[0].factor: expected a number from 1 to 10, got 0.5"),
        (("vehicles", 0, "shift"), [10, 5], "vehicles[0].shift: start 10 is after end 5"),
        (("vehicles", 0, "kind"), "van", "vehicles[0].kind: expected truck or motorcycle, got 'van'"),
        (("vehicles", 0, "kind"), 3, "vehicles[0].kind: expected text, got 3"),
        (
            ("vehicles", 0, "permit"),
            3,
            "vehicles[0].permit: expected true, false, null or",
        ),
        (("vehicles", 0, "capacity_kg"), ..., "vehicles[0].capacity_kg: missing"),
        (("max_reloads",), 51, "max_reloads: expected a whole number from 0 to 50, got 51"),
        (("speed_kmh",), 0, "speed_kmh: expected a number from 1 to 150, got 0"),
        (("name",), 4, "name: expected text, got 4"),
    ],
)
def test_bad_input_is_named(path, value, message):
    raw: Any = copy.deepcopy(GOOD)
    if not path:
        raw = value
    else:
        place = raw
        for step in path[:-1]:
            place = place[step]
        if value is ...:
            del place[path[-1]]
        else:
            place[path[-1]] = value

    with pytest.raises(ValueError) as refused:
        Problem.from_json(raw)

    assert str(refused.value).startswith(message)


def test_an_identifier_there_twice_is_named():
    with pytest.raises(ValueError, match=r"stops\[1\].id: 1 is there twice"):
        problem([stop(1), stop(1)], [vehicle(0)])
    with pytest.raises(ValueError, match=r"vehicles\[1\].id: 'A' is there twice"):
        problem([stop(1)], [vehicle("A"), vehicle("A")])


def test_too_large_a_problem_is_refused_before_planning():
    with pytest.raises(ValueError, match="stops: 5001 are more than the 5000 one plan can hold"):
        problem([stop(i) for i in range(5001)], [])
    with pytest.raises(ValueError, match="vehicles: 501 are more than the 500 one plan can hold"):
        problem([], [vehicle(i) for i in range(501)])
