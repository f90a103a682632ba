"""The pilot's pages in the admin."""

from pilot.admin import conflicts, flags, sync  # noqa: F401  (registering is its import)
