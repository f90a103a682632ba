"""The lunar months as computed: the worked examples of the formulae, and the table that was written from them."""

import datetime as dt

import pytest

from deployment import lunar


def test_a_new_moon_as_worked_in_the_book():
    """Meeus, example 49.a: the new moon of February 1977."""
    assert lunar.new_moon(-283) == pytest.approx(2443192.65118, abs=0.00001)


def test_the_suns_place_as_worked_in_the_book():
    """Meeus, example 25.a: 1992-10-13 at 0 h of dynamical time."""
    assert lunar.sun_longitude(2448908.5) == pytest.approx(199.90895, abs=0.00002)


@pytest.mark.parametrize(
    ("year", "degrees", "moment"),
    [
        (2024, 0, "2024-03-20 11:06"),
        (2024, 90, "2024-06-21 04:51"),
        (2024, 180, "2024-09-22 20:44"),
        (2024, 270, "2024-12-21 17:21"),
    ],
)
def test_the_seasons_begin_when_the_almanac_says(year, degrees, moment):
    """To a quarter of an hour, which is what the formula promises. The almanac's times are of Taiwan."""
    computed = lunar.in_taiwan(lunar.principal_term(year, degrees))
    assert abs(computed - dt.datetime.fromisoformat(moment)) < dt.timedelta(minutes=15)


def test_the_moon_of_the_great_eclipse():
    """2024-04-08 at 18:21 of universal time, so 2:21 of the next day in Taiwan."""
    k = round((2024.27 - 2000) * 12.3685)
    assert abs(lunar.in_taiwan(lunar.new_moon(k)) - dt.datetime(2024, 4, 9, 2, 21)) < dt.timedelta(minutes=1)


def test_the_table_is_what_is_computed():
    assert lunar.TABLE.read_text(encoding="utf-8") == lunar.source(lunar.months())


def test_printing_writes_nothing(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(lunar, "TABLE", tmp_path / "table.py")
    lunar.main(["--show"])
    shown = capsys.readouterr().out
    assert "    2033: (11, " in shown
    assert not lunar.TABLE.exists()
    lunar.main([])
    assert lunar.TABLE.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize(
    ("margin", "named"), [("MOON_MARGIN", "new moon 2018-11-08"), ("SUN_MARGIN", "sun at")]
)
def test_what_hangs_on_the_last_digits_is_not_decided(monkeypatch, margin, named):
    monkeypatch.setattr(lunar, margin, 7200.0 if margin == "SUN_MARGIN" else 125.0)
    with pytest.raises(lunar.TooNearMidnightError, match=named):
        lunar.months()
