"""Holding the project against reference data that lies outside the repository."""
