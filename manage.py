#!/usr/bin/env python
"""Django's command line; without DATABASE_URL it finds the servers of a running `make demo` or `make run`."""

import os
import sys

# These change tables, which belong to the owner role; the application role may only read and write rows.
OWNER_COMMANDS = {"migrate", "flush", "pgtrigger"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luckygas.settings")
    if not (os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE")):
        _find_servers()
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["LUCKYGAS_AS_OWNER"] = "1"
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(f"Django is not installed for {sys.executable}: run `make setup`, use .venv/bin/python")
    execute_from_command_line(sys.argv)


def _find_servers() -> None:
    from deployment.launcher.state import read_servers

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
