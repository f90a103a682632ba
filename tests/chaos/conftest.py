"""Chaos works on whole companies."""

from tests.workday.conftest import company, loaded

__all__ = ["company", "loaded"]
