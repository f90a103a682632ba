"""What is to be planned: one depot, its stops and its vehicles. Units: seconds after midnight, kg, metres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.routing.reading import Reader, as_span

StopId = int | str
VehicleId = int | str

KINDS = ("truck", "motorcycle")
HORIZON = 2 * 86_400  # a night shift may end after midnight
MAX_KG = 100_000
MAX_STOPS = 5_000
MAX_VEHICLES = 500


@dataclass(frozen=True, slots=True)
class Depot:
    """Where every trip starts and ends; `load_s` is spent there before every trip."""

    lat: float
    lon: float
    load_s: int


@dataclass(frozen=True, slots=True)
class Stop:
    """One delivery. Service starts within one of `windows` (sorted, apart) and takes `service_s`.

    `vehicle_kinds` are the kinds that may serve it. `prize` is None when it must be served if at all
    possible, else the metres of extra driving it is worth; an `urgent` one is the last to be left out.
    `factor` and `speed_kmh` describe the roads of its area (None: the problem's).
    """

    id: StopId
    lat: float
    lon: float
    kg: int
    windows: tuple[tuple[int, int], ...]
    service_s: int
    vehicle_kinds: tuple[str, ...] = KINDS
    prize: int | None = None
    urgent: bool = False
    factor: float | None = None
    speed_kmh: float | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle with its crew for one unbroken shift; a driver's two halves are two vehicles."""

    id: VehicleId
    capacity_kg: int
    shift: tuple[int, int]
    kind: str = "truck"
    permit: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """One depot's day. A leg is haversine × the mean factor of its ends, driven at their mean speed,
    plus `leg_s` for setting off and parking."""

    depot: Depot
    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    max_reloads: int = 3
    factor: float = 1.35
    speed_kmh: float = 25.0
    leg_s: int = 45
    name: str = ""

    @classmethod
    def from_json(cls, raw: object) -> Problem:
        """Reads the JSON form; members it does not know are ignored.

        Required: `depot {lat, lon, load_s}`, `stops[] {id, lat, lon, kg, tw, service_s}`,
        `vehicles[] {id, capacity_kg, shift}`. `tw` is [start, end] or a list of such pairs.
        Optional: `max_reloads` 3, `factor` 1.35, `speed_kmh` 25, `leg_s` 45, `name`;
        `stops[].vehicle_kinds` any, `.prize` none, `.urgent` false, `.factor`, `.speed_kmh`;
        `vehicles[].kind` truck, `.permit` held (false, null or blank: none, so at most 50 kg).
        ValueError names the first field that is wrong.
        """
        top = Reader(raw, "")
        depot = top.child("depot")
        return cls(
            depot=Depot(
                lat=depot.number("lat", low=-90, high=90),
                lon=depot.number("lon", low=-180, high=180),
                load_s=depot.whole("load_s", high=HORIZON),
            ),
            stops=_stops(top.children("stops")),
            vehicles=_vehicles(top.children("vehicles")),
            max_reloads=top.whole("max_reloads", default=3, high=50),
            factor=top.number("factor", default=1.35, low=1, high=10),
            speed_kmh=top.number("speed_kmh", default=25.0, low=1, high=150),
            leg_s=top.whole("leg_s", default=45, high=3600),
            name=top.text("name", default=""),
        )

    def to_json(self) -> Mapping[str, object]:
        """The JSON form; `from_json` of it gives an equal problem."""
        return {
            "name": self.name,
            "depot": {"lat": self.depot.lat, "lon": self.depot.lon, "load_s": self.depot.load_s},
            "max_reloads": self.max_reloads,
            "factor": self.factor,
            "speed_kmh": self.speed_kmh,
            "leg_s": self.leg_s,
            "stops": [_stop_json(stop) for stop in self.stops],
            "vehicles": [
                {
                    "id": vehicle.id,
                    "capacity_kg": vehicle.capacity_kg,
                    "shift": list(vehicle.shift),
                    "kind": vehicle.kind,
                    "permit": vehicle.permit,
                }
                for vehicle in self.vehicles
            ],
        }


def _stop_json(stop: Stop) -> dict[str, object]:
    raw: dict[str, object] = {
        "id": stop.id,
        "lat": stop.lat,
        "lon": stop.lon,
        "kg": stop.kg,
        "tw": [list(window) for window in stop.windows],
        "service_s": stop.service_s,
        "vehicle_kinds": list(stop.vehicle_kinds),
        "urgent": stop.urgent,
    }
    optional = {"prize": stop.prize, "factor": stop.factor, "speed_kmh": stop.speed_kmh}
    return raw | {name: value for name, value in optional.items() if value is not None}


def _stops(readers: list[Reader]) -> tuple[Stop, ...]:
    if len(readers) > MAX_STOPS:
        raise ValueError(f"stops: {len(readers)} are more than the {MAX_STOPS} one plan can hold")
    seen: set[StopId] = set()
    stops = []
    for reader in readers:
        identity = reader.identity("id")
        if identity in seen:
            raise ValueError(f"{reader.path('id')}: {identity!r} is there twice")
        seen.add(identity)
        stops.append(
            Stop(
                id=identity,
                lat=reader.number("lat", low=-90, high=90),
                lon=reader.number("lon", low=-180, high=180),
                kg=reader.whole("kg", high=MAX_KG),
                windows=_windows(reader),
                service_s=reader.whole("service_s", high=HORIZON),
                vehicle_kinds=_kinds(reader),
                prize=reader.whole("prize", high=10**9) if reader.has("prize") else None,
                urgent=reader.truth("urgent", default=False),
                factor=reader.number("factor", low=1, high=10) if reader.has("factor") else None,
                speed_kmh=reader.number("speed_kmh", low=1, high=150) if reader.has("speed_kmh") else None,
            )
        )
    return tuple(stops)


def _vehicles(readers: list[Reader]) -> tuple[Vehicle, ...]:
    if len(readers) > MAX_VEHICLES:
        raise ValueError(f"vehicles: {len(readers)} are more than the {MAX_VEHICLES} one plan can hold")
    seen: set[VehicleId] = set()
    vehicles = []
    for reader in readers:
        identity = reader.identity("id")
        if identity in seen:
            raise ValueError(f"{reader.path('id')}: {identity!r} is there twice")
        seen.add(identity)
        vehicles.append(
            Vehicle(
                id=identity,
                capacity_kg=reader.whole("capacity_kg", high=MAX_KG),
                shift=reader.span("shift", low=0, high=HORIZON),
                kind=_kind(reader.text("kind", default="truck"), reader.path("kind")),
                permit=reader.permit("permit"),
            )
        )
    return tuple(vehicles)


def _windows(reader: Reader) -> tuple[tuple[int, int], ...]:
    where = reader.path("tw")
    raw = reader.items("tw")
    if not raw:
        raise ValueError(f"{where}: expected [start, end] in seconds, got an empty list")
    if not all(isinstance(item, (list, tuple)) for item in raw):
        return (as_span(raw, where, low=0, high=HORIZON),)
    spans = sorted(as_span(item, f"{where}[{i}]", low=0, high=HORIZON) for i, item in enumerate(raw))
    merged = [spans[0]]
    for start, end in spans[1:]:
        if start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _kinds(reader: Reader) -> tuple[str, ...]:
    if not reader.has("vehicle_kinds"):
        return KINDS
    where = reader.path("vehicle_kinds")
    named = {_kind(item, f"{where}[{i}]") for i, item in enumerate(reader.items("vehicle_kinds"))}
    if not named:
        raise ValueError(f"{where}: names no kind; leave it out when any vehicle may come")
    return tuple(kind for kind in KINDS if kind in named)


def _kind(value: object, where: str) -> str:
    if value not in KINDS:
        raise ValueError(f"{where}: expected {' or '.join(KINDS)}, got {value!r}")
    return str(value)
