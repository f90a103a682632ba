#!/usr/bin/env python
"""Django's command line; without DATABASE_URL it finds the servers of a running `make demo` or `make run`."""

import os
import sys

# These change tables, which belong to the owner role; the application role may only read and write rows.
OWNER_COMMANDS = {"migrate", "flush", "pgtrigger"}

# Where the settings may find the database, without a launcher.
DATABASE = ("DATABASE_URL", "DATABASE_URL_FILE", "LUCKYGAS_SECRETS_PROJECT")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luckygas.settings")
    if not any(os.environ.get(name) for name in DATABASE):
        _find_servers()
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["LUCKYGAS_AS_OWNER"] = "1"
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(f"Django is not installed for {sys.executable}: run `make setup`, use .venv/bin/python")
    execute_from_command_line(sys.argv)


def _find_servers() -> None:
    try:
        from deployment.launcher.state import read_servers
    except ModuleNotFoundError:  # an image has no launcher; the settings say what is missing
        return
    settings = read_servers()
    if settings is None:
        command = " ".join(sys.argv[1:]) or "help"
        sys.exit(
            "No database: DATABASE_URL is not set, and no `make demo` or `make run` is up.\n"
            f'To bring the servers up for one command: make manage CMD="{command}"'
        )
    for name, value in settings.items():
        os.environ.setdefault(name, value)


if __name__ == "__main__":
    main()
