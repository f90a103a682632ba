"""The floor's pages in the sidebar: (title, icon, URL name, permission)."""

from django.utils.translation import gettext_lazy as _

ITEMS = [
    (_("Customers"), "groups", "admin:customers_customer_changelist", "customers.view_customer"),
    (_("Planned visits"), "event", "admin:customers_plannedvisit_changelist", "customers.view_plannedvisit"),
    (_("Data gaps"), "rule", "admin:customers_datagap_changelist", "customers.view_datagap"),
    (
        _("Known tax numbers"),
        "verified",
        "admin:customers_knowntaxnumber_changelist",
        "customers.view_knowntaxnumber",
    ),
    (_("Text messages"), "sms", "admin:core_smsmessage_changelist", "core.view_smsmessage"),
    (
        _("Message templates"),
        "chat",
        "admin:customers_messagetemplate_changelist",
        "customers.view_messagetemplate",
    ),
    (_("Areas"), "map", "admin:customers_area_changelist", "customers.view_area"),
    (_("Import a workbook"), "upload_file", "admin:core_importrun_upload", "customers.add_customer"),
]
