"""Checks that start Django: migrations, its own system check, the schema of the API."""

import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from deployment.checks.report import Report

SCHEMA: Final = "docs/openapi.yaml"
ROUTES: Final = "luckygas/urls.py"

UNSET: Final = {
    "SECRET_KEY": "for-checks-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
}
"""Stand-ins where the environment names no servers: nothing here needs one to answer."""

PRODUCTION: Final = {
    "LUCKYGAS_DEBUG": "0",
    "LUCKYGAS_TLS": "1",
    "LUCKYGAS_SIMULATION": "0",
    "LUCKYGAS_PLAIN_STATIC": "0",
    "LUCKYGAS_ALLOWED_HOSTS": "gas.example.tw",
    "LUCKYGAS_CSRF_TRUSTED_ORIGINS": "https://gas.example.tw",
    "LUCKYGAS_SELLER_UBN": "12345675",
    "DATABASE_OWNER_URL": "postgres://owner@127.0.0.1:9/none",
}
"""How the real installation is set up, as far as Django's own check looks at it."""


def manage(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` in this tree."""
    environment = {**UNSET, **os.environ, **variables}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _failure(run: subprocess.CompletedProcess[str], what: str) -> Report:
    lines = [line for line in (run.stdout + run.stderr).splitlines() if line.strip()]
    return Report(problems=[f"{what} ended with {run.returncode}:", *lines[-30:]])


def check_migrations(root: Path) -> Report:
    """Every change of a model has its migration, and every migration lies where it belongs."""
    run = manage(root, "makemigrations", "--check", "--dry-run", "--skip-checks", "--no-color")
    if run.returncode == 0:
        report = Report()
    elif "Traceback" in run.stderr:
        return _failure(run, "makemigrations --check")
    else:
        changes = [line.rstrip() for line in run.stdout.splitlines() if line.strip()]
        report = Report(problems=["a migration is missing; run `make manage CMD=makemigrations`:", *changes])
    strangers = subprocess.run(
        [sys.executable, "-c", STRANGERS],
        cwd=root,
        env={**UNSET, **os.environ, "DJANGO_SETTINGS_MODULE": "luckygas.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    if strangers.returncode:
        return _failure(strangers, "looking for migrations outside the repository")
    report.problems += [
        f"{line}: a migration written into an installed package; move it into an app of ours"
        for line in strangers.stdout.splitlines()
    ]
    return report


STRANGERS: Final = """
import django
django.setup()
from deployment.checks.strangers import migrations_outside
print("\\n".join(migrations_outside()), end="")
"""


def check_django(root: Path) -> Report:
    """``manage.py check --deploy`` finds nothing with the settings of a real installation."""
    run = manage(root, "check", "--deploy", "--fail-level", "WARNING", "--no-color", **PRODUCTION)
    return Report() if run.returncode == 0 else _failure(run, "check --deploy")


def check_schema(root: Path) -> Report:
    """The committed description of the API is what the code generates."""
    committed = root / SCHEMA
    if not committed.exists():
        if "api/v1" not in (root / ROUTES).read_text(encoding="utf-8"):
            return Report()
        return Report(problems=[f"{SCHEMA}: missing, but there is an API; {REMEDY}"])
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "openapi.yaml"
        run = manage(
            root,
            "spectacular",
            "--file",
            str(fresh),
            "--validate",
            "--fail-on-warn",
            "--lang",
            "en",
            "--no-color",
        )
        if run.returncode:
            return _failure(run, "spectacular")
        old, new = committed.read_text(encoding="utf-8"), fresh.read_text(encoding="utf-8")
    if old == new:
        return Report()
    lines = list(
        difflib.unified_diff(old.splitlines(), new.splitlines(), "committed", "generated", n=1, lineterm="")
    )
    hunk = next((match for line in lines if (match := re.match(r"@@ -(\d+)", line))), None)
    where = f"{SCHEMA}:{hunk[1] if hunk else 1}"
    return Report(problems=[f"{where}: differs from what the code generates; {REMEDY}", *lines[2:32]])


REMEDY: Final = f'run `make manage CMD="spectacular --file {SCHEMA} --validate --fail-on-warn --lang en"`'
