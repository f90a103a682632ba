"""A synthetic company of the real size, written as the workbooks that the importers read.

Pure Python without Django; chance comes from a seed alone. Shares and figures are those counted in the
company's own sheets, names and numbers are made up.
"""
