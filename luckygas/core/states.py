"""State machines: a TextChoices field, a table of allowed moves, and one compare-and-set update.

The database is the referee. ``move`` writes ``UPDATE … WHERE pk = … AND status = <what we saw>``; if another
process moved the row first nothing is written and the caller is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from luckygas.core.errors import Busy, Refused


@dataclass(frozen=True)
class Machine:
    """``table`` maps each state to the states it may move to; a state with no moves is final."""

    choices: type[models.TextChoices]
    table: Mapping[str, frozenset[str]]
    field: str = "status"

    def __post_init__(self) -> None:
        missing = set(self.choices.values) ^ set(self.table)
        if missing:
            raise ValueError(f"states without a row in the table, or unknown: {sorted(missing)}")

    def allows(self, old: str, new: str) -> bool:
        return new in self.table[old]

    def sources(self, new: str) -> list[str]:
        """The states from which ``new`` can be reached in one move."""
        return [old for old, targets in self.table.items() if new in targets]

    def finals(self) -> list[str]:
        return [state for state, targets in self.table.items() if not targets]

    def check_allowed(self, old: str, new: str) -> None:
        """Refused, in words, when the table does not allow the move."""
        if not self.allows(old, new):
            raise Refused(
                _("“%(old)s” cannot become “%(new)s”.")
                % {"old": self.choices(old).label, "new": self.choices(new).label},
                code="state",
                old=old,
                new=new,
            )

    def move(self, row: models.Model, new: str, **fields: Any) -> str:
        """Move one row and return its old state; ``fields`` are written in the same statement.

        Raises Refused when the table forbids the move, Busy when the row moved meanwhile.
        """
        old = getattr(row, self.field)
        self.check_allowed(old, new)
        manager = type(row)._base_manager
        if manager.filter(pk=row.pk, **{self.field: old}).update(**{self.field: new}, **fields) != 1:
            raise Busy(_("Someone changed this a moment ago. Look again and repeat."), code="state_moved")
        setattr(row, self.field, new)
        for name, value in fields.items():
            setattr(row, name, value)
        return str(old)

    def constraint(self, name: str) -> models.CheckConstraint:
        """A CHECK constraint that the column holds a known state."""
        return models.CheckConstraint(
            condition=models.Q(**{f"{self.field}__in": list(self.choices.values)}), name=name
        )


def table(moves: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    return {old: frozenset(targets) for old, targets in moves.items()}
