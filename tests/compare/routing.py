"""A reference day of deliveries: it must be read, planned without a violation, and its length is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from dispatch import routing
from tests.compare.einvoice import Finding

_SECONDS = 5.0


def instance(path: Path) -> Iterator[Finding]:
    """One problem file, planned for five seconds with seed 1."""
    problem = routing.Problem.from_json(json.loads(path.read_text(encoding="utf-8")))
    plan = routing.solve(problem, seconds=_SECONDS, seed=1)
    violations = routing.check(problem, plan)
    yield f"{path.name}: the plan holds", not violations, "; ".join(map(str, violations))
    shown = plan.to_json()
    yield f"{path.name}: {shown['distance_m']} m, {len(plan.unserved)} stops not served", True, ""
