"""A process that lacks a required secret does not start, and says which: web and workers alike."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LACKS = """
from django.apps import AppConfig
from luckygas.core import secrets
class Party(AppConfig):
    name = "needs_a_key"
    def ready(self):
        secrets.require("test bank", lambda: ["test-bank-key"])
"""
SAYS = "test bank: TEST_BANK_KEY is not set, and neither is TEST_BANK_KEY_FILE"
SETTINGS = 'from luckygas.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, "needs_a_key.Party"]\n'


@pytest.fixture
def environment(tmp_path):
    """Of a process with one more app, which needs a key."""
    (tmp_path / "needs_a_key").mkdir()
    (tmp_path / "needs_a_key" / "__init__.py").write_text(LACKS)
    (tmp_path / "settings_here.py").write_text(SETTINGS)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "settings_here",
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "LUCKYGAS_BIND": "127.0.0.1:0",
    }


PROGRAMS = {
    "web": ["gunicorn", "-c", "deployment/gunicorn.py", "--workers", "1", "luckygas.wsgi"],
    "worker": ["celery", "-A", "luckygas.celery", "worker", "-Q", "nobodys", "-c", "1", "--without-gossip"],
    "beat": ["celery", "-A", "luckygas.celery", "beat", "--pidfile=", "-s", "BEAT"],
    "command": ["django", "check"],
}


@pytest.mark.parametrize(
    "program",
    ["web", *(pytest.param(name, marks=pytest.mark.slow) for name in ("worker", "beat", "command"))],
)
def test_it_does_not_start(environment, program, tmp_path):
    words = [word.replace("BEAT", str(tmp_path / "beat.db")) for word in PROGRAMS[program]]
    run = subprocess.run(
        [sys.executable, "-m", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert run.returncode != 0
    assert SAYS in run.stdout + run.stderr


@pytest.mark.slow
def test_it_starts_with_it(environment):
    environment["TEST_BANK_KEY"] = "a value that nobody prints"
    run = subprocess.run(
        [sys.executable, "-m", "django", "check"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "a value that nobody prints" not in run.stdout + run.stderr
