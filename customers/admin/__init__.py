"""The customers' pages in the admin; they register on import."""

from customers.admin import areas, customers, gaps, messages, taxnumbers, visits  # noqa: F401
