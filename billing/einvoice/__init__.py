"""The electronic invoice of Taiwan: messages, tax, periods, number tracks and the Turnkey folders.

The modules here are pure (no Django, no I/O, no clock); `billing.services` gives them files and rows.
"""
