"""Fleet and crews, their shifts, the day's plan with its routes, and what drivers post."""

from dispatch.models.fleet import CrewSection, Depot, Driver, Half, Shift, Vehicle
from dispatch.models.plan import DayPlan, Route, RouteStop, SheetSection, UnservedStop
from dispatch.models.post import DriverPost, ReviewItem, Signature

__all__ = [
    "CrewSection",
    "DayPlan",
    "Depot",
    "Driver",
    "DriverPost",
    "Half",
    "ReviewItem",
    "Route",
    "RouteStop",
    "SheetSection",
    "Shift",
    "Signature",
    "UnservedStop",
    "Vehicle",
]
