"""The ministry's e-invoice platform and the gateway (Turnkey) in front of it, MIG 4.1."""
