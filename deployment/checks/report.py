"""What a check says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Report:
    """``problems`` fail the check, ``warnings`` are printed; ``not_run`` says why nothing was looked at, ``told`` what was.

    ``may_be_out_of_reach`` marks a check that asks a service outside the machine: where that cannot be
    reached (a closed network) it is counted as not run and does not fail.
    """

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    not_run: str = ""
    may_be_out_of_reach: bool = False


Check = Callable[[Path], Report]
