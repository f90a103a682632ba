import datetime as dt

import pytest

from customers.sheets.rest import RestDayRangeError, RestRule, UnknownRestDayError, lunar_day, parse

SATURDAY = dt.date(2026, 11, 21)
SUNDAY = dt.date(2026, 11, 22)
MONDAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", RestRule()),
        ("6", RestRule(weekdays=frozenset({6}))),
        ("6.7", RestRule(weekdays=frozenset({6, 7}))),
        ("7、1", RestRule(weekdays=frozenset({7, 1}))),
        ("週六日", RestRule(weekdays=frozenset({6, 7}))),
        ("星期天", RestRule(weekdays=frozenset({7}))),
        ("10.20.30", RestRule(month_days=frozenset({10, 20, 30}))),
        ("5.15.25", RestRule(month_days=frozenset({5, 15, 25}))),
        ("10.2", RestRule(month_days=frozenset({10, 20}))),
        ("10.20.3", RestRule(month_days=frozenset({10, 20, 30}))),
        ("Red", RestRule(red_days=True)),
        ("red", RestRule(red_days=True)),
        ("見紅休", RestRule(red_days=True)),
        ("6.7.Red", RestRule(weekdays=frozenset({6, 7}), red_days=True)),
        ("7見紅休", RestRule(weekdays=frozenset({7}), red_days=True)),
        ("初一十五", RestRule(lunar_days=frozenset({1, 15}))),
        ("農曆初二、十六", RestRule(lunar_days=frozenset({2, 16}))),
        ("廿一二十三", RestRule(lunar_days=frozenset({21, 23}))),
        ("7 初一十五", RestRule(weekdays=frozenset({7}), lunar_days=frozenset({1, 15}))),
    ],
)
def test_rest_days_are_understood(text, rule):
    assert parse(text) == rule


@pytest.mark.parametrize("text", ["隔週", "有空才開", "初", "10.x"])
def test_a_word_that_names_no_day_is_told(text):
    with pytest.raises(UnknownRestDayError) as caught:
        parse(text)
    assert caught.value.word in text


@pytest.mark.parametrize(("text", "word"), [("0", "0"), ("10.32", "32"), ("45", "45"), ("30.4", "4")])
def test_a_number_that_is_no_day_is_told(text, word):
    if text == "30.4":  # falls back, and no tenfold of it is a day: both stand as written
        assert parse(text).month_days == {30, 4}
        return
    with pytest.raises(RestDayRangeError) as caught:
        parse(text)
    assert caught.value.word == word


def test_weekly_rest_days_close_those_weekdays():
    rule = parse("6.7")
    assert rule.closed_on(SATURDAY, False) == "weekly"
    assert rule.closed_on(SUNDAY, False) == "weekly"
    assert rule.closed_on(MONDAY, False) == ""
    assert rule.weekly_digits == "67"


def test_days_of_the_month_close_those_days():
    rule = parse("10.20.30")
    assert rule.closed_on(dt.date(2026, 11, 20), False) == "monthly"
    assert rule.closed_on(MONDAY, False) == ""


def test_lunar_first_and_fifteenth_close():
    new_year = dt.date(2026, 2, 17)
    assert lunar_day(new_year) == 1
    rule = parse("初一十五")
    assert rule.closed_on(new_year, False) == "lunar"
    assert rule.closed_on(dt.date(2026, 3, 3), False) == "lunar"
    assert rule.closed_on(dt.date(2026, 2, 18), False) == ""


def test_red_days_follow_the_national_calendar():
    rule = parse("見紅休")
    assert rule.closed_on(MONDAY, True) == "holiday"
    assert rule.closed_on(MONDAY, False) == ""


def test_no_rule_never_closes():
    assert RestRule().closed_on(MONDAY, True) == ""
