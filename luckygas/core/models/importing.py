"""One row for each workbook that came in, and one for each finding in it."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock
from luckygas.core.states import Machine, table


class ImportRun(models.Model):
    """A file on its way in: read and checked whole, then written whole, or its good rows after a second click."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        CHECKING = "checking", _("checking")
        REFUSED = "refused", _("refused")
        WRITING = "writing", _("writing")
        DONE = "done", _("imported")
        DRY = "dry", _("checked only")

    MACHINE = Machine(
        Status,
        table(
            {
                "uploaded": ["checking", "refused"],
                "checking": ["writing", "refused", "dry", "uploaded", "checking"],
                "refused": ["checking", "uploaded"],
                "writing": ["done", "refused", "uploaded", "checking"],
                "done": [],
                "dry": ["checking", "uploaded"],
            }
        ),
    )

    kind = models.CharField(_("kind"), max_length=40, db_index=True)
    file_name = models.CharField(_("file"), max_length=255)
    stored_as = models.CharField(_("stored as"), max_length=255, blank=True)
    sha256 = models.CharField(_("digest"), max_length=64, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.UPLOADED)
    accept_good = models.BooleanField(_("good rows only"), default=False)
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    rows_total = models.PositiveIntegerField(_("rows in all"), default=0, validators=[MinValueValidator(0)])
    created = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    warnings = models.PositiveIntegerField(_("warnings"), default=0)
    message = models.CharField(_("message"), max_length=500, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    actor_name = models.CharField(_("by"), max_length=150)
    started_at = models.DateTimeField(_("started"), default=clock.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # What a worker was asked to do, and when: done also when the message to it was lost. Empty at the command line.
    handed_at = models.DateTimeField(_("handed to a worker"), null=True, editable=False)
    job = models.JSONField(_("what was asked"), default=dict, editable=False)
    # Workers that began it since then. One that ends it, well or badly, leaves another status.
    tries = models.PositiveSmallIntegerField(_("workers that began it"), default=0, editable=False)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["uploaded", "checking", "refused", "writing", "done", "dry"]),
                name="core_importrun_state",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportProblem(models.Model):
    """A finding: where it stands, what was there, what would be right."""

    class Severity(models.TextChoices):
        ERROR = "error", _("row rejected")
        WARNING = "warning", _("warning")

    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="problems", verbose_name=_("import")
    )
    severity = models.CharField(_("severity"), max_length=8, choices=Severity)
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    row = models.PositiveIntegerField(_("row"), null=True, blank=True)
    column = models.CharField(_("column"), max_length=60, blank=True)
    value = models.CharField(_("value"), max_length=200, blank=True)
    problem = models.CharField(_("problem"), max_length=300)
    remedy = models.CharField(_("what would be right"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["run_id", "row", "id"]
        indexes = [models.Index(fields=["run", "severity", "row"], name="core_importproblem_run")]

    def __str__(self) -> str:
        return f"{self.sheet} {self.row} {self.column}: {self.problem}"
