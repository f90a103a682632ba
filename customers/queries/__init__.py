"""Reads that are more than a queryset method."""

from customers.queries.finding import lookup, lookup_ids

__all__ = ["lookup", "lookup_ids"]
