"""The office's pages of dispatch."""

from dispatch.admin import fleet, plans, road  # noqa: F401  (they register on import)
