"""``make check``: everything about the project that can be proved without running its tests.

    python -m deployment.checks              all checks, one line each with its time, then what they found
    python -m deployment.checks --only NAME  one of them (repeat for several); --list names them

Exit code 1 when any check found something. A check that could not run says so and is counted; with
``CI`` set in the environment that fails too, except where the check itself is allowed to be out of reach.
"""
