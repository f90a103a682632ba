"""One depot's day as a vehicle routing problem: hard windows, shifts, loads and reloads.

`solve` makes a plan, `check` judges it with code of its own, `timetable` says when the crews are where.
Pure: no Django, no files, no network.
"""

from dispatch.routing.checker import Violation, check
from dispatch.routing.plan import Plan, Route, Unserved
from dispatch.routing.problem import Depot, Problem, Stop, StopId, Vehicle, VehicleId
from dispatch.routing.solver import Progress, solve
from dispatch.routing.timetable import Visit, timetable

__all__ = [
    "Depot",
    "Plan",
    "Problem",
    "Progress",
    "Route",
    "Stop",
    "StopId",
    "Unserved",
    "Vehicle",
    "VehicleId",
    "Violation",
    "Visit",
    "check",
    "solve",
    "timetable",
]
