"""Every other page that needs no argument: no error and no English for somebody who may see it."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.rows import row_of
from tests.shown import english

LEFT_OUT = ("admin/logout/", "logout/", "admin/autocomplete/", "admin/r/", "admin/jsi18n/")
"""What ends the session, or answers scripts."""


DATA = frozenset({"Red", "Twilio"})
"""How the workbooks write public holidays, and an outside party's own name."""


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every address that can be asked for as it stands."""
    for pattern in patterns:
        route = str(pattern.pattern)
        if "<" in route or "(?P" in route:
            continue
        address = before + route.lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, address)
        elif not address.startswith(LEFT_OUT):
            yield address


PAGES = sorted(set(addresses(get_resolver().url_patterns)))
NO_LISTS = [page for page in PAGES if not re.fullmatch(r"admin/\w+/\w+/(?:add/)?", page)]
"""Without the lists and forms that ``test_house_admin_pages`` looks at with a row in each."""


@pytest.mark.django_db
@pytest.mark.parametrize("address", NO_LISTS)
def test_a_page_shows_no_error_and_no_english(client, person, address):
    user = person("superuser", username="9001")
    user.display_name = "測試員"
    user.save(update_fields=["display_name"])
    client.force_login(user, backend="luckygas.core.roles.RolesBackend")
    answer = client.get(f"/{address}", headers={"accept-language": "zh-Hant"})
    assert answer.status_code < 500
    if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
        assert list(english(answer.content.decode(), data=DATA)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_sees_no_page_but_the_sign_in(client, address):
    answer = client.get(f"/{address}", headers={"accept-language": "zh-Hant"})
    if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
        assert 'type="password"' in answer.content.decode(), f"/{address} is open to everybody"


@pytest.mark.django_db
def test_the_drivers_pages(client, person):
    from dispatch.models import Driver

    user = person("driver", username="9002")
    row_of(Driver, user=user)
    client.force_login(user, backend="luckygas.core.roles.RolesBackend")
    answer = client.get("/driver/", headers={"accept-language": "zh-Hant"}, follow=True)
    assert answer.status_code == 200
    assert list(english(answer.content.decode())) == []
