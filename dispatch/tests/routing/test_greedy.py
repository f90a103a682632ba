from dispatch.routing import check, greedy
from dispatch.tests.routing.make import problem, stop, town, vehicle


def test_nearer_stops_on_the_way_share_a_trip():
    day = problem([stop(1), stop(2, north_m=2000), stop(3, north_m=3000)], [vehicle("T"), vehicle("U")])

    made = greedy.plan(day)

    assert [(route.vehicle, sorted(route.trips[0])) for route in made.routes] == [("T", [1, 2, 3])]
    assert (made.distance_m, made.method, made.unserved) == (8100, "greedy", ())
    assert check(day, made) == []


def test_a_full_vehicle_reloads():
    day = problem([stop(i, 50) for i in range(1, 5)], [vehicle("T", 100)])

    made = greedy.plan(day)

    assert sorted(len(trip) for trip in made.routes[0].trips) == [2, 2]
    assert check(day, made) == []


def test_what_no_trip_has_room_for_is_left_with_its_rule_urgent_last():
    day = problem([stop(1, 50), stop(2, 50), stop(3, 50, urgent=True)], [vehicle("T", 100)], max_reloads=0)

    made = greedy.plan(day)

    assert [left.stop for left in made.unserved] in ([1], [2])
    assert made.unserved[0].code == "no_room"
    assert made.unserved[0].rule == "every truck or motorcycle is full or out of time within 08:00–17:00"
    assert check(day, made) == []


def test_a_visit_that_may_wait_is_left_when_its_detour_costs_more_than_its_prize():
    day = problem([stop(1, north_m=10_000, prize=26_999), stop(2, prize=2_700)], [vehicle("T")])

    made = greedy.plan(day)

    assert [(left.stop, left.code) for left in made.unserved] == [(1, "later")]
    assert made.unserved[0].rule == "the detour costs more than a visit on a later day"
    assert check(day, made) == []


def test_a_town_is_served_without_a_violation():
    day = town(1, stops=60, trucks=4)

    made = greedy.plan(day)

    assert check(day, made) == []
    assert made.unserved == ()


def test_nothing_to_plan_gives_an_empty_plan():
    made = greedy.plan(problem([], [vehicle("T")]))

    assert (made.routes, made.unserved, made.distance_m) == ((), (), 0)
