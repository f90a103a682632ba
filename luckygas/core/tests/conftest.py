"""What several files of these tests share."""

from luckygas.core.tests.breaker_world import party

__all__ = ["party"]
