"""The pilot's pages in the admin."""

from pilot.admin import flags  # noqa: F401  (registering is its import)
