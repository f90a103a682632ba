"""``import_prices FILE… [--dry-run] [--accept-good]``."""

from luckygas.core.importing_cli import ImportCommand


class Command(ImportCommand):
    help = "Import price workbooks."
    kind = "prices"
