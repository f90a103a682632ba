"""The floor's pages in the admin; each module registers its own."""

from orders.admin import catalogue, due, orders, places  # noqa: F401  (they register on import)
