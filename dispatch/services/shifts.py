"""Who drives on a date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from dispatch.models import Driver, Half, Shift
from dispatch.models.fleet import DriverStatus, VehicleStatus
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.calendar import closed_because
from luckygas.core.errors import Refused


@dataclass
class ShiftReport:
    """What came of making a day's shifts: how many are new, and who was left out and why."""

    created: int = 0
    kept: int = 0
    left_out: list[tuple[Driver, str]] = field(default_factory=list)


def make(date: dt.date, *, actor: Actor) -> ShiftReport:
    """Two shifts, before and after lunch, for every driver on duty with a vehicle in service.

    Shifts that are there stay as they are, so it may run again. On a day the company is closed there are
    none. Two drivers cannot have the same vehicle in the same half: the one with the lower number keeps it.
    """
    report = ShiftReport()
    if closed_because(date):
        return report
    drivers = Driver.objects.exclude(status=DriverStatus.LEFT).select_related("vehicle").order_by("staff_no")
    there = Shift.objects.filter(date=date)
    taken = {(shift.vehicle_id, shift.half) for shift in there}
    has = {(shift.driver_id, shift.half) for shift in there}
    fresh: list[Shift] = []
    for driver in drivers:
        reason = _why_not(driver)
        if reason:
            report.left_out.append((driver, reason))
            continue
        assert driver.vehicle is not None
        for half, start, end in (
            (Half.MORNING, driver.works_from, driver.lunch_from),
            (Half.AFTERNOON, driver.lunch_to, driver.works_to),
        ):
            if (driver.pk, half) in has:
                report.kept += 1
            elif (driver.vehicle_id, half) in taken:
                text = _("%(plate)s is taken by another driver in this half of the day")
                report.left_out.append((driver, text % {"plate": driver.vehicle.plate}))
            else:
                taken.add((driver.vehicle.pk, half))
                fresh.append(
                    Shift(driver=driver, vehicle=driver.vehicle, date=date, half=half, start=start, end=end)
                )
    with transaction.atomic():
        report.created = len(Shift.objects.bulk_create(fresh, ignore_conflicts=True))
        record("dispatch.shifts_made", actor=actor, subject=str(date), created=report.created)
    return report


def add(data: dict[str, object], *, actor: Actor) -> Shift:
    """One more shift. Refused when the driver or the vehicle is taken in that half."""
    shift = Shift(**data)
    _check(shift)
    shift.save()
    record("dispatch.shift_added", actor=actor, subject=f"Shift:{shift.pk}")
    return shift


def change(shift: Shift, data: dict[str, object], *, actor: Actor) -> None:
    """Change a shift that no published route uses."""
    _free(shift)
    for name, value in data.items():
        setattr(shift, name, value)
    _check(shift)
    shift.save()
    record("dispatch.shift_changed", actor=actor, subject=f"Shift:{shift.pk}", fields=sorted(data))


def remove(shift: Shift, *, actor: Actor) -> None:
    """Take a shift away that no route uses."""
    if shift.routes.exists():
        raise Refused(_("A route uses this shift; move its stops or withdraw the plan first."), code="in_use")
    record("dispatch.shift_removed", actor=actor, subject=f"Shift:{shift.pk}")
    shift.delete()


def _why_not(driver: Driver) -> str:
    if driver.status != DriverStatus.ACTIVE:
        return _("is on leave")
    if driver.vehicle is None:
        return _("has no usual vehicle")
    if driver.vehicle.status != VehicleStatus.ACTIVE:
        return _("%(plate)s is not in service") % {"plate": driver.vehicle.plate}
    return ""


def _free(shift: Shift) -> None:
    if shift.routes.filter(plan__status="published").exists():
        raise Refused(
            _("A published route uses this shift; move its stops or withdraw the plan first."), code="in_use"
        )


def _check(shift: Shift) -> None:
    if shift.start >= shift.end:
        raise Refused(_("A shift ends after it starts."), code="hours", field="end")
    others = Shift.objects.filter(date=shift.date, half=shift.half).exclude(pk=shift.pk)
    if others.filter(driver=shift.driver).exists():
        raise Refused(
            _("%(name)s has a shift in this half of the day already.") % {"name": shift.driver.name},
            code="driver_taken",
            field="driver",
        )
    if others.filter(vehicle=shift.vehicle).exists():
        raise Refused(
            _("%(plate)s is taken by another driver in this half of the day.")
            % {"plate": shift.vehicle.plate},
            code="vehicle_taken",
            field="vehicle",
        )
