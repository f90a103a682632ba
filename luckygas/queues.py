"""The queues of background work: of the settings, and of who starts workers without reading the settings.

Each has workers of its own in a cluster (k8s/base/workers.yaml, checked against this); a task's ``lane`` is one of them.
"""

SOLVER = "solver"
"""The day's plan: one at a time and at low priority, so never in one worker with the others."""
QUEUES = ("critical", "sync", "invoice", "sftp", "bulk", SOLVER)
