"""Every second source of time is found; measuring durations and reading our own clock are not."""

import ast

import pytest

from deployment.checks.clock import second_sources

FOUND = [
    ("import datetime\nx = datetime.datetime.now()", "datetime.datetime.now"),
    ("import datetime as dt\nx = dt.date.today()", "datetime.date.today"),
    ("from datetime import datetime\nx = datetime.utcnow()", "datetime.datetime.utcnow"),
    ("import time\nx = time.time()", "time.time"),
    ("from time import time\nx = time()", "time.time"),
    (
        "from django.utils import timezone\nx = DateTimeField(default=timezone.now)",
        "django.utils.timezone.now",
    ),
    ("from django.utils.timezone import now\nx = now()", "django.utils.timezone.now"),
    ("from django.utils import timezone as tz\nx = tz.localdate()", "django.utils.timezone.localdate"),
    ("x = models.DateTimeField(\n    auto_now_add=True)", "auto_now_add"),
    (
        "from django.db.models.functions import Now\nx = filter(at__lt=Now())",
        "django.db.models.functions.Now",
    ),
    ("SQL = 'x'\ncursor.execute('UPDATE t SET at = now() WHERE id = 1')", "SQL's now()"),
    ("SQL = 'x'\ncursor.execute('INSERT INTO t VALUES (CURRENT_TIMESTAMP)')", "SQL's CURRENT_TIMESTAMP"),
]


@pytest.mark.parametrize(("code", "what"), FOUND, ids=[what for _, what in FOUND])
def test_a_second_source_of_time_is_named_with_its_line(code, what):
    (problem,) = second_sources("orders/x.py", ast.parse(code))
    assert problem.startswith(f"orders/x.py:2: {what} is a second source of time")


@pytest.mark.parametrize(
    "code",
    [
        "from luckygas.core import clock\nx = clock.now()",
        "from luckygas.core.clock import now, today\nx = now()",
        "import time\nx = time.monotonic()",
        "import datetime\nx = datetime.datetime.fromisoformat('2026-11-23')",
        "now = 3\ntime = now",
        "def f():\n    'Set at now() by the caller, updated where needed.'",
        "x = 'select an order now (it waits)'",
        "x = DateTimeField(auto_now=False)",
    ],
)
def test_other_uses_are_let_through(code):
    assert list(second_sources("orders/x.py", ast.parse(code))) == []


def test_a_migration_is_looked_at_for_its_own_sql_only():
    code = (
        "from django.utils import timezone\n"
        "x = timezone.now\n"
        "y = 'INSERT INTO e (pgh_created_at) VALUES (NOW())'\n"
    )
    path = "orders/migrations/0001_initial.py"
    assert list(second_sources(path, ast.parse(code))) == []
    assert len(list(second_sources(path, ast.parse("y = 'ALTER TABLE t ALTER at SET DEFAULT now()'")))) == 1
