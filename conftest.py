"""Fixtures that every app's tests share: real PostgreSQL and Redis, simulated time, people by role."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

os.environ.setdefault("LUCKYGAS_SIMULATION", "1")
os.environ.setdefault("LUCKYGAS_PLAIN_STATIC", "1")
os.environ.setdefault("SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests-only")
os.environ.setdefault("LUCKYGAS_SELLER_UBN", "99000002")

# How long an example takes is measured in bench/ and never asserted: a machine under load fails no test.
hypothesis_settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that really commits leaves the rows that migrations seeded, as it found them, to the next one."""
    for item in items:
        names: list[str] = getattr(item, "fixturenames", [])
        marker = item.get_closest_marker("django_db")
        commits = "transactional_db" in names or (marker is not None and marker.kwargs.get("transaction"))
        if commits and "django_db_serialized_rollback" not in names:
            names.append("django_db_serialized_rollback")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The owner makes the test database: where the environment names one, tests connect as that role."""
    from django.conf import settings
    from django.db import connection

    from luckygas.environment import Environment

    if settings.DATABASE_OWNER_URL:
        owner = Environment(os.environ).database("DATABASE_OWNER_URL")
        connection.settings_dict.update({name: owner[name] for name in ("USER", "PASSWORD")})


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Once the tables are there, every connection begins with the rights of the application's role.

    The owner is a member of that role and takes it on as each session starts, so that a test can plant damage as the
    owner in its own transaction (``luckygas.core.testing.as_owner``). Emptying and filling the tables for a test that
    commits is the owner's work too.
    """
    from django.conf import settings
    from django.db import connection
    from django.test import TransactionTestCase

    if not settings.DATABASE_OWNER_URL:
        yield
        return
    options = connection.settings_dict["OPTIONS"]
    without = options["options"]
    case_class: Any = TransactionTestCase  # its hooks are not in the stubs
    empty, fill = case_class._fixture_teardown, case_class._fixture_setup.__func__

    def as_owner() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE NONE")

    def owner_empties(case: Any) -> None:
        as_owner()
        empty(case)

    def owner_fills(case: Any) -> None:
        as_owner()
        fill(case)
        connection.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(options, "options", f"{without} -c role={settings.APPLICATION_ROLE}")
        patch.setattr(case_class, "_fixture_teardown", owner_empties)
        patch.setattr(case_class, "_fixture_setup", classmethod(owner_fills))
        with django_db_blocker.unblock():
            connection.close()
        yield
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords(django_test_environment: Any) -> None:
    """Hashing is not what is tested."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _fresh_clock() -> Iterator[None]:
    """No test sees the simulated time of another."""
    from luckygas.core import clock

    clock.forget()
    yield
    clock.forget()


@pytest.fixture(autouse=True)
def _fresh_flags() -> None:
    """No test sees the feature flags of another."""
    from pilot.flags.provider import provider

    provider.forget()


@pytest.fixture
def stand_at(db: Any) -> Callable[[str], dt.datetime]:
    """``stand_at("2026-11-23 08:00")`` stops Taipei time there for every process; returns the instant."""
    from luckygas.core import clock

    def stand(text: str) -> dt.datetime:
        instant = dt.datetime.fromisoformat(text).replace(tzinfo=clock.TAIPEI)
        clock.freeze(instant)
        return instant

    return stand


@pytest.fixture
def actor() -> Any:
    from luckygas.core.actor import Actor

    return Actor.system("test")


@pytest.fixture
def person(db: Any) -> Callable[..., Any]:
    """``person("office")`` makes a signed-up member of staff with that role; ``"superuser"`` may do all."""
    from django.contrib.auth.models import Group

    from luckygas.core.models import User

    def make(role: str, username: str = "") -> User:
        user = User.objects.create_user(
            username=username or role,
            password="pass-word-12",
            display_name=f"測試{role}",
            is_staff=role != "driver",
            is_superuser=role == "superuser",
        )
        if role != "superuser":
            user.groups.add(Group.objects.get(name=role))
        return user

    return make


@pytest.fixture
def client_as(person: Any) -> Callable[..., Any]:
    """``client_as("office")`` is a browser session of a person with that role (zh-Hant)."""
    from django.test import Client

    def sign_in(role: str) -> Client:
        client = Client(headers={"accept-language": "zh-Hant"})
        client.force_login(person(role), backend="luckygas.core.roles.RolesBackend")
        return client

    return sign_in


@pytest.fixture
def api_token(db: Any) -> Callable[..., str]:
    """``api_token("orders:read")`` gives the secret of a new token with those scopes."""
    from luckygas.core.actor import Actor
    from luckygas.core.api import tokens

    def make(*scopes: str) -> str:
        return tokens.make("測試程式", wanted=list(scopes), days=30, actor=Actor.system("test"))[1]

    return make
