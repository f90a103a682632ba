"""``manage.py import_supplement FILE… [--dry-run] [--accept-good]``."""

from customers.services.importing.files import SUPPLEMENT
from luckygas.core.importing_cli import ImportCommand


class Command(ImportCommand):
    help = "Import supplement workbooks: phones, tax numbers, carriers, accounts, points."
    kind = SUPPLEMENT
