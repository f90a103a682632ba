"""Depots, vehicles and drivers: making and changing them."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.identifiers import normalise_phone
from dispatch.models import Depot, Driver, Vehicle
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.history import acting
from luckygas.core.models import User
from luckygas.core.services import staff
from orders.models import Place, PlaceKind
from orders.services import places

Row = TypeVar("Row", Depot, Vehicle, Driver)
DRIVER_ROLE = "driver"
NO_PERMIT_KG = 50  # 道路交通安全規則 §84: what a truck may carry without pass and certificate


def add_depot(data: dict[str, Any], *, actor: Actor) -> Depot:
    """A new depot; its cylinders are at a shop that no other depot has, made when there is none.

    Refused names the first field that is wrong.
    """
    with transaction.atomic():
        place = Place.objects.filter(kind=PlaceKind.SHOP, depot__isnull=True).order_by("pk").first()
        if place is None:
            place = places.make(PlaceKind.SHOP, data["name"], actor=actor)
        return _saved(Depot(place=place, **data), actor)


def change_depot(depot: Depot, data: dict[str, Any], *, actor: Actor) -> None:
    """Change a depot's fields."""
    _set(depot, data, actor)


def add_vehicle(data: dict[str, Any], *, actor: Actor) -> Vehicle:
    """A new vehicle and the place for the cylinders on it."""
    with transaction.atomic():
        place = places.make(PlaceKind.VEHICLE, data["plate"], actor=actor)
        return _saved(Vehicle(place=place, **data), actor)


def change_vehicle(vehicle: Vehicle, data: dict[str, Any], *, actor: Actor) -> None:
    """Change a vehicle's fields; its place keeps the plate's name."""
    with transaction.atomic():
        _set(vehicle, data, actor)
        if "plate" in data:
            Place.objects.filter(pk=vehicle.place_id).update(name=data["plate"])


def add_driver(data: dict[str, Any], *, actor: Actor) -> Driver:
    """A new driver; he can sign in once `give_account` made him a user."""
    return _saved(Driver(**_with_phone(data)), actor)


def change_driver(driver: Driver, data: dict[str, Any], *, actor: Actor) -> None:
    """Change a driver's fields."""
    _set(driver, _with_phone(data), actor)


def give_account(driver: Driver, *, password: str, actor: Actor) -> User:
    """Let a driver sign in: a user named as his staff number, with the driver's role and no admin.

    A driver who has an account keeps it and gets the new password. Refused when somebody else has the name.
    """
    with transaction.atomic():
        role, _made = Group.objects.get_or_create(name=DRIVER_ROLE)
        if driver.user is not None:
            staff.change(driver.user, {"new_password": password, "roles": [role]}, actor=actor)
            return driver.user
        name = driver.staff_no.lower()
        if User.objects.filter(username=name).exists():
            raise Refused(
                _("Somebody signs in as “%(name)s” already; give the driver another staff number.")
                % {"name": name},
                code="username",
                field="staff_no",
            )
        data = {
            "username": name,
            "display_name": driver.name,
            "is_staff": False,
            "new_password": password,
            "roles": [role],
        }
        driver.user = staff.add(data, actor=actor)
        driver.save(update_fields=["user"])
        return driver.user


def _with_phone(data: dict[str, Any]) -> dict[str, Any]:
    if not data.get("phone"):
        return data
    try:
        return data | {"phone": normalise_phone(data["phone"])}
    except ValueError as error:
        raise Refused(
            _("“%(phone)s” is not a telephone number: %(why)s") % {"phone": data["phone"], "why": error},
            code="phone",
            field="phone",
        ) from error


def _set(row: Row, data: dict[str, Any], actor: Actor) -> None:
    for name, value in data.items():
        setattr(row, name, value)
    _saved(row, actor)


def _saved(row: Row, actor: Actor) -> Row:
    try:
        row.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Refused(" ".join(messages), code="invalid", field=field) from error
    with acting(actor):
        row.save()
    return row
