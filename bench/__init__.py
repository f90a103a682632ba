"""Measurements: ``python -m bench [NAME…] [--quick] [--keep]``, by way of ``make bench``.

A gate is a ratio measured in one run against something of the same machine and minute, in alternating rounds.
Absolute figures are targets: they are reported with the machine they were measured on.
"""
