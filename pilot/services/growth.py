"""How much further one person may open a flag: ``MOST_AT_ONCE`` points within ``WITHIN``, in however many steps.

What counts is the lowest share that held within that time, or since a second person approved one; so 25 points a
minute are no way round, and a percentage does not become “on for everybody” by another type.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from luckygas.core import clock
from luckygas.core.errors import Refused
from pilot.models import Flag, FlagKind

MOST_AT_ONCE = Decimal(25)
WITHIN = dt.timedelta(hours=24)
EVERYBODY = Decimal(100)


def check(flag: Flag, wanted: Mapping[str, Any]) -> None:
    """Refused where the values ``wanted`` for a locked (or new) flag take a second person."""
    kind = wanted.get("kind", flag.kind)
    if kind == FlagKind.PERCENTAGE:
        after = wanted.get("percentage", flag.percentage)
        if is_jump(flag, after):
            raise Refused(
                _(
                    "From %(before)s to %(after)s%% is more than %(most)d points within a day;"
                    " a second person has to approve."
                )
                % {"before": f"{_past(flag)[0]:f}", "after": f"{after.normalize():f}", "most": MOST_AT_ONCE},
                code="four_eyes",
                field="percentage",
            )
    elif kind == FlagKind.BOOLEAN and wanted.get("is_enabled", flag.is_enabled):
        lowest, was_percentage = _past(flag)
        if {"kind", "is_enabled"} & wanted.keys() and was_percentage and EVERYBODY - lowest > MOST_AT_ONCE:
            raise Refused(
                _(
                    "Raise the percentage to 100 first, with a second person; then it may be on for everybody."
                ),
                code="everybody",
                field="kind",
            )


def is_jump(flag: Flag, percentage: Decimal) -> bool:
    """Whether this percentage takes a second person."""
    return percentage > _share(flag.kind, flag.percentage) and percentage - _past(flag)[0] > MOST_AT_ONCE


def _share(kind: str, percentage: Decimal) -> Decimal:
    return percentage if kind == FlagKind.PERCENTAGE else Decimal(0)


def _past(flag: Flag) -> tuple[Decimal, bool]:
    """(the lowest share, whether a percentage decided) within ``WITHIN`` or since a second person approved one."""
    if flag.pk is None:
        return Decimal(0), False
    kind, percentage = str(flag.kind), flag.percentage
    lowest, was_percentage = _share(kind, percentage), kind == FlagKind.PERCENTAGE
    for row in flag.changes.filter(at__gt=clock.now() - WITHIN).order_by("-id"):
        if row.action == "approved":
            break
        if row.field == "percentage" and row.action in ("changed", "created"):
            percentage = Decimal(row.old or 0)
        elif row.field == "kind":
            kind = row.old
        lowest = min(lowest, _share(kind, percentage))
        was_percentage = was_percentage or kind == FlagKind.PERCENTAGE
    return lowest.normalize(), was_percentage
