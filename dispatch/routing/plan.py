"""What came out: who drives which stops in which trips, and what is left with the rule that left it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dispatch.routing.problem import StopId, VehicleId
from dispatch.routing.reading import Reader, as_identity, as_list


@dataclass(frozen=True, slots=True)
class Route:
    """A vehicle's trips in order; each trip starts with loading at the depot and ends there."""

    vehicle: VehicleId
    trips: tuple[tuple[StopId, ...], ...]


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop left out. `rule` says why in words; `code` and `facts` say it to a program that translates."""

    stop: StopId
    rule: str
    code: str = field(default="", compare=False)
    facts: Mapping[str, int | str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of one problem. `method` is the planner that made it (pyvrp or greedy), `note` why the
    fallback was needed; neither is part of the JSON form."""

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    distance_m: int
    method: str = field(default="", compare=False)
    note: str = field(default="", compare=False)

    def to_json(self) -> dict[str, object]:
        """The JSON form: routes with trips of stop ids, unserved stops with their rule, metres driven."""
        return {
            "routes": [
                {"vehicle": route.vehicle, "trips": [list(trip) for trip in route.trips]}
                for route in self.routes
            ],
            "unserved": [{"stop": left.stop, "rule": left.rule} for left in self.unserved],
            "distance_m": self.distance_m,
        }

    @classmethod
    def from_json(cls, raw: object) -> Plan:
        """Reads the JSON form. ValueError names the first field that is wrong."""
        top = Reader(raw, "")
        return cls(
            routes=tuple(
                Route(vehicle=reader.identity("vehicle"), trips=_trips(reader))
                for reader in top.children("routes")
            ),
            unserved=tuple(
                Unserved(stop=reader.identity("stop"), rule=reader.text("rule", default=""))
                for reader in top.children("unserved")
            ),
            distance_m=top.whole("distance_m"),
        )


def _trips(reader: Reader) -> tuple[tuple[StopId, ...], ...]:
    where = reader.path("trips")
    return tuple(
        tuple(
            as_identity(stop, f"{where}[{i}][{j}]") for j, stop in enumerate(as_list(trip, f"{where}[{i}]"))
        )
        for i, trip in enumerate(reader.items("trips"))
    )
