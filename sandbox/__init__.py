"""Stand-ins for every outside party the company talks to, each speaking that party's own wire format.

Nothing here is imported by the system, and nothing of the system is imported here: the two meet only
over folders, sockets and files, as they would in the world. See ``sandbox/README.md``.
"""
