"""The floor's pages in the sidebar: (title, icon, URL name, permission)."""

from django.utils.translation import gettext_lazy as _

ITEMS = [
    (_("Day plans"), "route", "admin:dispatch_dayplan_changelist", "dispatch.view_dayplan"),
    (_("Routes"), "conversion_path", "admin:dispatch_route_changelist", "dispatch.view_route"),
    (_("Deliveries"), "package_2", "admin:dispatch_routestop_changelist", "dispatch.view_routestop"),
    (_("Posts to review"), "rate_review", "admin:dispatch_reviewitem_changelist", "dispatch.view_reviewitem"),
    (_("Shifts"), "schedule", "admin:dispatch_shift_changelist", "dispatch.view_shift"),
    (_("Drivers"), "badge", "admin:dispatch_driver_changelist", "dispatch.view_driver"),
    (_("Vehicles"), "local_shipping", "admin:dispatch_vehicle_changelist", "dispatch.view_vehicle"),
    (_("Depots"), "warehouse", "admin:dispatch_depot_changelist", "dispatch.view_depot"),
]
