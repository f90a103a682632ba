from dataclasses import replace

import pytest

from dispatch.routing import Plan, Route, Unserved, check, greedy
from dispatch.tests.routing.make import problem, stop, vehicle


def plan(*trips, vehicle="T", unserved=(), distance_m=None, more=()):
    return Plan((Route(vehicle, tuple(trips)), *more), tuple(unserved), distance_m or 0)


def judged(day, made):
    """The kinds of violations, with the distance mended so that it is not in the way."""
    wrong = [one for one in check(day, made) if one.kind == "wrong_distance"]
    if wrong:
        metres = int(wrong[0].message.split("sum to ")[1].split(" ")[0])
        made = replace(made, distance_m=metres)
    return check(day, made)


def test_a_sound_plan_has_no_violation():
    day = problem([stop(1), stop(2, north_m=2000)], [vehicle("T")])

    # 2 km north of the depot by great circle, × 1.35, there and back
    assert check(day, plan((1, 2), distance_m=5400)) == []


def test_a_wrong_distance_is_told_with_both_figures():
    day = problem([stop(1)], [vehicle("T")])

    (found,) = check(day, plan((1,), distance_m=2699))

    assert (found.kind, found.message) == ("wrong_distance", "says 2699 m, its legs sum to 2700 m")


def test_the_roads_of_both_ends_count():
    day = problem(
        [stop(1, factor=2.0, speed_kmh=50), stop(2, north_m=2000, factor=1.0, speed_kmh=100)],
        [vehicle("T", shift=[27_000, 28_800])],
    )

    # 1000 m × 2 out, 1000 m × 1.5 between, 2000 m × 1 home
    (late,) = check(day, plan((1, 2), distance_m=5500))
    # 27000 + load 900 + (45 + 144); opens at 28800; + 300 + (45 + 72) + 300 + (45 + 72)
    assert (late.kind, late.message) == ("over_shift", "back 834 s after the shift's end")


@pytest.mark.parametrize(
    ("made", "kind", "message", "whose"),
    [
        (plan((1, 2), vehicle="X"), "unknown_vehicle", "'X' is not on duty", ("X", None)),
        (plan((1,), more=[Route("T", ((2,),))]), "vehicle_twice", "'T' has two routes", ("T", None)),
        (plan((1, 2, 9)), "unknown_stop", "9 is not in the problem", (None, 9)),
        (plan((1, 2), (1,)), "stop_twice", "1 is there 2 times", (None, 1)),
        (plan((1, 2), unserved=[Unserved(1, "x")]), "stop_twice", "1 is there 2 times", (None, 1)),
        (plan((1,)), "stop_missing", "2 is neither served nor unserved", (None, 2)),
        (plan((1,), unserved=[Unserved(2, " ")]), "no_reason", "2 is left out without a rule", (None, 2)),
        (plan((1, 2), ()), "empty_trip", "trip 2 visits nobody", ("T", None)),
    ],
)
def test_damage_to_who_is_where_is_found_and_named(made, kind, message, whose):
    day = problem([stop(1), stop(2)], [vehicle("T")])

    (found,) = judged(day, made)

    assert (found.kind, found.message) == (kind, message)
    assert (found.vehicle, found.stop) == whose


@pytest.mark.parametrize(
    ("kg", "truck", "kind", "message"),
    [
        (61, vehicle("T", 60), "over_capacity", "trip 1 carries 61 kg, the vehicle holds 60"),
        (
            61,
            vehicle("T", 120, kind="motorcycle"),
            "over_motorcycle_limit",
            "trip 1 carries 61 kg, a motorcycle may carry 60",
        ),
        (
            51,
            vehicle("T", permit=False),
            "over_limit_without_permit",
            "trip 1 carries 51 kg, a truck without a permit may carry 50",
        ),
    ],
)
def test_each_limit_of_weight_is_its_own_rule_from_one_kilogram_above(kg, truck, kind, message):
    day = problem([stop(1, kg - 20), stop(2, 20)], [truck])

    (found,) = judged(day, plan((1, 2)))

    assert (found.kind, found.message, found.vehicle) == (kind, message, "T")


def test_a_load_at_its_limit_passes():
    motorcycle = problem([stop(1, 50), stop(2, 10)], [vehicle("T", 60, kind="motorcycle", permit=False)])
    truck = problem([stop(1, 50)], [vehicle("T", 50, permit=False)])

    assert judged(motorcycle, plan((1, 2))) == []
    assert judged(truck, plan((1,))) == []


def test_the_wrong_kind_is_found():
    day = problem([stop(1, vehicle_kinds=["motorcycle"])], [vehicle("T")])

    (found,) = judged(day, plan((1,)))

    assert (found.kind, found.message) == ("wrong_kind", "1 wants a motorcycle, not a truck")


def test_one_trip_too_many_is_found():
    day = problem([stop(1), stop(2)], [vehicle("T")], max_reloads=0)

    (found,) = judged(day, plan((1,), (2,)))

    assert (found.kind, found.message) == ("too_many_trips", "2 trips, at most 1")


def test_a_late_visit_tells_its_seconds():
    # 07:30 + 900 s loading + 45 s + 194 s driving = 28139
    day = problem([stop(1, tw=[[27_000, 27_500], [27_600, 28_138]])], [vehicle("T")])
    in_time = problem([stop(1, tw=[[27_000, 27_500], [27_600, 28_139]])], [vehicle("T")])

    (found,) = judged(day, plan((1,)))

    assert (found.kind, found.message, found.stop) == ("late", "1 is reached 1 s late", 1)
    assert judged(in_time, plan((1,))) == []


def test_loading_before_every_trip_counts_for_the_shift():
    # opens 28800 + 300 + 239 home = 29339 ends trip one; + 900 + 239 + 300 + 239 = 31017
    day = problem([stop(1), stop(2)], [vehicle("T", shift=[27_000, 31_016])])
    enough = problem([stop(1), stop(2)], [vehicle("T", shift=[27_000, 31_017])])

    (found,) = judged(day, plan((1,), (2,)))

    assert (found.kind, found.message) == ("over_shift", "back 1 s after the shift's end")
    assert judged(enough, plan((1,), (2,))) == []


def test_an_empty_problem_has_an_empty_sound_plan():
    assert check(problem([], []), Plan((), (), 0)) == []


@pytest.mark.parametrize(
    ("metres", "speed_kmh"), [(125, 60), (225, 60), (425, 60), (715, 44), (1430, 88), (805, 92)]
)
def test_planner_and_checker_round_half_a_second_alike(metres, speed_kmh):
    seconds = metres * 3600 / (speed_kmh * 1000)
    there = 27_000 + 900 + 45 + round(seconds)
    assert seconds % 1 == 0.5

    for closes, driven in ((there, 2 * metres), (there - 1, 0)):
        door = stop(1, north_m=metres / 1.35, tw=[closes, closes], speed_kmh=speed_kmh)
        day = problem([door], [vehicle("T")])
        made = greedy.plan(day)
        assert (made.distance_m, check(day, made)) == (driven, [])
