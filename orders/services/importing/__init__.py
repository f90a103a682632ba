"""Importers of the delivery history and of the price workbook."""
