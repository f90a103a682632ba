"""The customers' pages in the admin; they register on import."""

from customers.admin import (  # noqa: F401
    areas,
    customers,
    gaps,
    message_texts,
    messages,
    taxnumbers,
    visits,
)
