"""Flags as people read them: the sentence, the rules in the order they decide, and why one customer has it or not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from customers.models import Area, Customer
from customers.models.customer import CustomerKind
from luckygas.core import clock
from luckygas.core.extend import Attention
from pilot.flags import rules
from pilot.flags.rules import Outcome, Rule
from pilot.models import (
    Flag,
    FlagChange,
    FlagCustomer,
    FlagKind,
    FlagRequest,
    FlagState,
    ListSide,
    RequestState,
)

LABELS = {
    "kill_switch": gettext_lazy("Kill switch"),
    "state": gettext_lazy("In use"),
    "schedule": gettext_lazy("Schedule"),
    "deny": gettext_lazy("Always off"),
    "allow": gettext_lazy("Always on"),
    "segment": gettext_lazy("Only for"),
    "kind": gettext_lazy("Everybody else"),
}
BECAUSE = {
    Rule.KILLED: gettext_lazy("the kill switch is thrown"),
    Rule.ARCHIVED: gettext_lazy("the flag is archived"),
    Rule.INACTIVE: gettext_lazy("the flag is not in use"),
    Rule.NOT_YET: gettext_lazy("its schedule has not begun"),
    Rule.OVER: gettext_lazy("its schedule is over"),
    Rule.DENIED: gettext_lazy("this customer is on the “always off” list"),
    Rule.DENIED_THOUGH_ALLOWED: gettext_lazy("this customer is on both lists, and “always off” wins"),
    Rule.ALLOWED: gettext_lazy("this customer is on the “always on” list"),
    Rule.OTHER_KIND: gettext_lazy("it is not for this kind of customer"),
    Rule.OTHER_AREA: gettext_lazy("it is not for this customer's area"),
    Rule.NO_KEY: gettext_lazy("nobody said for which customer"),
    Rule.BOOLEAN: gettext_lazy("the flag is switched so for everybody"),
    Rule.NOT_LISTED: gettext_lazy("this customer is on no list"),
}
ACTIONS = {
    "created": pgettext_lazy("deed", "created"),
    "changed": pgettext_lazy("deed", "changed"),
    "killed": gettext_lazy("kill switch thrown"),
    "revived": gettext_lazy("kill switch taken back"),
    "customer_added": gettext_lazy("customer added"),
    "customer_removed": gettext_lazy("customer removed"),
    "requested": gettext_lazy("asked for"),
    "approved": gettext_lazy("approved"),
    "declined": gettext_lazy("declined"),
}


@dataclass(frozen=True)
class Rung:
    """One rule: ``setting`` is what it says now; ``outcome`` and ``because`` what it said about one customer."""

    number: int
    label: str
    setting: str
    outcome: str = ""
    because: str = ""
    is_on: bool = False


@dataclass(frozen=True)
class Why:
    """The answer for one customer."""

    customer: Customer
    is_on: bool
    because: str


@dataclass(frozen=True)
class Change:
    """A line of the history in words."""

    row: FlagChange
    action: str
    field: str
    old: str
    new: str


def rules_of(flag: Flag) -> rules.Rules:
    """The flag as the pure rules know it, read from its rows."""
    sides: dict[str, set[str]] = {side: set() for side in ListSide.values}
    for side, code in flag.customers.values_list("side", "customer__code"):
        sides[side].add(code)
    return rules.Rules(
        name=flag.name,
        kind=flag.kind,
        salt=flag.salt,
        state=flag.state,
        is_enabled=flag.is_enabled,
        percentage=flag.percentage,
        kinds=frozenset(flag.kinds),
        areas=frozenset(flag.areas),
        starts_at=flag.starts_at,
        ends_at=flag.ends_at,
        killed=flag.killed,
        allowed=frozenset(sides[ListSide.ALLOW]),
        denied=frozenset(sides[ListSide.DENY]),
    )


def sentence(flag: Flag, counts: Counter[str], areas: dict[str, str]) -> str:
    """The whole flag in one sentence; ``counts`` are the customers on its lists, ``areas`` names by code."""
    if flag.killed:
        return _("%(title)s: off for everybody, the kill switch is thrown") % {"title": flag.title}
    if flag.state != FlagState.ACTIVE:
        return _("%(title)s: off for everybody, %(state)s") % {
            "title": flag.title,
            "state": flag.get_state_display(),
        }
    parts = [_own_say(flag, areas)]
    if counts[ListSide.ALLOW]:
        parts.append(
            ngettext(
                "%(n)d customer on the list always on",
                "%(n)d customers on the list always on",
                counts[ListSide.ALLOW],
            )
            % {"n": counts[ListSide.ALLOW]}
        )
    if counts[ListSide.DENY]:
        parts.append(
            ngettext("%(n)d customer always off", "%(n)d customers always off", counts[ListSide.DENY])
            % {"n": counts[ListSide.DENY]}
        )
    if flag.starts_at or flag.ends_at:
        parts.append(_schedule(flag))
    return _("%(title)s: %(parts)s") % {"title": flag.title, "parts": _(", ").join(parts)}


def rungs(flag: Flag, counts: Counter[str], areas: dict[str, str]) -> list[Rung]:
    """The rules in the order they decide, with what each is set to."""
    return [
        Rung(number, str(LABELS[name]), setting)
        for number, (name, setting) in enumerate(_settings(flag, counts, areas).items(), start=1)
    ]


def why(
    flag: Flag, customer: Customer, counts: Counter[str], areas: dict[str, str]
) -> tuple[Why, list[Rung]]:
    """Whether a customer has it, by which rule, and what every rule had to say."""
    attributes = {"kind": customer.kind, "area": customer.area.code if customer.area else None}
    steps = rules.ladder(rules_of(flag), customer.code, attributes, clock.now())
    settings = _settings(flag, counts, areas)
    found: list[Rung] = []
    answer = None
    for number, step in enumerate(steps, start=1):
        decision = step.decision
        words = because(flag, decision) if decision else ""
        if decision:
            answer = Why(customer, decision.value, words)
        found.append(
            Rung(
                number,
                str(LABELS[step.name]),
                settings[step.name],
                step.outcome,
                words or (_("does not apply") if step.outcome == Outcome.PASSED else _("not asked any more")),
                bool(decision and decision.value),
            )
        )
    assert answer is not None, "one rule always decides"
    return answer, found


def because(flag: Flag, decision: rules.Decision) -> str:
    """The rule that decided, as the end of “on, because …”."""
    if decision.rule is Rule.PERCENTAGE:
        text = (
            _("his number %(bucket)s lies below %(percentage)s %%")
            if decision.value
            else _("his number %(bucket)s does not lie below %(percentage)s %%")
        )
        number = Decimal(decision.bucket or 0) / 100
        return text % {"bucket": f"{number:.2f}", "percentage": _points(flag.percentage)}
    return str(BECAUSE[decision.rule])


def attention(user: Any) -> list[Attention]:
    """Jumps of a percentage that wait for a second person, to whoever else may approve them."""
    if not user.has_perm("pilot.change_flag"):
        return []
    waiting = FlagRequest.objects.filter(state=RequestState.OPEN).exclude(requested_by_id=user.pk)
    return [
        Attention(
            1,
            _("%(title)s: %(percentage)s %% waits for your approval")
            % {"title": row.flag.title, "percentage": _points(row.wanted)},
            reverse("admin:pilot_flag_change", args=[row.flag_id]),
            "amber",
        )
        for row in waiting.select_related("flag").order_by("pk")[:5]
    ]


def counts_of(flags: list[Flag]) -> dict[int, Counter[str]]:
    """Customers on the lists of each flag, in one question."""
    found: dict[int, Counter[str]] = {flag.pk: Counter() for flag in flags}
    for flag_id, side in FlagCustomer.objects.filter(flag__in=flags).values_list("flag_id", "side"):
        found[flag_id][side] += 1
    return found


def area_names() -> dict[str, str]:
    """Area code → name as workbooks write it."""
    return dict(Area.objects.values_list("code", "sheet_name"))


def listed(flag: Flag, side: str, limit: int) -> list[FlagCustomer]:
    """The customers last put on a list."""
    rows = flag.customers.filter(side=side).select_related("customer").order_by("-id")
    return list(rows[:limit])


def history(flag: Flag, limit: int) -> list[Change]:
    """The last changes, newest first."""
    return [told(row) for row in flag.changes.order_by("-id")[:limit]]


def told(row: FlagChange) -> Change:
    """A change with its field and values in the reader's language."""
    return Change(
        row,
        str(ACTIONS.get(row.action, row.action)),
        _field(row.field),
        _value(row.field, row.old) if row.field else "",
        _value(row.field, row.new) if row.field else "",
    )


