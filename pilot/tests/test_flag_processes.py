"""The kill switch reaches another process within two seconds, also when Redis is gone."""

import os
import subprocess
import sys
import time
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from luckygas.core.actor import Actor
from pilot.services import flags

ASKS = """
import sys, time
import django
django.setup()
from luckygas.core import flags
while True:
    answer = flags.explain("kill_me", "1400103")
    print(f"{time.monotonic():.6f} {int(answer.value)} {answer.reason}", flush=True)
    time.sleep(0.02)
"""


def asking(redis_url):
    """A process that asks all the time, on the tests' database."""
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "luckygas.settings",
        "DATABASE_URL": urlunsplit(address),
        "REDIS_URL": redis_url,
        "LUCKYGAS_SIMULATION": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-c", ASKS], env=environment, stdout=subprocess.PIPE, text=True, bufsize=1
    )


def until(process, word, seconds):
    """The moment at which the process says ``word``; time is one clock for all processes of the machine."""
    assert process.stdout is not None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        at, _value, reason = process.stdout.readline().split()
        if reason == word:
            return float(at)
    raise AssertionError(f"never heard of {word}")


@pytest.mark.django_db(transaction=True)
def test_the_kill_switch_reaches_two_processes_one_of_them_without_redis(settings):
    actor = Actor.system("test")
    flag = flags.create({"name": "kill_me", "title": "x", "is_enabled": True}, reason="test", actor=actor)
    processes = [asking(settings.REDIS_URL), asking("redis://127.0.0.1:1/0")]
    try:
        for process in processes:
            until(process, "boolean_flag", 60)
        thrown = time.monotonic()
        flags.kill(flag, reason="test", actor=actor)
        for process in processes:
            assert until(process, "kill_switch", 10) - thrown < 2
        raised = time.monotonic()
        flags.revive(flag, reason="test", actor=actor)
        for process in processes:
            assert until(process, "boolean_flag", 10) - raised < 2
    finally:
        for process in processes:
            process.kill()
            process.communicate()
