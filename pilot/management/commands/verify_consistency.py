"""`manage.py verify_consistency`: do both systems hold the same about every enrolled customer?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from pilot.services import consistency


class Command(BaseCommand):
    help = "compare this system and the old one in full; exit 1 on an unexplained difference"

    def handle(self, *args: Any, **options: Any) -> None:
        if not consistency.is_on():
            self.stdout.write(_("There is no old system: nothing to compare."))
            return
        try:
            run = consistency.compare_and_keep()
        except consistency.NotReachable as error:
            raise CommandError(str(error), returncode=2) from error
        said = {
            _("records here"): f"{run.ours:,}",
            _("records there"): f"{run.theirs:,}",
            _("compared"): f"{run.compared:,} ({run.coverage} %)",
            _("seconds"): f"{run.milliseconds / 1000:.2f}",
            _("lag p50 / p95 / p99 (s)"): " / ".join(
                "–" if lag is None else f"{lag:.2f}" for lag in (run.lag_p50, run.lag_p95, run.lag_p99)
            ),
            _("explained"): "  ".join(
                f"{reason} × {count}" for reason, count in sorted(run.explained.items())
            )
            or "0",
            _("unexplained"): str(run.unexplained),
        }
        for label, value in said.items():
            self.stdout.write(f"{label}: {value}")
        for difference in run.differences:
            self.stdout.write(f"  ✗ {difference}")
        if run.unexplained:
            raise CommandError(_("%(count)d differences") % {"count": run.unexplained})