def _settings(flag: Flag, counts: Counter[str], areas: dict[str, str]) -> dict[str, str]:
    nothing = _("not set")
    segment = _whom(flag, areas) if flag.kinds or flag.areas else _("all customers")
    return {
        "kill_switch": _("thrown: off for everybody") if flag.killed else _("not thrown"),
        "state": flag.get_state_display(),
        "schedule": _schedule(flag) if flag.starts_at or flag.ends_at else nothing,
        "deny": _customers(counts[ListSide.DENY]),
        "allow": _customers(counts[ListSide.ALLOW]),
        "segment": segment,
        "kind": _own_say(flag, {}, short=True),
    }


def _own_say(flag: Flag, areas: dict[str, str], *, short: bool = False) -> str:
    """What the flag says about who is on no list."""
    whom = "" if short else _whom(flag, areas)
    if flag.kind == FlagKind.PERCENTAGE:
        points = _points(flag.percentage)
        if short:
            return _("%(points)s %% on, by the number of each customer") % {"points": points}
        return _("%(points)s %% of %(whom)s") % {"points": points, "whom": whom}
    if flag.kind == FlagKind.CUSTOMER_LIST:
        return _("off, only who is on the list has it")
    if not flag.is_enabled:
        return _("off")
    return _("on") if short else _("on for %(whom)s") % {"whom": whom}


