"""Settings are read by small parsers that name what is wrong."""

from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured

from luckygas.environment import Environment


def test_text_prefers_the_variable_over_the_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from the file\n")
    assert Environment({"KEY": "here", "KEY_FILE": str(secret)}).text("KEY") == "here"
    assert Environment({"KEY_FILE": str(secret)}).text("KEY") == "from the file"
    assert Environment({}).text("KEY", "default") == "default"


@pytest.mark.parametrize(
    ("variables", "call", "says"),
    [
        ({}, lambda e: e.text("KEY"), "KEY is not set, and neither is KEY_FILE"),
        ({"KEY_FILE": "/nowhere/at/all"}, lambda e: e.text("KEY"), "KEY_FILE names '/nowhere/at/all'"),
        ({"ON": "perhaps"}, lambda e: e.flag("ON"), "ON is 'perhaps'; use 1 or 0"),
        ({"N": "12.5"}, lambda e: e.number("N", 1), "N is '12.5'; use a whole number from 0"),
        ({"N": "7"}, lambda e: e.number("N", 1, high=5), "N is '7'; use a whole number from 0 to 5"),
        ({"N": "²"}, lambda e: e.number("N", 1), "use a whole number"),
        ({"N": "--5"}, lambda e: e.number("N", 1, low=-9), "N is '--5'; use a whole number from -9"),
        ({"N": "9" * 5000}, lambda e: e.number("N", 1), "use a whole number"),
        ({"D": "abc"}, lambda e: e.decimal("D", "1"), "D is 'abc'; use a decimal number"),
        ({"D": "NaN"}, lambda e: e.decimal("D", "1"), "use a finite decimal number"),
        ({"C": "loud"}, lambda e: e.choice("C", "a", {"a", "b"}), "C is 'loud'; use one of a, b"),
        ({"DB": "sqlite:///x"}, lambda e: e.database("DB"), "only PostgreSQL is supported"),
        ({"R": "memory://"}, lambda e: e.redis("R"), "R must be a redis:// address"),
        (
            {"S": "https://gas.example/"},
            lambda e: e.socket("S"),
            "use an address such as wss://gas.example/ws/live/",
        ),
        ({"S": "wss:///ws/live/"}, lambda e: e.socket("S"), "S is 'wss:///ws/live/'; use an address"),
    ],
)
def test_a_bad_value_names_the_variable_and_what_would_be_right(variables, call, says):
    with pytest.raises(ImproperlyConfigured) as refusal:
        call(Environment(variables))
    assert says in str(refusal.value)


def test_a_secret_that_is_no_text_is_named(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ImproperlyConfigured, match=r"KEY_FILE names .* which is not UTF-8 text"):
        Environment({"KEY_FILE": str(secret)}).text("KEY")


def test_good_values():
    e = Environment({"ON": "Yes", "OFF": "", "N": "42", "D": "1.35", "W": "a, b,,c", "C": "b"})
    assert e.flag("ON") is True
    assert e.flag("OFF", default=True) is False
    assert e.number("N", 0) == 42
    assert e.decimal("D", "1") == Decimal("1.35")
    assert e.words("W") == ["a", "b", "c"]
    assert e.choice("C", "a", {"a", "b"}) == "b"


def test_database_address_with_a_socket_folder():
    found = Environment({"DB": "postgres://me@/luckygas?host=/tmp/s"}).database("DB")
    assert found["NAME"] == "luckygas"
    assert found["USER"] == "me"
