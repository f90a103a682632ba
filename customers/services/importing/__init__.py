"""Importers of the client workbook, the residential plan and the supplement workbook."""
