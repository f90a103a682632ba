"""Who is let in, and what each hears."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import transaction
from websockets.exceptions import InvalidStatus

from luckygas.core.live import tell
from tests.live.world import ORIGIN, Live, closed, enter, eventually, hear, hears_nothing, knock, session_of


def refused(live: Live, *arguments: Any, **more: Any) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        knock(live, *arguments, **more)
    return refusal.value.response.status_code


def test_strangers_are_refused_before_the_handshake(live: Live, person: Any) -> None:
    session = session_of(person("accountant"))
    assert refused(live) == 403
    assert refused(live, "0123456789abcdef0123456789abcdef") == 403
    assert refused(live, r'"\000\000\000\000\000\000\000\000\000"') == 403
    assert refused(live, session_of(person("driver"))) == 403
    for origin in (
        "http://elsewhere.example",
        "http://127.0.0.1:8001",
        "null",
        "http://[",
        "http://a:99999",
        None,
    ):
        assert refused(live, session, origin=origin) == 403
    assert refused(live, session, path="/ws/") == 403
    assert live.figure('refused_total{why="session"}') == 4
    assert live.figure('refused_total{why="origin"}') == 6
    assert live.figure("sockets") == 0
    assert enter(live, session)[1] == ["breakers", "notice"]  # from its own page


def test_each_hears_what_his_role_may_see(live: Live, person: Any) -> None:
    accountant, allowed = enter(live, session_of(person("accountant")))
    viewer, fewer = enter(live, session_of(person("viewer")))
    assert "breakers" in allowed and "breakers" not in fewer
    assert "notice" in allowed and "notice" in fewer

    tell("breakers", ["twilio"])
    told = hear(accountant)
    assert (told["kind"], told["ids"]) == ("breakers", ["twilio"])
    assert hears_nothing(viewer)

    began = time.monotonic()
    with transaction.atomic():
        tell("notice")
        tell("notice")
        began = time.monotonic()
    after = {"seq": told["seq"] + 1, "kind": "notice", "ids": []}
    assert hear(viewer) == after
    print(f"\nheard {1000 * (time.monotonic() - began):.1f} ms after the block ended")
    assert hear(accountant) == after
    assert live.figure("sockets") == 2
    assert live.figure('heard_total{kind="breakers"}') == 1


def test_what_is_rolled_back_is_not_told(live: Live, person: Any) -> None:
    socket, _kinds = enter(live, session_of(person("accountant")))
    with pytest.raises(RuntimeError), transaction.atomic():
        tell("notice")
        raise RuntimeError
    assert hears_nothing(socket)


def test_a_session_that_ends_ends_the_line(live: Live, person: Any) -> None:
    session = session_of(person("accountant"))
    line, _kinds = enter(live, session)
    other, _kinds = enter(live, session_of(person("manager")))
    Session.objects.filter(session_key=session).delete()
    assert closed(line) == (4401, "signed out")
    assert refused(live, session) == 403
    assert hears_nothing(other)
    assert live.figure('ended_total{why="signed out"}') == 1


def test_a_changed_password_and_a_person_who_left_end_the_line(live: Live, person: Any) -> None:
    changed, left = person("accountant"), person("manager")
    lines = [enter(live, session_of(user))[0] for user in (changed, left)]
    changed.set_password("another-word-34")
    changed.save()
    left.is_active = False
    left.save()
    assert [closed(line) for line in lines] == [(4401, "signed out")] * 2


def test_a_desk_left_alone_loses_its_line(start: Any, person: Any) -> None:
    """An open line is no sign of a person: on the real clock a session idle for too long ends."""
    live = start(LUCKYGAS_SIMULATION="0")
    session = session_of(person("accountant"))
    line, _kinds = enter(live, session)
    store = Session.objects.get(session_key=session)
    data = store.get_decoded() | {"seen_at": 1_000_000_000}
    store.session_data = Session.objects.encode(data)
    store.save()
    assert closed(line) == (4401, "signed out")


def test_a_changed_role_changes_what_is_heard(live: Live, person: Any) -> None:
    user = person("accountant")
    line, kinds = enter(live, session_of(user))
    assert "breakers" in kinds
    user.groups.set(Group.objects.filter(name="viewer"))

    def is_deaf() -> bool:
        tell("breakers")
        return hears_nothing(line)

    eventually(is_deaf)  # looked at again each second here
    tell("notice")
    assert hear(line)["kind"] == "notice"


def test_who_speaks_or_opens_too_many_lines_is_sent_away(live: Live, person: Any) -> None:
    session = session_of(person("office"))
    lines = [enter(live, session)[0] for _number in range(20)]
    assert closed(knock(live, session)) == (4429, "too many lines")
    lines[0].send("hello?")
    assert closed(lines[0]) == (1008, "nobody listens here")
    lines[1].send("x" * 2000)
    assert closed(lines[1])[0] == 1009
    eventually(lambda: live.figure("sockets") == 18)
    assert enter(live, session)[1]


def test_plain_http_knows_health_and_figures_only(live: Live) -> None:
    assert live.get("/healthz") == (200, "ok\n")
    assert live.checks() == {"database": "ok", "redis": "ok", "migrations": "ok", "subscription": "ok"}
    assert live.get("/admin/") == (404, "not found\n")
    assert live.get("/healthz", "POST") == (405, "only GET\n")
    assert live.figure("listening") == 1
    assert ORIGIN not in live.said() and "Traceback" not in live.said()
