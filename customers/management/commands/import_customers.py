"""``manage.py import_customers FILE… [--dry-run] [--accept-good]``."""

from customers.services.importing.files import CUSTOMERS
from luckygas.core.importing_cli import ImportCommand


class Command(ImportCommand):
    help = "Import client workbooks and residential plans."
    kind = CUSTOMERS
