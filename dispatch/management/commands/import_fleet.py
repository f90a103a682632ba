"""Bring the fleet workbook in."""

from luckygas.core.importing_cli import ImportCommand


class Command(ImportCommand):
    help = "Import depots, vehicles and drivers from the fleet workbook."
    kind = "fleet"
