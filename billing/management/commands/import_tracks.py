"""`manage.py import_tracks FILE…`: the tax platform's number assignment, as downloaded."""

from billing.services.numbers import IMPORT_KIND
from luckygas.core.importing_cli import ImportCommand


class Command(ImportCommand):
    help = "import invoice number tracks (csv of the tax platform)"
    kind = IMPORT_KIND
