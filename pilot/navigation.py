"""The pilot's pages in the sidebar: (title, icon, URL name, permission)."""

from django.utils.translation import gettext_lazy as _

ITEMS = [
    (_("Feature flags"), "toggle_on", "admin:pilot_flag_changelist", "pilot.view_flag"),
]
