"""Importing through the command, as a person does."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from luckygas.core.models import ImportRun


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def bring_in(db, media):
    """``bring_in("customers", path, accept_good=True)`` runs the command and returns the import's row."""

    def run(kind: str, path: Path, **options) -> ImportRun:
        out = StringIO()
        try:
            call_command(f"import_{kind}", path, stdout=out, **options)
        except CommandError as error:
            assert path.name in str(error)
        run = ImportRun.objects.latest("id")
        run.said = out.getvalue()  # type: ignore[attr-defined]  # what the command printed
        return run

    return run


@pytest.fixture
def found(db):
    """The findings of an import as (row, column, value, severity)."""

    def of(run: ImportRun):
        return [(p.row, p.column, p.value, p.severity) for p in run.problems.order_by("row", "id")]

    return of
