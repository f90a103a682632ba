"""There is one source of business time: ``luckygas.core.clock``.

The simulated day shifts that clock for every process; whatever reads another one lives in another day.
Looked at: the calls of ``datetime``, ``time`` and Django that read the machine's clock (under every name
they are imported as, called or handed over as a default), ``auto_now``, ``Now()`` and SQL's own clocks.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deployment.checks.report import Report
from deployment.checks.syntax import dotted, imported_names, modules, nodes, texts

CLOCK: Final = ("luckygas/core/clock.py", "luckygas/core/tests/test_clock.py")
ELSEWHERE: Final = ("deployment/", "bench/", "sandbox/", "tests/workday/", "tests/outside/", "tests/chaos/")
"""Not the business: tools and tests that drive whole processes from outside look at the wall's clock, the
outside world reads the clock's row with its own SQL."""

REAL_SECONDS: Final = frozenset(
    {
        "luckygas/core/leases.py",
        "luckygas/core/breakers.py",
        "luckygas/alive.py",
        "pilot/migrations/_marks.py",
    }
    | {"pilot/models/sync.py", "pilot/queries/compared.py", "pilot/tests/test_verify_consistency.py"}
    | {f"pilot/services/{name}.py" for name in ("agreeing", "enrolment", "writing")}
)
"""A lease is held and a failing party left alone for real seconds, however far the simulated day jumps meanwhile;
a process lives in real time; and how far two systems lag behind each other is measured in it."""

REMEDY: Final = "luckygas.core.clock.now"

READERS: Final = frozenset(
    {"datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"}
    | {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime", "time.ctime"}
    | {"django.utils.timezone.now", "django.utils.timezone.localdate", "django.utils.timezone.localtime"}
    | {"django.db.models.functions.Now", "django.db.models.functions.datetime.Now"}
)
AUTOMATIC: Final = frozenset({"auto_now", "auto_now_add"})
SQL_CLOCK: Final = re.compile(
    r"(?<![\w.])(?:now\s*\(\)|current_timestamp\b|current_date\b|localtimestamp\b"
    r"|(?:clock|statement|transaction)_timestamp\s*\(\))",
    re.IGNORECASE,
)
SQL: Final = re.compile(
    r"\b(?:select|insert|update|delete|default|values|where|interval|set)\b", re.IGNORECASE
)


def check(root: Path) -> Report:
    report = Report()
    for path, tree in modules(root, lambda path: path not in CLOCK and not path.startswith(ELSEWHERE)):
        report.problems += second_sources(path, tree)
    return report


def second_sources(path: str, tree: ast.Module) -> Iterator[str]:
    """Every reading of another clock in this module, as ``path:line: …``."""
    if "/migrations/" not in path:  # a migration repeats what the models say, packages' fields included
        yield from _python(path, tree)
    for line, text in texts(tree):
        if "/migrations/" in path and "pgh_" in text:
            continue  # history triggers note when the database wrote a row, beside the business's own time
        match = SQL_CLOCK.search(text)
        if match and SQL.search(text) and path not in REAL_SECONDS:
            yield f"{path}:{line}: SQL's {match[0]} is a second source of time; pass {REMEDY}"


def _python(path: str, tree: ast.Module) -> Iterator[str]:
    names = imported_names(tree)
    inner = {id(node.value) for node in nodes(tree) if isinstance(node, ast.Attribute)}
    for node in nodes(tree):
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            name = dotted(node, names)
            if (
                name in READERS
                and path not in REAL_SECONDS
                and (isinstance(node, ast.Attribute) or node.id in names)
            ):
                yield f"{path}:{node.lineno}: {name} is a second source of time; use {REMEDY}"
        elif isinstance(node, ast.keyword) and node.arg in AUTOMATIC and _is_true(node.value):
            yield f"{path}:{node.value.lineno}: {node.arg} is a second source of time; use default={REMEDY}"


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
