"""The electronic invoice of Taiwan: messages, tax, periods, number tracks and the Turnkey folders.

Pure modules without Django and clock, except `folders`, which talks to Turnkey's folders;
`billing.services` gives them rows.
"""
