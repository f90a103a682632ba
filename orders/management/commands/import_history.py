"""``import_history FILE… [--dry-run] [--accept-good]``."""

from luckygas.core.importing_cli import ImportCommand


class Command(ImportCommand):
    help = "Import the delivery history."
    kind = "history"
