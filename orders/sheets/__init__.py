"""Rows of this floor's workbooks, understood: pure, cells in, values or findings out."""