def _whom(flag: Flag, areas: dict[str, str]) -> str:
    kinds = _(" and ").join(
        str(CustomerKind(kind).label) for kind in flag.kinds if kind in CustomerKind.values
    )
    whom = _("%(kinds)s customers") % {"kinds": kinds} if kinds else _("all customers")
    if flag.areas:
        places = "、".join(areas.get(code, code) for code in sorted(flag.areas))
        return _("%(whom)s in %(areas)s") % {"whom": whom, "areas": places}
    return whom


def _schedule(flag: Flag) -> str:
    def moment(at: Any) -> str:
        return f"{clock.taipei(at):%Y/%m/%d %H:%M}"

    if flag.starts_at and flag.ends_at:
        return _("from %(start)s until %(end)s") % {
            "start": moment(flag.starts_at),
            "end": moment(flag.ends_at),
        }
    if flag.starts_at:
        return _("from %(start)s on") % {"start": moment(flag.starts_at)}
    return _("until %(end)s") % {"end": moment(flag.ends_at)}


def _customers(number: int) -> str:
    return ngettext("%(n)d customer", "%(n)d customers", number) % {"n": number} if number else _("nobody")


def _points(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _field(name: str) -> str:
    if name in ListSide.values:
        return str(ListSide(name).label)
    return str(getattr(Flag._meta.get_field(name), "verbose_name", name)) if name else ""


def _value(field: str, text: str) -> str:
    """A stored value as people read it."""
    choices: dict[str, Any] = {"kind": FlagKind, "state": FlagState}
    if field in choices and text in choices[field].values:
        return str(choices[field](text).label)
    if field in ("is_enabled", "killed"):
        return {"on": _("on"), "off": _("off")}.get(text, text)
    if field == "kinds":
        known = (
            CustomerKind(part).label if part in CustomerKind.values else part for part in text.split(", ")
        )
        return "、".join(str(part) for part in known)
    if field == "percentage" and text:
        return f"{text} %"
    return text
