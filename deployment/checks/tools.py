"""Checks that other people's tools do."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from deployment.checks.project import UNSET
from deployment.checks.report import Report
from deployment.messages.checking import problems
from deployment.tree import files

SHOWN: Final = 120
"""Lines of a tool's output that are printed; who has more to mend runs the tool itself."""


def _tool(root: Path, *command: str) -> Report:
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=_environment())
    if run.returncode == 0:
        return Report()
    lines = [line.rstrip() for line in (run.stdout + run.stderr).splitlines() if line.strip()]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"… and {len(lines) - SHOWN} more lines"]
    return Report(problems=lines or [f"{command[0]} ended with {run.returncode} and said nothing"])


def _environment() -> dict[str, str]:
    return {**UNSET, **os.environ, "NO_COLOR": "1"}


def check_lint(root: Path) -> Report:
    return _tool(root, sys.executable, "-m", "ruff", "check", "--output-format", "concise", ".")


def check_format(root: Path) -> Report:
    return _tool(root, sys.executable, "-m", "ruff", "format", "--check", ".")


def check_types(root: Path) -> Report:
    """mypy over the whole tree, tests included (the plugin starts Django's settings)."""
    packages = sorted(
        {path.partition("/")[0] for path in files(root) if path.count("/") and path.endswith(".py")}
    )
    return _tool(root, sys.executable, "-m", "mypy", "--no-error-summary", *packages, "manage.py")


def check_imports(root: Path) -> Report:
    return _tool(root, str(Path(sys.executable).parent / "lint-imports"), "--no-cache")


def check_translations(root: Path) -> Report:
    return Report(problems=list(problems(root)))
