"""Redis as a cache that may vanish: a missing cache is a slower page, never an error page."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class ForgivingRedisCache(RedisCache):
    """Answers as an empty cache while Redis is away; writes are dropped with a warning."""

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._or(default, super().get, key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: Any = None) -> None:
        self._or(None, super().set, key, value, timeout, version)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: Any = None) -> bool:
        return bool(self._or(True, super().add, key, value, timeout, version))

    def delete(self, key: Any, version: Any = None) -> bool:
        return bool(self._or(False, super().delete, key, version))

    def get_many(self, keys: Any, version: Any = None) -> Any:
        return self._or({}, super().get_many, keys, version)

    def set_many(self, data: Any, timeout: Any = 300, version: Any = None) -> Any:
        return self._or([], super().set_many, data, timeout, version)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """A key that is not there counts from nothing: Redis may have been emptied since it was made."""
        try:
            return self._or(delta, super().incr, key, delta, version)
        except ValueError:
            self.add(key, delta, version=version)
            return delta

    def _or(self, fallback: Any, call: Any, *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except RedisError as error:
            log.warning("cache_away", error=type(error).__name__)
            return fallback
