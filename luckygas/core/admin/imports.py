"""Bringing a workbook in from the admin: upload, progress, report, a second click for the good rows."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from luckygas.core import importing
from luckygas.core.actor import Actor
from luckygas.core.admin.base import ServiceAdmin
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.models import ImportRun
from luckygas.core.numbers import whole
from luckygas.core.rejects import write_rejects
from luckygas.core.sizes import MAX_UPLOAD

RUNNING = {ImportRun.Status.UPLOADED, ImportRun.Status.CHECKING, ImportRun.Status.WRITING}


class UploadForm(forms.Form):
    """Which kind of file, and the file."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is"), widget=UnfoldAdminSelectWidget)
    file = forms.FileField(label=gettext_lazy("File"), widget=UnfoldAdminFileFieldWidget)
    dry_run = forms.BooleanField(label=gettext_lazy("Check only, write nothing"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (entry.kind, entry.label) for entry in importing.importers() if user.has_perm(entry.permission)
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        file, kind = data.get("file"), data.get("kind")
        if file is None or kind is None:
            return data
        suffixes = importing.get(kind).suffixes
        if not file.name.lower().endswith(suffixes):
            self.add_error(
                "file",
                _("“%(name)s” is not one of %(wanted)s.")
                % {"name": file.name, "wanted": ", ".join(suffixes)},
            )
        if file.size > MAX_UPLOAD:
            self.add_error("file", _("The file is larger than %(most)d MB.") % {"most": MAX_UPLOAD >> 20})
        return data


@admin.register(ImportRun)
class ImportRunAdmin(ServiceAdmin):
    list_display = (
        "id",
        "file_name",
        "kind_label",
        "status",
        "created",
        "changed",
        "unchanged",
        "rejected",
        "warnings",
        "actor_name",
        "started_at",
    )
    list_filter = ("status",)
    ordering = ("-id",)
    empty_text = gettext_lazy("Bring in the first file with “Import a file”.")
    change_form_template = "core/import_report.html"
    change_list_template = "core/import_list.html"

    @admin.display(description=gettext_lazy("kind"))
    def kind_label(self, run: ImportRun) -> str:
        return str(importing.get(run.kind).label)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("upload/", wrap(self.upload), name="core_importrun_upload"),
            path("<int:run_id>/accept/", wrap(self.accept), name="core_importrun_accept"),
            path("<int:run_id>/rejects/", wrap(self.rejects), name="core_importrun_rejects"),
        ]
        return own + super().get_urls()

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Keep the file as it came and hand it to a worker."""
        if not any(request.user.has_perm(entry.permission) for entry in importing.importers()):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
        if request.method == "POST" and form.is_valid():
            run = self._keep(form.cleaned_data, Actor.of(request.user))
            self._hand_over(request, run, dry_run=form.cleaned_data["dry_run"])
            return HttpResponseRedirect(reverse("admin:core_importrun_change", args=[run.pk]))
        context = self.admin_site.each_context(request) | {
            "title": _("Import a file"),
            "form": form,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "core/import_upload.html", context)

    def accept(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """The second click: take the good rows, leave the rest."""
        run = self._find(request, run_id)
        if request.method == "POST":
            self._hand_over(request, run, accept_good=True)
        return HttpResponseRedirect(reverse("admin:core_importrun_change", args=[run.pk]))

    def rejects(self, request: HttpRequest, run_id: int) -> FileResponse:
        """The rejected rows as a workbook, as they were, with what was wrong in front."""
        run = self._find(request, run_id)
        record("import.rejects_downloaded", actor=Actor.of(request.user), subject=f"ImportRun:{run.pk}")
        with (
            tempfile.TemporaryDirectory() as folder
        ):  # each download its own; people's data do not stay behind
            target = Path(folder) / "rejects.xlsx"
            write_rejects(run, target)
            file = target.open("rb")
        stem = Path(run.file_name).stem
        return FileResponse(file, as_attachment=True, filename=f"{stem}-{_('rejected')}.xlsx")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = ImportRun.objects.filter(pk=whole(object_id) or 0).first()
        extra = dict(extra_context or {})
        if run is not None:
            extra |= {
                "run": run,
                "kind_label": importing.get(run.kind).label,
                "running": run.status in RUNNING,
                "problems": run.problems.order_by("severity", "row", "id")[:500],
                "problem_count": run.problems.count(),
                "may_accept": run.status == ImportRun.Status.REFUSED and run.rejected > 0,
                "percent": round(100 * run.rows_read / run.rows_total) if run.rows_total else 0,
            }
        return super().changeform_view(request, object_id, form_url, extra)

    def _find(self, request: HttpRequest, run_id: int) -> ImportRun:
        run = ImportRun.objects.filter(pk=run_id).first()
        if run is None:
            raise Http404
        if not request.user.has_perm(importing.get(run.kind).permission):
            raise PermissionDenied
        return run

    def _keep(self, data: dict[str, Any], actor: Actor) -> ImportRun:
        file = data["file"]
        folder = Path(settings.MEDIA_ROOT) / "imports"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{uuid.uuid4().hex}{Path(file.name).suffix.lower()}"
        with target.open("wb") as stream:
            for block in file.chunks():
                stream.write(block)
        return importing.start(data["kind"], target, file_name=file.name, actor=actor)

    def _hand_over(
        self, request: HttpRequest, run: ImportRun, *, accept_good: bool = False, dry_run: bool = False
    ) -> None:
        from luckygas.core.tasks import start_import

        try:
            start_import(run, user=request.user, accept_good=accept_good, dry_run=dry_run)
        except Refused as refusal:
            messages.error(request, str(refusal))
