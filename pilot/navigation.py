"""The pilot's pages in the sidebar: (title, icon, URL name, permission)."""

from django.utils.translation import gettext_lazy as _

ITEMS = [
    (_("Pilot dashboard"), "dashboard", "admin:pilot_dashboard", "pilot.see_pilot"),
    (_("Conflicts"), "call_split", "admin:pilot_syncconflict_changelist", "pilot.view_syncconflict"),
    (_("Customers in the pilot"), "group_add", "admin:pilot_enrolment_changelist", "pilot.view_enrolment"),
    (
        _("Writes to the old system"),
        "sync_alt",
        "admin:pilot_legacywrite_changelist",
        "pilot.view_legacywrite",
    ),
    (_("Feature flags"), "toggle_on", "admin:pilot_flag_changelist", "pilot.view_flag"),
]
