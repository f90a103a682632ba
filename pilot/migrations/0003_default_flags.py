"""The flags the programme begins with. One that is there already stays as it is.

No change is noted: nobody changed anything, and a test that commits could not put an append-only row back.
"""

from decimal import Decimal

from django.db import migrations

DEFAULTS = [
    # name, what it switches, type, on, percentage
    ("new_ui", "新版介面", "boolean", False, 0),
    ("ai_predictions", "智慧預測", "percentage", False, 10),
    ("pilot_program", "試辦計畫", "customer_list", False, 0),
    ("real_time_tracking", "配送進度連結", "boolean", True, 0),
    ("mobile_app_api", "手機程式介面", "percentage", False, 0),
]


def define(apps, schema_editor):
    flags = apps.get_model("pilot", "Flag")
    for name, title, kind, is_enabled, percentage in DEFAULTS:
        flags.objects.get_or_create(
            name=name,
            defaults={
                "title": title,
                "kind": kind,
                "is_enabled": is_enabled,
                "percentage": Decimal(percentage),
                "salt": name,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial"), ("pilot", "0002_sync")]
    operations = [migrations.RunPython(define, migrations.RunPython.noop)]
