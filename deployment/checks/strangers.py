"""Migrations that ``makemigrations`` wrote into an installed package.

Tracking a package's model directly (pghistory on Django's own User, say) makes ``makemigrations`` write
into ``site-packages``, where the file is lost with the next installation. Needs Django set up.
"""

import importlib.metadata
from pathlib import Path

from django.apps import apps
from django.conf import settings


def migrations_outside() -> list[str]:
    """Migration files outside the repository that no installed distribution brought along."""
    shipped = {
        str(distribution.locate_file(file))
        for distribution in importlib.metadata.distributions()
        for file in distribution.files or ()
        if "migrations" in file.parts
    }
    found = []
    for config in apps.get_app_configs():
        folder = Path(config.path)
        if folder.is_relative_to(settings.BASE_DIR) and "site-packages" not in folder.parts:
            continue
        found += [str(file) for file in sorted(folder.glob("migrations/*.py")) if str(file) not in shipped]
    return found
