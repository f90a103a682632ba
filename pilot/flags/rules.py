"""Which rule of a flag decides for one customer. Pure: no Django, no I/O, no clock of its own.

The rules are asked in this order, and the first that has something to say decides:

    kill switch > archived, not in use, outside its schedule > customer on the deny list > on the allow list
    > kind or area of customer that the flag is not for > percentage > on or off > not on the list

A percentage takes the customers whose bucket (``luckygas.core.bucketing``, 0 … 9999 under the flag's own salt) lies
below it: raising it only ever adds customers, and 0 is nobody, 100 everybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from luckygas.core.bucketing import bucket


class Kind(StrEnum):
    """What decides for a customer who is on no list."""

    BOOLEAN = "boolean"
    PERCENTAGE = "percentage"
    CUSTOMER_LIST = "customer_list"


class Rule(StrEnum):
    """What decided; the value is the reason that an ``Answer`` carries."""

    KILLED = "kill_switch"
    ARCHIVED = "archived"
    INACTIVE = "inactive"
    NOT_YET = "before_start"
    OVER = "after_end"
    DENIED = "customer_disabled"
    DENIED_THOUGH_ALLOWED = "customer_disabled_over_enabled"
    ALLOWED = "customer_enabled"
    OTHER_KIND = "other_kind_of_customer"
    OTHER_AREA = "other_area"
    NO_KEY = "no_customer_id"
    PERCENTAGE = "percentage_rollout"
    BOOLEAN = "boolean_flag"
    NOT_LISTED = "not_in_list"


@dataclass(frozen=True, slots=True)
class Rules:
    """One flag. ``percentage`` in points, exact to a hundredth; ``kinds`` and ``areas`` empty narrow nothing.

    ``state`` is active, inactive or archived. In force from ``starts_at`` on and until before ``ends_at``.
    """

    name: str
    kind: str
    salt: str
    state: str = "active"
    is_enabled: bool = False
    percentage: Decimal = Decimal(0)
    kinds: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    killed: bool = False
    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()

    @property
    def has_schedule(self) -> bool:
        return self.starts_at is not None or self.ends_at is not None

    @property
    def threshold(self) -> int:
        """Buckets below it are in."""
        return int(self.percentage * 100)


@dataclass(frozen=True, slots=True)
class Decision:
    """``bucket`` is the customer's number where a percentage decided."""

    value: bool
    rule: Rule
    bucket: int | None = None


class Outcome(StrEnum):
    """What a step of the ladder said."""

    PASSED = "passed"
    DECIDED = "decided"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung as a person reads it: ``name`` is kill_switch, state, schedule, deny, allow, segment or kind."""

    name: str
    outcome: Outcome
    decision: Decision | None = None


_STATES: Mapping[str, Decision] = {
    "archived": Decision(False, Rule.ARCHIVED),
    "inactive": Decision(False, Rule.INACTIVE),
}
_KILLED = Decision(False, Rule.KILLED)
_NOT_YET = Decision(False, Rule.NOT_YET)
_OVER = Decision(False, Rule.OVER)
_DENIED = Decision(False, Rule.DENIED)
_DENIED_THOUGH_ALLOWED = Decision(False, Rule.DENIED_THOUGH_ALLOWED)
_ALLOWED = Decision(True, Rule.ALLOWED)
_OTHER_KIND = Decision(False, Rule.OTHER_KIND)
_OTHER_AREA = Decision(False, Rule.OTHER_AREA)
_NO_KEY = Decision(False, Rule.NO_KEY)
_ENABLED = Decision(True, Rule.BOOLEAN)
_DISABLED = Decision(False, Rule.BOOLEAN)
_NOT_LISTED = Decision(False, Rule.NOT_LISTED)


def by_kill_switch(rules: Rules) -> Decision | None:
    return _KILLED if rules.killed else None


def by_state(rules: Rules) -> Decision | None:
    return _STATES.get(rules.state)


def by_schedule(rules: Rules, now: dt.datetime) -> Decision | None:
    if rules.starts_at is not None and now < rules.starts_at:
        return _NOT_YET
    if rules.ends_at is not None and now >= rules.ends_at:
        return _OVER
    return None


def by_deny_list(rules: Rules, key: str) -> Decision | None:
    """A customer on both lists is denied, and told so."""
    if key not in rules.denied:
        return None
    return _DENIED_THOUGH_ALLOWED if key in rules.allowed else _DENIED


def by_allow_list(rules: Rules, key: str) -> Decision | None:
    return _ALLOWED if key in rules.allowed else None


def by_segment(rules: Rules, attributes: Mapping[str, object]) -> Decision | None:
    """``attributes`` are the customer's ``kind`` and ``area`` (code); what nobody said is in no segment."""
    if rules.kinds and attributes.get("kind") not in rules.kinds:
        return _OTHER_KIND
    if rules.areas and attributes.get("area") not in rules.areas:
        return _OTHER_AREA
    return None


def by_kind(rules: Rules, key: str) -> Decision:
    """The flag's own say: the customer's bucket, the switch, or that he is on no list."""
    if rules.kind == Kind.PERCENTAGE:
        if not key:
            return _NO_KEY
        number = bucket(rules.salt, key)
        return Decision(number < rules.threshold, Rule.PERCENTAGE, number)
    if rules.kind == Kind.BOOLEAN:
        return _ENABLED if rules.is_enabled else _DISABLED
    return _NOT_LISTED


def decide(
    rules: Rules, key: str, attributes: Mapping[str, object], now: dt.datetime | None = None
) -> Decision:
    """The answer for a customer code (or another key). ``now`` is needed where the flag has a schedule."""
    return (
        by_kill_switch(rules)
        or by_state(rules)
        or (by_schedule(rules, now) if now is not None else None)
        or by_deny_list(rules, key)
        or by_allow_list(rules, key)
        or by_segment(rules, attributes)
        or by_kind(rules, key)
    )


def ladder(rules: Rules, key: str, attributes: Mapping[str, object], now: dt.datetime) -> list[Step]:
    """Every rule in its order: those that had nothing to say, the one that decided, those not asked any more."""
    said: list[tuple[str, Decision | None]] = [
        ("kill_switch", by_kill_switch(rules)),
        ("state", by_state(rules)),
        ("schedule", by_schedule(rules, now)),
        ("deny", by_deny_list(rules, key)),
        ("allow", by_allow_list(rules, key)),
        ("segment", by_segment(rules, attributes)),
        ("kind", by_kind(rules, key)),
    ]
    first = next(place for place, (_name, decision) in enumerate(said) if decision is not None)
    steps = [Step(name, Outcome.PASSED) for name, _decision in said[:first]]
    steps.append(Step(said[first][0], Outcome.DECIDED, said[first][1]))
    return steps + [Step(name, Outcome.NOT_ASKED) for name, _decision in said[first + 1 :]]


def reason(rules: Rules, decision: Decision) -> str:
    """What a program reads: the rule, with the points where a percentage decided (``percentage_rollout_12.5%``)."""
    if decision.rule is Rule.PERCENTAGE:
        return f"{decision.rule}_{rules.percentage.normalize():f}%"
    return str(decision.rule)
