"""The order of a flag's rules, and who a percentage takes."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luckygas.core.bucketing import bucket
from pilot.flags import rules
from pilot.flags.rules import Decision, Outcome, Rule, Rules

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SHOP = {"kind": "commercial", "area": "A"}
CODES = [f"{number:07d}" for number in range(100_000)]


def flag(**fields):
    given: dict[str, Any] = {
        "name": "new_engine",
        "kind": "boolean",
        "salt": "new_engine",
        "is_enabled": True,
    }
    return Rules(**(given | fields))


# Each line takes one rule away from the top; the next one decides.
LADDER = [
    (
        {
            "killed": True,
            "state": "archived",
            "ends_at": NOW,
            "denied": frozenset({"1"}),
            "allowed": frozenset({"1"}),
        },
        Rule.KILLED,
        False,
    ),
    ({"state": "archived", "ends_at": NOW, "denied": frozenset({"1"})}, Rule.ARCHIVED, False),
    ({"state": "inactive", "ends_at": NOW, "allowed": frozenset({"1"})}, Rule.INACTIVE, False),
    ({"starts_at": NOW + HOUR, "allowed": frozenset({"1"})}, Rule.NOT_YET, False),
    ({"ends_at": NOW, "allowed": frozenset({"1"})}, Rule.OVER, False),
    ({"denied": frozenset({"1"}), "allowed": frozenset({"1"})}, Rule.DENIED_THOUGH_ALLOWED, False),
    ({"denied": frozenset({"1"}), "kinds": frozenset({"school"})}, Rule.DENIED, False),
    ({"allowed": frozenset({"1"}), "kinds": frozenset({"school"}), "is_enabled": False}, Rule.ALLOWED, True),
    ({"kinds": frozenset({"school"}), "areas": frozenset({"B"})}, Rule.OTHER_KIND, False),
    ({"kinds": frozenset({"commercial"}), "areas": frozenset({"B"})}, Rule.OTHER_AREA, False),
    ({"kinds": frozenset({"commercial"}), "areas": frozenset({"A"})}, Rule.BOOLEAN, True),
    ({"starts_at": NOW, "ends_at": NOW + HOUR}, Rule.BOOLEAN, True),
    ({"is_enabled": False}, Rule.BOOLEAN, False),
    ({"kind": "percentage", "percentage": Decimal(100)}, Rule.PERCENTAGE, True),
    ({"kind": "percentage", "percentage": Decimal(0)}, Rule.PERCENTAGE, False),
    ({"kind": "customer_list"}, Rule.NOT_LISTED, False),
]


@pytest.mark.parametrize(("fields", "rule", "value"), LADDER)
def test_the_first_rule_that_has_something_to_say_decides(fields, rule, value):
    decision = rules.decide(flag(**fields), "1", SHOP, NOW)
    assert (decision.rule, decision.value) == (rule, value)


@pytest.mark.parametrize(("fields", "rule", "value"), LADDER)
def test_the_ladder_shows_who_decided_and_who_was_not_asked(fields, rule, value):
    steps = rules.ladder(flag(**fields), "1", SHOP, NOW)
    assert [step.name for step in steps] == [
        "kill_switch", "state", "schedule", "deny", "allow", "segment", "kind",
    ]  # fmt: skip
    outcomes = [step.outcome for step in steps]
    place = outcomes.index(Outcome.DECIDED)
    assert outcomes == ["passed"] * place + ["decided"] + ["not_asked"] * (6 - place)
    assert steps[place].decision == rules.decide(flag(**fields), "1", SHOP, NOW)
    decision = steps[place].decision
    assert decision is not None and (decision.rule, decision.value) == (rule, value)


def test_without_a_customer_no_percentage_can_be_taken():
    everybody = flag(kind="percentage", percentage=Decimal(100))
    assert rules.decide(everybody, "", {}) == Decision(False, Rule.NO_KEY)


def test_what_the_caller_does_not_say_is_in_no_segment():
    assert rules.decide(flag(kinds=frozenset({"commercial"})), "1", {}).rule is Rule.OTHER_KIND
    assert rules.decide(flag(areas=frozenset({"A"})), "1", {"kind": "commercial"}).rule is Rule.OTHER_AREA


@pytest.mark.parametrize(
    ("percentage", "number", "value"),
    [("34.56", 3456, False), ("34.57", 3456, True), ("34.55", 3456, False), ("100", 9999, True)],
)
def test_a_hundredth_of_a_point_is_one_bucket(percentage, number, value):
    code = next(code for code in CODES if bucket("new_engine", code) == number)
    decision = rules.decide(flag(kind="percentage", percentage=Decimal(percentage)), code, {})
    assert decision == Decision(value, Rule.PERCENTAGE, number)


@pytest.mark.parametrize(
    ("salt", "key", "number"),
    # sha256sum of "salt:key", its first eight hexadecimal digits modulo 10,000.
    [
        ("new_engine", "1400103", 7562),
        ("real_time_tracking", "1400103", 9169),
        ("new_engine", "幸福氣", 3205),
        ("", "", 1014),
    ],
)
def test_buckets_are_what_sha256sum_says(salt, key, number):
    assert bucket(salt, key) == number


@given(
    code=st.text(min_size=1, max_size=20),
    salt=st.text(min_size=1, max_size=20),
    points=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
)
@settings(max_examples=300, deadline=None)
def test_raising_a_percentage_takes_nobody_out(code, salt, points):
    lower, higher = (Decimal(number) / 100 for number in sorted(points))

    def is_on(percentage):
        return rules.decide(flag(kind="percentage", salt=salt, percentage=percentage), code, {}).value

    assert not is_on(lower) or is_on(higher)
    assert not is_on(Decimal(0))
    assert is_on(Decimal(100))


def test_buckets_are_spread_evenly():
    """Chi-square over 100 classes of 100,000 codes: 99 degrees of freedom, 148.2 is passed once in a thousand."""
    for salt in ("new_engine", "real_time_tracking", "ai_predictions"):
        counts = [0] * 100
        for code in CODES:
            counts[bucket(salt, code) // 100] += 1
        expected = len(CODES) / 100
        assert sum((count - expected) ** 2 / expected for count in counts) < 148.2


def test_two_flags_take_their_customers_independently():
    """Of the fifth that one flag takes, another takes a fifth; six standard deviations are 220 customers."""
    both = sum(bucket("new_engine", code) < 2000 and bucket("ai_predictions", code) < 2000 for code in CODES)
    assert abs(both - 4000) < 6 * (len(CODES) * 0.04 * 0.96) ** 0.5


def test_the_reason_a_program_reads():
    part = flag(kind="percentage", percentage=Decimal("12.50"))
    assert rules.reason(part, rules.decide(part, "1", {})) == "percentage_rollout_12.5%"
    whole = flag(kind="percentage", percentage=Decimal(100))
    assert rules.reason(whole, rules.decide(whole, "1", {})) == "percentage_rollout_100%"
    assert rules.reason(flag(), rules.decide(flag(), "1", {})) == "boolean_flag"
