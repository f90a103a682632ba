"""The arithmetic on which a measurement is believed or not."""

from __future__ import annotations

import pytest

from bench import stats
from bench.days import durations
from bench.multiply import shifts


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle() -> None:
    assert stats.median([9.0, 1.0, 3.0]) == 3.0
    assert stats.median([4.0, 1.0, 2.0, 9.0]) == 3.0


def test_the_spread_is_the_whole_range_as_a_share_of_the_median() -> None:
    assert stats.spread([2.0, 2.0, 2.0]) == 0.0
    assert stats.spread([1.8, 2.0, 2.3]) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("share", "value"), [(0.01, 1.0), (0.5, 10.0), (0.95, 19.0), (0.951, 20.0), (1.0, 20.0)]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert stats.percentile([float(n) for n in range(20, 0, -1)], share) == value


@pytest.mark.parametrize("share", [0.0, -0.5, 1.1])
def test_a_percentile_outside_the_whole_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="not above 0"):
        stats.percentile([1.0], share)


def test_requests_are_due_at_a_fixed_rate_whatever_the_answers_take() -> None:
    assert stats.arrivals(4, 1.5) == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
    assert len(stats.arrivals(20, 12)) == 240


def test_sides_take_turns_in_being_first() -> None:
    assert [stats.ours_first(number) for number in range(4)] == [True, False, True, False]


def test_a_ratio_is_taken_round_by_round() -> None:
    ratio = stats.Ratio("import", 4, [20.0, 44.0, 30.0, 33.0, 31.0], [10.0, 20.0, 15.0, 15.0, 15.5])
    assert ratio.ratios == [2.0, 2.2, 2.0, 2.2, 2.0]
    assert (ratio.median, ratio.spread) == (2.0, pytest.approx(0.1))
    assert ratio.verdict == "import: 2.00 × (target ≤ 4 ×), 5 rounds from 2.00 to 2.20, spread 10% – met"


def test_a_target_that_is_not_reached_is_said() -> None:
    ratio = stats.Ratio("import", 1.9, [2.0] * 5, [1.0] * 5)
    assert ratio.verdict.endswith("spread 0% – MISSED")
    assert stats.target("a day", 120.0, 120.0, "s") == "a day: 120.0 s (target < 120 s) – MISSED"
    assert stats.target("a day", 81.25, 120.0, "s") == "a day: 81.2 s (target < 120 s) – met"


def test_a_wide_spread_makes_a_ratio_invalid_even_where_every_round_is_below_the_target() -> None:
    ratio = stats.Ratio("import", 4, [2.0, 2.0, 2.0, 2.0, 2.6], [1.0] * 5)
    assert not ratio.is_valid
    assert "INVALID: the spread is above 25%" in ratio.verdict


def test_fewer_than_five_rounds_are_no_measurement() -> None:
    ratio = stats.Ratio("import", 4, [2.0] * 4, [1.0] * 4)
    assert not ratio.is_valid
    assert ratio.verdict.endswith("INVALID: fewer than 5 rounds")


def test_a_step_lasts_until_the_next_begins() -> None:
    assert durations([("open", 2.0), ("plan", 5.0)], 9.0) == [("start", 2.0), ("open", 3.0), ("plan", 4.0)]
    assert durations([], 9.0) == [("start", 9.0)]


def test_copies_of_the_history_keep_their_weekdays_and_do_not_overlap() -> None:
    found = shifts(1608, 3, seed=1)
    assert found == shifts(1608, 3, seed=1)
    assert all(days % 7 == 0 for days in found)
    assert all(later - earlier > 1608 for earlier, later in zip([0, *found], found, strict=False))
