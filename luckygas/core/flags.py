"""Asking a feature flag, in OpenFeature's vocabulary (targeting key, variant, reason).

The pilot floor registers a provider at start-up. Without one, or when it fails, the answer is the default
given at the call and the reason says so: a flag never breaks the page that asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Answer:
    """``variant`` is on, off or default. ``reason`` names the rule that decided, in the provider's words (its rules say
    which there are: ``kill_switch``, ``customer_enabled``, ``percentage_rollout_12.5%`` …); without a provider it is
    DEFAULT, and ERROR when the provider failed.
    """

    value: bool
    variant: str
    reason: str


class Provider(Protocol):
    def resolve(self, name: str, key: str, default: bool, attributes: dict[str, Any]) -> Answer: ...


_provider: Provider | None = None


def register(provider: Provider | None) -> None:
    global _provider
    _provider = provider


def explain(name: str, key: str, *, default: bool = False, **attributes: Any) -> Answer:
    """The answer with its reason. ``key`` is the targeting key (a customer code, a user id)."""
    if _provider is None:
        return Answer(default, "default", "DEFAULT")
    try:
        return _provider.resolve(name, key, default, attributes)
    except Exception as error:  # noqa: BLE001  (whatever the provider does, the page goes on with its default)
        log.warning("flag_failed", flag=name, error=repr(error))
        return Answer(default, "default", "ERROR")


def is_on(name: str, key: str, *, default: bool = False, **attributes: Any) -> bool:
    return explain(name, key, default=default, **attributes).value
