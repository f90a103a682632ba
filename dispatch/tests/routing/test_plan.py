import json

import pytest

from dispatch.routing import Plan, Route, Unserved

PLAN = Plan(
    routes=(Route("T0", ((1, "b"), (3,))), Route(7, ((4,),))),
    unserved=(Unserved(5, "too heavy"),),
    distance_m=1234,
    method="pyvrp",
)


def test_the_json_form_has_exactly_the_three_members():
    assert PLAN.to_json() == {
        "routes": [{"vehicle": "T0", "trips": [[1, "b"], [3]]}, {"vehicle": 7, "trips": [[4]]}],
        "unserved": [{"stop": 5, "rule": "too heavy"}],
        "distance_m": 1234,
    }


def test_the_json_form_reads_back_equal():
    assert Plan.from_json(json.loads(json.dumps(PLAN.to_json()))) == PLAN


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"routes": 1, "unserved": [], "distance_m": 0}, "routes: expected a list, got int"),
        (
            {"routes": [{"vehicle": 1, "trips": [[1], 2]}], "unserved": [], "distance_m": 0},
            "routes[0].trips[1]: expected a list, got int",
        ),
        (
            {"routes": [{"vehicle": 1, "trips": [[None]]}], "unserved": [], "distance_m": 0},
            "routes[0].trips[0][0]: expected a whole number or a text, got None",
        ),
        ({"routes": [], "unserved": [{"rule": "x"}], "distance_m": 0}, "unserved[0].stop: missing"),
        ({"routes": [], "unserved": []}, "distance_m: missing"),
        (
            {"routes": [], "unserved": [], "distance_m": -1},
            "distance_m: expected a whole number of at least 0, got -1",
        ),
    ],
)
def test_bad_input_is_named(raw, message):
    with pytest.raises(ValueError) as refused:
        Plan.from_json(raw)

    assert str(refused.value) == message
