"""``python -m deployment.checks``: run the checks, one line each, then what they found."""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Final

from deployment.checks import clock, dependencies, floors, length, manifests, project, repository, tools
from deployment.checks.report import Check, Report
from deployment.tree import ROOT

CHECKS: Final[dict[str, tuple[str, Check]]] = {
    "lint": ("ruff check", tools.check_lint),
    "format": ("ruff format", tools.check_format),
    "types": ("mypy", tools.check_types),
    "imports": ("import contracts", tools.check_imports),
    "floors": ("no floor knows a higher one", floors.check),
    "clock": ("one source of time", clock.check),
    "length": ("files short enough to read", length.check),
    "migrations": ("no migration missing or astray", project.check_migrations),
    "django": ("manage.py check --deploy", project.check_django),
    "schema": ("docs/openapi.yaml is the API", project.check_schema),
    "translations": ("every text translated", tools.check_translations),
    "manifests": ("k8s/ is valid and fits the house", manifests.check),
    "fonts": ("the font is as its manifest says", repository.check_fonts),
    "locks": ("locks fresh, with hashes", dependencies.check_locks),
    "reasons": ("a reason for each dependency", dependencies.check_reasons),
    "installed": ("installed packages fit together", dependencies.check_installed),
    "audit": ("no known weakness pinned", dependencies.check_audit),
    "repository": ("no machine's path, no index host", repository.check),
}


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """0 when nothing was found, 1 otherwise, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m deployment.checks", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(CHECKS), metavar="NAME", help="one check")
    parser.add_argument("--list", action="store_true", help="the names of the checks")
    options = parser.parse_args(arguments)
    if options.list:
        for name, (title, _) in CHECKS.items():
            print(f"{name:<13} {title}")
        return 0
    reports = {name: _run(name, root) for name in options.only or CHECKS}
    return _summary(reports)


def _run(name: str, root: Path) -> Report:
    title, check = CHECKS[name]
    started = time.monotonic()
    report = check(root)
    seconds = time.monotonic() - started
    if report.not_run:
        outcome = f"NOT RUN: {report.not_run}"
    elif report.problems:
        outcome = "FAILED"
    else:
        outcome = f"ok, {len(report.warnings)} warnings" if report.warnings else "ok"
    print(f"{name:<13} {title:<34} {seconds:6.1f} s  {outcome}", flush=True)
    return report


def _summary(reports: dict[str, Report]) -> int:
    for heading, lines in (
        ("looked at", {name: report.told for name, report in reports.items()}),
        ("warnings", {name: report.warnings for name, report in reports.items()}),
        ("problems", {name: report.problems for name, report in reports.items()}),
    ):
        for name, found in lines.items():
            if found:
                print(f"\n{name}: {heading}", *found, sep="\n  ")
    failed = [name for name, report in reports.items() if report.problems]
    not_run = [name for name, report in reports.items() if report.not_run]
    missed = [name for name in not_run if os.environ.get("CI") and not reports[name].may_be_out_of_reach]
    good = len(reports) - len(failed) - len(not_run)
    print(f"\n{good} ok, {len(failed)} failed, {len(not_run)} not run")
    for name in not_run:
        print(f"not run: {name} ({reports[name].not_run})")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
