"""Printed papers: black on white, A4, text that can be selected."""
