import pytest

from dispatch.routing import Plan, Route, timetable
from dispatch.tests.routing.make import problem, stop, vehicle


def test_a_crew_waits_at_the_depot_rather_than_at_the_first_door():
    day = problem([stop(1), stop(2, north_m=2000, tw=[30_000, 40_000])], [vehicle("T")])

    (route,) = timetable(day, Plan((Route("T", ((1, 2),)),), (), 0))

    (trip,) = route.trips
    assert (route.vehicle, route.metres) == ("T", 5400)
    assert (trip.load, trip.depart, trip.back) == (27_661, 28_561, 30_734)
    first, second = trip.visits
    assert (first.stop, first.arrive, first.start, first.leave) == (1, 28_800, 28_800, 29_100)
    assert (second.stop, second.arrive, second.start, second.leave) == (2, 29_339, 30_000, 30_300)


def test_the_second_trip_loads_when_the_first_is_back():
    day = problem([stop(1), stop(2)], [vehicle("T")])

    (route,) = timetable(day, Plan((Route("T", ((1,), (2,))),), (), 0))

    first, second = route.trips
    assert first.back == second.load == 29_339
    assert second.depart == 30_239


def test_a_late_visit_is_timed_when_it_happens():
    day = problem([stop(1, tw=[27_000, 27_001])], [vehicle("T")])

    (route,) = timetable(day, Plan((Route("T", ((1,),)),), (), 0))

    assert route.trips[0].visits[0].start == 28_139


def test_an_unknown_stop_is_an_error_of_the_caller():
    with pytest.raises(KeyError):
        timetable(problem([stop(1)], [vehicle("T")]), Plan((Route("T", ((9,),)),), (), 0))
